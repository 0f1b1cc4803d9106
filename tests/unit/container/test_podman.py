# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Podman's own wording is no difference; an option that was requested and is no longer set is one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._container import further, podman
from ansible_collections.swarm.learning.plugins.module_utils._container.parse import Mount, Port
from ansible_collections.swarm.learning.plugins.module_utils._container.plan import Observed, differences, plan
from ansible_collections.swarm.learning.plugins.module_utils._container.spec import ContainerSpec, from_inspect, over_image, to_api
from hypothesis import assume, given

from tests.support import engine_like, podman_like
from tests.support.machine import CLASSIC, Machine, spec, specs
from tests.unit.container.test_spec import IMAGES, described

SOCKET = "/run/podman/podman.sock"
BASE = ContainerSpec(name="sn-1", image="hub/sn:1", hostname="sn-1", env={"A": "1"}, command=("run",))


def made(wanted, brought):
    """What Podman says after it was asked for a spec."""
    return from_inspect(podman_like.inspect(wanted.name, podman.to_podman(to_api(wanted)), brought))


def over(asked, brought):
    return over_image(asked, podman.image(brought))


@given(described(), IMAGES)
def test_plan_after_apply_is_empty(case, config):
    component, release, options = case
    assume(release != CLASSIC)
    brought = engine_like.image(**config)
    pairs = []
    for asked in specs(component, release, Machine(), **options):
        there, wanted = made(asked, brought), over(asked, brought)
        assert differences(wanted, there, podman.DEFAULTS) == {}
        pairs.append((wanted, Observed(there, "running")))
    assert not plan(pairs, "started", podman.DEFAULTS).changed


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("env", {"A": "1", "HOME": "/home/own"}),
        ("env", {"A": "1", "container": "own"}),
        ("mounts", (Mount("/anonymous"),)),
        ("mounts", (Mount("/named", "named", ("ro",)),)),
        ("ports", (Port("80/tcp"),)),
        ("network", "podman"),
        ("network", "swarm"),
        ("cpus", 500_000_000),
        ("shm_size", 1 << 20),
        ("ulimits", ("nofile=5:5",)),
        ("gpus", "all"),
        ("gpus", "2"),
        ("gpus", "nvidia.com/gpu=0,nvidia.com/gpu=1"),
        ("devices", ("/dev/null:/dev/x:r",)),
        ("security_opts", ("systempaths=unconfined",)),
        ("security_opts", ("no-new-privileges:true",)),
        ("cap_add", ("CHOWN",)),
        ("group_add", ("video",)),
        ("privileged", True),
        ("cpuset_cpus", "0"),
        ("cap_drop", ("MKNOD",)),
        ("cgroupns", "private"),
        ("extra_hosts", {"gateway": "host-gateway"}),
        ("log_driver", "json-file"),
        ("log_options", {"max-size": "10m"}),
        *(
            ("further", further.given(asked))
            for asked in (
                {"tmpfs": ["/run:size=64m"]},
                {"sysctls": {"net.core.somaxconn": "9"}},
                {"pids_limit": 100},
                {"ipc_mode": "host"},
                {"runtime": "crun", "domainname": "example.org"},
            )
        ),
    ],
)
def test_requested_options_are_applied_and_removed_ones_detected(fact, value):
    brought = engine_like.image(Env=["HOME=/of/the/image", "PATH=/bin"], Volumes={"/image-volume": {}})
    asked = replace(BASE, **{fact: value})
    there = made(asked, brought)
    assert differences(over(asked, brought), there, podman.DEFAULTS) == {}
    assert list(differences(over(BASE, brought), there, podman.DEFAULTS)) == [fact]


def test_the_request_has_gpus_and_paths_as_podman_understands_them():
    body = podman.to_podman(to_api(replace(BASE, gpus="2", security_opts=("systempaths=unconfined",))))
    assert body["HostConfig"]["DeviceRequests"] == [{"Driver": "cdi", "DeviceIDs": ["nvidia.com/gpu=0", "nvidia.com/gpu=1"]}]
    assert body["HostConfig"]["SecurityOpt"] == ["systempaths=unconfined"]
    named = podman.to_podman(to_api(replace(BASE, gpus="nvidia.com/gpu=all")))
    assert named["HostConfig"]["DeviceRequests"] == [{"Driver": "cdi", "DeviceIDs": ["nvidia.com/gpu=all"]}]


def test_plain_request_is_dockers_own_plus_a_label():
    body = to_api(BASE)
    assert podman.to_podman(body) == {**body, "Labels": {podman.ASKED: "{}"}}


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        ({}, []),
        ({"ulimits": ("core=0:0",)}, ["ulimits"]),
        ({"shm_size": 1 << 20}, ["shm_size"]),
        ({"security_opts": ("label=disable", "systempaths=unconfined")}, ["security_opts"]),
        ({"cap_add": ("NET_ADMIN",)}, ["cap_add"]),
        ({"mounts": (Mount("/anonymous"),)}, ["mounts"]),
    ],
)
def test_container_that_others_created(asked, seen):
    body = to_api(replace(BASE, **asked))
    body["HostConfig"]["SecurityOpt"] = list(asked.get("security_opts", ())) or None
    there = from_inspect(podman_like.inspect("sn-1", body, engine_like.image()))
    wanted = over(BASE, engine_like.image())
    assert list(differences(wanted, there, podman.DEFAULTS)) == seen
    assert differences(replace(wanted, **asked), there, podman.DEFAULTS) == {}


def test_docker_engine_s_inspect_is_left_alone():
    assert not podman.is_podman(engine_like.inspect("sn-1", to_api(BASE), engine_like.image()))


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        ({"Memory": 5, "MemorySwap": 10}, {"Memory": 5, "MemorySwap": 10}),
        ({"NanoCpus": 1_500_000_000}, {"CpuPeriod": 100000, "CpuQuota": 150000}),
        ({"RestartPolicy": {"Name": "no"}}, {}),
    ],
)
def test_every_change_carries_the_policy(changes, sent):
    assert podman.limits(changes, {"Name": "always"}) == {**sent, "RestartPolicy": {"Name": "always"}}


_ANEW = ["set aside", "create", "remove old"]


@pytest.mark.parametrize(("status", "kinds"), [("running", ["update"]), ("created", ["update"]), ("exited", _ANEW)])
def test_limits_of_an_exited_container_re_create_it(status, kinds):
    there = Observed(replace(BASE, **podman.DEFAULTS), status, fixed=podman.fixed(status))
    steps = plan([(replace(BASE, memory=1 << 30), there)], "present", podman.DEFAULTS).steps
    assert [step.kind for step in steps] == kinds


def test_the_socket_is_the_one_that_podman_names():
    machine = Machine(engine=SOCKET)
    machine.paths = {**machine.paths, SOCKET: "socket", "/var/run/docker.sock": "missing"}
    assert "/run/podman/podman.sock:/var/run/docker.sock:rw" in to_api(spec("swop", "2.3.0", machine))["HostConfig"]["Binds"]
    mounted = [f"{mount.source}:{mount.target}" for mount in spec("spire_agent", "2.3.0", machine).mounts]
    assert {f"{SOCKET}:/var/run/docker.sock", f"{SOCKET}:{SOCKET}"} < set(mounted)


def test_missing_socket_is_named():
    with pytest.raises(ValueError, match=f"docker_socket_file is required, because the engine's socket {SOCKET} does not exist"):
        spec("swop", "2.3.0", Machine(engine=SOCKET))


def test_ports_in_a_row_are_all_published():
    bound = {
        "30303/tcp": [{"HostIp": "0.0.0.0", "HostPort": "30303"}],
        "30304/tcp": [{"HostIp": "0.0.0.0", "HostPort": "4"}],
        "8/udp": None,
    }
    listed = {"Id": "a", "Ports": [{"PrivatePort": 30303, "PublicPort": 30303, "Type": "tcp"}]}
    found = podman.with_ports(listed, {"NetworkSettings": {"Ports": bound}})
    assert [(port["PrivatePort"], port["PublicPort"], port["Type"]) for port in found["Ports"]] == [
        (30303, 30303, "tcp"),
        (30304, 4, "tcp"),
    ]
    assert podman.with_ports(listed, None) == listed
