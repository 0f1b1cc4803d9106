# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the site model that SPIRE is: trust domains, their servers, federation and registration entries (private, pure).

All functions take the Inventory of `_site`. What is wrong with this part of an inventory is found by `_problems_spire`.
"""

from __future__ import annotations

import re

NODE_TYPES = ("sn", "sl", "swop", "swci")


def domains(inventory):
    """trust domain → the host of its SPIRE server, in inventory order."""
    return {inventory.get(host, "swarm_trust_domain"): host for host in inventory.members("spire_server")}


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
    domain = inventory.get(host, "swarm_trust_domain")
    peers = [name for name in servers if name != domain]
    found = {"trust_domain": domain, "agent_id": agent_id(domain, host)}
    if domain in servers:
        server = servers[domain]
        found["server_host"] = server
        found["server_address"] = inventory.address(server)
        found["server_port"] = inventory.get(server, "spire_server_port")
    if servers.get(domain) == host:
        found["federates_with"] = [
            {
                "trust_domain": peer,
                "host": servers[peer],
                "address": inventory.address(servers[peer]),
                "port": inventory.get(servers[peer], "spire_server_federation_port"),
            }
            for peer in peers
        ]
        found["entries"] = _entries(inventory, domain, peers)
    return found
