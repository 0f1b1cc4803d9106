# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container that options make is described by these options again, with what the engine adds and the image brings left out."""

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._component import describe
from ansible_collections.swarm.learning.plugins.module_utils._component.check import component_of
from ansible_collections.swarm.learning.plugins.module_utils._container import plan
from ansible_collections.swarm.learning.plugins.module_utils._container.spec import from_inspect, over_image, to_api

from tests.support import engine_like
from tests.support.machine import CURRENT, Machine, minimal, specs

IMAGE = engine_like.image(
    Env=["PATH=/bin", "LOGS_DIR=/logs"], Labels={"org.example.from": "image"}, Volumes={"/of-image": {}}, User="7", WorkingDir="/srv"
)
DEFAULTS = {"cgroupns": "private", "shm_size": 64 * 2**20, "log_driver": "json-file", "log_options": {}}
NODE = {"host_ip": "203.0.113.5", "apls_ip": "203.0.113.9"}
ALL_COMMON = {
    "env": {"A": "1"},
    "labels": {"team": "a"},
    "volumes": ["/srv/data:/x:ro", "name:/y"],
    "publish": ["127.0.0.1:9000:80", "9001:81"],
    "network": "swarm",
    "network_aliases": ["other"],
    "hostname": "else",
    "memory": "512m",
    "memory_reservation": "7000000",
    "cpus": "1.5",
    "cpuset_cpus": "0-1",
    "shm_size": "128m",
    "ulimits": ["nofile=1024:2048"],
    "gpus": "device=0,1",
    "devices": ["/dev/kfd:/dev/kfd:rwm"],
    "restart_policy": "on-failure:3",
    "security_opts": ["no-new-privileges"],
    "cap_add": ["NET_ADMIN"],
    "cap_drop": ["MKNOD"],
    "group_add": ["44"],
    "privileged": True,
    "read_only": True,
    "pid_mode": "host",
    "cgroupns": "host",
    "init": True,
    "extra_hosts": {"other": "192.0.2.4"},
    "dns": ["192.0.2.53"],
    "dns_search": ["example.org"],
    "log_driver": "syslog",
    "log_options": {"tag": "x"},
    "user": "1000:1000",
    "workdir": "/elsewhere",
    "entrypoint": ["python3"],
    "command": ["-m", "x"],
    "tty": True,
    "tmpfs": ["/run:size=64m", "/tmp"],
    "sysctls": {"net.core.somaxconn": "1024"},
    "pids_limit": 100,
    "memory_swap": "-1",
    "domainname": "example.org",
    "healthcheck": {"test": ["CMD", "true"], "interval": "30000ms", "retries": 3},
}
CASES = {
    "apls": ("apls", {"apls_port": 15814}),
    "apls-usual": ("apls", {}),
    "sn-sentinel": ("sn", {**NODE, "sentinel": True, "sn_api_port": 31304, "sn_p2p_port": 31303, "socket_path": "vol:api.sock"}),
    "sn-other": (
        "sn",
        {**NODE, "apls_port": 5000, "sentinel_ip": "203.0.113.4", "sentinel_api_port": 30304, "socket_path": "/run/spire/api.sock"},
    ),
    "sn-services": (
        "sn",
        {"apls_ip": "203.0.113.9", "sentinel": True, "sn_api_service": "api.sn.example:443", "sn_p2p_service": "p2p.sn.example"},
    ),
    "sn-certificates": (
        "sn",
        {**NODE, "sentinel": True, "key": "/etc/swarm/key.pem", "cert": "/etc/swarm/cert.pem", "capath": "/etc/swarm/ca"},
    ),
    "two-licences": ("sn", {**NODE, "sentinel": True, "secondary_apls_ip": "203.0.113.10", "secondary_apls_port": 5815}),
    "sl": ("sl", {**NODE, "sn_ip": "203.0.113.4", "sn_api_port": 30304, "sl_fs_port": 16000}),
    "swop": ("swop", {"usr_dir": "/srv/usr", "profile_file_name": "profile.yaml", "sn_ip": "203.0.113.4"}),
    "swop-user": ("swop", {"usr_dir": "/srv/usr", "profile_file_name": "profile.yaml", "swop_uid": "1001", "docker_group_id": "5"}),
    "swop-socket": ("swop", {"usr_dir": "/srv/usr", "profile_file_name": "profile.yaml", "docker_socket_file": "/run/podman.sock"}),
    "swci": ("swci", {"usr_dir": "/srv/usr", "init_script_name": "init", "auto_remove": False}),
    "swci-web": ("swci", {"web_port": 8080, "web_address": "127.0.0.1"}),
    "everything": ("sn", {**NODE, "sentinel": True, **ALL_COMMON}),
}


def there(spec):
    """The spec of the container that an engine makes of another."""
    return from_inspect(engine_like.inspect(spec.name, to_api(spec), IMAGE))


@pytest.mark.parametrize("release", CURRENT)
@pytest.mark.parametrize(("component", "given"), CASES.values(), ids=CASES)
def test_options_come_back(component, given, release):
    if release == "2.0.0":
        given = {name: value for name, value in given.items() if name != "docker_socket_file"}
    machine = Machine()
    wanted = specs(component, release, machine, **given)[0]
    table = component_of(release, component)
    found = describe.options(component, table, there(wanted), describe.Around(machine, IMAGE, DEFAULTS, machine.engine))
    network = {"network": "bridge"} if "network" not in given else {}
    assert found == {**given, **network}


@pytest.mark.parametrize(("component", "given"), CASES.values(), ids=CASES)
def test_options_make_the_same_container(component, given):
    machine = Machine()
    observed = there(specs(component, machine=machine, **given)[0])
    found = describe.options(
        component, component_of("2.3.0", component), observed, describe.Around(machine, IMAGE, DEFAULTS, machine.engine)
    )
    again = over_image(specs(component, machine=machine, **{**found, "image": observed.image})[0], IMAGE)
    assert plan.differences(again, observed, DEFAULTS) == {}


def test_what_an_option_would_bring_besides_stays_a_variable():
    """The port that the option would publish is not published, so the variable alone describes the container."""
    machine = Machine()
    wanted = specs("sn", **minimal("sn", "2.3.0"), env={"SN_API_SERVER_PORT": "30304", "SN_I_AM_SENTINEL": "yes"})[0]
    found = describe.options("sn", component_of("2.3.0", "sn"), there(wanted), describe.Around(machine, IMAGE, DEFAULTS, machine.engine))
    assert found["env"] == {"SN_API_SERVER_PORT": "30304", "SN_I_AM_SENTINEL": "yes"}
    assert "sn_api_port" not in found


def test_a_socket_without_the_label_is_a_volume_and_a_variable():
    machine = Machine()
    given = {
        "volumes": ["/run/spire/api.sock:/tmp/spire-agent/api.sock"],
        "env": {"SWARM_SPIFFE_WORKLOAD_API_SOCKET_PATH": "/tmp/spire-agent/api.sock"},
    }
    wanted = specs("sn", **minimal("sn", "2.3.0"), **given)[0]
    found = describe.options("sn", component_of("2.3.0", "sn"), there(wanted), describe.Around(machine, IMAGE, DEFAULTS, machine.engine))
    assert {name: found.get(name) for name in ("socket_path", *given)} == {"socket_path": None, **given}


def test_an_ml_container_is_described_beside_its_sl():
    machine = Machine()
    ml = {"image": "ml:1", "name": "ml-1", "command": ["train", "a b"], "user": "1001:2001", "env": {"MAX_EPOCHS": "2"}, "gpus": "all"}
    main, beside = specs("sl", machine=machine, **NODE, sn_ip="203.0.113.4", ml=ml)
    around = describe.Around(machine, IMAGE, DEFAULTS, machine.engine)
    table = component_of("2.3.0", "sl")
    assert describe.program(table, there(beside), around) == {**ml, "network": "bridge"}
    assert describe.options("sl", table, there(main), around, paired=True) == {**NODE, "sn_ip": "203.0.113.4", "network": "bridge"}
