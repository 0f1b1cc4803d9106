# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries and bundles are compared as SPIRE does; wrong IDs end a module before it contacts an engine."""

import json

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._spire import entries, server, trust_bundle

from tests.support.module_runner import Failed, run

ENTRY = {
    "spiffe_id": "spiffe://org1.example/swarm/sn",
    "parent_id": "spiffe://org1.example/swarm/agent/host-1",
    "selectors": ["docker:env:swarm_node_type=sn", "docker:label:a:b"],
}
GOOD = {"spire_token": {"spiffe_id": ENTRY["spiffe_id"]}, "spire_bundle": {}, "spire_entry": {"entries": [ENTRY]}}
COPY = {"trust_domain": "org2", "bundle": '{"keys": []}'}
AGENT = {"spiffe_id": ENTRY["spiffe_id"]}
WRONG = [
    (
        "spire_token",
        {"spiffe_id": "org1.example/swarm"},
        ["spiffe_id: 'org1.example/swarm' is not a SPIFFE ID", "spiffe://example.org/swarm/sn"],
    ),
    ("spire_token", {"spiffe_id": "spiffe://Org1/x"}, ["'spiffe://Org1/x' is not a SPIFFE ID"]),
    ("spire_token", {"spiffe_id": "spiffe://org1.example"}, ["is not a SPIFFE ID"]),
    ("spire_token", {"ttl": 59}, ["ttl: 59 s is too short", "at least 60"]),
    ("spire_token", {"spiffe_id": None}, ["spiffe_id: is missing; state present requires spiffe_id"]),
    ("spire_token", {"spiffe_id": None, "state": "absent"}, ["state absent requires spiffe_id or agent_id"]),
    ("spire_token", {"agent_id": "x"}, ["agent_id: 'x' is not a SPIFFE ID"]),
    ("spire_bundle", {"trust_domain": "spiffe://org2", "bundle": '{"keys": []}'}, ["trust_domain: 'spiffe://org2' is not a trust domain"]),
    ("spire_bundle", {"trust_domain": "org2", "bundle": "-----BEGIN"}, ["bundle: '-----BEGIN' is not a SPIFFE bundle", "bundle show"]),
    ("spire_bundle", {"bundle": '{"keys": []}'}, ["trust_domain"]),
    ("spire_bundle", {"bundles": [COPY, {**COPY, "trust_domain": "Org3"}]}, ["bundles[1].trust_domain: 'Org3' is not a trust domain"]),
    ("spire_bundle", {"bundles": [COPY, {"trust_domain": "org3", "bundle": "x"}]}, ["bundles[1].bundle: 'x' is not a SPIFFE bundle"]),
    ("spire_bundle", {"bundles": [COPY, COPY]}, ["bundles[1].trust_domain: org2 is already in bundles[0]"]),
    ("spire_bundle", {"bundles": [COPY], **COPY}, ["mutually exclusive"]),
    ("spire_bundle", {"bundles": [{"trust_domain": "org2"}]}, ["bundle"]),
    ("spire_token", {"spiffe_id": None, "agents": [AGENT, {}]}, ["agents[1].spiffe_id: is missing; state present"]),
    ("spire_token", {"spiffe_id": None, "agents": [{"spiffe_id": "x"}]}, ["agents[0].spiffe_id: 'x' is not a SPIFFE ID"]),
    ("spire_token", {"agents": [AGENT]}, ["mutually exclusive"]),
    (
        "spire_token",
        {"spiffe_id": None, "agents": [AGENT, AGENT], "token_dir": "/nowhere"},
        ["agents[1].spiffe_id: spiffe://org1.example/swarm/sn is also the ID of agents[0]", "leave out token_dir"],
    ),
    ("spire_entry", {"entries": [{**ENTRY, "parent_id": "host-1"}]}, ["entries[0].parent_id: 'host-1' is not a SPIFFE ID"]),
    ("spire_entry", {"entries": [ENTRY, {**ENTRY, "selectors": []}]}, ["entries[1].selectors: is empty"]),
    ("spire_entry", {"entries": [{**ENTRY, "selectors": ["unix"]}]}, ["entries[0].selectors: 'unix' is not a selector", "TYPE:VALUE"]),
    ("spire_entry", {"entries": [{**ENTRY, "federates_with": ["Org 2"]}]}, ["entries[0].federates_with: 'Org 2' is not a trust domain"]),
    (
        "spire_entry",
        {"entries": [{**ENTRY, "federates_with": ["org2.example", "spiffe://org1.example"]}]},
        ["entries[0].federates_with: org1.example is the entry's own trust domain"],
    ),
    (
        "spire_entry",
        {"entries": [{**ENTRY, "parent_id": "spiffe://org2.example/swarm/agent/host-1"}]},
        ["entries[0].parent_id: 'spiffe://org2.example/swarm/agent/host-1' does not belong to the trust domain org1.example"],
    ),
    (
        "spire_entry",
        {"entries": [{**ENTRY, "spiffe_id": "spiffe://org1.example/spire/agent/x"}]},
        ["entries[0].spiffe_id: 'spiffe://org1.example/spire/agent/x' is below /spire"],
    ),
    (
        "spire_entry",
        {"entries": [ENTRY, {**ENTRY, "spiffe_id": "spiffe://b.example/x", "parent_id": "spiffe://b.example/y"}]},
        ["entries: belong to several trust domains, org1.example (entries[0]), b.example (entries[1])"],
    ),
    ("spire_entry", {"purge": True, "purge_parents": ["*"]}, ["purge_parents: '*' is not a SPIFFE ID"]),
    ("spire_entry", {"entries": [{"spiffe_id": ENTRY["spiffe_id"]}]}, ["parent_id", "selectors"]),
]


@pytest.mark.parametrize(("module", "options", "says"), WRONG)
@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_wrong_value(module, options, says, check):
    given = {option: value for option, value in {**GOOD[module], **options}.items() if value is not None}
    with pytest.raises(Failed) as failed:
        run(module, check=check, docker_host="unix:///nowhere", **given)
    assert all(text in str(failed.value) for text in says), str(failed.value)


@pytest.mark.parametrize("module", GOOD)
def test_right_values_get_to_the_engine(module):
    with pytest.raises(Failed, match=r"no engine answers at unix:///nowhere"):
        run(module, check=True, docker_host="unix:///nowhere", **GOOD[module])


def as_answered(**others):
    """An entry as `entry show -output json` tells it."""
    entry = entries.entry_from_option({**ENTRY, **others})
    return {**entry, "id": "1", "selectors": entry["selectors"][::-1], "entry_expires_at": "0", "revision_number": "3"}


def test_same_entry():
    assert entries.entry_key(entries.entry_from_option(ENTRY)) == entries.entry_key(as_answered())


@pytest.mark.parametrize(
    ("wanted", "there", "fields"),
    [
        ({}, {}, set()),
        ({"federates_with": ["spiffe://b", "a"]}, {"federates_with": ["a", "b"]}, set()),
        ({"federates_with": ["b"]}, {"federates_with": []}, {"federates_with"}),
        ({"x509_svid_ttl": 60}, {"x509_svid_ttl": 0}, {"x509_svid_ttl"}),
        ({"dns_names": ["a", "b"]}, {"dns_names": ["b", "a"]}, {"dns_names"}),
        ({"downstream": True}, {}, {"downstream"}),
        ({"hint": "x"}, {"hint": "y"}, {"hint"}),
        ({}, {"admin": True}, {"admin"}),
    ],
)
def test_difference_of_entries(wanted, there, fields):
    answer = as_answered(**{name: value for name, value in there.items() if name != "federates_with"})
    answer["federates_with"] = there.get("federates_with", [])
    assert set(entries.entry_difference(entries.entry_from_option({**ENTRY, **wanted}), answer)) == fields


def key(use, **others):
    return {"use": use, "kty": "EC", **others}


def test_bundles_are_compared_by_their_keys():
    one = {"keys": [key("x509-svid", x5c=["MIIA"]), key("jwt-svid", kid="k1")], "spiffe_sequence": 1}
    other = {"spiffe_sequence": 7, "keys": one["keys"][::-1]}
    assert trust_bundle.keys(json.dumps(one)) == trust_bundle.keys(json.dumps(other)) == {("x509-svid", "MIIA"), ("jwt-svid", "k1")}


PARENT = "spiffe://org1.example/swarm/agent/"


def below(*hosts):
    """key → entry of one SN below the agent of each host."""
    made = [entries.entry_from_option({**ENTRY, "parent_id": PARENT + host}) for host in hosts]
    return {entries.entry_key(entry): entry for entry in made}


@pytest.mark.parametrize(
    ("wanted", "there", "parents", "gone"),
    [
        (["a"], ["a"], None, []),
        (["a"], ["a", "b"], None, []),
        (["a"], ["a", "b"], [PARENT + "b"], ["b"]),
        (["a"], ["a", "b", "b/c"], [PARENT + "b"], ["b"]),
        (["a"], ["a", "b", "b/c"], [PARENT + "*"], ["b", "b/c"]),
        (["a"], ["a", "b", "b/c", "bc"], [PARENT + "b/*"], ["b/c"]),
        ([], ["a", "b"], [PARENT + "*"], ["a", "b"]),
        ([], ["a", "b"], None, []),
        (["a"], ["a", "b"], [], []),
    ],
)
def test_stale_entries_are_those_below_the_parents(wanted, there, parents, gone):
    found = entries.stale(below(*wanted), below(*there), parents)
    assert [server.id_text(entry["parent_id"]).removeprefix(PARENT) for entry in found] == gone


def test_another_entry_below_the_same_parent_is_stale():
    other = entries.entry_from_option({**ENTRY, "selectors": ["docker:label:other:x"]})
    assert entries.stale(below("host-1"), {entries.entry_key(other): other}, None) == [other]


@pytest.mark.parametrize(
    ("parents", "ids", "orphans"),
    [
        (["a"], [], [PARENT + "a"]),
        (["a"], ["a"], []),
        (["b", "a", "a"], ["c"], [PARENT + "a", PARENT + "b"]),
    ],
)
def test_orphans(parents, ids, orphans):
    aliases = [entries.entry_from_option({**ENTRY, "spiffe_id": PARENT + host}) for host in ids]
    assert entries.orphans(below(*parents).values(), aliases) == orphans


@pytest.mark.parametrize(
    ("aliases", "shared"),
    [
        ([("a", "/spire/agent/join_token/1"), ("b", "/spire/agent/join_token/2")], []),
        ([("b", "/spire/agent/join_token/1"), ("a", "/spire/agent/join_token/2"), ("b", "/spire/agent/join_token/3")], [PARENT + "b"]),
        ([("a", "/swarm/agent/b"), ("a", "/swarm/agent/c"), ("a", "/spire/agent/join_token/1")], []),
    ],
)
def test_ids_that_several_agents_share(aliases, shared):
    domain = "spiffe://org1.example"
    found = [entries.entry_from_option({**ENTRY, "spiffe_id": PARENT + host, "parent_id": domain + agent}) for host, agent in aliases]
    assert entries.shared(found) == shared


def test_own_id_of_an_agent_is_no_orphan():
    entry = entries.entry_from_option({**ENTRY, "parent_id": "spiffe://org1.example/spire/agent/join_token/x"})
    assert entries.orphans([entry], []) == []
