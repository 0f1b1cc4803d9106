# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories that cannot work: what is said about each."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import stages

from tests.support.site_inventory import GROUPS, two_orgs


def there(path):
    """Every file is there but those that a test calls absent."""
    return "absent" not in path


def found(inventory):
    return stages.problems(inventory, there)


def test_example_has_no_problems():
    assert found(two_orgs()) == []


def test_platform_without_a_training_has_no_problems():
    assert found(two_orgs({"swarm_training": {}})) == []


def nested(**changes):
    """The example in one trust domain, the server of host-2 below that of host-1."""
    host_2 = {"spire_server_upstream": "host-1", **changes.pop("host_2", {})}
    return two_orgs({"swarm_trust_domain": "org1.swarm.learning"}, without=[("host-2", "swarm_trust_domain")], host_2=host_2, **changes)


def federating(item):
    return two_orgs(host_1={"spire_server_federates_with": [{"address": "172.3.3.3", **item}]})


def test_nested_servers_have_no_problems():
    assert found(nested()) == []


PAIR = {"sl_hostname": "sl-9"}
DATABASE = {"type": "postgres", "host": "db", "database": "spire", "username": "spire", "password": "pw"}
SHARED = {"spire_server_datastore": DATABASE}
ONE = {"swarm_trust_domain": "org1.swarm.learning"}
BAD = {
    "no swarm at all": (two_orgs(without=tuple(GROUPS)), ["no host is in any of the groups swarm_apls, swarm_spire_server"]),
    "unknown group": (
        two_orgs(groups={"swarm_snn": ["host-2"]}),
        ["the inventory has a group 'swarm_snn' that this collection does not know: did you mean 'swarm_sn'?"],
    ),
    "unknown group, unlike any": (
        two_orgs(groups={"swarm_blockchain": ["host-2"]}),
        ["a group 'swarm_blockchain' that this collection does not know; groups named swarm_… are swarm_apls"],
    ),
    "group with a slip in its prefix": (
        two_orgs(groups={"swarn_swop": ["host-2"]}),
        ["the inventory has a group 'swarn_swop' that looks like a slip: did you mean 'swarm_swop'?"],
    ),
    "unknown release": (
        two_orgs({"swarm_release": "2.4.0"}),
        ["swarm_release is '2.4.0' on host-1, host-2, which is not known; known are 0.3.0, 2.0.0"],
    ),
    "release written as a number": (two_orgs({"swarm_release": 2.3}), ["swarm_release is '2.3' on host-1, host-2, which is not known"]),
    "two releases": (
        two_orgs({"swarm_release": "2.3.0"}, host_2={"swarm_release": "2.2.0"}),
        ["swarm_release differs (2.3.0 on host-1; 2.2.0 on host-2)"],
    ),
    "release without that component": (two_orgs({"swarm_release": "0.3.0"}), ["host-1 is in swarm_swop, but release 0.3.0 has no swop"]),
    "no address": (
        two_orgs(without=[("host-2", "ansible_host")]),
        ["host-2 (in swarm_spire_server, swarm_sn, swarm_swop) has no address: set ansible_host or swarm_host_ip for it"],
    ),
    "host that is misspelled": (
        two_orgs(groups={"swarm_sn": ["host-1", "host-l"]}, host_l={}),
        ["host-l (in swarm_sn) has no address: set ansible_host or swarm_host_ip for it: did you mean 'host-"],
    ),
    "loopback address": (
        two_orgs(host_2={"swarm_host_ip": "127.0.0.1"}),
        ["host-2 has the address 127.0.0.1, which is itself to every host: set swarm_host_ip"],
    ),
    "localhost": (two_orgs(host_2={"ansible_host": "localhost"}), ["host-2 has the address localhost, which is itself"]),
    "two hosts at one address": (two_orgs(host_2={"ansible_host": "172.1.1.1"}), ["host-1, host-2 have the same address 172.1.1.1"]),
    "two Sentinels": (two_orgs(host_2={"sn_sentinel": True}), ["2 Sentinels (sn-1 on host-1, sn-2 on host-2): a swarm has exactly one"]),
    "no Sentinel": (
        two_orgs(without=[("host-1", "sn_sentinel")]),
        ["no Sentinel among the hosts of swarm_sn (host-1, host-2): set sn_sentinel: true for one of them"],
    ),
    "Sentinel that is neither": (two_orgs(host_1={"sn_sentinel": "yes"}), ["sn_sentinel is 'yes' on host-1, it must be true or false"]),
    "no License Server": (
        two_orgs(without=["swarm_apls"]),
        ["no License Server for host-1, host-2: put a host into swarm_apls, or set swarm_apls_ip"],
    ),
    "trust domain in capitals": (
        two_orgs(host_1={"swarm_trust_domain": "Org1.Example"}),
        ["swarm_trust_domain is 'Org1.Example' on host-1: a trust domain has only lower-case letters"],
    ),
    "one trust domain twice": (
        two_orgs(host_2={"swarm_trust_domain": "org1.swarm.learning"}),
        ["for two servers of one organisation, give both the same spire_server_datastore, of type postgres or mysql"],
    ),
    "agent newer than its server": (
        two_orgs({"swarm_spire_version": "1.14.5"}, host_2={"spire_agent_version": "1.15.3"}),
        ["the SPIRE Agent 1.15.3 of host-2 is newer than its server on host-2, 1.14.5: set swarm_spire_version for both"],
    ),
    "agent much older than its server": (
        two_orgs({"swarm_spire_version": "1.15.3"}, host_1={"spire_agent_version": "1.13.0"}),
        ["the SPIRE Agent 1.13.0 of host-1 is more than one minor release older than its server on host-1, 1.15.3"],
    ),
    "agent of no version": (two_orgs(host_1={"spire_agent_version": "newest"}), ["SPIRE version 'newest' is not of the form 1.8.4"]),
    "two servers, one with a datastore of its own": (
        two_orgs(SHARED, host_2={**ONE, "spire_server_datastore": {}}),
        ["host-1, host-2 both serve the trust domain 'org1.swarm.learning': give each organisation its own"],
    ),
    "two servers on two databases": (
        two_orgs(SHARED, host_2={**ONE, "spire_server_datastore": {**DATABASE, "host": "other"}}),
        ["host-1, host-2 both serve the trust domain 'org1.swarm.learning', but spire_server_datastore is not the same database"],
    ),
    "two servers on two ports": (two_orgs(SHARED, host_2={**ONE, "spire_server_port": 8082}), ["but spire_server_port differs"]),
    "two servers, one with a name for an address": (
        two_orgs(SHARED, host_2={**ONE, "ansible_host": "host-2.example"}),
        ["agents find them by a name that leads to all their IP addresses: set swarm_host_ip of host-2"],
    ),
    "datastore that cannot be": (
        two_orgs(host_2={"spire_server_datastore": {**DATABASE, "type": "oracle"}}),
        ["spire_server_datastore on host-2 type: 'oracle' is none of sqlite, postgres, mysql"],
    ),
    "file for a datastore that is not there": (
        two_orgs(host_1={"spire_server_datastore": {**DATABASE, "tls": {"ca_file": "/absent.pem"}}}),
        ["spire_server_datastore.tls.ca_file on host-1 is '/absent.pem', which is not there on the controller"],
    ),
    "trust domain without a server": (
        two_orgs(groups={"swarm_spire_server": ["host-1"]}),
        ["host-2 has swarm_trust_domain 'org2.swarm.learning', but no host of swarm_spire_server serves it: did you mean 'org1."],
    ),
    "no agent": (
        two_orgs(groups={"swarm_spire_agent": ["host-1"]}),
        ["host-2 is in swarm_sn, swarm_swop but not in swarm_spire_agent: put it there, or set swarm_socket_path"],
    ),
    "SPIRE that is no version": (two_orgs({"swarm_spire_version": "latest"}), ["swarm_spire_version on host-1: SPIRE version 'latest'"]),
    "upstream that is no server": (
        two_orgs(host_2={"spire_server_upstream": "host-l"}),
        ["spire_server_upstream of host-2 is 'host-l', which is no host of swarm_spire_server: did you mean 'host-1'?"],
    ),
    "upstream of itself": (
        nested(host_2={"spire_server_upstream": "host-2"}),
        ["spire_server_upstream of host-2 is 'host-2', the server itself: name the host of the server that signs its CA"],
    ),
    "upstreams in a circle": (
        nested(host_1={"spire_server_upstream": "host-2"}),
        ["spire_server_upstream of host-1 is 'host-2', and that of host-2 is 'host-1': one of the two signs its CA itself"],
    ),
    "upstream that has one": (
        nested(
            groups={"swarm_spire_server": ["host-1", "host-2", "host-3"]},
            host_3={"ansible_host": "172.3.3.3", "spire_server_upstream": "host-2"},
        ),
        ["spire_server_upstream of host-3 is 'host-2', which is itself below host-1: a server stands directly below one that"],
    ),
    "upstream of another trust domain": (
        two_orgs(host_2={"spire_server_upstream": "host-1"}),
        [
            "of host-2 is 'host-1', whose swarm_trust_domain is 'org1.swarm.learning', that of host-2 is 'org2.swarm.learning': nested",
        ],
    ),
    "CA that does not outlive those below it": (
        nested(host_2={"spire_server_ca_ttl": "4300h"}),
        ["the CA of host-1 lives 25536h, not more than six times as long as that of host-2 below it, 4300h"],
    ),
    "life that is none": (
        two_orgs(host_2={"spire_server_ca_ttl": "a year"}),
        ["spire_server_ca_ttl on host-2: 'a year' is not a duration"],
    ),
    "training that takes no time": (
        two_orgs({"swarm_training_days": 0}),
        ["swarm_training_days on host-1: 0 is not a whole number of days"],
    ),
    "agent's server that is none": (
        two_orgs(host_2={"spire_agent_server_host": "host-3"}),
        ["spire_agent_server_host of host-2 is 'host-3', which is no host of swarm_spire_server: did you mean 'host-"],
    ),
    "agent's server of another trust domain": (
        two_orgs(host_2={"spire_agent_server_host": "host-1"}),
        ["spire_agent_server_host of host-2 is 'host-1', which serves the trust domain 'org1.swarm.learning', not 'org2.swarm.learning'"],
    ),
    "agent's ID of another trust domain": (
        two_orgs(host_2={"spire_agent_id": "spiffe://org1.swarm.learning/x"}),
        ["spire_agent_id is 'spiffe://org1.swarm.learning/x' on host-2: an agent's ID there begins with spiffe://org2.swarm.learning/"],
    ),
    "own agent without an ID": (
        two_orgs(groups={"swarm_spire_agent": ["host-1"]}, host_2={"swarm_socket_path": "/run/spire/agent/api.sock"}),
        [
            "the SPIRE Server of host-2 is to have the entries for it: set spire_agent_id on host-2 to the SPIFFE ID of its agent",
        ],
    ),
    "own server that is said in words": (
        two_orgs(host_2={"spire_server_managed": "no"}),
        ["spire_server_managed is 'no' on host-2, it must be true or false"],
    ),
    "own server that is to be configured": (
        nested(host_2={"spire_server_managed": False}),
        ["spire_server_upstream of host-2 is 'host-1', but spire_server_managed is false there"],
    ),
    "federated domain that is none": (
        federating({"trust_domain": "Org 3"}),
        ["federates_with of host-1: trust_domain is 'Org 3': a trust"],
    ),
    "federated domain that is its own": (
        federating({"trust_domain": "org1.swarm.learning"}),
        ["org1.swarm.learning is its own trust domain"],
    ),
    "federated domain of no host": (
        federating({"trust_domain": "org3.example", "host": "host-3"}),
        ["'host-3', which is to hand over the bundle of org3.example, is no host of swarm_spire_server"],
    ),
    "federated domain of another host": (
        federating({"trust_domain": "org3.example", "host": "host-2"}),
        ["host-2, which is to hand over the bundle of org3.example, serves org2.swarm.learning"],
    ),
    "federated domain that nobody knows": (
        federating({"trust_domain": "org3.example"}),
        ["nothing says where the bundle of org3.example is: give its item `host`, a host of swarm_spire_server, or `bundle`"],
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
        ["swarm_swci has host-1, host-2: one host starts the training"],
    ),
    "port that is none": (two_orgs(host_1={"sn_api_port": 70000}), ["sn_api_port is 70000 on host-1, it must be a number from 1 to 65535"]),
    "clash of ports": (
        two_orgs(host_1={"sn_p2p_port": 30304}),
        ["port 30304 on host-1 is wanted by sn-1 (sn_api_port) and sn-1 (sn_p2p_port): give each its own"],
    ),
    "clash with a pair": (
        two_orgs(host_1={"apls_port": 16000}),
        ["port 16000 on host-1 is wanted by the License Server (apls_port) and sl-1 (port): give each its own"],
    ),
    "clash of two SNs of a host": (
        two_orgs(host_2={"sn_nodes": [{}, {"sn_api_port": 30304}]}),
        ["port 30304 on host-2 is wanted by sn-2 (sn_api_port) and sn-3 (sn_api_port)"],
    ),
    "name twice": (two_orgs(host_2={"sn_nodes": [{"name": "sn-1"}]}), ["the name 'sn-1' is used 2 times (sn-1 on host-1, sn-1 on host-2)"]),
    "pair's name twice": (two_orgs(host_2={"swop_pairs": [PAIR, PAIR]}), ["the name 'sl-9' is used 2 times"]),
    "name that is none": (two_orgs(host_1={"sn_nodes": [{"name": "sn_1"}]}), ["sn_1 on host-1: a name begins with a letter or digit"]),
    "unknown key of a pair": (
        two_orgs(host_1={"swop_pairs": [{"gpu": "0"}]}),
        ["swop_pairs of host-1 has the unknown key 'gpu': did you mean 'gpus'?"],
    ),
    "nodes that are no list": (two_orgs(host_1={"sn_nodes": {"name": "x"}}), ["sn_nodes of host-1 must be a list of mappings"]),
    "training without a program": (
        two_orgs(training={"program": ""}),
        ["swarm_training lacks 'program': every training has name, image, program, model_dir"],
    ),
    "unknown key of the training": (
        two_orgs(training={"epoch": 3}),
        ["swarm_training has the unknown key 'epoch': did you mean 'epochs'?"],
    ),
    "epochs that are text": (two_orgs(training={"epochs": "many"}), ["swarm_training.epochs must be a whole number from 0, not 'many'"]),
    "no epochs": (two_orgs(training={"epochs": 0}), ["swarm_training.epochs must be at least 1"]),
    "build that is text": (two_orgs(training={"build": "FROM x"}), ["swarm_training.build must be a list, not 'FROM x'"]),
    "relative model directory": (two_orgs(training={"model_dir": "model"}), ["swarm_training.model_dir must be an absolute path"]),
    "absolute program": (two_orgs(training={"program": "/x.py"}), ["swarm_training.program is '/x.py': it is named from working_dir on"]),
    "private data without a mount": (two_orgs(training={"private_data": "/d"}), ["private_data (on the hosts) and private_mount"]),
    "two trainings": (
        two_orgs(host_2={"swarm_training": {"name": "other"}}),
        ["swarm_training on host-2 is another than elsewhere: it describes one training"],
    ),
    "more peers than there are": (
        two_orgs(training={"peers": 5}),
        ["swarm_training.peers asks for 5 SL/ML pairs, but there are 4 on host-1, host-2"],
    ),
    "more min_peers than peers": (
        two_orgs(training={"min_peers": 5}),
        ["swarm_training.min_peers is 5, more than the 4 SL/ML pairs that train"],
    ),
    "SWOP that has nothing to start": (
        two_orgs(host_2={"swop_nodes": [{}, {}, {}]}),
        ["swop-4 on host-2 has no SL/ML pair to start: raise swarm_training.peers_per_host, or give it pairs"],
    ),
    "nobody to train": (two_orgs(without=["swarm_swop"]), ["swarm_swop has no host that could run its SL and ML nodes"]),
    "wheel that is not there": (
        two_orgs(training={"client_wheel": "/absent.whl"}),
        ["swarm_training.client_wheel is '/absent.whl', which is not there on the controller"],
    ),
    "program that is not there": (
        two_orgs(training={"model_source": "/src", "program": "model/absent.py"}),
        ["swarm_training.program is 'model/absent.py', but there is no 'absent.py' in model_source '/src'"],
    ),
    "build line that is too long": (
        two_orgs(training={"build": ["FROM x", "RUN " + "y" * 160]}),
        ["task image-task.yml of swarm_training.Body.BuildSteps[1] has 164 characters, it must have 1 to 160"],
    ),
    "too many build lines": (
        two_orgs(training={"build": ["RUN x"] * 81}),
        ["task image-task.yml of swarm_training.Body.BuildSteps has 84 items, it must have 1 to 80"],
    ),
    "host name that is too short": (
        two_orgs(host_1={"swop_pairs": [{"ml_hostname": "m"}]}),
        ["SWOP profile of swop-1 on host-1.nodes[0].slnodedef.usrhostname has 1 characters, it must have 2 to 240"],
    ),
}


@pytest.mark.parametrize(("inventory", "sentences"), BAD.values(), ids=BAD)
def test_says_what_is_wrong(inventory, sentences):
    told = found(inventory)
    assert len(told) >= len(sentences)
    for sentence in sentences:
        assert any(sentence in one for one in told), told


def test_peers_may_still_be_to_come_when_files_are_exchanged():
    inventory = two_orgs(training={"min_peers": 5})
    assert stages.problems(inventory, there, complete=False) == []
    wrong = two_orgs(training={"min_peers": 5, "program": "/x.py"})
    assert stages.problems(wrong, there, complete=False) == found(wrong)


def test_what_runs_elsewhere_is_an_address():
    elsewhere = {"swarm_apls_ip": "192.0.2.1", "sn_sentinel_ip": "192.0.2.2", "swarm_socket_path": "/run/spire/api.sock"}
    inventory = two_orgs(
        elsewhere,
        without=["swarm_apls", "swarm_spire_server", "swarm_spire_agent", ("host-1", "sn_sentinel")],
        groups={"swarm_sn": ["host-2"]},
    )
    assert found(inventory) == []


@pytest.mark.parametrize("group", ["linux", "databases", "swimmers", "warm", "sn", "swarm"])
def test_other_groups_are_none_of_our_business(group):
    assert found(two_orgs(groups={group: ["host-1"]})) == []
