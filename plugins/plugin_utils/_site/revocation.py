# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes when an organisation or a host is revoked, and the inventory without it (private, pure)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .. import _upstream_agent
from .._checks.wording import did_you_mean, listed
from . import certificates, classic, model, spire

if TYPE_CHECKING:
    from .model import Inventory

_OPTION = "swarm_revoke"


@dataclass(frozen=True)
class Agent:
    """A SPIRE Agent that a server which stays must forget.

    host, server   the server's host in the inventory, and its container there
    spiffe_id      the ID that stays the same with every join token of the agent
    token_dir      where the server's host keeps unused join tokens
    """

    host: str
    server: str
    spiffe_id: str
    token_dir: str


@dataclass(frozen=True)
class Revocation:
    """What goes.

    name    as the user says it
    domain  the trust domain that nobody trusts any more; empty where a host goes whose organisation stays
    hosts   hosts of the inventory that go; none for an organisation of `swarm_peers`
    agents  what servers that stay must forget
    until   how long what the hosts hold stays valid in their organisation, as SPIRE's configuration says it; empty where `domain` goes
    """

    name: str = ""
    domain: str = ""
    hosts: tuple[str, ...] = ()
    agents: tuple[Agent, ...] = ()
    until: str = ""


def find(inventory: Inventory, name: str) -> tuple[list[str], Revocation]:
    """(why `name` cannot be revoked, in sentences; what goes). Without a name nothing goes."""
    if not name:
        return [], Revocation()
    domains = {host: str(inventory.get(host, "swarm_trust_domain")) for host in inventory.hosts}
    wrong = _misnamed(name, list(domains), {*domains.values(), *(str(peer["trust_domain"]) for peer in inventory.peers)})
    if wrong:
        return [f"{_OPTION}: {name} {wrong}"], Revocation()
    hosts = [host for host in domains if name in (host, domains[host])]
    staying = [host for host in domains if host not in hosts]
    domain = domains.get(name, name)
    if domain in map(domains.get, staying):
        domain = ""
    found = _needed(inventory, hosts, staying, domain)
    if found:
        return [f"{_OPTION}: {name} {sentence}" for sentence in found], Revocation()
    agents = tuple(agent for host in hosts for agent in _agents(inventory, host, staying))
    return [], Revocation(name, domain, tuple(hosts), agents, "" if domain else _until(inventory, name))


def without(inventory: Inventory, gone: Revocation) -> Inventory:
    """The inventory as if what goes had never been in it."""
    return replace(
        inventory,
        hosts={host: variables for host, variables in inventory.hosts.items() if host not in gone.hosts},
        groups={group: [host for host in members if host not in gone.hosts] for group, members in inventory.groups.items()},
        numbers={host: own for host, own in inventory.numbers.items() if host not in gone.hosts},
        peers=tuple(peer for peer in inventory.peers if peer["trust_domain"] != gone.domain),
    )


def _misnamed(name: str, hosts: Collection[str], domains: Collection[str]) -> str:
    """Why a name does not say what goes; it goes on after the name."""
    if name in hosts and name in domains:
        return "is the name of a host and of an organisation: give the host another name"
    if name in hosts or name in domains:
        return ""
    known = (*sorted(domains), *hosts)
    return f"is no organisation and no host of the inventory{did_you_mean(name, known)}; expected one of {listed(known)}"


def _needed(inventory: Inventory, hosts: Collection[str], staying: Collection[str], domain: str) -> list[str]:
    """Why the others cannot do without what goes, or not in this way; each sentence goes on after the name of what goes."""
    if not staying:
        return ["is all that the inventory has: to remove the platform, run the playbook teardown"]
    unsuited = _unsuited(inventory, staying)
    if unsuited:
        return [unsuited]
    return [
        *_servers(inventory, hosts, staying),
        *(_bundles(inventory, staying, domain) if domain else ()),
        *_sentinel(inventory, hosts, staying, domain),
    ]


def _unsuited(inventory: Inventory, staying: Collection[str]) -> str:
    if any(classic.is_classic(inventory, host) for host in staying):
        return "is in a platform of release 0.3.0, whose nodes have their agents inside: take it out of the inventory and run the playbook site"
    if any(host in staying for host in inventory.members("spire_server")):
        return ""
    own = any(certificates.options(inventory, host) for host in staying)
    how = "revoke its certificates at your CA" if own else "revoke it at the SPIRE Server that your organisation runs"
    return f"cannot be revoked here, as no host that stays is in swarm_spire_server: {how}"


def _servers(inventory: Inventory, hosts: Collection[str], staying: Collection[str]) -> list[str]:
    servers = spire.domains(inventory)
    served = [host for host in staying if not set(hosts).isdisjoint(spire.servers_of(inventory, host, servers))]
    return (
        [f"has a SPIRE Server of {listed(served)}, which stay: revoke the whole organisation, or give them another server"]
        if served
        else []
    )


def _bundles(inventory: Inventory, staying: Collection[str], domain: str) -> list[str]:
    """Where somebody else than the site says whom to trust."""
    servers = [host for host in inventory.members("spire_server") if host in staying]
    foreign = [host for host in servers if not inventory.get(host, "spire_server_managed")]
    listing = [host for host in servers if _lists(inventory, host, domain)]
    found = [f"is trusted by a SPIRE Server of your own on {listed(foreign)}: delete its bundle there"] if foreign else []
    return found + ([f"is in spire_server_federates_with of {listed(listing)}: take it out there"] if listing else [])


def _lists(inventory: Inventory, host: str, domain: str) -> bool:
    return any(one.get("trust_domain") == domain for one in inventory.get(host, "spire_server_federates_with") or ())


def _sentinel(inventory: Inventory, hosts: Collection[str], staying: Collection[str], domain: str) -> list[str]:
    nodes = model.sn_nodes(inventory)
    sentinel = [host for host, _node in model.sentinels(nodes)]
    has_it = set(sentinel) & set(hosts)
    addresses = {peer["address"] for peer in inventory.peers if peer["trust_domain"] == domain}
    uses_it = [host for host in staying if not sentinel and inventory.get(host, "sn_sentinel_ip") in addresses]
    if not uses_it and not (has_it and any(host in nodes for host in staying)):
        return []
    return ["has the only Sentinel, without which the blockchain of the others ends: first deploy another platform, with another Sentinel"]


def _until(inventory: Inventory, host: str) -> str:
    servers = spire.servers_of(inventory, host, spire.domains(inventory))
    return spire.lives(inventory, servers[0])["x509_svid_ttl"] if servers else ""


def _agents(inventory: Inventory, host: str, staying: Collection[str]) -> list[Agent]:
    """The agents of a host, of its own and of the upstream of its SPIRE Server, that a server on a host which stays knows."""
    mine = spire.servers_of(inventory, host, spire.domains(inventory)) if host in inventory.members("spire_agent") else []
    upstream = inventory.get(host, "spire_server_upstream") if host in inventory.members("spire_server") else ""
    domain = str(inventory.get(host, "swarm_trust_domain"))
    known = [(server, spire.own_agent_id(inventory, host)) for server in mine[:1]]
    known += [(upstream, _upstream_agent.agent_id(domain, host))] if upstream else []
    return [
        Agent(server, inventory.get(server, "spire_server_name"), spiffe_id, spire.token_dir(inventory, server))
        for server, spiffe_id in known
        if server in staying
    ]
