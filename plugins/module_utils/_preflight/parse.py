# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parses texts of the kernel and the engine about a host (private to the collection, pure)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

OUR_NAME = "swarm-preflight"  # what our listener is called in the host's list of processes; at most 15 letters
# What of `docker info` a check looks at. The addresses of proxies may hold passwords, and are reduced to whether there are any.
_ENGINE_KEYS = (
    "Architecture",
    "BuildahVersion",
    "CDISpecDirs",
    "CgroupDriver",
    "CgroupVersion",
    "CpuCfsQuota",
    "DiscoveredDevices",
    "DockerRootDir",
    "Driver",
    "DriverStatus",
    "ID",
    "IPv4Forwarding",
    "MemoryLimit",
    "OSType",
    "SecurityOptions",
    "ServerVersion",
)
_LISTENING = "0A"


def memory(text: str) -> dict[str, int]:
    """{total, available} in bytes, from /proc/meminfo; what it does not say is left out."""
    found = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in text.splitlines() if len(line.split()) > 1}
    wanted = {"total": "MemTotal", "available": "MemAvailable"}
    return {name: found[key] for name, key in wanted.items() if key in found}


def has_cpu_flag(text: str, flag: str) -> bool:
    """Whether every processor in /proc/cpuinfo has a flag."""
    lines = re.findall(r"^flags\s*:(.*)$", text, re.MULTILINE)
    return bool(lines) and all(flag in line.split() for line in lines)


def default_interface(text: str) -> str:
    """The interface of the default route, from /proc/net/route; empty without one."""
    rows = [line.split() for line in text.splitlines()[1:]]
    defaults = [(int(row[6]), row[0]) for row in rows if len(row) > 7 and row[1] == "00000000" and row[7] == "00000000"]
    return min(defaults)[1] if defaults else ""


def nameservers(text: str) -> list[str]:
    """The addresses in /etc/resolv.conf."""
    return re.findall(r"^\s*nameserver\s+(\S+)", text, re.MULTILINE)


def listening_ports(tables: Iterable[str]) -> set[int]:
    """The TCP ports that somebody listens on, from the texts of /proc/net/tcp and tcp6."""
    rows = (line.split() for text in tables for line in text.splitlines()[1:])
    return {int(row[1].rpartition(":")[2], 16) for row in rows if len(row) > 3 and row[3] == _LISTENING}


def engine(info: Mapping[str, Any]) -> dict[str, Any]:
    """The part of the engine's answer to `docker info` that checks look at, and `Proxy`: whether it has one, and `Runtimes`: their names."""
    found = {key: info[key] for key in _ENGINE_KEYS if key in info}
    found["Proxy"] = bool(info.get("HttpProxy") or info.get("HttpsProxy"))
    found["Runtimes"] = dict.fromkeys(info.get("Runtimes") or ())
    return found


def networks(listed: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """[{name, driver, subnets, mtu}] of an engine's networks, from its list of them; mtu 0 where the network leaves it to the engine."""
    found = []
    for network in listed:
        pools = (network.get("IPAM") or {}).get("Config") or ()
        mtu = str((network.get("Options") or {}).get("com.docker.network.driver.mtu") or "0")
        found.append(
            {
                "name": network.get("Name", ""),
                "driver": network.get("Driver", ""),
                "subnets": [pool["Subnet"] for pool in pools if pool.get("Subnet")],
                "mtu": int(mtu) if mtu.isdigit() else 0,
            }
        )
    return found


def published(containers: Iterable[Mapping[str, Any]], label: str) -> dict[int, dict[str, Any]]:
    """port → {name, image, ours} of the running containers that publish TCP ports; ours: whether they have the label."""
    return {
        port["PublicPort"]: {
            "name": container["Names"][0].lstrip("/"),
            "image": container["Image"],
            "ours": label in (container.get("Labels") or {}),
        }
        for container in containers
        for port in container.get("Ports") or ()
        if port.get("PublicPort") and port.get("Type", "tcp") == "tcp"
    }


def on_network(containers: Sequence[Mapping[str, Any]], network: str) -> str:
    """The ID of a running container that is connected to a network; empty without one."""
    for container in containers:
        if container.get("State") == "running" and network in ((container.get("NetworkSettings") or {}).get("Networks") or {}):
            return str(container["Id"])
    return ""


def ipv4_of(addresses: Iterable[str]) -> list[str]:
    """Those of the addresses that are of IPv4, once each."""
    return list(dict.fromkeys(one for one in addresses if _version(one) == 4))


def _version(address: str) -> int:
    try:
        return ipaddress.ip_address(address).version
    except ValueError:
        return 0
