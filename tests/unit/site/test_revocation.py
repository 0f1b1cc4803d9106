# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes when an organisation or a host is revoked, and what is left of it afterwards."""

import dataclasses

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils import _drift, _revoked
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import stages
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model, revocation

from tests.support.site_inventory import GROUPS, two_orgs

ORG1, ORG2, ORG3 = (f"org{number}.swarm.learning" for number in (1, 2, 3))
HOST3 = {"ansible_host": "172.3.3.3", "swarm_trust_domain": ORG3}
PEER = {"trust_domain": ORG3, "address": "172.3.3.3", "port": 8443, "swops": 1, "pairs": 2, "bundle": "{}", "services": {}}


def three(everywhere=None, without=(), servers=(), **hosts):
    """The seed's two organisations and a third; host-4 is a second host of the second, without a server of its own."""
    groups = {name: [*members, *(["host-3"] if name not in ("swarm_apls", "swarm_swci") else [])] for name, members in GROUPS.items()}
    groups["swarm_spire_agent"] = [*groups["swarm_spire_agent"], "host-4"]
    groups["swarm_sn"] = [*groups["swarm_sn"], "host-4"]
    groups["swarm_spire_server"] += servers
    hosts = {"host_3": HOST3, "host_4": {"ansible_host": "172.4.4.4", "swarm_trust_domain": ORG2}, **hosts}
    return two_orgs(everywhere, groups, without=without, **hosts)


def peers(of=None, **hosts):
    return dataclasses.replace(of or two_orgs(**hosts), peers=(PEER,))


@pytest.mark.parametrize(
    ("name", "domain", "hosts"),
    [
        (ORG3, ORG3, ("host-3",)),
        ("host-3", ORG3, ("host-3",)),  # the only one of its organisation
        (ORG2, ORG2, ("host-2", "host-4")),
        ("host-4", "", ("host-4",)),
    ],
)
def test_an_organisation_goes_with_all_its_hosts(name, domain, hosts):
    found, gone = revocation.find(three(), name)
    assert found == []
    assert (gone.domain, gone.hosts) == (domain, hosts)


def test_a_host_goes_with_its_agent_and_its_entries():
    inventory = three()
    _found, gone = revocation.find(inventory, "host-4")
    agent = f"spiffe://{ORG2}/swarm/agent/host-4"
    assert gone.agents == (revocation.Agent("host-2", "spire-server", agent, "/var/lib/swarm-learning/tokens"),)
    assert gone.until == model.derive(inventory)["host-2"]["x509_svid_ttl"]
    left = model.derive(revocation.without(inventory, gone))
    assert sorted(left) == ["host-1", "host-2", "host-3"]
    assert {entry["parent_id"] for entry in left["host-2"]["entries"]} == {f"spiffe://{ORG2}/swarm/agent/host-2"}


def test_a_server_below_another_goes_with_the_agent_of_its_upstream():
    below = {"ansible_host": "172.5.5.5", "swarm_trust_domain": ORG2, "spire_server_upstream": "host-2"}
    inventory = three(servers=["host-5"], host_5=below)
    found, gone = revocation.find(inventory, "host-5")
    assert (found, [agent.spiffe_id for agent in gone.agents]) == ([], [f"spiffe://{ORG2}/swarm/agent/host-5/upstream"])


def test_those_that_stay_neither_federate_with_it_nor_name_it():
    inventory = three()
    left = model.derive(revocation.without(inventory, revocation.find(inventory, ORG3)[1]))
    assert [one["trust_domain"] for one in left["host-1"]["federates_with"]] == [ORG2]
    assert all(entry["federates_with"] == [ORG2] for entry in left["host-1"]["entries"])
    assert stages.problems(revocation.without(inventory, revocation.find(inventory, ORG3)[1]), lambda path: True) == []


def test_an_organisation_with_an_inventory_of_its_own():
    inventory = peers()
    found, gone = revocation.find(inventory, ORG3)
    assert (found, gone.domain, gone.hosts) == ([], ORG3, ())
    assert revocation.without(inventory, gone).peers == ()


NEXT = {"host_2": {"spire_server_federates_with": [{"trust_domain": ORG3, "address": "172.3.3.3", "port": 8443}]}}


@pytest.mark.parametrize(
    ("inventory", "name", "said"),
    [
        (three(), "org4", "org4 is no organisation and no host of the inventory; expected one of org1.swarm.learning, "),
        (three(), "host-33", "did you mean 'host-3'?"),
        (three(everywhere={"swarm_trust_domain": "x"}, host_2={"swarm_trust_domain": "host-3"}), "host-3", "a host and of an organisation"),
        (three(), ORG1, "has the only Sentinel"),
        (peers(without=(("host-1", "sn_sentinel"),), everywhere={"sn_sentinel_ip": "172.3.3.3"}), ORG3, "has the only Sentinel"),
        (revocation.without(three(), revocation.Revocation(hosts=("host-2", "host-3", "host-4"))), ORG1, "is all that the inventory has"),
        (three(), "host-2", "has a SPIRE Server of host-4, which stay"),
        (three(**NEXT), ORG3, "is in spire_server_federates_with of host-2: take it out there"),
        (three(host_2={"spire_server_managed": False}), ORG3, "is trusted by a SPIRE Server of your own on host-2"),
        (three(without=("swarm_spire_server", "swarm_spire_agent")), ORG3, "no host that stays is in swarm_spire_server"),
        (three(everywhere={"swarm_release": "0.3.0"}), ORG3, "is in a platform of release 0.3.0"),
    ],
)
def test_what_cannot_be_revoked_is_refused(inventory, name, said):
    [problem], gone = revocation.find(inventory, name)
    assert problem.startswith("swarm_revoke: ")
    assert said in problem
    assert gone == revocation.Revocation()


def test_the_hosts_that_go_are_in_no_play():
    groups = {"swarm_sn": ["host-1", "host-3"], _drift.REVOKED: ["host-3"]}
    assert _drift.pending(groups, "swarm_sn") == _drift.pending(groups) == ["host-1"]


GONE = dataclasses.asdict(revocation.find(three(), ORG3)[1])
GONE_HOST = dataclasses.asdict(revocation.find(three(), "host-4")[1])
AGENT = GONE_HOST["agents"][0]["spiffe_id"]


def server(**known):
    return {
        "bundles": [{"trust_domain": ORG2}],
        "entries": [{"spiffe_id": "spiffe://x/sn", "parent_id": "p", "federates_with": [ORG2]}],
        **known,
    }


def here(of_server=None, *started):
    containers = [{"name": f"sn-{number}", "state": "running", "started_at": at} for number, at in enumerate(started, 1)]
    return {
        "server": of_server or {},
        "containers": [*containers, {"name": "swci-1", "state": "exited", "started_at": None}],
        "since": 100.5,
    }


@pytest.mark.parametrize(
    ("gone", "known", "left"),
    [
        (GONE, server(), []),
        (GONE, server(bundles=[{"trust_domain": ORG3}]), [f"the SPIRE Server of host-1 still has the bundle of {ORG3}"]),
        (
            GONE,
            server(entries=[{"spiffe_id": "spiffe://x/sn", "parent_id": "p", "federates_with": [ORG2, ORG3]}]),
            ["the SPIRE Server of host-1 still has the entry spiffe://x/sn"],
        ),
        (
            GONE_HOST,
            server(entries=[{"spiffe_id": AGENT, "parent_id": "spiffe://x/spire/agent/1", "federates_with": []}]),
            [f"the SPIRE Server of host-1 still has the entry {AGENT}"],
        ),
        (
            GONE_HOST,
            server(entries=[{"spiffe_id": "spiffe://x/sn", "parent_id": AGENT, "federates_with": []}]),
            ["the SPIRE Server of host-1 still has the entry spiffe://x/sn"],
        ),
    ],
)
def test_what_a_server_still_has(gone, known, left):
    assert _revoked.review(gone, {"host-1": here(known)})["left"] == left


@pytest.mark.parametrize(
    ("gone", "started", "holding", "said"),
    [
        (GONE, (99, 100, 101), ["host-1: sn-1"], "  host-1: sn-1"),
        (GONE, (100, 101), [], "All nodes have been started since, and refuse it."),
        (GONE_HOST, (99,), [], f"What host-4 holds now stays valid for up to {GONE_HOST['until']}, as SPIRE does not revoke certificates"),
    ],
)
def test_which_nodes_still_trust_it(gone, started, holding, said):
    found = _revoked.review(gone, {"host-1": here(None, *started)})
    assert found["holding"] == holding
    assert said in "\n".join(found["lines"])
    assert "out of the inventory" in found["lines"][-1]
