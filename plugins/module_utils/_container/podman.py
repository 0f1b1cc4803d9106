# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Podman's Docker-compatible API where it differs from Docker Engine's (private to the collection).

Pure: what `spec` and `engine` send and get, as mappings. Seen with Podman 5.4. What Podman does not tell of a container, or not in the
words that it was given, is written into a label when the container is made, and taken from there.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from .further import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable

HEADER = "Libpod-Api-Version"  # on every answer of Podman's
ASKED = "learning.swarm.asked"
SOCKET = "/run/podman/podman.sock"  # where root's Podman listens, and where SPIRE Agents from 1.15 on look for it

# Facts of a container that its inspect does not tell, or in other words, and what stands there when nothing was asked for.
_UNTOLD: dict[str, Any] = {
    "CapAdd": None,  # both as what they come to beside Podman's own list
    "CapDrop": None,
    "CgroupnsMode": "",
    "DeviceRequests": None,
    "Devices": [],  # without permissions
    "ExtraHosts": None,
    "LogConfig": {"Type": "", "Config": {}},  # Podman's own drivers go by Docker's names
    "MaskedPaths": None,
    "ReadonlyPaths": None,
    "SecurityOpt": None,
    "ShmSize": 0,
    "Ulimits": [],  # with those of the Podman process, once it runs
}
# What a container has that asks for none of it, as `plan` takes it.
DEFAULTS: dict[str, Any] = {"cgroupns": "", "shm_size": 64 * 1024 * 1024, "log_driver": "", "log_options": {}}
_DEFAULT_SHM_SIZE = 65536000
_OWN_ULIMITS = ("RLIMIT_NOFILE", "RLIMIT_NPROC")
_OWN_ENVIRONMENT = ("container", "HOSTNAME", "HOME", "TERM")
_OWN_MOUNT_OPTIONS = ("nosuid", "nodev", "noexec", "exec")
_OWN_NETWORK = "podman"
_ANONYMOUS = re.compile(r"[0-9a-f]{64}:")
_STATES = {"configured": "created", "initialized": "created", "stopped": "exited", "stopping": "running"}
_CPU_PERIOD = 100_000  # microseconds


def is_podman(inspect: dict[str, Any]) -> bool:
    """Whether Podman said that of a container: it calls its runtime `oci`, Docker Engine by name."""
    answer: bool = inspect["HostConfig"].get("Runtime") == "oci"
    return answer


def with_ports(summary: dict[str, Any], inspect: dict[str, Any] | None) -> dict[str, Any]:
    """A container's summary with all of its ports: of some in a row, Podman's list has only the first."""
    bound = ((inspect or {}).get("NetworkSettings") or {}).get("Ports") or {}
    ports = [
        {"PrivatePort": int(inside.partition("/")[0]), "PublicPort": int(outside["HostPort"]), "Type": inside.partition("/")[2]}
        for inside, bindings in bound.items()
        for outside in bindings or ()
    ]
    return {**summary, "Ports": ports or summary.get("Ports")}


# --- what it is asked --------------------------------------------------------------------------------------------------


def to_podman(body: dict[str, Any]) -> dict[str, Any]:
    """The body of the request that creates a container, in the words that Podman understands, with the label of what it would not tell."""
    host = body["HostConfig"]
    asked = {fact: host[fact] for fact, nothing in _UNTOLD.items() if host.get(fact, nothing) != nothing}
    names = {line.partition("=")[0] for line in body["Env"]}
    own = {
        "Env": sorted(names.intersection(_OWN_ENVIRONMENT)),
        "Volumes": body["Volumes"],
        "NetworkMode": host["NetworkMode"] if host["NetworkMode"] == _OWN_NETWORK else "",
        # Podman lists the other container's ports among its own, and shows a port that it chose itself as if it had been requested.
        "Binds": host["Binds"] if host["VolumesFrom"] else None,
        **_given_as_told(body),
        "PortBindings": host["PortBindings"] if any(not b["HostPort"] for bs in host["PortBindings"].values() for b in bs) else None,
    }
    asked.update({fact: value for fact, value in own.items() if value})
    changed = dict(host)
    if host.get("MaskedPaths") == []:
        changed["SecurityOpt"] = [*(host["SecurityOpt"] or ()), "systempaths=unconfined"]
    if host["DeviceRequests"]:
        changed["DeviceRequests"] = [_cdi(request) for request in host["DeviceRequests"]]
    label = json.dumps(asked, separators=(",", ":"), sort_keys=True)
    return {**body, "Labels": {**body["Labels"], ASKED: label}, "HostConfig": changed}


def _given_as_told(body: dict[str, Any]) -> dict[str, Any]:
    """Fixed addresses, by network, and what `further` has: Podman takes them as asked, and reports them in other words or not at all."""
    host = body["HostConfig"]
    ends = (body.get("NetworkingConfig") or {}).get("EndpointsConfig") or {}
    return {
        "Endpoints": {name: end["IPAMConfig"] for name, end in ends.items() if end.get("IPAMConfig")},
        "Further": {name: host.get(name, body.get(name)) for name in NAMES if name in host or name in body},
    }


def _cdi(request: dict[str, Any]) -> dict[str, Any]:
    """A request for GPUs by the names of the container device interface; Podman says nothing and gives none when asked Docker's way."""
    if request["Driver"] == "cdi":
        return {"Driver": "cdi", "DeviceIDs": request["DeviceIDs"]}
    count = request["Count"]
    devices = request["DeviceIDs"] or (["all"] if count == -1 else [str(index) for index in range(count)])
    return {"Driver": "cdi", "DeviceIDs": [f"nvidia.com/gpu={device}" for device in devices]}


def limits(changes: dict[str, Any], restart_policy: dict[str, Any]) -> dict[str, Any]:
    """What changes a container while it runs: `changes` as the Engine API's update takes them.

    Podman knows no NanoCpus there, and takes a policy that is not given for none.
    """
    changed = {name: value for name, value in changes.items() if name != "NanoCpus"}
    if "NanoCpus" in changes:
        changed.update({"CpuPeriod": _CPU_PERIOD, "CpuQuota": changes["NanoCpus"] * _CPU_PERIOD // 1_000_000_000})
    return {**changed, "RestartPolicy": restart_policy}


def fixed(status: str) -> frozenset[str]:
    """The facts that cannot be changed in a container as it stands: new limits of one that has ended would not show before its start."""
    return frozenset({"memory", "cpus"}) if status == "exited" else frozenset()


def status(word: str) -> str:
    """Docker's word for the state that a container is in."""
    return _STATES.get(word, word)


# --- what it says ------------------------------------------------------------------------------------------------------


def as_docker(inspect: dict[str, Any]) -> dict[str, Any]:
    """A container's inspect as Docker Engine would have it, for comparison."""
    config, host, network = dict(inspect["Config"]), dict(inspect["HostConfig"]), dict(inspect.get("NetworkSettings") or {})
    label = (config.get("Labels") or {}).get(ASKED)
    asked = _guessed(inspect) if label is None else {**_UNTOLD, **json.loads(label)}
    host.update({fact: asked[fact] for fact in _UNTOLD})
    own_mounts = [_bind(bind) for bind in host.get("Binds") or () if not _ANONYMOUS.match(bind)]
    host["Binds"] = asked.get("Binds", [] if host.get("VolumesFrom") and label is not None else own_mounts)
    host["PortBindings"] = asked.get("PortBindings", host.get("PortBindings"))
    if host.get("NanoCpus"):
        host["CpuQuota"] = 0
    config["Env"] = _environment(config, asked.get("Env", ()))
    config["Volumes"] = asked.get("Volumes")
    if asked.get("NetworkMode") != _OWN_NETWORK:
        network["Networks"] = {"bridge" if name == _OWN_NETWORK else name: end for name, end in (network.get("Networks") or {}).items()}
    _as_asked(asked, config, host, network)
    return {**inspect, "Config": config, "HostConfig": host, "NetworkSettings": network}


def _as_asked(asked: dict[str, Any], config: dict[str, Any], host: dict[str, Any], network: dict[str, Any]) -> None:
    ends = asked.get("Endpoints", {})
    networks = network.get("Networks") or {}
    network["Networks"] = {name: {**end, **({"IPAMConfig": ends[name]} if name in ends else {})} for name, end in networks.items()}
    for name, value in asked.get("Further", {}).items():
        (config if NAMES[name].place == "Config" else host)[name] = value


def _guessed(inspect: dict[str, Any]) -> dict[str, Any]:
    """What a container was asked for that somebody else made, as far as it can be seen."""
    host = inspect["HostConfig"]
    confined = [option for option in host.get("SecurityOpt") or () if option != "unmask=all"]
    free = len(confined) < len(host.get("SecurityOpt") or ())
    return {
        **_UNTOLD,
        **{fact: host[fact] for fact in ("CapAdd", "CapDrop", "Devices", "ExtraHosts") if host.get(fact)},
        **({"MaskedPaths": [], "ReadonlyPaths": []} if free else {}),
        "SecurityOpt": confined,
        "ShmSize": 0 if host.get("ShmSize") == _DEFAULT_SHM_SIZE else host.get("ShmSize"),
        "Ulimits": [limit for limit in host.get("Ulimits") or () if limit["Name"] not in _OWN_ULIMITS],
        "Volumes": {bind.split(":")[1]: {} for bind in host.get("Binds") or () if _ANONYMOUS.match(bind)},
    }


def _bind(bind: str) -> str:
    place, _colon, options = bind.rpartition(":")
    return f"{place}:{','.join(option for option in options.split(',') if option not in _OWN_MOUNT_OPTIONS)}"


def image(inspect: dict[str, Any]) -> dict[str, Any]:
    """An image's inspect without what cannot be distinguished in a container: anonymous volumes, and what Podman adds to the environment."""
    config = inspect.get("Config") or {}
    return {**inspect, "Config": {**config, "Env": _environment(config), "Volumes": None}}


def _environment(config: dict[str, Any], asked: Iterable[str] = ()) -> list[str]:
    """The lines of an environment without those variables that Podman sets itself, unless they were asked for."""
    own = set(_OWN_ENVIRONMENT).difference(asked)
    return [line for line in config.get("Env") or () if line.partition("=")[0] not in own]
