# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the metrics of a host are about, where `swarm_monitoring` is true (private, pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import services
from .belongings import NAMED

if TYPE_CHECKING:
    from .model import Inventory

DEFAULTS: dict[str, Any] = {
    "swarm_monitoring": False,
    "swarm_monitoring_address": "127.0.0.1",
    "spire_server_metrics_port": 9988,
    "spire_server_health_port": 9990,
    "spire_agent_metrics_port": 9989,
    "spire_agent_health_port": 9991,
}
PORTS = {component: (f"{component}_metrics_port", f"{component}_health_port") for component in ("spire_server", "spire_agent")}


def ports(inventory: Inventory, host: str) -> dict[str, Any]:
    """Variable → port, of those where the SPIRE Server and SPIRE Agent of a host serve metrics and health checks."""
    if not inventory.get(host, "swarm_monitoring"):
        return {}
    return {name: inventory.get(host, name) for component, names in PORTS.items() if host in inventory.members(component) for name in names}


def of_host(inventory: Inventory, host: str, here: Mapping[str, Any], pairs: int, peers: int) -> dict[str, Any]:
    """The field `monitoring` of HostModel.

    here   the model as far as it is known
    pairs  the SL nodes of the host, whoever starts them
    peers  those of the whole training
    """
    if not inventory.get(host, "swarm_monitoring"):
        return {}
    servers = [f"{here['license'][name]}:{here['license'][port]}" for name, port in _LICENSE if here["license"].get(name)]
    capacity = inventory.get(host, "swarm_licenses")
    wanted = {"sn": len(here["sn_nodes"]), "sl": pairs}
    return {
        "trust_domain": here["trust_domain"],
        "release": str(inventory.get(host, "swarm_release")),
        "containers": _lasting(inventory, host, here),
        "spire_server": str(inventory.get(host, "spire_server_name")) if host in inventory.members("spire_server") else "",
        "token_dir": here.get("issued_token_dir", ""),
        "x509_svid_ttl": here.get("x509_svid_ttl", ""),
        "license_server": next(iter(servers), ""),
        "license": {option: value for pair in _LICENSE for option, value in _server(here["license"], *pair).items()},
        "licenses": {
            kind: {"wanted": number, **({"capacity": capacity[kind]} if kind in capacity else {})} for kind, number in wanted.items()
        },
        "peers": peers,
        "ports": [int(port) for port in ports(inventory, host).values()],
    }


_LICENSE = (("apls_ip", "apls_port"), ("secondary_apls_ip", "secondary_apls_port"))


def _server(license_options: Mapping[str, Any], name: str, port: str) -> dict[str, Any]:
    """A License Server as the module apls_info takes it."""
    return {name: license_options.get(name, ""), port: int(license_options.get(port) or 5814)} if license_options else {}


def _lasting(inventory: Inventory, host: str, here: Mapping[str, Any]) -> dict[str, str]:
    """Name → component of the containers that run as long as the platform does: SWCI, SL nodes and programs end with their work."""
    named = {str(inventory.get(host, f"{one}_name")): one for one in NAMED if one != "swci" and host in inventory.members(one)}
    nodes = {node["name"]: kind for kind in ("sn", "swop") for node in here[f"{kind}_nodes"]}
    proxy = {str(inventory.get(host, "reverse_proxy_name")): "reverse_proxy"} if services.has_own(inventory, host) else {}
    return {**named, **nodes, **proxy}
