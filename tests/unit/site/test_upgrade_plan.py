# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a platform that runs can become the one of the inventory."""

import re
from pathlib import Path

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._releases import RELEASES, UPGRADES
from ansible_collections.swarm.learning.plugins.plugin_utils import _upgrade

GUIDE = Path(__file__).parents[3] / "docs/guides/day-two.md"


def node(name, release, ready=True):
    component = name.rpartition("-")[0]
    return {"name": name, "component": component, "release": release, "image": f"r.example/hpe/{component}:{release}", "ready": ready}


def server(tag):
    return {
        "name": "spire-server",
        "component": "spire_server",
        "release": "2.3.0",
        "image": f"r.example:5000/spiffe/spire-server:{tag}",
        "ready": True,
    }


def host(*containers, release="2.3.0", spire="1.9.1", domain="org1", sentinel=False):
    return {"containers": containers, "release": release, "spire": spire, "trust_domain": domain, "has_sentinel": sentinel}


def two(first="2.2.0", second="2.2.0", **wanted):
    return {
        "host-1": host(node("sn-1", first), node("swop-1", first), domain="org1", **wanted),
        "host-2": host(node("sn-2", second), node("swop-2", second), domain="org2", sentinel=True, **wanted),
    }


def test_the_sentinels_organisation_comes_first():
    found = _upgrade.plan(two())
    assert found["problems"] == []
    assert found["organisations"] == ["org2", "org1"]
    assert found["lines"] == ["host-1: sn-1 2.2.0 → 2.3.0, swop-1 2.2.0 → 2.3.0", "host-2: sn-2 2.2.0 → 2.3.0, swop-2 2.2.0 → 2.3.0"]
    assert found["earlier"]["sn"] == {"release": "2.2.0", "image": "r.example/hpe/sn:2.2.0"}


def test_an_upgrade_that_was_interrupted_goes_on_and_returns_to_where_it_began():
    found = _upgrade.plan(two("2.3.0", "2.2.0"))
    assert (found["problems"], found["earlier"]["swop"]["release"]) == ([], "2.2.0")
    assert _upgrade.unfinished(two("2.3.0", "2.2.0")) == ["host-2: sn-2 is of release 2.2.0", "host-2: swop-2 is of release 2.2.0"]


def test_nothing_to_do():
    found = _upgrade.plan(two("2.3.0", "2.3.0"))
    assert (found["problems"], found["lines"], found["earlier"]) == ([], ["All nodes and SPIRE have the wanted versions."], {})
    assert _upgrade.unfinished(two("2.3.0", "2.3.0")) == []


def test_a_node_that_is_not_ready():
    assert _upgrade.unfinished({"host-1": host(node("sn-1", "2.3.0", ready=False))}) == ["host-1: sn-1 is not ready"]


@pytest.mark.parametrize(
    ("hosts", "said"),
    [
        (two(release="2.1.0"), "host-1: sn-1 is of release 2.2.0, and cannot become 2.1.0 (swarm_release): what the newer one has written"),
        (two("2.3.0", "2.3.0", release="2.2.0"), "it may not read; expected 2.3.0"),
        (two("0.3.0", "0.3.0"), "remove it with the playbook teardown, then run the playbook site"),
        (two("3.0.0", "3.0.0"), "the collection does not know that release"),
        ({"host-1": host(server("1.8.7"))}, "there is no SN and no SWOP on any host"),
        ({"host-1": host(node("sn-1", "2.2.0"), server("1.7.2"))}, "upgrade to 1.8 first, one minor release per run"),
        ({"host-1": host(node("sn-1", "2.2.0"), server("1.10.0"))}, "its datastore cannot be downgraded from 1.10"),
    ],
)
def test_what_cannot_be_upgraded_is_refused(hosts, said):
    assert said in "; ".join(_upgrade.plan(hosts)["problems"])


@pytest.mark.parametrize("tag", ["1.8.7", "1.9.0", "latest"])
def test_spire_one_minor_at_a_time(tag):
    found = _upgrade.plan({"host-1": host(node("sn-1", "2.3.0"), server(tag))})
    assert found["problems"] == []
    assert found["lines"] == (["host-1: spire-server 1.8.7 → 1.9.1"] if tag == "1.8.7" else found["lines"])


def test_every_release_has_a_row_and_leads_to_newer_ones_alone():
    order = list(RELEASES)
    assert list(UPGRADES) == order
    assert all(order.index(newer) > order.index(older) for older, all_newer in UPGRADES.items() for newer in all_newer)


def test_the_guide_has_the_same_table():
    rows = re.findall(r"^\| ([\d.]+) \| ((?:[\d.]+(?:, )?)+|none[^|]*) \|$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {release: tuple(re.findall(r"\d+\.\d+\.\d+", newer)) for release, newer in rows} == UPGRADES
