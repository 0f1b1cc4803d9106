# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds problems of an inventory of release 0.3.0, in sentences (private, pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._site import classic, spire
from .wording import did_you_mean, listed

if TYPE_CHECKING:
    from .._site.model import Inventory

# Component → the variable that has the options of its nodes.
NODES = {"sn": "sn_nodes", "sl": "sl_nodes", "swci": "swci_options"}


def agents(inventory: Inventory, host: str) -> list[str]:
    """Of the SPIRE Server that the agents inside a host's nodes belong to."""
    groups = [f"swarm_{component}" for component in NODES if host in inventory.members(component)]
    domain, servers = inventory.get(host, "swarm_trust_domain"), spire.domains(inventory)
    if not groups or domain in servers:
        return []
    if inventory.get(host, "swarm_agent_server_address"):
        return _unconfigured(inventory, host)
    hint = did_you_mean(domain, servers)
    known = f"; there are servers for {listed(servers)}" if servers else ""
    unserved = f"no host of swarm_spire_server serves the trust domain {domain!r} of {host} (in {listed(groups)}){hint or known}"
    return [f"{unserved}; for a server outside this inventory set swarm_agent_server_address"]


def _unconfigured(inventory: Inventory, host: str) -> list[str]:
    """Of nodes whose SPIRE Server is outside the inventory: a configuration can be derived only with that server's bundle."""
    if inventory.get(host, "swarm_agent_server_host"):
        return []
    where = inventory.get(host, "swarm_agent_server_address")
    return [
        f"{variable} of {host}: 'config' is missing, as the SPIRE Server at {where} is outside this inventory and its bundle is unknown;"
        " give each node its config, a file on the host, and its join_token, or set swarm_agent_server_host to the server's host"
        for component, variable in NODES.items()
        if host in inventory.members(component) and not all(node.get("config") for node in _options(inventory, host, variable))
    ]


def _options(inventory: Inventory, host: str, variable: str) -> list[dict[str, Any]]:
    given: Any = inventory.get(host, variable) or [{}]
    return given if isinstance(given, list) else [given]


def license_servers(inventory: Inventory) -> list[str]:
    """Nodes of release 0.3.0 use one License Server."""
    hosts = inventory.members("apls")
    if len(hosts) < 2 or not any(classic.is_classic(inventory, host) for host in hosts):
        return []
    return [f"swarm_apls has {listed(hosts)}; expected one host, as release 0.3.0 has no secondary License Server"]


def sentinel(nodes: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Of SNs with another Sentinel than the inventory's. nodes: host → its SN nodes, complete."""
    chosen = [(host, node) for host, own in nodes.items() for node in own if node["sentinel"]]
    where, first = chosen[0]
    others = [(host, node) for host, own in nodes.items() for node in own if node.get("sentinel_ip", first["host_ip"]) != first["host_ip"]]
    return [
        f"sentinel_ip of {node['name']} on {host} is {node['sentinel_ip']}, but the Sentinel is {first['name']} on {where}, at"
        f" {first['host_ip']}: remove sentinel_ip, it is derived"
        for host, node in others
    ]


def upstreams(inventory: Inventory) -> list[str]:
    """Of nested SPIRE Servers with release 0.3.0's own image, which has no agent for that."""
    return [
        f"spire_server_upstream of {host} cannot be used with the platform's own SPIRE Server of release 0.3.0, which has no SPIRE Agent:"
        " to use SPIRE's own images, set spire_server_release to a release 2.x, and swarm_spire_version to 0.12.0"
        for host in inventory.members("spire_server")
        if inventory.get(host, "spire_server_upstream") and classic.has_own_server(inventory, host)
    ]
