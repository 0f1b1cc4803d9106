# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories of release 0.3.0 that cannot work."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import stages

from tests.support.site_inventory import two_orgs

SAME_DOMAIN = {"swarm_trust_domain": "swarm.learning"}


def classic(everywhere=None, groups=None, **hosts):
    """The example's two hosts with release 0.3.0, one SPIRE Server, and no training."""
    own = {"swarm_release": "0.3.0", "swarm_training": {}, **(everywhere or {})}
    hosts = {name: {**SAME_DOMAIN, **hosts.get(name, {})} for name in ("host_1", "host_2")}
    members = {"swarm_spire_server": ["host-1"], "swarm_spire_agent": [], "swarm_swop": [], **(groups or {})}
    return two_orgs(own, groups=members, **hosts)


def found(inventory):
    return stages.problems(inventory, lambda path: True)


def test_example_has_no_problems():
    assert found(classic()) == []


BAD = {
    "SWOP": (
        classic(groups={"swarm_swop": ["host-1"]}),
        "host-1 is in swarm_swop, but release 0.3.0 does not have swop; available in: 2.0.0, 2.1.0",
    ),
    "SPIRE Agent": (
        classic(groups={"swarm_spire_agent": ["host-2"]}),
        "host-2 is in swarm_spire_agent, but release 0.3.0 does not have spire_agent; available in",
    ),
    "two Sentinels": (classic(host_2={"sn_sentinel": True}), "2 Sentinels (sn-1 on host-1, sn-2 on host-2)"),
    "two Sentinels by address": (classic(host_2={"sn_sentinel_ip": "172.2.2.2"}), "2 Sentinels (sn-1 on host-1, sn-2 on host-2)"),
    "another Sentinel": (
        classic(host_2={"sn_sentinel_ip": "172.3.3.3"}),
        "sentinel_ip of sn-2 on host-2 is 172.3.3.3, but the Sentinel is sn-1 on host-1, at 172.1.1.1: remove sentinel_ip",
    ),
    "no Sentinel": (classic(host_1={"sn_sentinel": False}), "no Sentinel among the hosts of swarm_sn (host-1, host-2)"),
    "two License Servers": (
        classic(groups={"swarm_apls": ["host-1", "host-2"]}),
        "swarm_apls has host-1, host-2; expected one host, as release 0.3.0 has no secondary License Server",
    ),
    "no SPIRE Server": (
        classic(groups={"swarm_spire_server": []}),
        "no host of swarm_spire_server serves the trust domain 'swarm.learning' of host-1 (in swarm_sn, swarm_swci); for a server",
    ),
    "trust domain without a server": (
        classic(host_2={"swarm_trust_domain": "swarm.learnin"}),
        "'swarm.learnin' of host-2 (in swarm_sn): did you mean 'swarm.learning'?",
    ),
    "nested servers": (
        classic(groups={"swarm_spire_server": ["host-1", "host-2"]}, host_2={"spire_server_upstream": "host-1"}),
        "spire_server_upstream of host-2 cannot be used with the platform's own SPIRE Server of release 0.3.0, which has no SPIRE Agent",
    ),
    "clash of ports": (
        classic(host_1={"sn_fs_port": 30304}),
        "port 30304 on host-1 is assigned to sn-1 (sn_api_port) and sn-1 (sn_fs_port): give each its own port",
    ),
    "unknown release of the server": (
        classic(host_1={"spire_server_release": "9"}),
        "spire_server_release of host-1: unknown release '9'; expected one of 0.3.0, 2.0.0",
    ),
}


@pytest.mark.parametrize(("inventory", "sentence"), BAD.values(), ids=BAD)
def test_problems_are_reported(inventory, sentence):
    said = found(inventory)
    assert any(sentence in one for one in said), said


ELSEWHERE = {"swarm_agent_server_address": "192.0.2.9"}
NO_SERVER = {"swarm_spire_server": []}
CONFIG = "/etc/spire/agent.conf"
CONFIGURED = {"sn_nodes": [{"config": CONFIG}], "sl_nodes": [{"config": CONFIG, "ml_cmd": "x"}], "swci_options": {"config": CONFIG}}


@pytest.mark.parametrize("own", [CONFIGURED, {"swarm_agent_server_host": "spire-host"}], ids=["own configuration", "host to ask"])
def test_spire_server_outside_the_inventory_has_no_problems(own):
    assert found(classic({**ELSEWHERE, **own}, groups={**NO_SERVER, "swarm_swci": []})) == []


@pytest.mark.parametrize(
    ("variable", "value", "hosts"),
    [
        ("sn_nodes", [], ["host-1", "host-2"]),
        ("swci_options", {}, ["host-1"]),
        ("sl_nodes", [{"config": CONFIG, "ml_cmd": "x"}, {"ml_cmd": "y"}], ["host-2"]),
    ],
)
def test_node_of_a_spire_server_outside_the_inventory_needs_a_configuration(variable, value, hosts):
    said = found(classic({**ELSEWHERE, **CONFIGURED, variable: value}, groups={**NO_SERVER, "swarm_sl": ["host-2"]}))
    assert len(said) == len(hosts)
    for host, sentence in zip(hosts, said):
        assert sentence.startswith(f"{variable} of {host}: 'config' is missing, as the SPIRE Server at 192.0.2.9 is outside this inventory")
