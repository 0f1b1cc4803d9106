# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who must reach whom, and what a preflight measures for it."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._preflight import plan

from tests.support.preflight_site import Site, described

HUB = "hub.myenterpriselicense.hpe.com"


def between(hosts, source, target):
    return {(link.port, link.service) for link in plan.links(hosts) if (link.source, link.target) == (source, target)}


def test_two_organisations():
    hosts = described()
    assert between(hosts, "host-2", "host-1") == {
        (5814, "License Server"),
        (8443, "SPIRE federation"),
        (30303, "sn-1 P2P"),
        (30304, "Sentinel API"),
        (16000, "sl-1 file server"),
        (17000, "sl-2 file server"),
    }
    assert between(hosts, "host-1", "host-2") == {
        (8443, "SPIRE federation"),
        (30303, "sn-2 P2P"),
        (16000, "sl-3 file server"),
        (17000, "sl-4 file server"),
    }
    outside = {(link.source, link.address, link.port) for link in plan.links(hosts) if not link.target}
    assert {("host-1", HUB, 443), ("host-2", HUB, 443)} <= outside
    assert not between(hosts, "host-1", "host-1")


def test_what_is_measured_comes_from_it():
    measured = plan.plan(described())["hosts"]
    assert measured["host-1"]["listen"] == [5814, 8443, 16000, 17000, 30303, 30304]
    assert measured["host-2"]["listen"] == [8443, 16000, 17000, 30303]
    assert set(measured["host-2"]["ports"]) == {8443, 16000, 17000, 30303, 30304}  # its API has no user on another host
    assert {"address": "172.1.1.1", "port": 5814, "https": True} in measured["host-2"]["connect"]
    assert HUB in measured["host-2"]["names"]
    assert "172.1.1.1" not in measured["host-2"]["names"]
    assert measured["host-2"]["disks"] == ["/tmp/spire/cifar10/model"]
    assert measured["host-2"]["directories"] == [{"path": "/tmp/spire/cifar10/model", "user": ""}]


def test_the_ports_of_monitoring_are_measured():
    measured = plan.plan(described(everywhere={"swarm_monitoring": True}))["hosts"]
    assert {9988, 9989, 9990, 9991} <= set(measured["host-1"]["ports"])
    assert not {9988, 9989, 9990, 9991} & set(measured["host-1"]["listen"])  # Prometheus is none of the site's hosts


def test_an_agent_without_a_server_of_its_own_goes_to_its_domains():
    hosts = described(
        groups={"swarm_spire_server": ["host-1"]}, host_2={"swarm_trust_domain": "org1.swarm.learning"}, host_1={"spire_server_port": 30307}
    )
    assert (30307, "SPIRE Server") in between(hosts, "host-2", "host-1")


def test_behind_a_proxy_the_registry_is_the_proxys_business():
    hosts = described(everywhere={"swarm_https_proxy": "http://user:secret@proxy.example:8080"})
    outside = {(link.address, link.port, link.service) for link in plan.links(hosts) if not link.target}
    assert ("proxy.example", 8080, "proxy") in outside
    assert HUB not in {address for address, _port, _service in outside}
    assert HUB not in plan.plan(hosts)["hosts"]["host-1"]["names"]
    assert "secret" not in str(plan.plan(hosts))


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("tensorflow/tensorflow:2.7.0", (plan.DOCKER_HUB, 443)),
        ("docker.io/library/python:3.9", (plan.DOCKER_HUB, 443)),
        ("python:3.9", (plan.DOCKER_HUB, 443)),
        ("registry.lab:5000/hpe/sn:1", ("registry.lab", 5000)),
        ("ghcr.io/spiffe/spire-agent:1.8.4", ("ghcr.io", 443)),
        ("localhost/sn:1", ("localhost", 443)),
    ],
)
def test_the_registry_of_an_image(image, expected):
    assert plan.registry(image) == expected


def test_another_organisations_server_is_outside():
    site = Site(host_1={"spire_server_federates_with": [{"trust_domain": "org9", "address": "192.0.2.10", "port": 8443}]})
    [link] = [link for link in plan.links(site.hosts) if link.address == "192.0.2.10"]
    assert (link.source, link.target, link.why) == ("host-1", "", "trust bundles of org9 come from it")


def test_nodes_without_spire_need_no_server():
    hosts = described()
    hosts["host-2"].model["identity"].update(sn={"cert": "/c"})
    hosts["host-2"].settings["server_address"] = "172.1.1.1"
    assert "SPIRE Server" not in {service for _port, service in between(hosts, "host-2", "host-1")}


def test_several_servers_behind_one_name_are_each_reached():
    hosts = described()
    hosts["host-1"].model["server_names"].update({"spire-server.org1": "172.2.2.2,192.0.2.4"})
    hosts["host-1"].settings["server_address"] = "spire-server.org1"
    found = {link.address for link in plan.links(hosts) if link.service == "SPIRE Server"}
    assert found == {"172.2.2.2", "192.0.2.4"}


@pytest.mark.parametrize(
    ("datastore", "port"), [({"type": "postgres", "host": "192.0.2.5"}, 5432), ({"type": "mysql", "host": "192.0.2.5", "port": 3307}, 3307)]
)
def test_the_datastore_is_reached_by_the_servers_alone(datastore, port):
    hosts = described(groups={"swarm_spire_server": ["host-1"]}, host_2={"swarm_trust_domain": "org1.swarm.learning"})
    for host in hosts.values():
        host.settings["datastore"] = datastore
    hosts["host-2"].components.remove("spire_server")
    assert {(link.source, link.port) for link in plan.links(hosts) if link.service == "SPIRE datastore"} == {("host-1", port)}


def test_behind_reverse_proxies_few_ports_are_needed():
    hosts = described(groups={"swarm_reverse_proxy": ["host-1", "host-2"]})
    proxied = {(443, "reverse proxy"), (8443, "SPIRE federation")}
    assert between(hosts, "host-1", "host-2") == {*proxied, (30303, "sn-2 P2P")}
    assert between(hosts, "host-2", "host-1") == {*proxied, (30303, "sn-1 P2P"), (5814, "License Server")}
    assert set(plan.plan(hosts)["hosts"]["host-2"]["ports"]) >= {443, 30303, 30304}
