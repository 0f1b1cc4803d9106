# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the part of an inventory that SPIRE is, in sentences (private, pure). `_problems` says in which stage."""

from __future__ import annotations

import ipaddress
import re

from ansible_collections.swarm.learning.plugins.module_utils import (
    _formats,
    _problems_classic,
    _site_classic,
    _site_spire,
    _spire_datastore,
)
from ansible_collections.swarm.learning.plugins.module_utils._spire_config import version_tuple

TRUST_DOMAIN = re.compile(r"[a-z0-9._-]{1,255}\Z")


def _listed(hosts):
    return ", ".join(hosts)


def trust_domains(inventory):
    found = []
    for host in inventory.hosts:
        name = inventory.get(host, "swarm_trust_domain")
        if not isinstance(name, str) or not TRUST_DOMAIN.match(name):
            found.append(
                f"swarm_trust_domain is {name!r} on {host}:"
                " a trust domain has only lower-case letters, digits, dots, dashes and underscores"
            )
    try:
        for host in inventory.members("spire_server"):
            version_tuple(inventory.get(host, "swarm_spire_version"))
    except ValueError as error:
        found.append(f"swarm_spire_version on {host}: {error}")
    return found


def datastores(inventory):
    found = [
        f"spire_server_datastore on {host} {sentence}"
        for host in inventory.members("spire_server")
        for sentence in _spire_datastore.problems(inventory.get(host, "spire_server_datastore"))
    ]
    if not found:
        for domain, hosts in _site_spire.domains(inventory).items():
            found += _several(inventory, domain, hosts) if len(hosts) > 1 else []
    return found


def _several(inventory, domain, hosts):
    """What is wrong with several servers of one domain."""
    where = f"{_listed(hosts)} both serve the trust domain {domain!r}"
    stores = {host: inventory.get(host, "spire_server_datastore") for host in hosts}
    if not all(map(_spire_datastore.is_shared, stores.values())):
        kinds = " or ".join(_spire_datastore.PORTS)
        remedy = f"for two servers of one organisation, give both the same spire_server_datastore, of type {kinds}"
        return [f"{where}: give each organisation its own swarm_trust_domain; {remedy}"]
    if len({_spire_datastore.place(store) for store in stores.values()}) > 1:
        return [f"{where}, but spire_server_datastore is not the same database on each: servers of one domain share one"]
    if len({inventory.get(host, "spire_server_port") for host in hosts}) > 1:
        return [f"{where}, but spire_server_port differs: agents find them by one name and one port"]
    numberless = [host for host in hosts if not _is_ip(inventory.address(host))]
    if numberless:
        return [f"{where}, and agents find them by a name that leads to all their IP addresses: set swarm_host_ip of {_listed(numberless)}"]
    return []


def files(inventory, exists):
    return [
        f"spire_server_datastore.tls.{key} on {host} is {path!r}, which is not there on the controller"
        for host in inventory.members("spire_server")
        for key, path in (inventory.get(host, "spire_server_datastore").get("tls") or {}).items()
        if not exists(path)
    ]


def _is_ip(address):
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return True


def identities(inventory):
    found, servers = [], _site_spire.domains(inventory)
    for host in inventory.members("spire_agent"):
        domain = inventory.get(host, "swarm_trust_domain")
        if domain not in servers and not inventory.get(host, "spire_agent_server_address"):
            hint = _formats.did_you_mean(domain, servers)
            known = f"; there are servers for {_listed(servers)}" if servers else ""
            found.append(
                f"{host} has swarm_trust_domain {domain!r}, but no host of swarm_spire_server serves it{hint or known}"
                "; for a server elsewhere set spire_agent_server_address"
            )
    for host in inventory.hosts:
        if _site_classic.is_classic(inventory, host):
            found += _problems_classic.agents(inventory, host)
            continue
        attested = [f"swarm_{c}" for c in ("sn", "swop", "swci") if host in inventory.members(c)]
        if attested and host not in inventory.members("spire_agent") and not inventory.given(host, "swarm_socket_path"):
            found.append(
                f"{host} is in {_listed(attested)} but not in swarm_spire_agent: put it there, or set swarm_socket_path to the"
                " Workload API socket of an agent that already runs"
            )
    return found
