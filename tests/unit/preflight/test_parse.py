# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of the kernel and the engine about a host are parsed."""

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._preflight import observe, parse

ROUTES = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t01001EAC\t0003\t0\t0\t100\t00000000\t0\t0\t0
wg0\t00000000\t00000000\t0001\t0\t0\t50\t00000000\t0\t0\t0
eth0\t00001EAC\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
"""
TCP = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 0B001EAC:0016 01001EAC:D431 01 00000000:00000000 02:0009E5A5 00000000     0        0 2 4
   2: 00000000:765F 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3 1
"""


def test_memory():
    text = "MemTotal:       32000 kB\nMemFree:          10 kB\nMemAvailable:   16000 kB\nHugePages_Total:       0\n"
    assert parse.memory(text) == {"total": 32000 * 1024, "available": 16000 * 1024}
    assert parse.memory("") == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("flags\t\t: fpu avx avx2\n\nflags\t\t: fpu avx\n", True),
        ("flags\t\t: fpu avx2\n", False),
        ("flags\t\t: avx\nflags\t\t: fpu\n", False),
        ("Features : fp asimd\n", False),
    ],
)
def test_cpu_flags(text, expected):
    assert parse.has_cpu_flag(text, "avx") is expected


def test_the_default_route_with_the_least_metric_leads_out():
    assert parse.default_interface(ROUTES) == "wg0"
    assert parse.default_interface(ROUTES.splitlines()[0]) == ""


def test_listening_ports_and_nameservers():
    assert parse.listening_ports([TCP, ""]) == {22, 30303}
    assert parse.nameservers("# nameserver 1.1.1.1\nnameserver 127.0.0.53\nsearch lab\n nameserver 10.0.0.1\n") == [
        "127.0.0.53",
        "10.0.0.1",
    ]


def test_the_engine_without_the_passwords_of_its_proxies():
    info = {"ServerVersion": "26.1", "HttpsProxy": "http://user:secret@proxy:1", "Runtimes": {"runc": {"path": "runc"}}, "Name": "host"}
    assert parse.engine(info) == {"ServerVersion": "26.1", "Proxy": True, "Runtimes": {"runc": None}}
    assert parse.engine({})["Proxy"] is False


def test_networks():
    listed = [
        {"Name": "swarm", "Driver": "bridge", "IPAM": {"Config": [{"Subnet": "10.0.0.0/24"}, {"Gateway": "10.0.0.1"}]}, "Options": None},
        {"Name": "bridge", "Driver": "bridge", "IPAM": {"Config": None}, "Options": {"com.docker.network.driver.mtu": "1450"}},
    ]
    assert parse.networks(listed) == [
        {"name": "swarm", "driver": "bridge", "subnets": ["10.0.0.0/24"], "mtu": 0},
        {"name": "bridge", "driver": "bridge", "subnets": [], "mtu": 1450},
    ]


CONTAINERS = [
    {
        "Id": "1",
        "Names": ["/sn-1"],
        "Image": "sn:2.3.0",
        "Labels": {"learning.swarm.component": "sn"},
        "State": "running",
        "Ports": [{"PrivatePort": 30303, "PublicPort": 30303, "Type": "tcp"}, {"PrivatePort": 30304, "Type": "tcp"}],
        "NetworkSettings": {"Networks": {"swarm": {}}},
    },
    {
        "Id": "2",
        "Names": ["/web"],
        "Image": "nginx",
        "Labels": None,
        "State": "exited",
        "Ports": None,
        "NetworkSettings": {"Networks": {"web": {}}},
    },
]


def test_containers():
    assert parse.published(CONTAINERS, "learning.swarm.component") == {30303: {"name": "sn-1", "image": "sn:2.3.0", "ours": True}}
    assert parse.on_network(CONTAINERS, "swarm") == "1"
    assert parse.on_network(CONTAINERS, "web") == ""


def test_only_ipv4_counts():
    assert parse.ipv4_of(["::1", "10.0.0.1", "10.0.0.1", "fe80::1%eth0", "name"]) == ["10.0.0.1"]


def test_names_of_this_machine():
    assert "127.0.0.1" in observe.resolve("localhost")["addresses"]
    missing = observe.resolve("no-such-host.invalid")
    assert missing["addresses"] == []
    assert missing["problem"]
    assert observe.resolve("a" * 64 + ".invalid")["problem"]


def test_a_disk_is_that_of_the_nearest_existing_directory(tmp_path):
    found = observe.disk(str(tmp_path / "not" / "yet"))
    assert found["path"] == str(tmp_path / "not" / "yet")
    assert found["total"] > found["free"] > 0
    assert found["read_only"] is False
    assert observe.disk("/proc/version")["path"] == "/proc/version"


def test_addresses_of_this_machine():
    assert "127.0.0.1" in observe.addresses()
