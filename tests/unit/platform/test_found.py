# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of containers that others have started: without secrets, and of SPIRE only what concerns the platform's nodes."""

import base64
import json

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._container.parse import Port
from ansible_collections.swarm.learning.plugins.module_utils._platform import found

from tests.support import pki


@pytest.mark.parametrize(
    ("options", "kept", "secrets"),
    [
        ({"env": {"A": "1"}, "memory": "1g"}, {"env": {"A": "1"}, "memory": "1g"}, []),
        ({"env": {"API_KEY": "x", "A": "1"}}, {"env": {"A": "1"}}, [["env", "API_KEY"]]),
        ({"env": {"https_proxy": "http://u:p@proxy:1"}}, {"env": {}}, [["env", "https_proxy"]]),
        ({"env": {"MY_PASSWORD": ""}}, {"env": {"MY_PASSWORD": ""}}, []),
        (
            {"labels": {"token": "x"}, "log_options": {"splunk-token": "y"}},
            {"labels": {}, "log_options": {}},
            [["labels", "token"], ["log_options", "splunk-token"]],
        ),
        ({"command": ["run", "--password", "x"]}, {}, [["command"]]),
        ({"key": "/etc/swarm/key.pem"}, {"key": "/etc/swarm/key.pem"}, []),
        ({"ml": {"image": "ml:1", "env": {"HF_TOKEN": "x"}}}, {"ml": {"image": "ml:1", "env": {}}}, [["ml", "env", "HF_TOKEN"]]),
    ],
)
def test_secrets_are_named_alone(options, kept, secrets):
    assert found.without_secrets(options) == (kept, secrets)


def entry(selectors, path="sn"):
    about = {"id": "1", "dns_names": [], "x509_svid_ttl": 0, "expires_at": 0, "federates_with": ["b.example"]}
    return {**about, "spiffe_id": f"spiffe://a.example/{path}", "parent_id": "spiffe://a.example/agent", "selectors": selectors}


@pytest.mark.parametrize(
    ("selectors", "kinds"),
    [
        (["docker:env:swarm_node_type=sn"], ["sn"]),
        (["docker:env:swarm_node_type=other"], []),
        (["docker:env:swarm_node_type=sn", "docker:label:x:y"], []),
        (["unix:uid:0"], []),
        (["spiffe_id:spiffe://a.example/spire/agent/join_token/x"], []),
    ],
)
def test_entries_of_nodes(selectors, kinds):
    assert [one["node_type"] for one in found.of_nodes([entry(selectors)])] == kinds


@pytest.mark.parametrize(
    ("ports", "expected"),
    [((Port("8081/tcp", "30307"),), 30307), ((Port("8443/tcp", "8443"),), None), ((Port("8081/tcp"),), None), ((), None)],
)
def test_port_at_which_agents_reach_a_server(ports, expected):
    assert found.published(ports, 8081) == expected


class Engine:
    """An engine whose containers have one file."""

    def __init__(self, path, content):
        self._files = {path: content}

    def read(self, _name, path):
        return self._files.get(path)


@pytest.mark.parametrize(
    ("destination", "text", "domain"),
    [
        ("/opt/spire/conf/agent", 'agent {\n    trust_domain = "org1.example"\n}\n', "org1.example"),
        ("/opt/spire/conf/agent", '{ "agent": {\n "trust_domain": "org1.example" } }', "org1.example"),
        ("/opt/spire/conf/agent", "agent {}\n", ""),
        ("/elsewhere", 'trust_domain = "org1.example"\n', ""),
    ],
)
def test_trust_domain_of_an_agent(tmp_path, destination, text, domain):
    (tmp_path / "agent.conf").write_text(text, encoding="utf-8")
    mounts = [{"Destination": "/var/run/docker.sock", "Source": "/dev/null"}, {"Destination": destination, "Source": str(tmp_path)}]
    assert found._agent(Engine("/x", b""), "spire-agent", {"Mounts": mounts}) == {"trust_domain": domain, "spiffe_id": ""}


@pytest.mark.parametrize(
    ("configuration", "path", "known"),
    [
        ('data_dir = "/data"\n', "/data/agent-data.json", True),
        ("agent {}\n", "/opt/spire/data/agent/agent-data.json", True),
        ('data_dir = "/data"\n', "/opt/spire/data/agent/agent-data.json", False),
    ],
)
def test_id_of_an_agent(tmp_path, configuration, path, known):
    agent = "spiffe://org1.example/spire/agent/join_token/x"
    with open(pki.Authority(tmp_path, agent).path, "rb") as file:
        data = json.dumps({"svid": [base64.b64encode(file.read()).decode()]}).encode()
    (tmp_path / "agent.conf").write_text(configuration, encoding="utf-8")
    mounts = [{"Destination": "/opt/spire/conf/agent", "Source": str(tmp_path)}]
    assert found._agent(Engine(path, data), "spire-agent", {"Mounts": mounts})["spiffe_id"] == (agent if known else "")


def test_aliases_of_agents():
    agent = "spiffe://a.example/spire/agent/join_token/x"
    entries = [entry([f"spiffe_id:{agent}"], "agent"), entry([f"spiffe_id:{agent}"], "other"), entry(["docker:env:swarm_node_type=sn"])]
    assert found.aliases(entries) == {agent: ["spiffe://a.example/agent", "spiffe://a.example/other"]}
