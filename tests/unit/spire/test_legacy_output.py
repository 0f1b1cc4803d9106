# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SPIRE 0.12 prints only text, which is converted to the JSON of later versions."""

import json

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._spire import entries, legacy_output, tokens
from ansible_collections.swarm.learning.plugins.module_utils._spire import server as _spire

ENTRIES = """Found 2 entries
Entry ID         : 7c9b
SPIFFE ID        : spiffe://swarm.learning/swarm/sn
Parent ID        : spiffe://swarm.learning/swarm/sn-agent
Revision         : 0
TTL              : default
Selector         : swarm:node-type:sn
DNS name         : swarm-network-node

Entry ID         : 11aa
SPIFFE ID        : spiffe://swarm.learning/ns/root
Parent ID        : spiffe://swarm.learning/spire/agent/join_token/8b0c
Revision         : 3
Downstream       : true
TTL              : 600
Expiration time  : 2026-11-22 02:00:00 +0000 UTC
Selector         : docker:env:a=b:c
Selector         : unix:uid:0
FederatesWith    : org2.swarm.learning
Admin            : true

"""
AGENTS = """Found 1 attested agent:

SPIFFE ID         : spiffe://swarm.learning/spire/agent/join_token/8b0c
Attestation type  : join_token
Expiration time   : 2026-11-22 03:30:00 +0200 EET
Serial number     : 123

"""
BUNDLES = "****************************************\n* org2.swarm.learning\n****************************************\n{}\n"
REFUSAL = "flag provided but not defined: -output\nUsage of entry show:\n"
WANTED = {
    "spiffe_id": "spiffe://swarm.learning/swarm/sn",
    "parent_id": "spiffe://swarm.learning/swarm/sn-agent",
    "selectors": ["swarm:node-type:sn"],
    "dns_names": ["swarm-network-node"],
}


def test_entries():
    first, second = legacy_output.entries(ENTRIES)
    assert entries.entry_difference(entries.entry_from_option(WANTED), first) == {}
    assert entries.entry_key(first) == entries.entry_key(entries.entry_from_option(WANTED))
    assert second["selectors"] == [{"type": "docker", "value": "env:a=b:c"}, {"type": "unix", "value": "uid:0"}]
    assert (second["x509_svid_ttl"], second["expires_at"], second["downstream"], second["admin"]) == (600, 1795312800, True, True)
    assert second["federates_with"] == ["org2.swarm.learning"]


@pytest.mark.parametrize(
    ("read", "text", "found"),
    [
        (legacy_output.entries, "Found 0 entries\n", []),
        (legacy_output.agents, "No attested agents found\n", []),
        (legacy_output.token, "Token: 8b0c-1\n", "8b0c-1"),
        (legacy_output.token, "", ""),
    ],
)
def test_lists_and_tokens(read, text, found):
    assert read(text) == found


def test_agents():
    (agent,) = legacy_output.agents(AGENTS)
    assert agent["id"] == {"trust_domain": "swarm.learning", "path": "/spire/agent/join_token/8b0c"}
    assert agent["x509svid_expires_at"] == 1795311000


def test_written_entries():
    wanted = entries.entry_from_option({**WANTED, "federates_with": ["org2.swarm.learning"], "x509_svid_ttl": 60})
    (answer,) = legacy_output.data([{**wanted, "id": "7c9b"}])["entries"]
    assert answer == {
        "entry_id": "7c9b",
        "spiffe_id": WANTED["spiffe_id"],
        "parent_id": WANTED["parent_id"],
        "selectors": [{"type": "swarm", "value": "node-type:sn"}],
        "federates_with": ["spiffe://org2.swarm.learning"],
        "dns_names": ["swarm-network-node"],
        "ttl": 60,
        "downstream": False,
        "admin": False,
    }


def test_options_that_this_version_does_not_support():
    with pytest.raises(ValueError, match=r"spiffe://swarm.learning/swarm/sn: SPIRE 0.12 does not support hint"):
        legacy_output.data([entries.entry_from_option({**WANTED, "hint": "x"})])


class Engine012:
    """An engine with the platform's own server: another path, and no JSON."""

    def __init__(self):
        self.asked = []

    def execute(self, _name, words, stdin=None):
        program, *words = words
        if program != "/spire/bin/spire-server":
            return 127, "OCI runtime exec failed: no such file or directory", ""
        if "-output" in words:
            return 1, "", REFUSAL
        self.asked.append((tuple(words), stdin))
        said = {"entry": ENTRIES, "agent": AGENTS, "token": "Token: t-1\n", "bundle": BUNDLES}[words[0]]
        return 0, said, ""


def test_server_of_the_platform(monkeypatch):
    engine = Engine012()
    server = _spire.Server(engine, "spire-server")
    monkeypatch.setattr(_spire.time, "time", lambda: 1000.5)
    assert [entry["id"] for entry in server.entries()] == ["7c9b", "11aa"]
    assert [record.spiffe_id for record in tokens.records(server)] == ["spiffe://swarm.learning/spire/agent/join_token/8b0c"]
    assert server.generate_token("spiffe://swarm.learning/swarm/sn-agent", 600) == ("t-1", 1600)
    assert server.federated_bundles() == {"org2.swarm.learning": "{}"}
    server.write_entries("update", [{**entries.entry_from_option(WANTED), "id": "7c9b"}])
    words, stdin = engine.asked[-1]
    assert words == ("entry", "update", "-data", "-")
    assert json.loads(stdin)["entries"][0]["entry_id"] == "7c9b"
    server.delete_entries(["7c9b", "11aa"])
    assert [words for words, _stdin in engine.asked[-2:]] == [
        ("entry", "delete", "-entryID", "7c9b"),
        ("entry", "delete", "-entryID", "11aa"),
    ]
