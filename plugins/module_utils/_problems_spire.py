# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the part of an inventory that SPIRE is, in sentences (private, pure). `_problems` says in which stage."""

from __future__ import annotations

import re

from ansible_collections.swarm.learning.plugins.module_utils import _formats, _site_spire
from ansible_collections.swarm.learning.plugins.module_utils._spire_config import version_tuple

TRUST_DOMAIN = re.compile(r"[a-z0-9._-]{1,255}\Z")


def _listed(hosts):
    return ", ".join(hosts)


def trust_domains(inventory):
    found, served = [], {}
    for host in inventory.hosts:
        name = inventory.get(host, "swarm_trust_domain")
        if not isinstance(name, str) or not TRUST_DOMAIN.match(name):
            found.append(
                f"swarm_trust_domain is {name!r} on {host}:"
                " a trust domain has only lower-case letters, digits, dots, dashes and underscores"
            )
    for host in inventory.members("spire_server"):
        served.setdefault(inventory.get(host, "swarm_trust_domain"), []).append(host)
    found += [
        f"{_listed(hosts)} both serve the trust domain {name!r}: give each organisation its own swarm_trust_domain"
        for name, hosts in served.items()
        if len(hosts) > 1
    ]
    try:
        for host in inventory.members("spire_server"):
            version_tuple(inventory.get(host, "swarm_spire_version"))
    except ValueError as error:
        found.append(f"swarm_spire_version on {host}: {error}")
    return found


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
        attested = [f"swarm_{c}" for c in ("sn", "swop", "swci") if host in inventory.members(c)]
        if attested and host not in inventory.members("spire_agent") and not inventory.given(host, "swarm_socket_path"):
            found.append(
                f"{host} is in {_listed(attested)} but not in swarm_spire_agent: put it there, or set swarm_socket_path to the"
                " Workload API socket of an agent that already runs"
            )
    return found
