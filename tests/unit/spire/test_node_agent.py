# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SPIRE Agent inside a node of release 0.3.0: its configuration, its bundle, what it keeps, and its plugin's checksum."""

import base64
import json

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._container.engine import EngineError
from ansible_collections.swarm.learning.plugins.module_utils._spire import agent, config, join_tokens, plugin_checksum, x509
from ansible_collections.swarm.learning.plugins.plugin_utils import _node_agent

from tests.unit.spire.test_join_tokens import EXPIRES, KEPT, SVID

SUM = "1f4ebd50d3df02bfc101d54d0d799f14357e798d44941ab2ab537f52819884dd"
SETTINGS = {"trust_domain": "swarm.learning", "server_address": "192.0.2.1"}
WHOLE = f"""agent {{
  trust_domain = "swarm.learning"
  server_address = "192.0.2.1"
  server_port = 8081
  data_dir = "/spire/data/agent"
  socket_path = "/tmp/agent.sock"
  log_level = "INFO"
  trust_bundle_path = "/spire/data/agent/bootstrap.pem"
}}
plugins {{
  KeyManager "disk" {{
    plugin_data {{
      directory = "/spire/data/agent"
    }}
  }}
  NodeAttestor "join_token" {{
    plugin_data {{}}
  }}
  WorkloadAttestor "swarm" {{
    plugin_cmd = "/spire/bin/spire-swarm-plugin"
    plugin_checksum = "{SUM}"
    plugin_data {{}}
  }}
}}
"""


def test_files():
    nodes = [{"name": "sn-1", "image": "sn"}, {"name": "sn-2", "image": "sn", "config": "/own.conf"}]
    assert _node_agent.files(nodes, {"sn": SUM}, "/agents", SETTINGS) == {
        "directories": [{"path": "/agents/sn-1/data", "mode": "0700"}, {"path": "/agents/sn-2/data", "mode": "0700"}],
        "files": [{"path": "/agents/sn-1/agent.conf", "content": WHOLE}],
    }


@pytest.mark.parametrize(
    ("settings", "checksum", "says"),
    [
        ({}, SUM, "a node's SPIRE Agent needs trust_domain, server_address"),
        ({**SETTINGS, "server_address": ""}, SUM, "needs server_address"),
        ({**SETTINGS, "port": 1}, SUM, "unknown settings for a node's SPIRE Agent: port"),
        (SETTINGS, "abc", "plugin_checksum: 'abc' is not a SHA-256 checksum"),
    ],
)
def test_wrong_settings(settings, checksum, says):
    with pytest.raises(ValueError, match=says):
        _node_agent.configuration(settings, checksum)


def test_image_that_is_not_pulled_yet_is_marked():
    written = _node_agent.configuration(SETTINGS, "")["plugins"]["WorkloadAttestor"]["swarm"]["plugin_checksum"]
    assert written == config.CHECKSUM_NOT_KNOWN


def test_bundle():
    der = base64.b64encode(bytes(range(60))).decode()
    bundle = json.dumps({"keys": [{"use": "x509-svid", "x5c": [der]}, {"use": "jwt-svid", "kid": "a"}]})
    assert _node_agent.bundle_pem(bundle) == f"-----BEGIN CERTIFICATE-----\n{der[:64]}\n{der[64:]}\n-----END CERTIFICATE-----\n"
    assert _node_agent.bundle_pem("") == ""
    with pytest.raises(ValueError, match="'<html>' is not a SPIFFE bundle"):
        _node_agent.bundle_pem("<html>")


class Engine:
    """An engine with one image, whose containers have the plugin, or not."""

    def __init__(self, containers=(), found=SUM, log=""):
        self.there, self.found, self.log, self.done = containers, found, log, []

    def image(self, reference):
        return {"Id": "sha256:" + "a" * 64} if reference == "sn" else None

    def containers(self, filters):
        assert filters == {"ancestor": ["sha256:" + "a" * 64]}
        return self.there

    def checksum(self, name, path):
        self.done.append(f"read {path} in {name}")
        return self.found

    def create(self, spec):
        self.done.append(f"create {spec.name}")

    def remove(self, name):
        self.done.append(f"remove {name}")

    def log_tail(self, name, lines):
        return self.log


def test_checksum_from_an_existing_container():
    engine = Engine([{"Id": "other", "ImageID": "sha256:b"}, {"Id": "mine", "ImageID": "sha256:" + "a" * 64}])
    assert plugin_checksum.checksum(engine, "sn", "/p") == SUM
    assert engine.done == ["read /p in mine"]


def test_checksum_from_a_temporary_container():
    engine = Engine()
    assert plugin_checksum.checksum(engine, "sn", "/p") == SUM
    name = "swarm-plugin-aaaaaaaaaaaa"
    assert engine.done == [f"remove {name}", f"create {name}", f"read /p in {name}", f"remove {name}"]


def test_no_image_and_no_plugin():
    assert plugin_checksum.checksum(Engine(), "away", "/p") == ""
    with pytest.raises(EngineError, match="image sn has no file /p"):
        plugin_checksum.checksum(Engine(found=""), "sn", "/p")


@pytest.mark.parametrize(("names", "kept"), [(("svid.key", "agent_svid.der"), KEPT), (("agent_svid.der",), {}), ((), {})])
def test_stored_identity_of_an_agent_of_0_12(tmp_path, names, kept):
    for name in names:
        (tmp_path / name).write_bytes(x509.der(SVID))
    assert agent.kept_identity([f"{tmp_path}:/spire/data/agent"], EXPIRES - 1) == kept


STOPPED = {"State": {"Running": False}, "Config": {"Cmd": ["-config", "/c", "-joinToken", "t-1"], "Env": []}}

RUNS = {**STOPPED, "State": {"Running": True}, "RestartCount": 0}
RESTARTS = {**RUNS, "RestartCount": 3}
NO_TOKEN = {"Cmd": ["-config", "/c"], "Env": []}
NO_FACTS = {"identity": {}, "distrusts_server": False, "refused_token": "", "needs_join_token": False}
SPENT = "join token does not exist or has already been used"
UNATTESTED = "join token attestation is currently implemented within the agent"


@pytest.mark.parametrize(
    ("release", "inspect", "log", "facts"),
    [
        ("2.3.0", STOPPED, "", {}),
        ("0.3.0", None, "", NO_FACTS),
        ("0.3.0", RUNS, SPENT, NO_FACTS),
        (
            "0.3.0",
            STOPPED,
            SPENT,
            {**NO_FACTS, "refused_token": join_tokens.digest("t-1"), "needs_join_token": True},
        ),
        (
            "0.3.0",
            STOPPED,
            "x509: certificate signed by unknown authority",
            {**NO_FACTS, "distrusts_server": True, "needs_join_token": True},
        ),
        ("0.3.0", {**RESTARTS, "Config": NO_TOKEN}, UNATTESTED, {**NO_FACTS, "needs_join_token": True}),
        ("0.3.0", RESTARTS, "Error code: 6002", NO_FACTS),
    ],
)
def test_facts_of_a_node(release, inspect, log, facts):
    params = {"name": "sn-1", "state": "started", "release": release, "volumes": None}
    assert agent.node_facts(Engine(log=log), None, params, inspect) == facts


@pytest.mark.parametrize(
    ("node_type", "results", "expected"),
    [
        ("sn", [{"item": "n-1", "actions": []}, {"item": "n-2", "actions": ["start"]}], ["n-2"]),
        ("sn", [{"item": "n-1", "actions": [], "needs_join_token": True}, {"item": "n-2", "actions": ["start"]}], ["n-2", "n-1"]),
        ("sn", [{"item": "n-1", "actions": [], "needs_join_token": False}], []),
        (
            "sl",
            [{"item": "n-1", "actions": [], "training": "failed"}, {"item": "n-2", "actions": [], "training": "none"}],
            ["n-1", "n-2"],
        ),
        ("sl", [{"item": "n-1", "actions": [], "training": "finished"}, {"item": "n-2", "actions": [], "training": "running"}], []),
        ("sl", [{"item": "n-1", "actions": ["start"], "training": "finished"}], ["n-1"]),
        ("sl", [{"item": "n-1", "actions": ["start"]}], []),
        ("swci", [{"item": "n-1", "actions": [], "needs_join_token": True}], []),
        ("swci", [{"item": "n-1", "actions": ["start"]}], ["n-1"]),
        ("swci", [{"item": "n-1", "actions": [], "skipped": True}], []),
    ],
)
def test_nodes_that_will_start(node_type, results, expected):
    assert list(_node_agent.to_attest(results, node_type, "d")) == expected


def test_agents_as_spire_token_takes_them():
    kept = {"identity": {"spiffe_id": "spiffe://d/a"}, "distrusts_server": True, "refused_token": "0" * 64}
    results = [{"item": "sn-1", "actions": ["start"], **kept}, {"item": "sn-2", "actions": ["start"], "identity": {}}]
    assert _node_agent.to_attest(results, "sn", "d") == {
        "sn-1": {
            "spiffe_id": "spiffe://d/swarm/sn-agent",
            "agent_id": "spiffe://d/a",
            "distrusts_server": True,
            "refused_token": "0" * 64,
        },
        "sn-2": {"spiffe_id": "spiffe://d/swarm/sn-agent", "agent_id": "", "distrusts_server": False, "refused_token": ""},
    }


def test_what_nodes_get_to_be_attested():
    agents = {
        "new": {"agent_id": "", "distrusts_server": False},
        "unknown": {"agent_id": "spiffe://d/a", "distrusts_server": False},
        "stranger": {"agent_id": "spiffe://d/b", "distrusts_server": True},
        "known": {"agent_id": "spiffe://d/c", "distrusts_server": False},
    }
    answers = [{"needed": needed, "token": token} for needed, token in ((True, "t-1"), (True, "t-2"), (False, ""), (False, ""))]
    found = _node_agent.handed_out(agents, answers, "/d", "")
    files = ("agent_svid.der", "svid.key", "bundle.der")
    assert found == {
        "tokens": {"new": "t-1", "unknown": "t-2"},
        "bundles": [{"path": f"/d/{name}/data/bootstrap.pem", "content": ""} for name in ("new", "unknown")],
        "stale": [f"/d/{name}/data/{file}" for name in ("unknown", "stranger") for file in files],
    }
    assert _node_agent.handed_out(agents, [], "/d", "") == {"tokens": {}, "bundles": [], "stale": []}


def test_only_a_node_with_a_configuration_elsewhere_gets_none():
    settings = {"trust_domain": "d", "server_address": "192.0.2.1"}
    nodes = [
        {"name": "a", "image": "i"},
        {"name": "b", "image": "i", "config": "/d/b/agent.conf"},
        {"name": "c", "image": "i", "config": "/mine"},
    ]
    found = _node_agent.files(nodes, {"i": "0" * 64}, "/d", settings)
    assert [file["path"] for file in found["files"]] == ["/d/a/agent.conf", "/d/b/agent.conf"]
