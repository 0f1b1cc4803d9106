# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of a preflight that fail since a host, its engine or the inventory is broken; `test_preflight` has the others.

Where no host of the lab can be so, its engine or kernel says so: another engine, another processor, another time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._preflight.checks import CHECKS

from lab import settings
from tests.integration.site import lab_platform as world
from tests.integration.site.alerting import undone

ONE, TWO = world.HOSTS
BOOK = "swarm.learning.preflight"
PYTHON = "/tmp/broken-python"
AWAY = "/mnt/away"
ELSEWHERE = "198.51.100.7"
ODD = "swarm-odd"
LOW_PORTS = "net.ipv4.ip_unprivileged_port_start"  # containers, which the lab's hosts are, have it at 0
ARM = f"{settings.REGISTRY}/lab/arm:1"
DATABASE = {"database": "spire", "username": "spire", "password": "none"}
OLD_SDK = 'import docker\ndocker.__version__ = "4.4.4"\n'
LATER = "import time\nreal = time.time\ntime.time = lambda: real() + 3600\n"
# Hands on what an engine is asked, and changes what it says: {info: words of it, networks: one more}.
ENGINE = """
import http.client, http.server, json, os, socket, socketserver, sys
SAYS = json.loads(sys.argv[1])
class Upstream(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect("/run/docker.real")
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        upstream = Upstream("docker")
        upstream.request(self.command, self.path, body, dict(self.headers))
        answer = upstream.getresponse()
        text = answer.read()
        question = self.path.partition("?")[0].rpartition("/")[2]
        if question in SAYS:
            said = json.loads(text)
            text = json.dumps({**said, **SAYS[question]} if isinstance(said, dict) else [*said, SAYS[question]]).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
    do_POST = do_HEAD = do_GET
    def address_string(self):
        return "client"
    def log_message(self, *_args):
        pass
class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
Server("/run/docker.sock", Handler).serve_forever()
"""
WITHOUT_IPV4 = {"Name": ODD, "Driver": "bridge", "IPAM": {"Config": [{"Subnet": "fd00:9::/64"}]}}  # Docker Engine 27 and newer
OTHER_ENGINE = {
    "ServerVersion": "19.03.1",
    "DockerRootDir": "/var/snap/docker/common",
    "Driver": "vfs",
    "DriverStatus": [["Supports d_type", "false"]],
    "MemoryLimit": False,
    "SecurityOptions": ["name=rootless", "name=selinux", "name=userns"],
    "HttpsProxy": "http://proxy.example:3128",
}
# The host, what breaks it and what mends it; or what does both.
Fault = tuple[object, str, str] | Callable[[], AbstractContextManager]


@dataclass(frozen=True)
class Run:
    """One preflight: what is broken, and what it says of that, (host, check) → words of its cause or remedy."""

    expected: Mapping[tuple[str, str], str]
    faults: Sequence[Fault] = ()
    hosts: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    variables: Mapping[str, object] = field(default_factory=dict)
    change: Callable[[dict], object] = lambda tree: None


def file(host, path, text, mode="755"):
    """A file of the host, for a while."""
    return host, f"cat > {path} <<'END'\n{text}\nEND\nchmod {mode} {path}", f"rm -f {path}"


def python(host, before, *options):
    """The Python of a host, started by something else."""
    return file(host, PYTHON, f'#!/bin/sh\nexec {before} /usr/bin/python3 {" ".join(options)} "$@"')


def bound(host, path, change):
    """A file of the kernel that says something else."""
    other = f"/tmp/other-{path.rpartition('/')[2]}"
    return host, f"{change} {path} > {other} && mount --bind {other} {path}", f"umount {path} && rm {other}"


def small(host, path, options, fill=":"):
    """A file system of its own."""
    return host, f"mkdir -p {path} && mount -t tmpfs -o {options} tmpfs {path} && {fill}", f"umount {path} && rmdir {path}"


def named(host, address, name):
    return host, f"echo {address} {name} >> /etc/hosts", f"sed '/ {name}$/d' /etc/hosts > /tmp/hosts && cat /tmp/hosts > /etc/hosts"


def process(host, command, name):
    """A program that runs for a while."""
    return host, f"setsid {command} >/dev/null 2>&1 & echo $! > /tmp/{name}.pid", f"kill $(cat /tmp/{name}.pid); rm /tmp/{name}.pid"


def network(host, *options):
    return host, f"docker network create {' '.join(options)} {ODD}", f"docker network rm {ODD}"


def engine(host, says):
    """The engine of a host, with some other words."""
    run = f"setsid python3 /tmp/engine.py '{json.dumps(says)}' >/tmp/engine.log 2>&1 & echo $! > /tmp/engine.pid"
    ready = "until docker version >/dev/null 2>&1; do sleep 0.1; done"
    back = "kill $(cat /tmp/engine.pid); mv -f /run/docker.real /run/docker.sock; rm /tmp/engine.pid"
    yield file(host, "/tmp/engine.py", ENGINE)
    yield host, f"mv /run/docker.sock /run/docker.real; {run}; {ready}", back


def twice(tree):
    """host-1 by another name."""
    tree["hosts"]["host-3"] = {**tree["hosts"]["host-1"], "swarm_host_ip": "172.30.0.97"}
    for group in ("swarm_sn", "swarm_spire_agent"):
        tree["children"][group]["hosts"]["host-3"] = {}


def foreign_image():
    """An image in the registry that is for other processors only."""
    password = (settings.STATE / "registry-password").read_text(encoding="utf-8").strip()
    push = f"docker login --username {settings.REGISTRY_USER} --password-stdin {settings.REGISTRY} && docker push {ARM}"
    made = f"tar --create --files-from /dev/null | docker import --platform linux/arm64 - {ARM}"
    return undone(ONE, f"{made} && printf %s '{password}' | ({push})", f"docker logout {settings.REGISTRY}; docker rmi {ARM}")


RUNS = {
    "what the inventory wants": Run(
        variables={
            "preflight_least_cpus": 1000,
            "preflight_least_memory_gb": 100_000,
            "preflight_least_disk_gb": 100_000,
            "preflight_least_free_gb": 99_999,
            "preflight_license_capacity": 1,
            "spire_server_x509_svid_ttl": "24h",
            "swarm_https_proxy": f"http://{world.NOBODY}:3128",
            "swarm_training": {
                **world.TRAINING,
                "peers_per_host": 5,
                "gpus": "0",
                "private_data": "/mnt/none",
                "private_mount": "/tmp/test/data",
            },
        },
        hosts={
            "host-1": {"spire_server_datastore": {**DATABASE, "type": "postgres", "host": settings.REGISTRY_IP, "port": 5999}},
            "host-2": {"spire_server_datastore": {**DATABASE, "type": "mysql", "host": world.NOBODY}, "sn_p2p_port": 40303},
        },
        faults=[
            process(TWO, "python3 -m http.server 40303", "listener"),
            (TWO, "mknod /dev/nvidia7 c 195 7", "rm /dev/nvidia7"),
            file(TWO, "/etc/ufw/ufw.conf", "ENABLED=yes", "644"),
            process(TWO, "sh -c 'cp /bin/sleep /tmp/firewalld; exec /tmp/firewalld 600'", "firewalld"),
        ],
        expected={
            ("host-1", "cpu_count"): "fewer than 1000",
            ("host-1", "memory_total"): "Give it more memory",
            ("host-1", "engine_disk_size"): "Move the engine's data-root",
            ("host-1", "engine_disk_free"): "docker system prune",
            ("host-1", "license_capacity"): "the licences are for 1",
            ("host-1", "identity_lifetime"): "Raise spire_server_x509_svid_ttl",
            ("host-1", "proxy_reachable"): "Correct it in the inventory",
            ("host-1", "engine_proxy"): 'Set "proxies"',
            ("host-1", "services_answer"): "Start it before you deploy",
            ("host-1", "directories"): "/mnt/none cannot be used",
            ("host-1", "gpu_devices"): "nvidia-smi must list",
            ("host-1", "gpu_engine"): "nvidia-ctk runtime configure",
            ("host-2", "gpu_numbers"): "no GPU 0, only 7",
            ("host-2", "services_reachable"): "open TCP port 3306",
            ("host-2", "ports_free"): "Port 40303 is in use by",
            ("host-2", "sl_per_sn"): "5 SL nodes use sn-2",
            ("host-2", "firewall_reload"): "restart the engine",
            ("host-2", "ufw_bypass"): "DOCKER-USER",
        },
    ),
    "hosts and their disks": Run(
        hosts={
            "host-1": {"ansible_python_interpreter": PYTHON, "swarm_apls_ip": "here.example"},
            "host-2": {
                "swarm_apls_ip": "six.example",
                "swarm_dir": f"{AWAY}/full/swarm",
                "swarm_registry": "nowhere.example:5000",
            },
        },
        variables={
            "swarm_training": {
                **world.TRAINING,
                "gpus": "amd",
                "model_dir": f"{AWAY}/read-only/model",
                "private_data": f"{AWAY}/small",
                "private_mount": "/tmp/test/data",
            }
        },
        faults=[
            (ONE, "rm -rf /dev/kfd /dev/dri", ":"),  # which the test of an example may have made
            file(ONE, "/tmp/sitecustomize.py", LATER),
            python(ONE, "env PYTHONPATH=/tmp setarch i686"),
            bound(ONE, "/proc/cpuinfo", "sed 's/ avx / /'"),
            bound(ONE, "/proc/meminfo", "sed 's/^MemAvailable:.*/MemAvailable: 1000 kB/'"),
            (ONE, "sysctl -q -w net.ipv4.ip_forward=0", "sysctl -q -w net.ipv4.ip_forward=1"),
            named(ONE, "127.0.0.1", "here.example"),
            named(TWO, "2001:db8::1", "six.example"),
            small(TWO, f"{AWAY}/full", "nr_inodes=3", f"touch {AWAY}/full/1 {AWAY}/full/2"),
            small(TWO, f"{AWAY}/read-only", "ro"),
            small(TWO, f"{AWAY}/small", "size=64k"),
        ],
        expected={
            ("host-1", "cpu_architecture"): "The processor is i686",
            ("host-1", "cpu_avx"): "Give the virtual machine",
            ("host-1", "memory_available"): "Stop other programs",
            ("host-1", "clock_offset"): "3600 s ahead of the others",
            ("host-1", "ip_forwarding"): "Set net.ipv4.ip_forward=1",
            ("host-1", "name_loopback"): "here.example resolves to 127.0.0.1",
            ("host-1", "gpu_amd"): "amdgpu-dkms",
            ("host-2", "name_ipv4"): "six.example has no IPv4 address",
            ("host-2", "name_resolution"): "cannot resolve nowhere.example",
            ("host-2", "container_dns"): "Name your DNS servers",
            ("host-2", "disk_inodes"): f"of the inodes of {AWAY}/full",
            ("host-2", "disk_read_only"): f"{AWAY}/read-only/model is on a file system",
            ("host-2", "model_disk_free"): f"{AWAY}/small",
        },
    ),
    "networks and registries": Run(
        variables={"swarm_network": ODD, "swarm_apls_ip": ELSEWHERE},
        hosts={
            "host-1": {"sn_image": ARM},
            "host-2": {"swarm_registry": f"{world.NOBODY}:5000", "swarm_host_ip": "172.30.0.98", "swop_image": "172.30.0.2:5999/swop:1"},
        },
        faults=[
            foreign_image,
            network(ONE, "--subnet 198.51.100.0/24 --opt com.docker.network.driver.mtu=9000"),
            network(TWO, "--driver macvlan --opt parent=eth0"),
            (TWO, "mount -t tmpfs -o size=50m tmpfs /tmp", "umount /tmp"),
        ],
        expected={
            ("host-1", "image_platform"): "is only for linux/arm64",
            ("host-1", "network_overlap"): f"{ELSEWHERE} (License Server) is in the subnet 198.51.100.0/24",
            ("host-1", "network_mtu"): 'Set "mtu": 1500',
            ("host-2", "network_driver"): "has the driver macvlan",
            ("host-2", "own_address"): "172.30.0.98, at which other hosts reach this host",
            ("host-2", "registry_reachable"): "Allow this host to connect",
            ("host-2", "registry_answer"): "172.30.0.2:5999/swop:1",
            ("host-2", "temporary_disk_free"): "Free space in /tmp",
        },
    ),
    "engines that do not answer": Run(
        hosts={"host-1": {"ansible_python_interpreter": PYTHON}},
        faults=[python(ONE, "", "-S"), (TWO, "mv /run/docker.sock /run/docker.away", "mv /run/docker.away /run/docker.sock")],
        expected={
            ("host-1", "docker_sdk"): "python3-docker",
            ("host-2", "engine_answers"): "systemctl start docker",
        },
    ),
    "an engine at another socket": Run(
        hosts={"host-1": {"ansible_python_interpreter": "/bin/false"}, "host-2": {"ansible_python_interpreter": PYTHON}},
        faults=[
            (TWO, "mv /run/docker.sock /run/docker.away", "mv /run/docker.away /run/docker.sock"),
            python(TWO, "env DOCKER_HOST=unix:///run/docker.away"),
        ],
        expected={("host-1", "host_examined"): "ansible_python_interpreter", ("host-2", "engine_socket"): "docker_socket_file"},
    ),
    "another user, Podman's engine, and a host that is there twice": Run(
        change=twice,
        hosts={
            "host-2": {
                "ansible_become": True,
                "ansible_become_method": "su",
                "ansible_become_user": "nobody",
                "ansible_become_flags": "-s /bin/sh",
                "spire_server_federation_port": 443,
            },
        },
        faults=[
            (TWO, f"sysctl -q -w {LOW_PORTS}=1024", f"sysctl -q -w {LOW_PORTS}=0"),
            *engine(ONE, {"info": {"BuildahVersion": "1.39.3", "CgroupVersion": "1", "CgroupDriver": "cgroupfs"}}),
        ],
        expected={
            ("host-1", "engine_cgroups"): "cgroup_manager",
            ("host-1", "engine_restart"): "systemctl enable podman-restart.service",
            ("host-2", "privileges"): "Run it with --become",
            ("host-2", "ports_allowed"): "Ports 443 could not be tried",
            ("host-3", "same_engine"): "same ID as that of host-1",
        },
    ),
    "other engines": Run(
        variables={"swarm_network": ODD, "swarm_spire_version": "1.8.7", "swarm_training": {**world.TRAINING, "gpus": "all"}},
        faults=[
            *engine(ONE, {"info": OTHER_ENGINE, "networks": WITHOUT_IPV4}),
            *engine(TWO, {"info": {"ServerVersion": "29.1.0", "CgroupDriver": "systemd", "Runtimes": {"nvidia": {}}}}),
            file(TWO, "/tmp/sitecustomize.py", OLD_SDK),
            python(TWO, "env PYTHONPATH=/tmp"),
            (TWO, "mv /etc/docker/certs.d /etc/docker/certs.away", "mv /etc/docker/certs.away /etc/docker/certs.d"),
        ],
        hosts={"host-2": {"swop_image": f"{settings.REGISTRY}/no/such:2", "ansible_python_interpreter": PYTHON}},
        expected={
            ("host-1", "engine_version"): "19.03.1 is older than",
            ("host-1", "engine_snap"): "snap remove docker",
            ("host-1", "engine_rootless"): "Use an engine that runs as root",
            ("host-1", "engine_spire"): "userns-remap",
            ("host-1", "selinux"): "chcon -R",
            ("host-1", "storage_driver"): "Use overlay2",
            ("host-1", "storage_d_type"): "ftype=1",
            ("host-1", "cgroup_limits"): "memory limits",
            ("host-1", "inventory_proxy"): "set swarm_https_proxy",
            ("host-1", "engine_ipv4"): f"network {ODD} has no IPv4 subnet",
            ("host-2", "docker_sdk_version"): "is 4.4.4, older than",
            ("host-2", "gpu_cgroups"): "nvidia-ctk cdi generate",
            ("host-2", "registry_trust"): "/etc/docker/certs.d/REGISTRY/ca.crt",
        },
    ),
}


def test_every_check_fails_somewhere():
    """The kernel of the lab's hosts cannot make a connection slow."""
    elsewhere = {"host_reachable", "ports", "path_mtu", "directory_disk_free", "registry_login", "registry_image", "license_server"}
    here = {check for run in RUNS.values() for _host, check in run.expected}
    assert set(CHECKS) - here - elsewhere == {"latency"}


@pytest.mark.usefixtures("platform")
@pytest.mark.parametrize("name", RUNS)
def test_what_is_broken_is_named_with_its_remedy(tmp_path, log, name):
    run = RUNS[name]

    def change(tree):
        for host, variables in run.hosts.items():
            tree["hosts"][host].update(variables)
        run.change(tree)

    arguments = (*world.inventory(tmp_path, change, run.variables), "-e", f"preflight_output_dir={tmp_path}/out")
    with ExitStack() as stack:
        for fault in run.faults:
            stack.enter_context(fault() if callable(fault) else undone(*fault))
        outcome = world.play(log, *arguments, book=BOOK)
    report = tmp_path / "out/preflight.json"
    assert report.exists(), outcome.said
    said: dict[tuple[str, str], str] = {}
    for one in json.loads(report.read_text(encoding="utf-8"))["findings"]:
        key = (one["host"], one["check"])
        said[key] = f"{said.get(key, '')} {one['cause']} {one['remedy']}"
    assert {key: (words, said.get(key)) for key, words in run.expected.items() if words not in said.get(key, "")} == {}, sorted(said)
