# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups, addresses, nodes, names and ports that cannot work."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import stages

from tests.support.site_inventory import GROUPS, two_orgs


def found(inventory):
    return stages.problems(inventory, lambda path: True)


PAIR = {"sl_hostname": "sl-9"}
BAD = {
    "no swarm at all": (two_orgs(without=tuple(GROUPS)), ["no host is in any of the groups swarm_apls, swarm_spire_server"]),
    "unknown group": (
        two_orgs(groups={"swarm_snn": ["host-2"]}),
        ["the inventory has a group 'swarm_snn' that looks like a typing error of 'swarm_sn'"],
    ),
    "group with a misspelled prefix": (
        two_orgs(groups={"swarn_swop": ["host-2"]}),
        ["the inventory has a group 'swarn_swop' that looks like a typing error of 'swarm_swop'"],
    ),
    "unknown release": (
        two_orgs({"swarm_release": "2.4.0"}),
        ["swarm_release of host-1, host-2: unknown release 2.4.0; expected one of 0.3.0, 2.0.0"],
    ),
    "release written as a number": (two_orgs({"swarm_release": 2.3}), ["swarm_release of host-1, host-2: unknown release 2.3;"]),
    "two releases": (
        two_orgs({"swarm_release": "2.3.0"}, host_2={"swarm_release": "2.2.0"}),
        ["swarm_release differs (2.3.0 on host-1; 2.2.0 on host-2)"],
    ),
    "release without that component": (
        two_orgs({"swarm_release": "0.3.0"}),
        ["host-1 is in swarm_swop, but release 0.3.0 does not have swop"],
    ),
    "no address": (
        two_orgs(without=[("host-2", "ansible_host")]),
        ["host-2 (in swarm_spire_server, swarm_sn, swarm_swop) has no address: set ansible_host or swarm_host_ip for it"],
    ),
    "misspelled host": (
        two_orgs(groups={"swarm_sn": ["host-1", "host-l"]}, host_l={}),
        ["host-l (in swarm_sn) has no address: set ansible_host or swarm_host_ip for it: did you mean 'host-"],
    ),
    "loopback address": (
        two_orgs(host_2={"swarm_host_ip": "127.0.0.1"}),
        ["host-2 has a loopback address (127.0.0.1) that other hosts cannot reach: set swarm_host_ip"],
    ),
    "localhost": (two_orgs(host_2={"ansible_host": "localhost"}), ["host-2 has a loopback address (localhost) that other hosts"]),
    "two hosts with one address": (two_orgs(host_2={"ansible_host": "172.1.1.1"}), ["host-1, host-2 have the same address 172.1.1.1"]),
    "two Sentinels": (two_orgs(host_2={"sn_sentinel": True}), ["2 Sentinels (sn-1 on host-1, sn-2 on host-2): a swarm has exactly one"]),
    "no Sentinel": (
        two_orgs(without=[("host-1", "sn_sentinel")]),
        ["no Sentinel among the hosts of swarm_sn (host-1, host-2): set sn_sentinel: true for one of them"],
    ),
    "invalid truth value": (
        two_orgs(host_1={"sn_sentinel": "maybe"}),
        ["sn_sentinel of host-1: invalid value 'maybe'; expected true or false"],
    ),
    "no License Server": (
        two_orgs(without=["swarm_apls"]),
        ["no License Server for host-1, host-2: put a host into swarm_apls, or set swarm_apls_ip"],
    ),
    "three License Servers": (
        two_orgs(groups={"swarm_apls": ["host-1", "host-2", "host-3"]}, host_3={"ansible_host": "172.3.3.3"}),
        ["swarm_apls has 3 hosts; expected at most 2"],
    ),
    "no SN for SWOP and SWCI": (
        two_orgs(without=["swarm_sn"]),
        [
            "host-1 is in swarm_swop, but there is no SN: put a host into swarm_sn, or set swop_sn_ip",
            "host-2 is in swarm_swop, but there is no SN",
            "host-1 is in swarm_swci, but there is no SN: put a host into swarm_sn, or set swci_sn_ip",
        ],
    ),
    "two hosts that start the training": (
        two_orgs(groups={"swarm_swci": ["host-1", "host-2"]}),
        ["swarm_swci has host-1, host-2; expected one host"],
    ),
    "invalid port": (two_orgs(host_1={"sn_api_port": 70000}), ["sn_api_port of host-1: invalid port 70000; expected 1-65535"]),
    "port that is text": (two_orgs(host_1={"sn_api_port": "api"}), ["sn_api_port of host-1: invalid port 'api'; expected 1-65535"]),
    "invalid port of a node": (
        two_orgs(host_1={"sn_nodes": [{"sn_api_port": 0}]}),
        ["sn-1 (sn_api_port) on host-1: invalid port 0; expected 1-65535"],
    ),
    "clash of ports": (
        two_orgs(host_1={"sn_p2p_port": 30304}),
        ["port 30304 on host-1 is assigned to sn-1 (sn_api_port) and sn-1 (sn_p2p_port): give each its own port"],
    ),
    "clash with a pair": (
        two_orgs(host_1={"apls_port": 16000}),
        ["port 16000 on host-1 is assigned to the License Server (apls_port) and sl-1 (port): give each its own port"],
    ),
    "clash of two SNs of a host": (
        two_orgs(host_2={"sn_nodes": [{}, {"sn_api_port": 30304}]}),
        ["port 30304 on host-2 is assigned to sn-2 (sn_api_port) and sn-3 (sn_api_port)"],
    ),
    "clash with the SWCI": (
        two_orgs(host_1={"swci_web_port": 30304}),
        ["port 30304 on host-1 is assigned to the SWCI (swci_web_port) and sn-1 (sn_api_port)"],
    ),
    "clash with monitoring": (
        two_orgs(host_1={"swarm_monitoring": True, "apls_port": 9988}),
        ["port 9988 on host-1 is assigned to the License Server (apls_port) and monitoring (spire_server_metrics_port)"],
    ),
    "port of monitoring": (two_orgs(host_1={"spire_agent_health_port": 0}), ["spire_agent_health_port of host-1: invalid port 0"]),
    "monitoring that is neither true nor false": (
        two_orgs(host_1={"swarm_monitoring": "maybe"}),
        ["swarm_monitoring of host-1: invalid value 'maybe'; expected true or false"],
    ),
    "address of monitoring": (
        two_orgs(host_1={"swarm_monitoring_address": "everybody"}),
        ["swarm_monitoring_address of host-1: invalid value 'everybody'; expected an address of the host"],
    ),
    "name twice": (two_orgs(host_2={"sn_nodes": [{"name": "sn-1"}]}), ["the name 'sn-1' is used 2 times (sn-1 on host-1, sn-1 on host-2)"]),
    "name of a pair twice": (two_orgs(host_2={"swop_pairs": [PAIR, PAIR]}), ["the name 'sl-9' is used 2 times"]),
    "invalid name": (two_orgs(host_1={"sn_nodes": [{"name": "sn_1"}]}), ["sn_1 on host-1: invalid name; it must begin with a letter"]),
    "unknown key of a pair": (
        two_orgs(host_1={"swop_pairs": [{"gpu": "0"}]}),
        ["swop_pairs of host-1: unknown key 'gpu': did you mean 'gpus'?"],
    ),
    "GPUs of a pair": (
        two_orgs(host_1={"swop_pairs": [{"gpus": "first"}]}),
        ["swop_pairs of host-1: invalid gpus 'first'; expected all, numbers such as 0,1"],
    ),
    "nodes that are a mapping": (
        two_orgs(host_1={"sn_nodes": {"name": "x"}}),
        ["sn_nodes of host-1: expected a list of mappings, got a mapping"],
    ),
    "node that is text": (two_orgs(host_1={"swop_nodes": ["x"]}), ["swop_nodes[0] of host-1: expected a mapping, got text"]),
}


@pytest.mark.parametrize(("inventory", "sentences"), BAD.values(), ids=BAD)
def test_problems_are_reported(inventory, sentences):
    said = found(inventory)
    assert len(said) >= len(sentences)
    for sentence in sentences:
        assert any(sentence in one for one in said), said


@pytest.mark.parametrize(
    "variable", ["sn_nodes", "swop_nodes", "swop_pairs", "spire_server_federates_with", "swarm_release", "sn_sentinel"]
)
def test_mapping_in_the_wrong_place_is_not_shown(variable):
    said = "\n".join(found(two_orgs(host_2={variable: {"join_token": "a-secret-token"}})))
    assert variable in said
    assert "a-secret-token" not in said


@pytest.mark.parametrize(
    "group",
    [
        "linux",
        "swimmers",
        "warm",
        "sn",
        "swarm",
        "swarm1",
        "swarm-a",
        "swarms",
        "swarm-dc1",
        "swarm_managers",
        "swarm_workers",
        "swarm_blockchain",
    ],
)
def test_other_groups_are_left_alone(group):
    assert found(two_orgs(groups={group: ["host-1"]})) == []


@pytest.mark.parametrize(
    "group", ["swarm-sn", "swarm_sns", "swarmsn", "Swarm_swop", "swarm_swpo", "swarm_spire_agnet", "swarm_spireserver"]
)
def test_misspelled_groups(group):
    assert "looks like a typing error" in "".join(found(two_orgs(groups={group: ["host-1"]})))
