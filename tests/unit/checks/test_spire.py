# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SPIRE servers and agents that cannot work."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import stages

from tests.support.site_inventory import two_orgs


def found(inventory):
    return stages.problems(inventory, lambda path: "absent" not in path)


def nested(**changes):
    """The example in one trust domain, the server of host-2 below that of host-1."""
    host_2 = {"spire_server_upstream": "host-1", **changes.pop("host_2", {})}
    return two_orgs({"swarm_trust_domain": "org1.swarm.learning"}, without=[("host-2", "swarm_trust_domain")], host_2=host_2, **changes)


def federating(item):
    return two_orgs(host_1={"spire_server_federates_with": [{"address": "172.3.3.3", **item}]})


def test_nodes_that_name_their_certificates_need_no_agent():
    own = {"sn_nodes": [{"key": "/k"}], "swop_options": {"key": "/k"}}
    assert stages.problems(two_orgs(groups={"swarm_spire_agent": ["host-1"]}, host_2=own), lambda path: True) == []


def test_nested_servers_have_no_problems():
    assert found(nested()) == []


DATABASE = {"type": "postgres", "host": "db", "database": "spire", "username": "spire", "password": "pw"}
SHARED = {"spire_server_datastore": DATABASE}
ONE = {"swarm_trust_domain": "org1.swarm.learning"}
SAME = "the SPIRE Servers of host-1, host-2 serve the same trust domain 'org1.swarm.learning'"
BAD = {
    "trust domain in capitals": (
        two_orgs(host_1={"swarm_trust_domain": "Org1.Example"}),
        "swarm_trust_domain of host-1: invalid trust domain 'Org1.Example'; expected only lower-case letters",
    ),
    "path that does not begin with a slash": (
        two_orgs({"swarm_spiffe_path": "{node_type}"}),
        "swarm_spiffe_path of host-1, host-2: invalid path '{node_type}'; expected text that begins with /, such as /{node_type}",
    ),
    "path that is no text": (two_orgs({"swarm_spiffe_path": 5}), "swarm_spiffe_path of host-1, host-2: invalid path 5; expected text"),
    "path without the kind": (two_orgs({"swarm_spiffe_path": "/swarm"}), "invalid path '/swarm'; expected {node_type} in it"),
    "path with letters that SPIFFE does not have": (
        two_orgs(host_2={"swarm_spiffe_path": "/my swarm/{node_type}"}),
        "swarm_spiffe_path of host-2: invalid path '/my swarm/{node_type}'; expected letters, digits, dots, dashes and underscores",
    ),
    "path with another word in braces": (two_orgs({"swarm_spiffe_path": "/{host}/{node_type}"}), "expected letters, digits, dots"),
    "path with an empty part": (two_orgs({"swarm_spiffe_path": "/a//{node_type}"}), "between single slashes"),
    "path that ends with a slash": (two_orgs({"swarm_spiffe_path": "/{node_type}/"}), "between single slashes"),
    "path that goes up": (two_orgs({"swarm_spiffe_path": "/../{node_type}"}), "between single slashes"),
    "path of SPIRE's own": (two_orgs({"swarm_spiffe_path": "/spire/{node_type}"}), "SPIRE keeps /spire for its own servers and agents"),
    "path in release 0.3.0": (
        two_orgs(
            {"swarm_release": "0.3.0", "swarm_spiffe_path": "/x/{node_type}", "swarm_training": {}},
            without=["swarm_swop", "swarm_spire_agent"],
        ),
        "release 0.3.0 has SPIFFE IDs of its own, /swarm/sn and /swarm/sl: remove it",
    ),
    "one trust domain twice": (
        two_orgs(host_2={"swarm_trust_domain": "org1.swarm.learning"}),
        "for several servers of one organisation, give all the same spire_server_datastore, of type postgres or mysql",
    ),
    "agent newer than its server": (
        two_orgs({"swarm_spire_version": "1.14.5"}, host_2={"spire_agent_version": "1.15.3"}),
        "the SPIRE Agent of host-2 (1.15.3) is newer than its server on host-2 (1.14.5): set swarm_spire_version for both",
    ),
    "agent much older than its server": (
        two_orgs({"swarm_spire_version": "1.15.3"}, host_1={"spire_agent_version": "1.13.0"}),
        "the SPIRE Agent of host-1 (1.13.0) is more than one minor release older than its server on host-1 (1.15.3)",
    ),
    "invalid version of an agent": (two_orgs(host_1={"spire_agent_version": "newest"}), "spire_agent_version or spire_server_version"),
    "two servers, one with a datastore of its own": (
        two_orgs(SHARED, host_2={**ONE, "spire_server_datastore": {}}),
        f"{SAME}: give each organisation its own swarm_trust_domain",
    ),
    "two servers on two databases": (
        two_orgs(SHARED, host_2={**ONE, "spire_server_datastore": {**DATABASE, "host": "other"}}),
        f"{SAME}, but their spire_server_datastore differs: servers of one trust domain share one database",
    ),
    "two servers on two ports": (
        two_orgs(SHARED, host_2={**ONE, "spire_server_port": 8082}),
        f"{SAME}, but their spire_server_port differs",
    ),
    "two servers, one with a name for an address": (
        two_orgs(SHARED, host_2={**ONE, "ansible_host": "host-2.example"}),
        "agents connect to them by a name for all their IP addresses: set swarm_host_ip of host-2",
    ),
    "invalid datastore": (two_orgs(host_2={"spire_server_datastore": {**DATABASE, "type": "oracle"}}), "spire_server_datastore on host-2"),
    "missing file of a datastore": (
        two_orgs(host_1={"spire_server_datastore": {**DATABASE, "tls": {"ca_file": "/absent.pem"}}}),
        "spire_server_datastore.tls.ca_file of host-1: '/absent.pem' does not exist on the controller",
    ),
    "trust domain without a server": (
        two_orgs(groups={"swarm_spire_server": ["host-1"]}),
        "no host of swarm_spire_server serves the trust domain 'org2.swarm.learning' of host-2: did you mean 'org1.",
    ),
    "no agent": (
        two_orgs(groups={"swarm_spire_agent": ["host-1"]}),
        "host-2 is in swarm_sn, swarm_swop but not in swarm_spire_agent: put it there, or set swarm_socket_path",
    ),
    "invalid version": (two_orgs({"swarm_spire_version": "latest"}), "swarm_spire_version of host-1: "),
    "upstream that is not a server": (
        two_orgs(host_2={"spire_server_upstream": "host-l"}),
        "spire_server_upstream of host-2 is 'host-l', which is not a host of swarm_spire_server: did you mean 'host-1'?",
    ),
    "upstream of itself": (
        nested(host_2={"spire_server_upstream": "host-2"}),
        "spire_server_upstream of host-2 is 'host-2', the server itself: set it to the host of the server that signs its CA",
    ),
    "upstreams in a circle": (
        nested(host_1={"spire_server_upstream": "host-2"}),
        "spire_server_upstream of host-1 is 'host-2', and that of host-2 is 'host-1': remove spire_server_upstream from the one that signs",
    ),
    "upstream that has an upstream": (
        nested(
            groups={"swarm_spire_server": ["host-1", "host-2", "host-3"]},
            host_3={"ansible_host": "172.3.3.3", "spire_server_upstream": "host-2"},
        ),
        "spire_server_upstream of host-3 is 'host-2', which has the upstream host-1 itself: only one level of nesting is supported",
    ),
    "upstream of another trust domain": (
        two_orgs(host_2={"spire_server_upstream": "host-1"}),
        "the trust domain of host-2 is 'org2.swarm.learning' and that of host-1 is 'org1.swarm.learning': nested servers must have",
    ),
    "CA that does not outlive those below it": (
        nested(host_2={"spire_server_ca_ttl": "4300h"}),
        "spire_server_ca_ttl of host-1 is 25536h; expected more than six times that of host-2 below it (4300h)",
    ),
    "invalid lifetime": (two_orgs(host_2={"spire_server_ca_ttl": "a year"}), "spire_server_ca_ttl of host-2: "),
    "training that takes no time": (two_orgs({"swarm_training_days": 0}), "swarm_training_days of host-1: "),
    "agent's server that is not a server": (
        two_orgs(host_2={"spire_agent_server_host": "host-3"}),
        "spire_agent_server_host of host-2 is 'host-3', which is not a host of swarm_spire_server: did you mean 'host-",
    ),
    "agent's server of another trust domain": (
        two_orgs(host_2={"spire_agent_server_host": "host-1"}),
        "spire_agent_server_host of host-2 is 'host-1', a server of 'org1.swarm.learning'; expected a server of 'org2.swarm.learning'",
    ),
    "agent's ID of another trust domain": (
        two_orgs(host_2={"spire_agent_id": "spiffe://org1.swarm.learning/x"}),
        "spire_agent_id of host-2: invalid SPIFFE ID 'spiffe://org1.swarm.learning/x'; expected one that begins with spiffe://org2.swarm.",
    ),
    "own agent without an ID": (
        two_orgs(groups={"swarm_spire_agent": ["host-1"]}, host_2={"swarm_socket_path": "/run/spire/agent/api.sock"}),
        "registration entries for it are created on host-2: set spire_agent_id on host-2 to the SPIFFE ID of its agent",
    ),
    "invalid truth value": (
        two_orgs(host_2={"spire_server_managed": "maybe"}),
        "spire_server_managed of host-2: invalid value 'maybe'; expected true or false",
    ),
    "own server with an upstream": (
        nested(host_2={"spire_server_managed": False}),
        "spire_server_upstream of host-2 is 'host-1', but spire_server_managed is false there",
    ),
    "invalid federated trust domain": (
        federating({"trust_domain": "Org 3"}),
        "spire_server_federates_with of host-1: invalid trust_domain 'Org 3'; expected only lower-case letters",
    ),
    "federation with itself": (
        federating({"trust_domain": "org1.swarm.learning"}),
        "org1.swarm.learning is the server's own trust domain: remove it",
    ),
    "bundle of a host that is not a server": (
        federating({"trust_domain": "org3.example", "host": "host-3"}),
        "host 'host-3', for the bundle of org3.example, is not in swarm_spire_server",
    ),
    "bundle of a host of another trust domain": (
        federating({"trust_domain": "org3.example", "host": "host-2"}),
        "host 'host-2', for the bundle of org3.example, serves org2.swarm.learning",
    ),
    "no bundle": (
        federating({"trust_domain": "org3.example"}),
        "the bundle of org3.example is missing: set `host`, a host of swarm_spire_server that serves it, or `bundle`",
    ),
}


@pytest.mark.parametrize(("inventory", "sentence"), BAD.values(), ids=BAD)
def test_problems_are_reported(inventory, sentence):
    said = found(inventory)
    assert any(sentence in one for one in said), said
