# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds problems of the SPIRE servers and agents of an inventory, in sentences (private, pure)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...module_utils._names import NODE_TYPES, is_ip, is_trust_domain
from ...module_utils._spire import datastore
from ...module_utils._spire.config import next_minor, seconds, version_tuple
from .._site import certificates, classic, spire
from .._site.model import DEFAULTS
from . import classic as classic_checks
from .wording import did_you_mean, listed, shown

if TYPE_CHECKING:
    from .._site.model import Inventory

_SEGMENT = re.compile(r"[A-Za-z0-9._-]+\Z")
EXPECTED_DOMAIN = "expected only lower-case letters, digits, dots, dashes and underscores"


def trust_domains(inventory: Inventory) -> list[str]:
    found = []
    for host in inventory.hosts:
        name = inventory.get(host, "swarm_trust_domain")
        if not is_trust_domain(name):
            found.append(f"swarm_trust_domain of {host}: invalid trust domain {shown(name)}; {EXPECTED_DOMAIN}")
    try:
        for host in inventory.members("spire_server"):
            version_tuple(inventory.get(host, "swarm_spire_version"))
    except ValueError as error:
        found.append(f"swarm_spire_version of {host}: {error}")
    return found


def paths(inventory: Inventory) -> list[str]:
    """Of the paths of the containers' SPIFFE IDs (SPIFFE-ID, 2.2)."""
    found: dict[str, list[str]] = {}
    for host in inventory.hosts:
        path = inventory.get(host, "swarm_spiffe_path")
        if sentence := _path(path, fixed=classic.is_classic(inventory, host) and path != DEFAULTS["swarm_spiffe_path"]):
            found.setdefault(sentence, []).append(host)
    return [f"swarm_spiffe_path of {listed(hosts)}: {sentence}" for sentence, hosts in found.items()]


def _path(path: object, fixed: bool) -> str:
    if fixed:
        return "release 0.3.0 has SPIFFE IDs of its own, /swarm/sn and /swarm/sl: remove it"
    invalid = f"invalid path {shown(path)}"
    if not isinstance(path, str) or not path.startswith("/"):
        return f"{invalid}; expected text that begins with /, such as /{spire.NODE_TYPE}"
    if spire.NODE_TYPE not in path:
        return f"{invalid}; expected {spire.NODE_TYPE} in it, so that each kind of container has an ID of its own"
    segments = spire.workload_path(path, "sn").split("/")[1:]
    if not all(map(_SEGMENT.match, segments)) or {".", ".."} & set(segments):
        return f"{invalid}; expected letters, digits, dots, dashes and underscores between single slashes"
    if segments[0] == "spire":
        return f"{invalid}; SPIRE keeps /spire for its own servers and agents: choose another beginning"
    return ""


def versions(inventory: Inventory) -> list[str]:
    """Of agents that are newer than their server, or more than one minor release older (SPIRE's doc/upgrading.md)."""
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
                both = f"the SPIRE Agent of {host} ({agent}) is {how} its server on {server} ({its})"
                found.append(f"{both}: set swarm_spire_version for both")
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
    """Of several servers of one trust domain."""
    where = f"the SPIRE Servers of {listed(hosts)} serve the same trust domain {domain!r}"
    stores = {host: inventory.get(host, "spire_server_datastore") for host in hosts}
    if not all(map(datastore.is_shared, stores.values())):
        kinds = " or ".join(datastore.PORTS)
        remedy = f"for several servers of one organisation, give all the same spire_server_datastore, of type {kinds}"
        nested = "or, where one signs the CA of another, set spire_server_upstream"
        return [f"{where}: give each organisation its own swarm_trust_domain; {remedy}, {nested}"]
    if len({datastore.place(store) for store in stores.values()}) > 1:
        return [f"{where}, but their spire_server_datastore differs: servers of one trust domain share one database"]
    if len({inventory.get(host, "spire_server_port") for host in hosts}) > 1:
        return [f"{where}, but their spire_server_port differs: agents connect to them by one name and one port"]
    numberless = [host for host in hosts if not is_ip(inventory.address(host))]
    if numberless:
        return [f"{where}, and agents connect to them by a name for all their IP addresses: set swarm_host_ip of {listed(numberless)}"]
    return []


def files(inventory: Inventory, exists: Callable[[str], bool]) -> list[str]:
    return [
        f"spire_server_datastore.tls.{key} of {host}: {path!r} does not exist on the controller"
        for host in inventory.members("spire_server")
        for key, path in (inventory.get(host, "spire_server_datastore").get("tls") or {}).items()
        if not exists(path)
    ]


def servers(inventory: Inventory) -> list[str]:
    """Of nested SPIRE servers and of those that the user runs; their lifetimes are checked once that is right."""
    members = inventory.members("spire_server")
    found = [
        f"spire_server_managed of {host}: invalid value {shown(inventory.get(host, 'spire_server_managed'))}; expected true or false"
        for host in members
        if not isinstance(inventory.get(host, "spire_server_managed"), bool)
    ]
    for host in members:
        if inventory.get(host, "spire_server_upstream"):
            found += _upstream(inventory, host, members)
    return found or _lives(inventory, members)


def _upstream(inventory: Inventory, host: str, members: list[str]) -> list[str]:
    upstream = inventory.get(host, "spire_server_upstream")
    what = f"spire_server_upstream of {host} is {shown(upstream)}"
    if upstream not in members:
        hint = did_you_mean(str(upstream), [one for one in members if one != host])
        return [f"{what}, which is not a host of swarm_spire_server{hint}"]
    if upstream == host:
        return [f"{what}, the server itself: set it to the host of the server that signs its CA"]
    above = inventory.get(upstream, "spire_server_upstream")
    if above == host:
        return [f"{what}, and that of {upstream} is {above!r}: remove spire_server_upstream from the one that signs its CA itself"]
    if above:
        return [f"{what}, which has the upstream {above} itself: only one level of nesting is supported"]
    if not inventory.get(host, "spire_server_managed"):
        return [f"{what}, but spire_server_managed is false there: configure the upstream of a server that you run yourself"]
    domain, upper = (inventory.get(one, "swarm_trust_domain") for one in (host, upstream))
    if domain != upper:
        differ = f"but the trust domain of {host} is {domain!r} and that of {upstream} is {upper!r}"
        return [f"{what}, {differ}: nested servers must have the same swarm_trust_domain"]
    return []


def _lives(inventory: Inventory, members: list[str]) -> list[str]:
    found, ttl = [], {}
    for host in members:
        try:
            ttl[host] = spire.lives(inventory, host)["ca_ttl"]
        except ValueError as error:
            option, _colon, reason = str(error).partition(": ")
            found.append(f"{spire.LIVES[option]} of {host}: {reason}")
    for host in members:
        upstream = inventory.get(host, "spire_server_upstream")
        if host in ttl and upstream in ttl and seconds("ca_ttl", ttl[upstream]) <= 6 * seconds("ca_ttl", ttl[host]):
            found.append(
                f"spire_server_ca_ttl of {upstream} is {ttl[upstream]}; expected more than six times that of {host} below it ({ttl[host]}):"
                f" raise it, or lower the lifetimes of {host}"
            )
    return found


def identities(inventory: Inventory) -> list[str]:
    found, domains = [], spire.domains(inventory)
    for host in inventory.hosts:
        if classic.is_classic(inventory, host):
            found += classic_checks.agents(inventory, host)
            continue
        found += _agent(inventory, host, domains)
        attested = [f"swarm_{c}" for c in NODE_TYPES if host in inventory.members(c) and not _name_their_key(inventory, host, c)]
        if attested and host not in inventory.members("spire_agent") and not certificates.has(inventory, host):
            found += _own_agent(inventory, host, attested, domains)
    return found


def _name_their_key(inventory: Inventory, host: str, component: str) -> bool:
    """Whether all nodes of a component on a host name the files of a certificate, by their own options."""
    nodes = inventory.get(host, f"{component}_nodes") if component != "swci" else []
    shared = inventory.options(host, component)
    return all({**shared, **node}.get("key") for node in nodes or [{}])


def _agent(inventory: Inventory, host: str, domains: dict[str, list[str]]) -> list[str]:
    """Of the server that a host's agent connects to, and of the agent's SPIFFE ID."""
    domain, server = (inventory.get(host, name) for name in ("swarm_trust_domain", "spire_agent_server_host"))
    given, elsewhere = inventory.get(host, "spire_agent_id"), inventory.get(host, "spire_agent_server_address")
    members = inventory.members("spire_server")
    if given and not str(given).startswith(f"spiffe://{domain}/"):
        return [f"spire_agent_id of {host}: invalid SPIFFE ID {shown(given)}; expected one that begins with spiffe://{domain}/"]
    if server and server not in members and not elsewhere:
        hint = did_you_mean(str(server), members)
        return [f"spire_agent_server_host of {host} is {shown(server)}, which is not a host of swarm_spire_server{hint}"]
    if server in members and inventory.get(server, "swarm_trust_domain") != domain:
        other = inventory.get(server, "swarm_trust_domain")
        return [f"spire_agent_server_host of {host} is {server!r}, a server of {other!r}; expected a server of {domain!r}"]
    if host in inventory.members("spire_agent") and not elsewhere and not spire.servers_of(inventory, host, domains):
        hint = did_you_mean(domain, domains)
        known = f"; there are servers for {listed(domains)}" if domains else ""
        unserved = f"no host of swarm_spire_server serves the trust domain {domain!r} of {host}{hint or known}"
        return [f"{unserved}; for a server outside this inventory set spire_agent_server_address"]
    return []


def _own_agent(inventory: Inventory, host: str, attested: list[str], domains: dict[str, list[str]]) -> list[str]:
    """Of a host whose agent the user runs."""
    if not inventory.given(host, "swarm_socket_path"):
        remedy = "put it there, or set swarm_socket_path to the Workload API socket of your own agent, or swarm_certificates"
        return [f"{host} is in {listed(attested)} but not in swarm_spire_agent: {remedy}"]
    servers_there = spire.servers_of(inventory, host, domains)
    if servers_there and not inventory.given(host, "spire_agent_id"):
        remedy = f"set spire_agent_id on {host} to the SPIFFE ID of its agent, as `spire-server agent list` on {servers_there[0]} shows it"
        return [f"{host} is in {listed(attested)}, and registration entries for it are created on {servers_there[0]}: {remedy}"]
    return []


def federation(inventory: Inventory) -> list[str]:
    """Of the trust domains that the inventory lists for a server to federate with."""
    found = []
    for host in inventory.members("spire_server"):
        for item in inventory.get(host, "spire_server_federates_with"):
            found += [f"spire_server_federates_with of {host}: {sentence}" for sentence in _peer(inventory, host, item)]
    return found


def _peer(inventory: Inventory, host: str, item: dict[str, Any]) -> list[str]:
    name, members = item.get("trust_domain", ""), inventory.members("spire_server")
    if not is_trust_domain(str(name)):
        return [f"invalid trust_domain {shown(name)}; {EXPECTED_DOMAIN}"]
    if name == inventory.get(host, "swarm_trust_domain"):
        return [f"{name} is the server's own trust domain: remove it"]
    if item.get("host") and item["host"] not in members:
        return [f"host {item['host']!r}, for the bundle of {name}, is not in swarm_spire_server{did_you_mean(str(item['host']), members)}"]
    if item.get("host") and inventory.get(item["host"], "swarm_trust_domain") != name:
        return [f"host {item['host']!r}, for the bundle of {name}, serves {inventory.get(item['host'], 'swarm_trust_domain')}"]
    if not item.get("host") and not item.get("bundle"):
        return [f"the bundle of {name} is missing: set `host`, a host of swarm_spire_server that serves it, or `bundle`"]
    return []
