# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example's two organisations as a preflight sees them: healthy, to be broken by tests."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Mapping

from ansible_collections.swarm.learning.plugins.plugin_utils._preflight import judge, plan
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model

from tests.support.site_inventory import GROUPS, two_orgs

GIB = 1024**3
ADDRESSES = {"host-1": "172.1.1.1", "host-2": "172.2.2.2"}
SETTINGS = {
    "datastore": {},
    "training_days": 7,
    "least_cpus": 2,
    "least_memory_gb": 32,
    "least_disk_gb": 200,
    "least_free_gb": 20,
    "license_capacity": 0,
}
DISK = {"total": 500 * GIB, "free": 300 * GIB, "inodes": 0.9, "read_only": False}
FACTS = {
    "python": "3.11.2",
    "root": True,
    "cpu": {"count": 8, "architecture": "x86_64", "avx": True},
    "memory": {"total": 64 * GIB, "available": 50 * GIB},
    "clock_ahead": 0.7,
    "ip_forward": True,
    "mtu": 1500,
    "nameservers": ["10.0.0.53"],
    "resolved_conf": False,
    "names": {"hub.myenterpriselicense.hpe.com": {"addresses": ["192.0.2.7"], "problem": ""}},
    "firewalls": [],
    "directories": {},
    "gpus": [],
    "podman_restart": False,
    "gpu_hook": False,
    "amd_missing": ["/dev/kfd"],
    "socket": "socket",
    "sdk": "7.1.0",
    "engine": {
        "ServerVersion": "26.1.5",
        "DockerRootDir": "/var/lib/docker",
        "Driver": "overlay2",
        "DriverStatus": [["Supports d_type", "true"]],
        "SecurityOptions": ["name=seccomp,profile=builtin"],
        "MemoryLimit": True,
        "CpuCfsQuota": True,
        "Runtimes": {"runc": None},
        "Proxy": False,
    },
    "networks": [
        {"name": "bridge", "driver": "bridge", "subnets": ["172.17.0.0/16"], "mtu": 1500},
        {"name": "swarm", "driver": "bridge", "subnets": ["172.18.0.0/16"], "mtu": 0},
    ],
    "published": {},
    "images_here": {},
    "registry": {},
    "ports": {},
}


def described(*arguments, **changes) -> dict[str, plan.Host]:
    """The hosts of `two_orgs`, as a preflight gets them."""
    found = {}
    for name, own in model.derive(two_orgs(*arguments, **changes)).items():
        components = [group.removeprefix("swarm_") for group, members in GROUPS.items() if name in members]
        settings = {**SETTINGS, "server_address": own["server_address"], "server_port": own["server_port"]}
        found[name] = plan.Host(own, components, settings)
    return found


def observed(hosts: Mapping[str, plan.Host]) -> dict[str, judge.Observed]:
    """What a healthy site looks like: everything is there, and every connection is open."""
    planned = plan.plan(hosts)["hosts"]
    found = {}
    for name in hosts:
        facts = copy.deepcopy(FACTS)
        facts["addresses"] = ["127.0.0.1", hosts[name].model["address"]]
        facts["engine"]["ID"] = f"id of {name}"
        facts["disks"] = {where: {"path": f"/{where}", **DISK} for where in ("engine", "directory", "temporary")}
        facts["disks"]["/srv/model"] = {"path": "/srv/model", **DISK}
        facts["registry"] = {image: {"digest": "sha256:1", "platforms": ["linux/amd64"]} for image in hosts[name].model["images"]}
        opened = {"state": "open", "seconds": 0.01, "large": True}
        connections = [{"address": one["address"], "port": one["port"], **opened} for one in planned[name]["connect"]]
        reached = {"listening": planned[name]["listen"], "busy": [], "refused": [], "connections": connections, "inside": {}}
        found[name] = judge.Observed({}, facts, reached)
    return found


class Site:
    """A healthy site, and what a test makes of it."""

    def __init__(self, *arguments, **changes) -> None:
        self.hosts = described(*arguments, **changes)
        self.seen = observed(self.hosts)

    def facts(self, host: str = "host-2") -> dict:
        return self.seen[host].facts

    def reach(self, change: Callable[[dict], object], host: str = "host-2") -> None:
        """Change what came of some of a host's connections."""
        for one in self.seen[host].reached["connections"]:
            change(one)

    def set(self, host: str = "host-2", **settings: object) -> None:
        """Change what the roles' variables say of a host."""
        self.hosts[host] = dataclasses.replace(self.hosts[host], settings={**self.hosts[host].settings, **settings})

    def lose(self, host: str, kind: str, text: str) -> None:
        """The host could not be examined."""
        self.seen[host] = judge.Observed({"kind": kind, "text": text}, {}, {})

    def judged(self, skip: tuple[str, ...] = ()) -> dict:
        return judge.judge(self.hosts, self.seen, skip)
