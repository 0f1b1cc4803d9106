# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with an inventory of release 0.3.0, in sentences (private, pure). `_problems` says in which stage."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .._site import classic, spire
from . import formats

if TYPE_CHECKING:
    from .._site.model import Inventory

# Component → the variable that has the options of its nodes.
NODES = {"sn": "sn_nodes", "sl": "sl_nodes", "swci": "swci_options"}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def agents(inventory: Inventory, host: str) -> list[str]:
    """Of the SPIRE Server that the agents inside a host's nodes belong to."""
    groups = [f"swarm_{component}" for component in NODES if host in inventory.members(component)]
    domain, servers = inventory.get(host, "swarm_trust_domain"), spire.domains(inventory)
    if not groups or domain in servers:
        return []
    if inventory.get(host, "swarm_agent_server_address"):
        return _unconfigured(inventory, host)
    hint = formats.did_you_mean(domain, servers)
    known = f"; there are servers for {_listed(servers)}" if servers else ""
    unserved = (
        f"{host} (in {_listed(groups)}) has swarm_trust_domain {domain!r}, but no host of swarm_spire_server serves it{hint or known}"
    )
    return [f"{unserved}; for a server elsewhere set swarm_agent_server_address"]


def _unconfigured(inventory: Inventory, host: str) -> list[str]:
    """Nodes of a SPIRE Server that no host of the inventory has: the configuration that is derived needs that server's bundle."""
    if inventory.get(host, "swarm_agent_server_host"):
        return []
    where = inventory.get(host, "swarm_agent_server_address")
    return [
        f"{variable} of {host} lacks a config: the SPIRE Server at {where} is no host of this inventory, so its bundle is not known; give"
        " each node its config, a file on the host, and its join_token, or name the server's host in swarm_agent_server_host"
        for component, variable in NODES.items()
        if host in inventory.members(component) and not all(node.get("config") for node in _options(inventory, host, variable))
    ]


def _options(inventory: Inventory, host: str, variable: str) -> list[dict[str, Any]]:
    given: Any = inventory.get(host, variable) or [{}]
    return given if isinstance(given, list) else [given]


def license_servers(inventory: Inventory) -> list[str]:
    """Release 0.3.0 knows one License Server."""
    hosts = inventory.members("apls")
    if len(hosts) < 2 or not any(classic.is_classic(inventory, host) for host in hosts):
        return []
    return [f"swarm_apls has {_listed(hosts)}: the nodes of release 0.3.0 know one License Server, a secondary one came with 2.x"]


def sentinel(nodes: dict[str, list[dict[str, Any]]]) -> list[str]:
    """An SN that is told another Sentinel than the inventory's. nodes: host → its SN nodes, as `_site.sn_nodes` makes them."""
    chosen = [(host, node) for host, own in nodes.items() for node in own if node["sentinel"]]
    where, first = chosen[0]
    told = [(host, node) for host, own in nodes.items() for node in own if node.get("sentinel_ip", first["host_ip"]) != first["host_ip"]]
    return [
        f"{node['name']} on {host} has the sentinel_ip {node['sentinel_ip']}, but the Sentinel is {first['name']} on {where}, at"
        f" {first['host_ip']}: leave sentinel_ip out, it is derived"
        for host, node in told
    ]


def upstreams(inventory: Inventory) -> list[str]:
    """A SPIRE Server below another, with the image that release 0.3.0 has of its own: it has no agent for that."""
    return [
        f"spire_server_upstream is set on {host}, and the platform's own SPIRE Server of release 0.3.0 comes without the agent that this"
        " needs: for SPIRE's own images set spire_server_release to a release 2.x, and swarm_spire_version to 0.12.0"
        for host in inventory.members("spire_server")
        if inventory.get(host, "spire_server_upstream") and classic.has_own_server(inventory, host)
    ]
