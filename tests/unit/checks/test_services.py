# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reverse proxies and services that cannot work."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import stages

from tests.support.site_inventory import two_orgs

BOTH = {"swarm_reverse_proxy": ["host-1", "host-2"]}
FIXED = {"sl_network_options": [{"ip": "192.18.0.6"}]}


def found(*arguments, groups=None, **more):
    return stages.problems(two_orgs(*arguments, groups=BOTH if groups is None else groups, **more), lambda path: True)


BAD = {
    "release without services": ({"swarm_release": "0.3.0"}, {}, "the nodes of release 0.3.0 know no services"),
    "domain": ({"swarm_service_domain": "a b"}, {}, "swarm_service_domain of host-1: invalid domain 'a b'"),
    "managed": ({"reverse_proxy_managed": "perhaps"}, {}, "reverse_proxy_managed of host-1: invalid value 'perhaps'"),
    "port": ({"reverse_proxy_port": 70000}, {}, "reverse_proxy_port of host-1: invalid port 70000"),
    "network": ({"swarm_network": "bridge"}, {}, "swarm_network of host-1 is 'bridge', in which no container finds another by name"),
    "routes": ({"reverse_proxy_routes": ["a"]}, {}, "reverse_proxy_routes of host-1: expected a mapping of names to addresses"),
    "route's name": ({"reverse_proxy_routes": {"a b": "192.0.2.1:443"}}, {}, "invalid name 'a b'; expected one such as"),
    "route's target": ({"reverse_proxy_routes": {"a.b": "192.0.2.1"}}, {}, "a.b: invalid target '192.0.2.1'; expected ADDRESS:PORT"),
    "host without a proxy": (
        {},
        {"groups": {"swarm_reverse_proxy": ["host-1"]}},
        "host-2 has nodes, but no reverse proxy, and the others are only reached through theirs: put all of them into swarm_reverse_proxy",
    ),
    "service of an SN without any proxy": (
        {},
        {"groups": {}, "host_1": {"sn_options": {"sn_api_service": "api.one.org"}}},
        "sn_api_service of sn-1 on host-1 is 'api.one.org', but no reverse proxy serves that name: put the hosts of the nodes into",
    ),
    "service of a pair without any proxy": (
        {},
        {"groups": {}, "host_2": {"swop_pairs": [{"sl_fs_service": "fs.one.org:443"}, {}]}},
        "sl_fs_service of sl-3 on host-2 is 'fs.one.org:443', but no reverse proxy serves that name",
    ),
    "service that nobody has": (
        {},
        {"host_2": {"swop_options": {"sn_api_service": "api.sn-9.swarm"}}},
        "sn_api_service of swop-2 on host-2 is 'api.sn-9.swarm', but no reverse proxy serves that name: add it to reverse_proxy_routes",
    ),
    "two of a name": (
        {},
        {"host_2": {"sn_options": {"sn_api_service": "api.sn-1.swarm"}}},
        "the service 'api.sn-1.swarm' is named 2 times (sn_api_service of sn-1 on host-1, sn_api_service of sn-2 on host-2)",
    ),
    "pair that is not reached": (
        {},
        {"host_1": {"swop_pairs": [{"port": None}]}},
        "sl_fs_service of sl-1 on host-1 is 'fs.sl-1.swarm', but the reverse proxy cannot reach the node: give it a port, or a fixed address",
    ),
    "port of the proxy": (
        {},
        {"host_1": {"sn_api_port": 443}},
        "port 443 on host-1 is assigned to the reverse proxy (reverse_proxy_port) and sn-1",
    ),
    "port of a service": (
        {},
        {"host_1": {"swop_pairs": [{"port": 30304}]}},
        "port 30304 on host-1 is assigned to sn-1 (sn_api_service) and sl-1",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_refused(case):
    everywhere, more, words = BAD[case]
    assert words in "\n".join(found(everywhere, **more))


GOOD = [
    {},
    {"reverse_proxy_managed": False},
    {"reverse_proxy_routes": {"api.sn-9.else": "[2001:db8::1]:443"}, "swop_options": {"sn_api_service": "api.sn-9.else"}},
    {"swarm_service_domain": "swarm.hospital.example"},
    {"sn_options": {"sn_p2p_port": 31303}},
]


@pytest.mark.parametrize("everywhere", GOOD)
def test_what_is_right(everywhere):
    assert found(everywhere) == []


def test_a_pair_with_a_fixed_address_needs_no_port():
    assert found(host_1={"swop_pairs": [{"port": None, **FIXED}]}) == []
