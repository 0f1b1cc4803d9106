# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is derived from an inventory of release 0.3.0."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import stages
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model as _site

TD = "swarm.learning"
HOSTS = {"host-1": {"ansible_host": "172.1.1.1", "sn_sentinel": True}, "host-2": {"ansible_host": "172.2.2.2"}}
GROUPS = {
    "swarm_apls": ["host-1"],
    "swarm_spire_server": ["host-1"],
    "swarm_sn": ["host-1", "host-2"],
    "swarm_swci": ["host-1"],
}


def classic(everywhere=None, groups=None, **hosts):
    """An Inventory of release 0.3.0, with variables for all hosts, other groups, or variables of one host (host_1={…})."""
    variables = {host: {"swarm_release": "0.3.0", **own, **(everywhere or {})} for host, own in HOSTS.items()}
    for name, own in hosts.items():
        variables[name.replace("_", "-")].update(own)
    members = {name: hosts for name, hosts in {**GROUPS, **(groups or {})}.items() if hosts}
    return _site.read(variables, {"all": list(variables), **members})


def derived(*arguments, **changes):
    inventory = classic(*arguments, **changes)
    assert stages.problems(inventory, lambda path: True) == []
    return _site.derive(inventory)


def test_sns_know_the_sentinel_by_its_file_server():
    model = derived(host_1={"sn_fs_port": 30405})
    ports = {"sn_api_port": 30304, "sn_p2p_port": 30303}
    assert model["host-1"]["sn_nodes"] == [{"name": "sn-1", "host_ip": "172.1.1.1", "sentinel": True, "sn_fs_port": 30405, **ports}]
    assert model["host-2"]["sn_nodes"] == [
        {
            "name": "sn-2",
            "host_ip": "172.2.2.2",
            "sentinel": False,
            "sn_fs_port": 30305,
            "sentinel_ip": "172.1.1.1",
            "sentinel_fs_port": 30405,
            **ports,
        }
    ]


def test_the_sentinel_by_its_own_address_as_the_scripts_say_it():
    model = derived({"sn_sentinel": False, "sn_sentinel_ip": "172.2.2.2"})
    assert [(node["name"], node["sentinel"]) for here in model.values() for node in here["sn_nodes"]] == [("sn-1", False), ("sn-2", True)]


def entry(kind, dns, peers=()):
    return {
        "spiffe_id": f"spiffe://{TD}/swarm/{kind}",
        "parent_id": f"spiffe://{TD}/swarm/{kind}-agent",
        "selectors": [f"swarm:node-type:{kind}"],
        "dns_names": dns,
        "federates_with": list(peers),
    }


SN, SL, SWCI = (["swarm-network-node"], ["swarm-learning-node"], [])
ORGS = {"groups": {"swarm_spire_server": ["host-1", "host-2"]}, "host_2": {"swarm_trust_domain": "org2"}}


@pytest.mark.parametrize(
    ("changes", "entries"),
    [
        ({}, [entry("swci", SWCI)]),
        ({"everywhere": {"spire_server_release": "2.3.0"}}, [entry("sn", SN), entry("sl", SL), entry("swci", SWCI)]),
        (ORGS, [entry("sn", SN, ["org2"]), entry("sl", SL, ["org2"]), entry("swci", SWCI, ["org2"])]),
    ],
    ids=["the platform's own server makes two itself", "SPIRE's own image", "federated"],
)
def test_entries(changes, entries):
    model = derived(**changes)
    assert model["host-1"]["entries"] == entries
    assert model["host-2"]["server_host"] == ("host-2" if changes is ORGS else "host-1")


@pytest.mark.parametrize(
    ("changes", "image", "variables"),
    [
        ({}, "hpe_eval/swarm-learning/spire-server:0.3.0", "swarm_release, swarm_registry"),
        (
            {"spire_server_release": "2.3.0", "swarm_spire_version": "0.12.0"},
            "spiffe/spire-server:0.12.0",
            "swarm_spire_version, swarm_registry",
        ),
    ],
)
def test_image_of_the_spire_server(changes, image, variables):
    images = derived({"swarm_registry": "r.example", **changes})["host-1"]["images"]
    assert images[f"r.example/{image}"] == variables
    assert "r.example/hpe_eval/swarm-learning/sn:0.3.0" in images


def test_a_swci_without_a_script_lists_the_nodes():
    script = derived()["host-1"]["swci_script"].splitlines()
    assert script[1] == "WAIT FOR IP 172.1.1.1 30304"
    assert script[-2:] == ["LIST NODES", "EXIT"]
    assert derived()["host-1"]["swci_tasks"] == {}


ELSEWHERE = {"swarm_agent_server_address": "192.0.2.9"}
NO_SERVER = {"swarm_spire_server": []}
CONFIGURED = {"sn_nodes": [{"config": "/etc/spire/agent.conf"}], "swci_options": {"config": "/etc/spire/agent.conf"}}


def test_external_spire_server():
    model = derived({**ELSEWHERE, **CONFIGURED}, groups=NO_SERVER)
    assert model["host-1"]["server_host"] == ""


def test_external_spire_server_on_a_reachable_host():
    derived({**ELSEWHERE, "swarm_agent_server_host": "spire-host"}, groups=NO_SERVER)
