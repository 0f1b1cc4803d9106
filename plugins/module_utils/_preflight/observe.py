# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the facts of one host in one call (private to the collection). Nothing is changed or judged here.

What cannot be seen is left out, so that a check can distinguish "wrong" from "not seen".
"""

from __future__ import annotations

import glob
import os
import platform
import shutil
import socket
import struct
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent import futures
from typing import Any

from .._container.engine import DOCKER_IMPORT_ERROR, SDK_VERSION, Engine, EngineError
from .._container.host import Host
from .._container.masking import mask_urls
from .._container.spec import COMPONENT_LABEL
from .._platform.files import unusable
from . import parse

_SIOCGIFADDR = 0x8915  # linux/sockios.h
_PODMAN_RESTART = "/etc/systemd/system/default.target.wants/podman-restart.service"


def facts(params: Mapping[str, Any]) -> dict[str, Any]:
    """What is measured, by subject. params: the module's."""
    found: dict[str, Any] = {
        "python": platform.python_version(),
        "root": os.geteuid() == 0,
        "cpu": {
            "count": os.cpu_count() or 0,
            "architecture": platform.machine(),
            **_read("/proc/cpuinfo", lambda text: {"avx": parse.has_cpu_flag(text, "avx")}),
        },
        "memory": _read("/proc/meminfo", parse.memory),
        "addresses": addresses(),
        **_read("/proc/sys/net/ipv4/ip_forward", lambda text: {"ip_forward": text.strip() == "1"}),
        **_read("/proc/net/route", _outgoing),
        **_read("/etc/resolv.conf", lambda text: {"nameservers": parse.nameservers(text)}),
        "resolved_conf": os.path.exists("/run/systemd/resolve/resolv.conf"),
        "names": {name: resolve(name) for name in params["names"]},
        "firewalls": _firewalls(),
        "directories": {one["path"]: unusable(one["path"], one["user"]) for one in params["directories"]},
        "gpus": sorted(int(path.removeprefix("/dev/nvidia")) for path in glob.glob("/dev/nvidia[0-9]*") if path[11:].isdigit()),
        "podman_restart": os.path.lexists(_PODMAN_RESTART),
        "gpu_hook": bool(shutil.which("nvidia-container-runtime-hook", path="/usr/bin:/usr/local/bin")),
        "amd_missing": [path for path in ("/dev/kfd", "/dev/dri") if not os.path.exists(path)],
        "socket": Host().kind("/var/run/docker.sock"),
    }
    if params["controller_time"]:
        found["clock_ahead"] = time.time() - params["controller_time"]
    found.update(_of_the_engine(params))
    engine_root = (found.get("engine") or {}).get("DockerRootDir") or "/var/lib/docker"
    paths = {
        "engine": engine_root,
        "temporary": "/tmp",
        "directory": params["directory"],
        **{path: path for path in params["disks"]},
    }
    found["disks"] = {what: disk(path) for what, path in paths.items()}
    found["ports"] = _holders(params["ports"])
    return found


def _read(path: str, parsed: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    try:
        return parsed(Host().read(path))
    except (OSError, ValueError):
        return {}


def addresses() -> list[str]:
    """The IPv4 addresses of all interfaces, loopback's too."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _index, name in socket.if_nameindex():
            address = _address(probe, name)
            if address:
                found.append(address)
    return parse.ipv4_of([*found, *_secondary()])


def _address(probe: socket.socket, interface: str) -> str:
    import fcntl  # not on every platform that imports this file for its documentation

    try:
        answer = fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, struct.pack("256s", interface.encode()[:15]))
    except OSError:
        return ""
    return socket.inet_ntoa(answer[20:24])


def _secondary() -> list[str]:
    """Local addresses from the kernel's table of routes, which also has the second address of an interface."""
    try:
        lines = Host().read("/proc/net/fib_trie").splitlines()
    except OSError:
        return []
    return [before.split()[-1] for before, line in zip(lines, lines[1:]) if "/32 host LOCAL" in line]


def _outgoing(text: str) -> dict[str, Any]:
    interface = parse.default_interface(text)
    return {"mtu": int(Host().read(f"/sys/class/net/{interface}/mtu"))} if interface else {}


def resolve(name: str) -> dict[str, Any]:
    """{addresses: IPv4 addresses of a name, problem: why there are none}."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return {"addresses": [], "problem": str(error.args[-1])}
    known = parse.ipv4_of(str(one[4][0]) for one in found)
    return {"addresses": known, "problem": "" if known else "it has only IPv6 addresses"}


def disk(path: str) -> dict[str, Any]:
    """{path, total, free, inodes, read_only} of the file system that a path is on or will be on: bytes, and the share of free inodes."""
    there = path
    while not os.path.isdir(there) and there != os.path.dirname(there):
        there = os.path.dirname(there)
    try:
        seen = os.statvfs(there)
    except OSError:
        return {}
    return {
        "path": path,
        "total": seen.f_blocks * seen.f_frsize,
        "free": seen.f_bavail * seen.f_frsize,
        "inodes": seen.f_favail / seen.f_files if seen.f_files else 1.0,
        "read_only": bool(seen.f_flag & os.ST_RDONLY),
    }


def _firewalls() -> list[str]:
    """The firewall managers that run on the host."""
    names = {_comm(path) for path in glob.iglob("/proc/[0-9]*/comm")}
    found = ["firewalld"] if "firewalld" in names else []
    if "ENABLED=yes" in _read("/etc/ufw/ufw.conf", lambda text: {"text": text}).get("text", ""):
        found.append("ufw")
    return found


def _comm(path: str) -> str:
    try:
        return Host().read(path).strip()
    except OSError:
        return ""


def _holders(ports: Iterable[int]) -> dict[str, str]:
    """port → who listens on it, of those that somebody listens on; empty text where that cannot be seen."""
    tables = [_read(path, lambda text: {"text": text}).get("text", "") for path in ("/proc/net/tcp", "/proc/net/tcp6")]
    taken = parse.listening_ports(tables)
    return {str(port): Host().listener(port) for port in ports if port in taken}


# --- the engine ----------------------------------------------------------------------------------------------------------


def _of_the_engine(params: Mapping[str, Any]) -> dict[str, Any]:
    """sdk, and engine, networks, published, images, or engine_problem where no engine answers."""
    if DOCKER_IMPORT_ERROR:
        return {"sdk": ""}
    try:
        return {"sdk": SDK_VERSION, **_asked(Engine({**params}), params)}
    except (EngineError, OSError, ValueError) as error:
        return {"sdk": SDK_VERSION, "engine_problem": mask_urls(str(error))}


def _asked(engine: Engine, params: Mapping[str, Any]) -> dict[str, Any]:
    containers = engine.publishing()
    here = {image: bool(engine.image(image)) for image in params["images"]}
    found = {
        "engine": parse.engine(engine.info()),
        "networks": parse.networks(engine.networks()),
        "published": {str(port): who for port, who in parse.published(containers, COMPONENT_LABEL).items()},
        "images_here": here,
    }
    if not engine.podman:  # it cannot ask a registry without pulling
        found["registry"] = _served(engine, params)
    return found


def _served(engine: Engine, params: Mapping[str, Any]) -> dict[str, Any]:
    """image → {digest, platforms} as its registry serves it, or {problem} in the engine's words."""

    def ask(image: str) -> dict[str, Any]:
        login = {"username": params["registry_username"], "password": params["registry_password"]}
        of_registry = params["registry_username"] and image.startswith(f"{params['registry']}/")
        try:
            return engine.distribution(image, login if of_registry else None)
        except EngineError as error:
            return {"problem": mask_urls(str(error))}

    with futures.ThreadPoolExecutor(8) as pool:
        return dict(zip(params["images"], pool.map(ask, params["images"])))
