# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is derived from an inventory."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model as _site
from ansible_collections.swarm.learning.plugins.plugin_utils._site import spire

from tests.support.site_inventory import GROUPS, two_orgs


def derived(*arguments, **changes):
    return _site.derive(two_orgs(*arguments, **changes))


def test_sns_know_the_sentinel():
    model = derived()
    assert model["host-1"]["sn_nodes"] == [
        {"name": "sn-1", "host_ip": "172.1.1.1", "sentinel": True, "sn_api_port": 30304, "sn_p2p_port": 30303}
    ]
    assert model["host-2"]["sn_nodes"] == [
        {
            "name": "sn-2",
            "host_ip": "172.2.2.2",
            "sentinel": False,
            "sentinel_ip": "172.1.1.1",
            "sentinel_api_port": 30304,
            "sn_api_port": 30304,
            "sn_p2p_port": 30303,
        }
    ]


def test_several_sns_on_a_host():
    nodes = derived(host_1={"sn_nodes": [{}, {"memory": "2g"}]}, host_2={"sn_nodes": [{"sn_api_port": 9000}, {"name": "last"}]})
    assert [(n["name"], n["sentinel"], n["sn_api_port"], n["sn_p2p_port"]) for h in nodes.values() for n in h["sn_nodes"]] == [
        ("sn-1", True, 30304, 30303),
        ("sn-2", False, 31304, 31303),
        ("sn-3", False, 9000, 30303),
        ("last", False, 31304, 31303),
    ]
    assert nodes["host-1"]["sn_nodes"][1]["memory"] == "2g"


def test_sentinel_comes_first_on_its_host():
    nodes = derived(host_1={"sn_sentinel": False, "sn_nodes": [{}, {"sentinel": True}]})["host-1"]["sn_nodes"]
    assert [(node["name"], node["sentinel"]) for node in nodes] == [("sn-2", True), ("sn-1", False)]
    assert nodes[1]["sentinel_api_port"] == 31304


def test_sentinel_outside_the_inventory():
    node = derived({"sn_sentinel_ip": "192.0.2.9"}, without=[("host-1", "sn_sentinel")])["host-1"]["sn_nodes"][0]
    assert (node["sentinel"], node["sentinel_ip"]) == (False, "192.0.2.9")


@pytest.mark.parametrize(
    ("changes", "address"),
    [
        ({}, "172.2.2.2"),
        ({"host_2": {"swarm_host_ip": "10.0.0.2"}}, "10.0.0.2"),
    ],
)
def test_address(changes, address):
    model = derived(**changes)
    assert model["host-2"]["address"] == address
    assert model["host-1"]["federates_with"][0]["address"] == address
    assert model["host-2"]["swop_profiles"]["swop-2"]["nodes"][0]["slnodedef"]["slhostip"] == address


@pytest.mark.parametrize(("host", "address"), [("a.example.com", "a.example.com"), ("192.0.2.1", "192.0.2.1"), ("plain", "")])
def test_name_that_is_an_address(host, address):
    assert _site.read({host: {}}, {"swarm_sn": [host]}).address(host) == address


def test_swops_talk_to_the_sn_of_their_host():
    nodes = {host: here["swop_nodes"] for host, here in derived(host_2={"sn_api_port": 9000}).items()}
    assert nodes == {
        "host-1": [{"name": "swop-1", "sn_ip": "172.1.1.1", "sn_api_port": 30304, "labels": {"learning.swarm.pairs": "1 2"}}],
        "host-2": [{"name": "swop-2", "sn_ip": "172.2.2.2", "sn_api_port": 9000, "labels": {"learning.swarm.pairs": "3 4"}}],
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"groups": {"swarm_sn": ["host-1"]}}, ("172.1.1.1", 30304)),
        ({"host_2": {"swop_sn_ip": "192.0.2.9", "swop_sn_api_port": 1}}, ("192.0.2.9", 1)),
        ({"host_2": {"swop_nodes": [{"sn_ip": "192.0.2.8"}]}}, ("192.0.2.8", 30304)),
    ],
)
def test_sn_of_a_swop(changes, expected):
    node = derived(**changes)["host-2"]["swop_nodes"][0]
    assert (node["sn_ip"], node["sn_api_port"]) == expected


def pairs(model):
    return [
        (host, name, node["slnodedef"]["slhostname"], node["slnodedef"]["usrhostname"], node["slnodedef"]["slport"])
        for host, here in model.items()
        for name, profile in here["swop_profiles"].items()
        for node in profile["nodes"]
    ]


def test_pairs_are_numbered_over_the_training_and_ports_over_the_host():
    assert pairs(derived()) == [
        ("host-1", "swop-1", "sl-1", "ml-1", 16000),
        ("host-1", "swop-1", "sl-2", "ml-2", 17000),
        ("host-2", "swop-2", "sl-3", "ml-3", 16000),
        ("host-2", "swop-2", "sl-4", "ml-4", 17000),
    ]


def test_two_swops_share_the_pairs_of_a_host():
    assert pairs(
        derived(training={"peers_per_host": 3}, host_1={"swop_nodes": [{}, {"name": "second"}]}, groups={"swarm_swop": ["host-1"]})
    ) == [
        ("host-1", "swop-1", "sl-1", "ml-1", 16000),
        ("host-1", "swop-1", "sl-2", "ml-2", 17000),
        ("host-1", "second", "sl-3", "ml-3", 18000),
    ]


def test_pairs_of_a_host_of_its_own():
    own = [{"port": 20000, "gpus": "0", "env": {"BATCH": 8}, "private_data": "/srv/{number}"}]
    model = derived(
        host_1={"swop_pairs": own}, training={"private_mount": "/p", "private_data": "/d", "node_env": {"N": "{index}/{nodes}"}}
    )
    node = model["host-1"]["swop_profiles"]["swop-1"]["nodes"][0]["slnodedef"]
    assert node["slport"] == 20000
    assert node["usrcontaineropts"] == [{"gpus": "device=0"}]
    assert node["usrenvvars"] == [{"N": "0/3"}, {"BATCH": 8}]
    assert node["privatedata"] == {"src": "/srv/1", "mType": "BIND"}
    assert [name for _host, _swop, name, *_rest in pairs(model)] == ["sl-1", "sl-2", "sl-3"]


def test_identity():
    here = derived(host_1={"spire_server_port": 30307})["host-1"]
    assert (here["server_host"], here["server_address"], here["server_port"]) == ("host-1", "172.1.1.1", 30307)
    assert here["agent_id"] == "spiffe://org1.swarm.learning/swarm/agent/host-1"
    assert here["federates_with"] == [{"trust_domain": "org2.swarm.learning", "host": "host-2", "address": "172.2.2.2", "port": 8443}]
    assert [entry["spiffe_id"].rsplit("/", 1)[1] for entry in here["entries"]] == ["sn", "sl", "swop", "swci"]
    assert here["entries"][1] == {
        "spiffe_id": "spiffe://org1.swarm.learning/sl",
        "parent_id": "spiffe://org1.swarm.learning/swarm/agent/host-1",
        "selectors": ["docker:env:swarm_node_type=sl"],
        "federates_with": ["org2.swarm.learning"],
    }


def test_identity_by_another_path():
    here = derived({"swarm_spiffe_path": "/swarm/{node_type}"})["host-1"]
    ids = [entry["spiffe_id"].removeprefix("spiffe://org1.swarm.learning") for entry in here["entries"]]
    assert ids == ["/swarm/sn", "/swarm/sl", "/swarm/swop", "/swarm/swci"]
    assert here["agent_id"] == "spiffe://org1.swarm.learning/swarm/agent/host-1"


def test_three_hosts_of_two_domains():
    groups = {name: [*members, "host_3"] for name, members in GROUPS.items() if name in ("swarm_spire_agent", "swarm_sn")}
    third = {"ansible_host": "172.2.2.3", "swarm_trust_domain": "org2.swarm.learning"}
    inventory = two_orgs(groups={name: [m.replace("_", "-") for m in members] for name, members in groups.items()}, host_3=third)
    model = _site.derive(inventory)
    assert model["host-3"]["server_host"] == "host-2"
    assert len(model["host-2"]["entries"]) == 8
    assert (model["host-3"]["entries"], model["host-3"]["owns_entries"]) == ([], False)


@pytest.mark.parametrize("token_dir", ["", "/srv/tokens"])
def test_agents_get_their_tokens_from_their_servers_container_and_directory(token_dir):
    """Whatever the agent's own host calls its server and its directory."""
    server = {"spire_server_name": "spire", "swarm_dir": "/data/swarm", "spire_agent_token_dir": token_dir}
    agent = {"swarm_trust_domain": "org1.swarm.learning", "swarm_dir": "/opt/swarm", "spire_server_name": "unused"}
    groups = {**GROUPS, "swarm_spire_server": ["host-1"]}
    model = _site.derive(two_orgs(host_1=server, host_2=agent, groups=groups))
    place = token_dir or "/data/swarm/tokens"
    assert [(here["server_container"], here["token_dir"]) for here in model.values()] == [("spire", place)] * 2
    assert model["host-1"]["issued_token_dir"] == place


def test_nested_servers():
    domain = "org1.swarm.learning"
    below = {"spire_server_upstream": "host-1", "swarm_trust_domain": domain, "spire_server_ca_ttl": "1100h"}
    model = derived(host_2=below)
    upper, lower = model["host-1"], model["host-2"]
    assert (upper["has_downstream"], lower["has_downstream"], upper["federates_with"]) == (True, False, [])
    assert [here["server_host"] for here in (upper, lower)] == ["host-1", "host-2"]
    agent = f"spiffe://{domain}/swarm/agent/host-2/upstream"
    assert lower["upstream"] == {
        "address": "172.1.1.1",
        "port": 8081,
        "server_container": "spire-server",
        "token_dir": "/var/lib/swarm-learning/tokens",
        "agent_id": agent,
    }
    assert upper["upstream"] == {}
    assert len(lower["entries"]) == 4
    assert {entry["parent_id"] for entry in lower["entries"]} == {f"spiffe://{domain}/swarm/agent/host-2"}
    assert upper["entries"][4:] == [
        {
            "spiffe_id": f"spiffe://{domain}/swarm/spire-server/host-2",
            "parent_id": agent,
            "selectors": ["docker:label:learning.swarm.component:spire_server"],
            "x509_svid_ttl": 1100 * 3600,
            "downstream": True,
        }
    ]


def test_a_nested_servers_host_gets_the_agent_of_its_upstream():
    below = {"spire_server_upstream": "host-1", "swarm_trust_domain": "org1.swarm.learning"}
    groups = {"swarm_spire_server": ["host-1", "host-2"], "swarm_spire_agent": ["host-1"]}
    images = _site.derive(two_orgs(groups=groups, host_2=below))["host-2"]["images"]
    assert any("spire-agent" in image for image in images)


def test_both_nested_servers_federate_with_the_other_domains():
    groups = {"swarm_spire_server": ["host-1", "host-2", "host-3"]}
    third = {"ansible_host": "172.3.3.3", "swarm_trust_domain": "org1.swarm.learning", "spire_server_upstream": "host-1"}
    model = derived(groups=groups, host_3=third)
    peers = {host: [(peer["trust_domain"], peer["host"]) for peer in here["federates_with"]] for host, here in model.items()}
    assert peers == {
        "host-1": [("org2.swarm.learning", "host-2")],
        "host-2": [("org1.swarm.learning", "host-1")],
        "host-3": [("org2.swarm.learning", "host-2")],
    }


def test_agent_takes_the_address_of_its_server():
    groups = {"swarm_spire_server": ["host-1", "host-3"], "swarm_spire_agent": ["host-1", "host-2"]}
    everywhere = {"swarm_trust_domain": "a.org", "ansible_host": ""}
    third = {"ansible_host": "172.3.3.3", "swarm_trust_domain": "a.org", "spire_server_upstream": "host-1"}
    second = {"swarm_trust_domain": "a.org", "spire_agent_server_host": "host-3"}
    model = derived(everywhere, groups=groups, host_1={"swarm_trust_domain": "a.org"}, host_2=second, host_3=third)
    assert (model["host-2"]["server_host"], model["host-2"]["server_address"]) == ("host-3", "172.3.3.3")
    assert len(model["host-3"]["entries"]) == 4
    assert len(model["host-1"]["entries"]) == 5


def test_existing_spire():
    """Entries hang below the agents that run already, and nothing of SPIRE is fetched for their hosts."""
    agent = "spiffe://org1.swarm.learning/spire/agent/x509pop/1"
    own = {"swarm_trust_domain": "org1.swarm.learning", "swarm_socket_path": "/run/spire/api.sock", "spire_agent_id": agent}
    groups = {"swarm_spire_server": ["host-1"]}
    model = derived(groups=groups, without=["swarm_spire_agent"], host_1={**own, "spire_server_managed": False}, host_2=own)
    assert {entry["parent_id"] for entry in model["host-1"]["entries"]} == {agent}
    assert [image for here in model.values() for image in here["images"] if "spire" in image] == []
    [node, *_others] = model["host-2"]["swop_profiles"]["swop-2"]["nodes"]
    assert node["slnodedef"]["identity"][0]["attribute"]["src"] == "/run/spire/api.sock"


def test_federation_as_configured():
    third = {"trust_domain": "org3.example", "address": "192.0.2.3", "bundle": "{}"}
    here = derived(host_1={"spire_server_federates_with": [third]})["host-1"]
    assert here["federates_with"] == [third]
    assert here["entries"][0]["federates_with"] == ["org3.example"]


@pytest.mark.parametrize(
    ("host", "agent"),
    [("host-1", "host-1"), ("a b", "a-b"), ("192.0.2.1", "192.0.2.1"), ("fe80::1", "fe80--1")],
)
def test_agent_id_is_a_spiffe_id(host, agent):
    assert spire.agent_id("a.org", host) == f"spiffe://a.org/swarm/agent/{agent}"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"apls_ip": "172.1.1.1", "apls_port": 5814}),
        (
            {"groups": {"swarm_apls": ["host-1", "host-2"]}, "host_2": {"apls_port": 5815}},
            {"apls_ip": "172.1.1.1", "apls_port": 5814, "secondary_apls_ip": "172.2.2.2", "secondary_apls_port": 5815},
        ),
        ({"everywhere": {"swarm_apls_ip": "192.0.2.1", "swarm_apls_port": 1}}, {"apls_ip": "192.0.2.1", "apls_port": 1}),
    ],
)
def test_license_servers(changes, expected):
    assert derived(**changes)["host-2"]["license"] == expected


@pytest.mark.parametrize(
    ("variables", "http", "exempt"),
    [
        ({}, "", ""),
        ({"swarm_no_proxy": "example.com"}, "", "example.com"),
        ({"swarm_http_proxy": "http://p"}, "http://p", "localhost,127.0.0.1,172.1.1.1,172.2.2.2"),
        ({"swarm_http_proxy": "http://p", "swarm_no_proxy": "x"}, "http://p", "x,localhost,127.0.0.1,172.1.1.1,172.2.2.2"),
    ],
)
def test_all_six_proxy_variables_are_set(variables, http, exempt):
    proxy = derived(variables)["host-1"]["proxy"]
    assert proxy == {"http_proxy": http, "HTTP_PROXY": http, "https_proxy": "", "HTTPS_PROXY": "", "no_proxy": exempt, "NO_PROXY": exempt}


def test_images():
    changed = {"swarm_registry": "r.example:5000", "swarm_spire_version": "1.15.3", "sn_image": "mine:1"}
    here = derived(changed)["host-2"]
    assert here["registry"] == "r.example:5000"
    assert here["images"] == {
        "r.example:5000/spiffe/spire-server:1.15.3": "swarm_spire_version, swarm_registry",
        "r.example:5000/spiffe/spire-agent:1.15.3": "swarm_spire_version, swarm_registry",
        "mine:1": "sn_image",
        "r.example:5000/hpe/swarm-learning/swop:2.3.0": "swarm_release, swarm_registry",
        "r.example:5000/hpe/swarm-learning/sl:2.3.0": "swarm_release, swarm_registry",
        "tensorflow/tensorflow:2.7.0": "swarm_training.build",
    }


def test_image_that_is_pulled_for_the_training():
    here = derived(training={"build": []})["host-2"]
    assert here["images"]["user-env-tf2.7.0-swop"] == "swarm_training.image"
    assert here["registry"] == "hub.myenterpriselicense.hpe.com"


def test_read_uses_only_what_the_model_needs():
    inventory = _site.read({"h": {"swarm_release": "2.3.0", "swarm_registry_password": "secret"}}, {"swarm_sn": ["h"], "all": ["h", "x"]})
    assert inventory.hosts == {"h": {"swarm_release": "2.3.0"}}


POSTGRES = {"type": "postgres", "host": "db", "database": "spire", "username": "spire", "password": "pw"}


def test_two_servers_of_one_domain():
    """What is in their datastore is made by the first; agents and other domains find both by one name."""
    variables = {"swarm_trust_domain": "org1.swarm.learning", "spire_server_datastore": POSTGRES}
    servers = {"swarm_spire_server": ["host-1", "host-2", "host-3"]}
    model = derived(groups=servers, host_1=variables, host_2=variables, host_3={"ansible_host": "172.3.3.3", "swarm_trust_domain": "c"})
    both, one, two, other = {"spire-server.org1.swarm.learning": "172.1.1.1,172.2.2.2"}, model["host-1"], model["host-2"], model["host-3"]
    assert [here["server_host"] for here in (one, two, other)] == ["host-1", "host-2", "host-3"]
    assert {here["server_address"] for here in (one, two)} == set(both)
    assert [here["server_names"] for here in (one, two, other)] == [both, both, {}]
    assert [here["peer_names"] for here in (one, two, other)] == [{}, {}, both]
    peer = {"trust_domain": "c", "address": "172.3.3.3", "port": 8443}
    assert (one["federates_with"], two["federates_with"]) == ([{**peer, "host": "host-3"}], [peer])
    assert [(item["host"], item["address"]) for item in other["federates_with"]] == [("host-1", *both)]
    assert {entry["parent_id"].rpartition("/")[2] for entry in one["entries"]} == {"host-1", "host-2"}
    assert (two["entries"], two["owns_entries"]) == ([], False)
    assert [here["owns_datastore"] for here in (one, two, other)] == [True, False, False]


@pytest.mark.parametrize(
    ("host_1", "host_2", "expected"),
    [
        ({}, {}, [True, False]),
        ({}, {"spire_server_datastore": {**POSTGRES, "port": 5432}}, [True, False]),
        ({}, {"spire_server_datastore": {**POSTGRES, "database": "other"}, "swarm_trust_domain": "b"}, [True, True]),
        ({"spire_server_managed": False}, {}, [False, True]),
        ({"spire_server_datastore": {}, "swarm_trust_domain": "b"}, {}, [False, True]),
    ],
    ids=["one for both", "one for both, in other words", "one each", "a server of the user's own", "a file and one"],
)
def test_a_database_is_backed_up_with_one_host(host_1, host_2, expected):
    variables = {"swarm_trust_domain": "a", "spire_server_datastore": POSTGRES, "backup_datastore_image": "postgres:17"}
    model = derived(groups={"swarm_spire_server": ["host-1", "host-2"]}, host_1={**variables, **host_1}, host_2={**variables, **host_2})
    assert [model[host]["images"].get("postgres:17") == "backup_datastore_image" for host in ("host-1", "host-2")] == expected
    assert [model[host]["owns_datastore"] for host in ("host-1", "host-2")] == expected
