# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the options of a container come from, and which takes precedence."""

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.swarm.learning.plugins.filter.node_options import node_options
from ansible_collections.swarm.learning.plugins.plugin_utils import _node_options
from ansible_collections.swarm.learning.plugins.plugin_utils._node_options import AgentInside, Facts, Variables
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model as site_model

from tests.support.site_inventory import two_orgs

OWN = {"release": "2.3.0", "image": "sn:1", "sn_api_port": 30304}
CLASSIC = {"release": "0.3.0", "host_ip": "192.0.2.1"}
FACTS = Facts(proxy={"http_proxy": "http://p"}, license={"apls_ip": "192.0.2.9"}, socket_path="socket:api.sock", trust_dir="/d/trust")
CERTIFICATES = {"sn": {"key": "/k", "cert": "/c", "capath": "/a"}}
AGENTS = AgentInside("/d/agents", tokens={"sn-2": "t-2", "swci-1": "t-3"})
LEDGER = "sn-1-smlnode:/platform/swarm/SMLNODE"
DATA = "/d/agents/sn-1/data:/spire/data/agent"


def of(node=None, component="sn", facts=FACTS, agents=None, **variables):
    """The complete options of one node."""
    name = f"{component}-1"
    variables = Variables(**{"own": OWN, **variables})
    return _node_options.complete(component, [{"name": name, **(node or {})}], variables, facts, agents)[name]


@pytest.mark.parametrize(
    ("layers", "node", "option", "expected"),
    [
        ({}, {}, "sn_api_port", 30304),
        ({"options": {"sn_api_port": 1}}, {}, "sn_api_port", 1),
        ({"options": {"sn_api_port": 1}}, {"sn_api_port": 2}, "sn_api_port", 2),
        ({"options": {"apls_ip": "192.0.2.8"}}, {}, "apls_ip", "192.0.2.8"),
        ({}, {}, "apls_ip", "192.0.2.9"),
        ({}, {"volumes": ["mine:/x"]}, "volumes", ["mine:/x"]),
        ({}, {}, "volumes", [LEDGER]),
        ({"own": {**OWN, "network": "mine"}}, {"network": ""}, "network", None),
        ({"own": {**OWN, "sentinel": True}}, {}, "sentinel", True),
        ({"own": {**OWN, "sentinel": True}}, {"sentinel": False}, "sentinel", False),
    ],
)
def test_later_layer_wins(layers, node, option, expected):
    assert of(node, **layers).get(option) == expected


@pytest.mark.parametrize(
    ("layers", "node", "added"),
    [
        ({}, {}, {}),
        ({"own": {**OWN, "env": {"A": "own"}}}, {}, {"A": "own"}),
        ({"own": {**OWN, "env": {"A": "own"}}, "env": {"A": "env"}}, {}, {"A": "env"}),
        ({"env": {"A": "env", "B": "b"}, "options": {"env": {"A": "options"}}}, {}, {"A": "options", "B": "b"}),
        ({"env": {"A": "env"}, "options": {"env": {"A": "options", "B": "b"}}}, {"env": {"A": "item"}}, {"A": "item", "B": "b"}),
        ({}, {"env": {"http_proxy": "", "swarm_node_type": "other"}}, {"http_proxy": ""}),
        ({"env": {"A": "env"}}, {"env": {"A": None}}, {}),
    ],
)
def test_environment_is_merged(layers, node, added):
    assert of(node, **layers)["env"] == {"http_proxy": "http://p", **added, "swarm_node_type": "sn"}


def test_labels_are_merged():
    assert of({"labels": {"a": "item"}}, options={"labels": {"a": "options", "b": "b"}})["labels"] == {"a": "item", "b": "b"}


@pytest.mark.parametrize("layer", ["own", "options"])
def test_environment_that_is_no_mapping(layer):
    with pytest.raises(ValueError, match="env: expected a mapping, found str"):
        of(**{layer: {**OWN, "env": "A=b"}})


@pytest.mark.parametrize(
    ("component", "facts", "expected"),
    [
        ("sn", FACTS, {"socket_path": "socket:api.sock", "restart_after": "/d/trust", "recreate": False}),
        ("sl", FACTS, {"socket_path": "socket:api.sock"}),
        ("sn", Facts(certificates=CERTIFICATES, socket_path="s", trust_dir="/t"), {**CERTIFICATES["sn"], "recreate": False}),
        ("sn", Facts(renewed=["sn"]), {"recreate": True}),
        ("swop", Facts(renewed=["nodes"]), {"recreate": True}),
        ("sn", Facts(renewed=["swop"]), {"recreate": False}),
        ("sl", Facts(renewed=["nodes"]), {}),
    ],
)
def test_identity(component, facts, expected):
    found = of(component=component, facts=facts)
    options = ("socket_path", "restart_after", "recreate", "key", "cert", "cacert", "capath")
    assert {name: found[name] for name in options if name in found} == expected


@pytest.mark.parametrize("component", ["apls", "spire_server", "spire_agent"])
def test_other_containers_get_no_options_of_a_node(component):
    assert of(component=component, own={"release": "2.3.0", "network": ""}) == {"name": f"{component}-1", "release": "2.3.0"}


@pytest.mark.parametrize(
    ("component", "node", "own", "expected"),
    [
        ("sn", {}, {}, {"config": "/d/agents/sn-1/agent.conf", "volumes": [LEDGER, DATA], "recreate": False}),
        (
            "sn",
            {"config": "/mine", "volumes": ["v:/v"], "join_token": "t"},
            {},
            {"config": "/mine", "volumes": ["v:/v"], "join_token": "t"},
        ),
        ("sn", {"name": "sn-2", "join_token": "old"}, {}, {"join_token": "t-2", "recreate": True}),
        ("sn", {"recreate": True}, {}, {"recreate": True}),
        ("sn", {}, {"sentinel": True}, {"sentinel": False, "sentinel_ip": "192.0.2.1"}),
        ("sn", {"host_ip": "192.0.2.2"}, {"sentinel": True}, {"sentinel_ip": "192.0.2.2"}),
        ("sn", {}, {"sentinel_ip": "192.0.2.3"}, {"sentinel_ip": "192.0.2.3"}),
        (
            "sl",
            {"sl_platform": "PYT"},
            {},
            {"volumes": ["/d/agents/sl-1/data:/spire/data/agent"], "apls_ip": "192.0.2.9", "socket_path": None},
        ),
        ("swci", {}, {}, {"join_token": "t-3", "recreate": None, "apls_ip": None, "socket_path": None}),
    ],
)
def test_nodes_with_an_agent_inside(component, node, own, expected):
    node = {"name": f"{component}-1", **node}
    found = _node_options.complete(component, [node], Variables({**CLASSIC, **own}), FACTS, AGENTS)[node["name"]]
    assert {name: found.get(name) for name in expected} == expected


def test_agents_whose_data_cannot_be_mounted_yet():
    found = of(own=CLASSIC, agents=AgentInside("/d/agents", missing=["/d/agents/sn-1/data"]))
    assert (found["volumes"], "config" in found) == ([LEDGER], False)


@pytest.mark.parametrize(
    ("release", "node", "layers", "expected"),
    [
        ("0.3.0", {}, {}, "sl-tf:0.3.0"),
        ("0.3.0", {"sl_platform": "pyt"}, {}, "sl-pyt:0.3.0"),
        ("0.3.0", {}, {"sl_platform": "PYT"}, "sl-pyt:0.3.0"),
        ("0.3.0", {}, {"image": "mine:1"}, "mine:1"),
        ("0.3.0", {"image": "own:1"}, {"image": "mine:1"}, "own:1"),
        ("2.3.0", {}, {}, "/sl:2.3.0"),
    ],
)
def test_image_of_an_sl(release, node, layers, expected):
    assert of(node, "sl", own={"release": release, **layers})["image"].endswith(expected)


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ({"a": {"sentinel": True}, "b": {}}, ["a"]),
        ({"a": {"sentinel": False, "sentinel_ip": "1", "host_ip": "1"}, "b": {"sentinel_ip": "1", "host_ip": "2"}}, ["a"]),
        ({"a": {"host_ip": "1"}}, []),
    ],
)
def test_sentinels(nodes, expected):
    assert _node_options.sentinels(nodes) == expected


def test_only_the_first_sn_of_a_role_alone_is_the_sentinel():
    found = _node_options.complete("sn", [{"name": "a"}, {"name": "b"}], Variables({**OWN, "sentinel": True}))
    assert _node_options.sentinels(found) == ["a"]


def test_options_are_the_same_in_a_site_and_alone():
    """What a user sets for all nodes wins over what is derived, and an item of the list over both; others are derived from that."""
    options = {"sn_api_port": 4000, "memory": "4g", "env": {"A": "options"}, "labels": {"l": "options"}}
    model = site_model.derive(two_orgs(host_1={"sn_options": options, "sn_nodes": [{"memory": "8g", "env": {"B": "item"}}]}))["host-1"]
    found = node_options(model["sn_nodes"], "sn", own=OWN, options=options, facts={"proxy": {}})["sn-1"]
    assert (found["sn_api_port"], found["memory"]) == (4000, "8g")
    assert found["env"] == {"A": "options", "B": "item", "swarm_node_type": "sn"}
    assert found["labels"] == {"l": "options"}
    assert model["swop_nodes"][0]["sn_api_port"] == 4000


def test_unknown_layer():
    with pytest.raises(AnsibleFilterError, match="own_options"):
        node_options([{"name": "sn-1"}], "sn", own=OWN, own_options={})
    with pytest.raises(AnsibleFilterError, match="proxies"):
        node_options([{"name": "sn-1"}], "sn", own=OWN, facts={"proxies": {}})


SELINUX = Facts(security_opts=["label=disable"])


@pytest.mark.parametrize(
    ("component", "node", "facts", "expected"),
    [
        ("swop", {}, SELINUX, ["label=disable"]),
        ("swci", {}, SELINUX, ["label=disable"]),
        ("sn", {}, SELINUX, None),
        ("sn", {}, Facts(security_opts=["label=disable"], certificates=CERTIFICATES), ["label=disable"]),
        ("swop", {"security_opts": ["label=type:mine"]}, SELINUX, ["label=type:mine"]),
        ("swop", {}, Facts(), None),
    ],
)
def test_containers_that_mount_files_get_the_security_options_of_the_engine(component, node, facts, expected):
    assert of(node, component, facts).get("security_opts") == expected


def test_so_do_ml_containers():
    assert of({"ml": {"image": "ml:1"}}, "sl", SELINUX)["ml"] == {"image": "ml:1", "security_opts": ["label=disable"]}
    assert of({"ml": {"image": "ml:1"}}, "sl", Facts())["ml"] == {"image": "ml:1"}


def test_null_takes_away_what_the_collection_sets():
    assert "env" not in of({"env": {"http_proxy": None, "swarm_node_type": None}})
    assert of({"labels": {"a": None, "b": "1"}})["labels"] == {"b": "1"}
