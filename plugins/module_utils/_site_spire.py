# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the site model that SPIRE is: trust domains, their servers, federation and registration entries (private, pure).

All functions take the Inventory of `_site`. What is wrong with this part of an inventory is found by `_problems_spire`.
"""

from __future__ import annotations

import re

from ansible_collections.swarm.learning.plugins.module_utils import _site_classic

NODE_TYPES = ("sn", "sl", "swop", "swci")


def domains(inventory):
    """trust domain → the hosts of its SPIRE servers, in inventory order.

    Servers of one domain share a datastore, so what is in it is made once: by the first.
    """
    found = {}
    for host in inventory.members("spire_server"):
        found.setdefault(inventory.get(host, "swarm_trust_domain"), []).append(host)
    return found


def reached_at(inventory, domain, hosts):
    """Where the servers of a domain are reached: one server at its address, several by one name."""
    return inventory.address(hosts[0]) if len(hosts) == 1 else f"spire-server.{domain}"


def names(inventory, servers, wanted):
    """Name → addresses of those of the wanted domains that have several servers: lines for a container's hosts file.

    SPIRE's agents go to all addresses of their server's name in turn, and go on with the others when one is lost.
    """
    several = {domain: servers[domain] for domain in wanted if len(servers.get(domain, ())) > 1}
    return {reached_at(inventory, domain, hosts): ",".join(map(inventory.address, hosts)) for domain, hosts in several.items()}


def agent_id(domain, host):
    """The SPIFFE ID that stands for the agent of a host, whatever its join token was; entries hang below it."""
    return f"spiffe://{domain}/swarm/agent/{re.sub(r'[^A-Za-z0-9._-]', '-', host)}"


def _entries(inventory, domain, peers):
    agents = [host for host in inventory.members("spire_agent") if inventory.get(host, "swarm_trust_domain") == domain]
    return [
        {
            "spiffe_id": f"spiffe://{domain}/swarm/{node_type}",
            "parent_id": agent_id(domain, host),
            "selectors": [f"docker:env:swarm_node_type={node_type}"],
            "federates_with": peers,
        }
        for host in agents
        for node_type in NODE_TYPES
    ]


def identity(inventory, host, servers):
    """What the roles of SPIRE need on a host; servers: `domains` of the inventory."""
    domain = inventory.get(host, "swarm_trust_domain")
    peers = [name for name in servers if name != domain]
    mine = servers.get(domain, [])
    found = {"trust_domain": domain, "agent_id": agent_id(domain, host)}
    if mine:
        found["server_host"] = host if host in mine else mine[0]
        found["server_address"] = reached_at(inventory, domain, mine)
        found["server_names"] = names(inventory, servers, [domain])
        found["server_port"] = inventory.get(mine[0], "spire_server_port")
    if host in mine:
        first = host == mine[0]
        found["federates_with"] = [
            {
                "trust_domain": peer,
                "address": reached_at(inventory, peer, servers[peer]),
                "port": inventory.get(servers[peer][0], "spire_server_federation_port"),
                **({"host": servers[peer][0]} if first else {}),
            }
            for peer in peers
        ]
        found["peer_names"] = names(inventory, servers, peers)
        if first:
            classic = _site_classic.is_classic(inventory, host)
            found["entries"] = _site_classic.entries(inventory, host, domain, peers) if classic else _entries(inventory, domain, peers)
    return found
