# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes behind reverse proxies: their services, and what each proxy hands on."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils import _nginx
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model, services

from tests.support.site_inventory import two_orgs

BOTH = {"swarm_reverse_proxy": ["host-1", "host-2"]}


def derived(everywhere=None, groups=None, **more):
    return model.derive(two_orgs(everywhere, groups={**BOTH, **(groups or {})}, **more))


def nodes(profile):
    return [node["slnodedef"] for node in profile["nodes"]]


def test_sns_have_services_instead_of_addresses():
    [one], [two] = (here["sn_nodes"] for here in derived().values())
    assert (one["host_ip"], one["sn_api_service"], one["sn_p2p_service"]) == ("", "api.sn-1.swarm", "p2p.sn-1.swarm:30303")
    assert (two["sentinel_api_service"], two.get("sentinel_ip")) == ("api.sn-1.swarm", None)
    assert one["extra_hosts"] == two["extra_hosts"] == {"p2p.sn-1.swarm": "172.1.1.1", "p2p.sn-2.swarm": "172.2.2.2"}


def test_everybody_talks_to_the_sn_by_its_service():
    site = derived()
    [swop] = site["host-2"]["swop_nodes"]
    assert (swop["sn_ip"], swop["sn_api_port"], swop["sn_api_service"]) == ("", "", "api.sn-2.swarm")
    lines = site["host-1"]["swci_script"].splitlines()
    assert lines[1:3] == ["WAIT FOR SERVICE api.sn-1.swarm", "CREATE CONTEXT cifar10 WITH SERVICE api.sn-1.swarm"]


def test_pairs_have_services():
    first, second = nodes(derived()["host-2"]["swop_profiles"]["swop-2"])
    assert (first["slhostname"], first["slhostip"], first["slport"], first["slfsservice"]) == ("sl-3", None, 16000, "fs.sl-3.swarm")
    assert (second["slport"], second["slfsservice"]) == (17000, "fs.sl-4.swarm")
    [given] = nodes(derived(host_1={"swop_pairs": [{"sl_fs_service": "mine.example.org"}]})["host-1"]["swop_profiles"]["swop-1"])
    assert given["slfsservice"] == "mine.example.org"


def test_sl_nodes_that_no_swop_starts_have_services():
    site = derived(groups={"swarm_sl": ["host-2"], "swarm_swop": [], "swarm_swci": []})
    node = site["host-2"]["sl_nodes"][1]
    assert (node["host_ip"], node["sl_fs_service"], node["sl_fs_port"]) == ("", "fs.sl-2.swarm", 17000)
    assert (node["sn_ip"], node["sn_api_service"]) == ("", "api.sn-2.swarm")
    assert site["host-2"]["routes"]["fs.sl-2.swarm"] == "172.2.2.2:17000"


def test_what_each_proxy_hands_on():
    site = derived({"reverse_proxy_port": 8443})
    assert site["host-1"]["routes"] == {
        "api.sn-1.swarm": "172.1.1.1:30304",
        "api.sn-2.swarm": "172.2.2.2:8443",
        "fs.sl-1.swarm": "172.1.1.1:16000",
        "fs.sl-2.swarm": "172.1.1.1:17000",
        "fs.sl-3.swarm": "172.2.2.2:8443",
        "fs.sl-4.swarm": "172.2.2.2:8443",
    }
    assert site["host-1"]["routes"].keys() == site["host-2"]["routes"].keys()


PAIRS = {"swop_pairs": [{"sl_hostname": "sl-1.swarm", "port": None, "sl_network_options": [{"ip": "192.18.0.6"}]}, {"port": 40002}]}
OF_HOST_1 = [
    # variables of host-1, a service, where its proxy hands it to
    ({}, "api.sn-1.swarm", "172.1.1.1:30304"),
    ({"sn_nodes": [{}, {"name": "second"}]}, "api.second.swarm", "172.1.1.1:31304"),
    ({"sn_nodes": [{"sn_api_service": "api.mine.example.org"}]}, "api.mine.example.org", "172.1.1.1:30304"),
    ({"swarm_service_domain": "hospital.example"}, "fs.sl-2.hospital.example", "172.1.1.1:17000"),
    (PAIRS, "fs.sl-1.swarm", "192.18.0.6:30305"),
    (PAIRS, "fs.sl-2.swarm", "172.1.1.1:40002"),
    ({"reverse_proxy_routes": {"api.sn-9.else": "198.51.100.4:443"}}, "api.sn-9.else", "198.51.100.4:443"),
    ({"swarm_host_ip": "2001:db8::1"}, "api.sn-1.swarm", "[2001:db8::1]:30304"),
]


@pytest.mark.parametrize(("own", "service", "target"), OF_HOST_1)
def test_where_a_service_leads(own, service, target):
    assert derived(host_1=own)["host-1"]["routes"][service] == target


def test_a_host_with_a_name_is_reached_by_it():
    [node] = derived(host_1={"swarm_host_ip": "one.example.org"})["host-1"]["sn_nodes"]
    assert (node["sn_p2p_service"], node["extra_hosts"]) == ("one.example.org:30303", {"p2p.sn-2.swarm": "172.2.2.2"})


def test_a_users_lines_stay():
    [node] = derived(host_1={"sn_options": {"extra_hosts": {"ntp": "192.0.2.1"}}})["host-1"]["sn_nodes"]
    assert node["extra_hosts"] == {"p2p.sn-1.swarm": "172.1.1.1", "p2p.sn-2.swarm": "172.2.2.2", "ntp": "192.0.2.1"}


def test_without_proxies_nothing_is_different():
    site = model.derive(two_orgs())
    assert site["host-1"]["routes"] == {}
    assert not [node for here in site.values() for node in here["sn_nodes"] if "sn_api_service" in node or "extra_hosts" in node]


@pytest.mark.parametrize(
    ("own", "image"),
    [
        ({}, "docker.io/library/nginx:stable"),
        ({"swarm_registry": "hub.example:5000"}, "hub.example:5000/library/nginx:stable"),
        ({"reverse_proxy_image": "mine/nginx:1"}, "mine/nginx:1"),
    ],
)
def test_image_of_the_proxy(own, image):
    here = derived(own)["host-1"]
    assert here["images"][image] == "reverse_proxy_image, swarm_registry"
    assert "reverse-proxy" in here["containers"]


def test_a_proxy_of_the_users_own_is_no_container_of_ours():
    here = derived({"reverse_proxy_managed": False})["host-1"]
    assert not [image for image in here["images"] if "nginx" in image]
    assert "reverse-proxy" not in here["containers"]
    assert here["sn_nodes"][0]["sn_api_service"] == "api.sn-1.swarm"


def test_an_outward_proxy_is_not_asked_for_services():
    proxied = derived({"swarm_https_proxy": "http://proxy.example:3128"})["host-1"]["proxy"]
    assert ".swarm" in proxied["no_proxy"].split(",")


# --- nginx ----------------------------------------------------------------------------------------------------------------


def test_configuration_of_nginx():
    text = _nginx.configuration({"fs.sl-1.swarm": "192.0.2.1:16000", "API.sn-1.swarm": "[2001:db8::1]:443"})
    lines = [line.strip() for line in text.splitlines()]
    assert {"api.sn-1.swarm api.sn-1.swarm;", "server [2001:db8::1]:443;", "server 192.0.2.1:16000;", "ssl_preread on;"} <= set(lines)
    assert lines[lines.index("upstream fs.sl-1.swarm {") + 1] == "server 192.0.2.1:16000;"


@pytest.mark.parametrize(
    ("routes", "words"),
    [
        ({"default": "192.0.2.1:443"}, "'default' is not a name"),
        ({"a.b;c": "192.0.2.1:443"}, "'a.b;c' is not a name"),
        ({"~^.*$": "192.0.2.1:443"}, "is not a name"),
        ({"a.b": "192.0.2.1"}, "a.b: '192.0.2.1' is not an address and a port"),
        ({"a.b": "192.0.2.1:0"}, "is not an address and a port"),
        ({"a.b": "one two:1"}, "is not an address and a port"),
        ({"a.b": "2001:db8::1:443"}, "is not an address and a port"),
        ({"a.b": "x;}:443"}, "is not an address and a port"),
    ],
)
def test_nothing_else_gets_into_it(routes, words):
    with pytest.raises(ValueError, match="is not a") as error:
        _nginx.configuration(routes)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("option", "published"),
    [
        ({"sn_api_port": "", "sn_api_service": "a.b"}, ("sn_api_service", 30304)),
        ({"sn_api_port": 31304, "sn_api_service": "a.b"}, ("sn_api_port", 31304)),
        ({"sn_api_port": "", "sn_api_service": "a.b:31000"}, ("sn_api_service", 31000)),
    ],
)
def test_ports_that_an_sn_publishes(option, published):
    assert services.sn_ports(option, ["sn_api_port"]) == [published]
