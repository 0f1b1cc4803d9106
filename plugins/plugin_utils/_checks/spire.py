# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the part of an inventory that SPIRE is, in sentences (private, pure). `_problems` says in which stage."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ...module_utils._spire import datastore
from ...module_utils._spire.config import next_minor, seconds, version_tuple
from .._site import certificates, classic, spire
from . import classic as classic_checks
from . import formats

if TYPE_CHECKING:
    from .._site.model import Inventory

TRUST_DOMAIN = re.compile(r"[a-z0-9._-]{1,255}\Z")
NAMES = "a trust domain has only lower-case letters, digits, dots, dashes and underscores"


def _listed(hosts: Iterable[str]) -> str:
    return ", ".join(hosts)


def trust_domains(inventory: Inventory) -> list[str]:
    found = []
    for host in inventory.hosts:
        name = inventory.get(host, "swarm_trust_domain")
        if not isinstance(name, str) or not TRUST_DOMAIN.match(name):
            found.append(f"swarm_trust_domain is {name!r} on {host}: {NAMES}")
    try:
        for host in inventory.members("spire_server"):
            version_tuple(inventory.get(host, "swarm_spire_version"))
    except ValueError as error:
        found.append(f"swarm_spire_version on {host}: {error}")
    return found


def versions(inventory: Inventory) -> list[str]:
    """Agents that do not go with their server: one that is newer, or more than one minor release older (SPIRE's doc/upgrading.md)."""
    found, domains = [], spire.domains(inventory)
    for host in inventory.members("spire_agent"):
        for server in [one for one in spire.servers_of(inventory, host, domains) if one in inventory.hosts][:1]:
            agent, its = _version(inventory, host, "agent"), _version(inventory, server, "server")
            try:
                mine, upper = version_tuple(agent)[:2], version_tuple(its)[:2]
            except ValueError as error:
                found.append(f"spire_agent_version or spire_server_version: {error}")
                continue
            if not mine <= upper <= next_minor(mine):
                how = "newer than" if mine > upper else "more than one minor release older than"
                found.append(f"the SPIRE Agent {agent} of {host} is {how} its server on {server}, {its}: set swarm_spire_version for both")
    return found


def _version(inventory: Inventory, host: str, component: str) -> str:
    return str(inventory.get(host, f"spire_{component}_version") or inventory.get(host, "swarm_spire_version"))


def datastores(inventory: Inventory) -> list[str]:
    found = [
        f"spire_server_datastore on {host} {sentence}"
        for host in inventory.members("spire_server")
        for sentence in datastore.problems(inventory.get(host, "spire_server_datastore"))
    ]
    if not found:
        for domain, hosts in spire.domains(inventory).items():
            found += _several(inventory, domain, hosts) if len(hosts) > 1 else []
    return found


def _several(inventory: Inventory, domain: str, hosts: list[str]) -> list[str]:
    """What is wrong with several servers of one domain."""
    where = f"{_listed(hosts)} both serve the trust domain {domain!r}"
    stores = {host: inventory.get(host, "spire_server_datastore") for host in hosts}
    if not all(map(datastore.is_shared, stores.values())):
        kinds = " or ".join(datastore.PORTS)
        remedy = f"for two servers of one organisation, give both the same spire_server_datastore, of type {kinds}"
        nested = "or, where one signs the other's CA, set spire_server_upstream"
        return [f"{where}: give each organisation its own swarm_trust_domain; {remedy}, {nested}"]
    if len({datastore.place(store) for store in stores.values()}) > 1:
        return [f"{where}, but spire_server_datastore is not the same database on each: servers of one domain share one"]
    if len({inventory.get(host, "spire_server_port") for host in hosts}) > 1:
        return [f"{where}, but spire_server_port differs: agents find them by one name and one port"]
    numberless = [host for host in hosts if not _is_ip(inventory.address(host))]
    if numberless:
        return [f"{where}, and agents find them by a name that leads to all their IP addresses: set swarm_host_ip of {_listed(numberless)}"]
    return []


def files(inventory: Inventory, exists: Callable[[str], bool]) -> list[str]:
    return [
        f"spire_server_datastore.tls.{key} on {host} is {path!r}, which is not there on the controller"
        for host in inventory.members("spire_server")
        for key, path in (inventory.get(host, "spire_server_datastore").get("tls") or {}).items()
        if not exists(path)
    ]


def _is_ip(address: str) -> bool:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return True


def servers(inventory: Inventory) -> list[str]:
    """Of SPIRE servers that are nested, and of those that run already; what they say of lives comes when that is well."""
    members = inventory.members("spire_server")
    found = [
        f"spire_server_managed is {inventory.get(host, 'spire_server_managed')!r} on {host}, it must be true or false"
        for host in members
        if not isinstance(inventory.get(host, "spire_server_managed"), bool)
    ]
    for host in members:
        if inventory.get(host, "spire_server_upstream"):
            found += _upstream(inventory, host, members)
    return found or _lives(inventory, members)


def _upstream(inventory: Inventory, host: str, members: list[str]) -> list[str]:
    upstream = inventory.get(host, "spire_server_upstream")
    what = f"spire_server_upstream of {host} is {upstream!r}"
    if upstream not in members:
        hint = formats.did_you_mean(str(upstream), [one for one in members if one != host])
        return [f"{what}, which is no host of swarm_spire_server{hint}"]
    if upstream == host:
        return [f"{what}, the server itself: name the host of the server that signs its CA"]
    above = inventory.get(upstream, "spire_server_upstream")
    if above == host:
        return [f"{what}, and that of {upstream} is {above!r}: one of the two signs its CA itself and has no spire_server_upstream"]
    if above:
        return [f"{what}, which is itself below {above}: a server stands directly below one that has no spire_server_upstream"]
    if not inventory.get(host, "spire_server_managed"):
        return [f"{what}, but spire_server_managed is false there: the configuration of a server that you run is yours"]
    domain, upper = (inventory.get(one, "swarm_trust_domain") for one in (host, upstream))
    if domain != upper:
        return [f"{what}, whose swarm_trust_domain is {upper!r}, that of {host} is {domain!r}: nested servers are of one trust domain"]
    return []


def _lives(inventory: Inventory, members: list[str]) -> list[str]:
    found, ttl = [], {}
    for host in members:
        try:
            ttl[host] = spire.lives(inventory, host)["ca_ttl"]
        except ValueError as error:
            option, _colon, reason = str(error).partition(": ")
            found.append(f"{spire.LIVES[option]} on {host}: {reason}")
    for host in members:
        upstream = inventory.get(host, "spire_server_upstream")
        if host in ttl and upstream in ttl and seconds("ca_ttl", ttl[upstream]) <= 6 * seconds("ca_ttl", ttl[host]):
            found.append(
                f"the CA of {upstream} lives {ttl[upstream]}, not more than six times as long as that of {host} below it, {ttl[host]}:"
                f" raise spire_server_ca_ttl on {upstream}, or lower the lives on {host}"
            )
    return found


def identities(inventory: Inventory) -> list[str]:
    found, domains = [], spire.domains(inventory)
    for host in inventory.hosts:
        if classic.is_classic(inventory, host):
            found += classic_checks.agents(inventory, host)
            continue
        found += _agent(inventory, host, domains)
        attested = [f"swarm_{c}" for c in ("sn", "sl", "swop", "swci") if host in inventory.members(c)]
        if attested and host not in inventory.members("spire_agent") and not certificates.has(inventory, host):
            found += _own_agent(inventory, host, attested, domains)
    return found


def _agent(inventory: Inventory, host: str, domains: dict[str, list[str]]) -> list[str]:
    """Of the server and the ID of a host's agent."""
    domain, told = (inventory.get(host, name) for name in ("swarm_trust_domain", "spire_agent_server_host"))
    given, elsewhere = inventory.get(host, "spire_agent_id"), inventory.get(host, "spire_agent_server_address")
    members = inventory.members("spire_server")
    if given and not str(given).startswith(f"spiffe://{domain}/"):
        return [f"spire_agent_id is {given!r} on {host}: an agent's ID there begins with spiffe://{domain}/"]
    if told and told not in members and not elsewhere:
        hint = formats.did_you_mean(str(told), members)
        return [f"spire_agent_server_host of {host} is {told!r}, which is no host of swarm_spire_server{hint}"]
    if told in members and inventory.get(told, "swarm_trust_domain") != domain:
        other = inventory.get(told, "swarm_trust_domain")
        return [f"spire_agent_server_host of {host} is {told!r}, which serves the trust domain {other!r}, not {domain!r}"]
    if host in inventory.members("spire_agent") and not elsewhere and not spire.servers_of(inventory, host, domains):
        hint = formats.did_you_mean(domain, domains)
        known = f"; there are servers for {_listed(domains)}" if domains else ""
        unserved = f"{host} has swarm_trust_domain {domain!r}, but no host of swarm_spire_server serves it{hint or known}"
        return [f"{unserved}; for a server elsewhere set spire_agent_server_address"]
    return []


def _own_agent(inventory: Inventory, host: str, attested: list[str], domains: dict[str, list[str]]) -> list[str]:
    """Of a host whose agent runs already."""
    if not inventory.given(host, "swarm_socket_path"):
        remedy = "put it there, or set swarm_socket_path to the Workload API socket of an agent that already runs, or swarm_certificates"
        return [f"{host} is in {_listed(attested)} but not in swarm_spire_agent: {remedy}"]
    servers_there = spire.servers_of(inventory, host, domains)
    if servers_there and not inventory.given(host, "spire_agent_id"):
        remedy = f"set spire_agent_id on {host} to the SPIFFE ID of its agent, as `spire-server agent list` on {servers_there[0]} shows it"
        return [f"{host} is in {_listed(attested)}, and the SPIRE Server of {servers_there[0]} is to have the entries for it: {remedy}"]
    return []


def federation(inventory: Inventory) -> list[str]:
    """Of the domains that a server federates with, where the inventory lists them itself."""
    found = []
    for host in inventory.members("spire_server"):
        for item in inventory.get(host, "spire_server_federates_with"):
            found += [f"spire_server_federates_with of {host}: {sentence}" for sentence in _peer(inventory, host, item)]
    return found


def _peer(inventory: Inventory, host: str, item: dict[str, Any]) -> list[str]:
    name, members = item.get("trust_domain", ""), inventory.members("spire_server")
    if not TRUST_DOMAIN.match(str(name)):
        return [f"trust_domain is {name!r}: {NAMES}"]
    if name == inventory.get(host, "swarm_trust_domain"):
        return [f"{name} is its own trust domain, only others are listed"]
    if item.get("host") and item["host"] not in members:
        return [f"{item['host']!r}, which is to hand over the bundle of {name}, is no host of swarm_spire_server"]
    if item.get("host") and inventory.get(item["host"], "swarm_trust_domain") != name:
        return [f"{item['host']}, which is to hand over the bundle of {name}, serves {inventory.get(item['host'], 'swarm_trust_domain')}"]
    if not item.get("host") and not item.get("bundle"):
        return [f"nothing says where the bundle of {name} is: give its item `host`, a host of swarm_spire_server, or `bundle`"]
    return []
