# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes keep their numbers when hosts come, go and change places."""

import dataclasses

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import stages
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model, numbers

from tests.support.site_inventory import two_orgs

UNNAMED = [""]
CASES = {
    "nothing runs": ({"a": UNNAMED, "b": ["", ""]}, {}, {"a": [1], "b": [2, 3]}),
    "the first host left": ({"b": UNNAMED, "c": UNNAMED}, {"b": [2], "c": [3]}, {"b": [2], "c": [3]}),
    "a host in the middle left": ({"a": UNNAMED, "c": UNNAMED}, {"a": [1], "c": [3]}, {"a": [1], "c": [3]}),
    "a host came first": ({"new": UNNAMED, "a": UNNAMED, "b": UNNAMED}, {"a": [1], "b": [2]}, {"new": [3], "a": [1], "b": [2]}),
    "a host came into a gap": ({"a": UNNAMED, "c": UNNAMED, "new": UNNAMED}, {"a": [1], "c": [3]}, {"a": [1], "c": [3], "new": [2]}),
    "the hosts changed places": ({"b": UNNAMED, "a": UNNAMED}, {"a": [1], "b": [2]}, {"b": [2], "a": [1]}),
    "a host has one more": ({"a": ["", ""], "b": UNNAMED}, {"a": [1], "b": [2]}, {"a": [1, 3], "b": [2]}),
    "a host has one less": ({"a": UNNAMED, "b": UNNAMED}, {"a": [1, 2], "b": [3]}, {"a": [1], "b": [3]}),
    "a node with a name of its own takes no other's number": ({"a": ["own", ""]}, {"a": [2]}, {"a": [1, 2]}),
    "a name that is a number, on another host": ({"new": UNNAMED, "a": ["sn-1"]}, {"a": [1]}, {"new": [2], "a": [3]}),
    "a name that is a number, beside a number that is kept": ({"a": ["sn-1", ""]}, {"a": [1, 2]}, {"a": [3, 2]}),
    "an unknown number is assigned again": ({"a": ["", ""], "b": UNNAMED}, {"a": [0, 3], "b": [1]}, {"a": [2, 3], "b": [1]}),
}


@pytest.mark.parametrize(("names", "kept", "expected"), CASES.values(), ids=CASES)
def test_numbers(names, kept, expected):
    assert numbers.assign(names, kept) == expected


def test_numbers_that_others_have():
    assert numbers.assign({"a": ["", ""]}, {}, 5) == {"a": [5, 6]}
    assert numbers.assign({"a": ["", ""]}, {}, taken=(1, 3)) == {"a": [2, 4]}


def container(name, component=None, **labels):
    own = {"learning.swarm.component": component} if component else {}
    return {"Names": [f"/{name}"], "Labels": {**own, **labels}}


PROFILE = {"nodes": [{"slnodedef": {"slhostname": "sl-5"}}, {"slnodedef": {"slhostname": "sl-6"}}, {"slnodedef": {"slhostname": "own"}}]}


def test_what_runs_on_a_host():
    swop = container("swop-2", "swop", **{"learning.swarm.pairs": "3 4"})
    there = [container("sn-3", "sn"), container("sn-7"), container("web", "sn"), swop, container("sl-9", "sl")]
    assert numbers.running(there) == {"sn": [3], "swop": [2], "sl": [9], "pairs": [3, 4]}
    assert numbers.running(there, {"swop-2": PROFILE})["pairs"] == [5, 6, 0]


def test_a_pair_with_a_name_of_its_own_keeps_its_number():
    pairs = [{"sl_hostname": "own"}, {}]
    inventory = kept(two_orgs(host_1={"swop_pairs": pairs}), host_1={"pairs": [7, 4]}, host_2={"pairs": [5, 6]})
    here = model.derive(inventory)["host-1"]
    assert here["pair_numbers"] == {"swop-1": [7, 4]}
    assert numbers.expected(here)["pairs"] == [7, 4]
    swop = container("swop-1", "swop", **{"learning.swarm.pairs": "7 4"})
    assert numbers.running([swop], here["swop_profiles"])["pairs"] == [7, 4]


def kept(inventory, **running):
    """The inventory whose hosts run nodes with these numbers: host_1={"sn": [2], …}."""
    return dataclasses.replace(inventory, numbers={host.replace("_", "-"): own for host, own in running.items()})


def test_names_and_directories_of_a_site():
    inventory = two_orgs(
        training={"private_data": "/srv/{number}", "private_mount": "/data"}, without=("swarm_apls",), groups={"swarm_sn": ["host-2"]}
    )
    alone = kept(inventory, host_2={"sn": [2], "swop": [2], "pairs": [3, 4], "sl": []})
    here = model.derive(alone)["host-2"]
    assert [node["name"] for node in here["sn_nodes"]] == ["sn-2"]
    assert list(here["swop_profiles"]) == ["swop-2"]
    nodes = [node["slnodedef"] for node in here["swop_profiles"]["swop-2"]["nodes"]]
    assert [(node["slhostname"], node["usrhostname"], node["privatedata"]["src"]) for node in nodes] == [
        ("sl-3", "ml-3", "/srv/3"),
        ("sl-4", "ml-4", "/srv/4"),
    ]
    assert numbers.expected(here) == {"sn": [2], "swop": [2], "sl": [], "pairs": [3, 4]}


@pytest.mark.parametrize(
    ("containers", "moved"),
    [
        ([], False),
        ([container("sn-1", "sn"), container("swop-1", "swop", **{"learning.swarm.pairs": "1 2"})], False),
        ([container("sn-1", "sn"), container("swop-1", "swop")], False),  # made before the label
        ([container("sn-2", "sn")], True),
        ([container("sn-2")], False),  # somebody else's
        ([container("swop-1", "swop", **{"learning.swarm.pairs": "3 4"})], True),
    ],
)
def test_nodes_that_run_under_other_numbers(containers, moved):
    assert numbers.moved(model.derive(two_orgs())["host-1"], containers) is moved


@pytest.mark.parametrize(
    ("containers", "new"),
    [
        ([], True),
        ([container("sn-1", "sn"), container("swop-1", "swop", **{"learning.swarm.pairs": "1 2"})], False),
        ([container("sn-1", "sn"), container("swop-1", "swop", **{"learning.swarm.pairs": "1"})], True),
    ],
)
def test_nodes_that_are_to_come(containers, new):
    assert numbers.has_new(model.derive(two_orgs())["host-1"], containers) is new


HERE = {"NetworkSettings": {"Networks": {"swarm": {}}}}
MOUNTS = {"Mounts": [{"Source": "/var/lib/swarm-learning/swop/swop-2"}]}


RUNNING = {"sn": [1], "swop": [1], "sl": [], "pairs": [1, 2]}


@pytest.mark.parametrize(
    ("numbers", "more", "problem"),
    [
        ({"host-1": RUNNING, "host-2": RUNNING}, {}, ""),
        ({}, {"host_2": {"sn_nodes": [{"name": "sn-1"}]}}, "the name 'sn-1' is used 2 times"),
        ({"host-1": RUNNING}, {"host_2": {"sn_nodes": [{"name": "sn-1"}]}}, "the name 'sn-1' is used 2 times"),
    ],
    ids=["both run", "neither runs", "one runs"],
)
def test_organisations_that_come_into_one_inventory_keep_names_that_both_have(numbers, more, problem):
    """Each had one of its own, and counted from 1; ledgers and identities hang on the names, which only have to differ on a host."""
    inventory = dataclasses.replace(two_orgs(**more), numbers=numbers)
    found = stages.problems(inventory, lambda path: True)
    assert (problem in "".join(found), bool(found)) == (True, bool(problem))
    if not problem:
        derived = model.derive(inventory)
        for host in ("host-1", "host-2"):
            [profile] = derived[host]["swop_profiles"].values()
            assert [node["slnodedef"]["slhostname"] for node in profile["nodes"]] == ["sl-1", "sl-2"]
            assert derived[host]["containers"][:2] == ["sn-1", "swop-1"]


def test_a_new_node_gets_a_name_that_neither_organisation_has():
    own = {"host_1": {"sn_nodes": [{}, {}]}}
    inventory = dataclasses.replace(two_orgs(**own), numbers={"host-1": RUNNING, "host-2": {**RUNNING, "sn": [1]}})
    assert [node["name"] for node in model.derive(inventory)["host-1"]["sn_nodes"]] == ["sn-1", "sn-2"]


def test_containers_that_the_inventory_no_longer_has():
    there = [
        {**container("sn-1", "sn"), **HERE},
        {**container("sn-2", "sn"), **HERE},
        {**container("swop-2", "swop"), **MOUNTS},
        {**container("web"), **HERE},  # somebody else's
        container("sn-9", "sn"),  # another site's
        {**container("sn-8", "sn"), "Mounts": [{"Source": "/var/lib/swarm-learning-2/x"}]},
    ]
    assert numbers.orphans(there, ["sn-1"], "swarm", "/var/lib/swarm-learning") == ["sn-2", "swop-2"]
