# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the site model that is different in release 0.3.0, where each node has a SPIRE Agent inside it (private, pure).

Facts: RunningSL.md. The SL nodes, which are different too, are in `sl`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...module_utils._releases import RELEASES

if TYPE_CHECKING:
    from .model import Inventory

# Which of an SN's ports the other SNs must know of the Sentinel: their option → the Sentinel's own.
SENTINEL_PORTS = {"sentinel_api_port": "sn_api_port", "sentinel_fs_port": "sn_fs_port"}
SN_PORTS = ("sn_api_port", "sn_p2p_port", "sn_fs_port")
DNS_NAMES = {"sn": ["swarm-network-node"], "sl": ["swarm-learning-node"]}
# The platform's own SPIRE Server makes these entries itself, without federation.
MADE_BY_SERVER = ("sn", "sl")
NODE_TYPES = ("sn", "sl", "swci")
DEFAULTS: dict[str, Any] = {
    "sn_fs_port": 30305,
    "spire_server_release": "",
    "swarm_agent_server_address": "",
    "swarm_agent_server_host": "",
    "swci_options": {},
}
SCRIPT = """EXIT ON FAILURE
WAIT FOR IP {sn_ip} {sn_api_port}
CREATE CONTEXT swarm WITH IP {sn_ip} {sn_api_port}
SWITCH CONTEXT swarm
LIST NODES
EXIT
"""


def has_agents_inside(release: object) -> bool:
    """Whether the nodes of a release have SPIRE Agents of their own inside."""
    return "join_token" in RELEASES[str(release)]["sn"].options


def is_classic(inventory: Inventory, host: str) -> bool:
    """Whether the host runs such a release."""
    return has_agents_inside(inventory.get(host, "swarm_release"))


def sn_ports(inventory: Inventory, host: str) -> list[str]:
    """The options of the ports that an SN of the host publishes."""
    options = RELEASES[str(inventory.get(host, "swarm_release"))]["sn"].options
    return [port for port in SN_PORTS if port in options]


def is_sentinel(inventory: Inventory, host: str, node: dict[str, Any], index: int) -> bool:
    """Whether the SN says that it is the Sentinel as the platform's scripts do: by its own address as the Sentinel's."""
    sentinel = node.get("sentinel_ip") or (inventory.get(host, "sn_sentinel_ip") if index == 0 else "")
    return is_classic(inventory, host) and sentinel == node["host_ip"]


def join(inventory: Inventory, host: str, node: dict[str, Any], sentinel: dict[str, Any]) -> None:
    """Tell an SN of the host where the Sentinel is: by its service where it has no address."""
    if not sentinel["host_ip"]:
        if not node.get("sentinel_ip"):
            node.setdefault("sentinel_api_service", sentinel["sn_api_service"])
        return
    options = RELEASES[str(inventory.get(host, "swarm_release"))]["sn"].options
    node.setdefault("sentinel_ip", sentinel["host_ip"])
    for option, port in SENTINEL_PORTS.items():
        if option in options:
            node.setdefault(option, sentinel[port])


def server_release(inventory: Inventory, host: str) -> str:
    """The release by whose rules a host runs its SPIRE Server."""
    return str(inventory.get(host, "spire_server_release") or inventory.get(host, "swarm_release"))


def has_own_server(inventory: Inventory, host: str) -> bool:
    """Whether that is the platform's own server, and not an image of SPIRE's."""
    return has_agents_inside(server_release(inventory, host))


def entries(inventory: Inventory, server: str, domain: str, peers: list[str]) -> list[dict[str, Any]]:
    """The registration entries of the nodes on the SPIRE Server of host `server`; those that it makes itself only where they federate."""
    own = has_own_server(inventory, server) and not peers
    return [
        {
            "spiffe_id": f"spiffe://{domain}/swarm/{kind}",
            "parent_id": f"spiffe://{domain}/swarm/{kind}-agent",
            "selectors": [f"swarm:node-type:{kind}"],
            "dns_names": DNS_NAMES.get(kind, []),
            "federates_with": peers,
        }
        for kind in NODE_TYPES
        if not (own and kind in MADE_BY_SERVER)
    ]


def script(sn_ip: str, sn_api_port: int) -> str:
    """What a SWCI does without a script of the user's: say which nodes there are."""
    return SCRIPT.format(sn_ip=sn_ip, sn_api_port=sn_api_port)
