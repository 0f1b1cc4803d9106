# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the site model that SPIRE is: trust domains, their servers, federation and registration entries (private, pure).

All functions take the Inventory of `_site`; `servers` is `domains` of it. What is wrong with this part is found by `_problems_spire`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ...module_utils._names import NODE_TYPES
from ...module_utils._spire import config, datastore
from .. import _upstream_agent
from . import classic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .model import Inventory

# By what an upstream server's agent knows the container of a server below it.
SERVER_SELECTOR = "docker:label:learning.swarm.component:spire_server"
NODE_TYPE = "{node_type}"  # in swarm_spiffe_path
LIVES = {
    "training_days": "swarm_training_days",
    "ca_ttl": "spire_server_ca_ttl",
    "agent_ttl": "spire_server_agent_ttl",
    "x509_svid_ttl": "spire_server_x509_svid_ttl",
}


def domains(inventory: Inventory) -> dict[str, list[str]]:
    """trust domain → the hosts of its SPIRE servers, those below others left out, in inventory order.

    Servers of one domain share a datastore, so what is in it is made once: by the first.
    """
    found: dict[str, list[str]] = {}
    for host in inventory.members("spire_server"):
        if not inventory.get(host, "spire_server_upstream"):
            found.setdefault(inventory.get(host, "swarm_trust_domain"), []).append(host)
    return found


def servers_of(inventory: Inventory, host: str, servers: dict[str, list[str]]) -> list[str]:
    """The hosts of the SPIRE servers that a host's agent uses: the configured one, else its own, else its trust domain's; empty without any."""
    own = host if host in inventory.members("spire_server") else ""
    chosen = inventory.get(host, "spire_agent_server_host") or own
    shared = servers.get(inventory.get(host, "swarm_trust_domain"), [])
    return shared if not chosen or chosen in shared else [chosen]


def below(inventory: Inventory, hosts: Sequence[str]) -> list[str]:
    """Hosts of the servers whose upstream is on one of `hosts`."""
    return [host for host in inventory.members("spire_server") if inventory.get(host, "spire_server_upstream") in hosts]


def lives(inventory: Inventory, server: str) -> dict[str, str]:
    """ca_ttl, agent_ttl and x509_svid_ttl of the server on a host. Raises ValueError for lifetimes that do not fit together."""
    given = {setting: inventory.get(server, variable) for setting, variable in LIVES.items()}
    return config.lives({**given, "has_downstream": bool(below(inventory, [server]))})


def reached_at(inventory: Inventory, domain: str, hosts: Sequence[str]) -> str:
    """Where the servers of a domain are reached: one server at its address, several by one name."""
    return inventory.address(hosts[0]) if len(hosts) == 1 else f"spire-server.{domain}"


def token_dir(inventory: Inventory, server: str) -> str:
    """The directory on a server's host that keeps the join tokens it has issued until they are used."""
    given: str = inventory.get(server, "spire_agent_token_dir")
    return given or f"{inventory.get(server, 'swarm_dir')}/tokens"


def names(inventory: Inventory, servers: dict[str, list[str]], wanted: Sequence[str]) -> dict[str, str]:
    """Name → addresses of those of the wanted domains that have several servers: lines for a container's hosts file.

    SPIRE's agents go to all addresses of their server's name in turn, and go on with the others when one is lost.
    """
    several = {domain: servers[domain] for domain in wanted if len(servers.get(domain, ())) > 1}
    return {reached_at(inventory, domain, hosts): ",".join(map(inventory.address, hosts)) for domain, hosts in several.items()}


def agent_id(domain: str, host: str) -> str:
    """The SPIFFE ID that stands for the agent of a host, whatever its join token was; entries hang below it."""
    return f"spiffe://{domain}/swarm/agent/{_path(host)}"


def _path(host: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "-", host)


def workload_path(path: str, node_type: str) -> str:
    """The path of the SPIFFE ID of all containers of a kind, as `swarm_spiffe_path` says."""
    return path.replace(NODE_TYPE, node_type)


def own_agent_id(inventory: Inventory, host: str) -> str:
    """The same, of a host of the inventory, which may say so itself."""
    return inventory.get(host, "spire_agent_id") or agent_id(inventory.get(host, "swarm_trust_domain"), host)


def _entries(inventory: Inventory, mine: list[str], servers: dict[str, list[str]], peers: list[str]) -> list[dict[str, Any]]:
    """The entries of the servers on the hosts `mine` for the containers below their agents, ours or not."""
    domain = inventory.get(mine[0], "swarm_trust_domain")
    if classic.is_classic(inventory, mine[0]):
        return classic.entries(inventory, mine[0], domain, peers)
    agents = [
        host
        for host in inventory.hosts
        if (host in inventory.members("spire_agent") or inventory.get(host, "spire_agent_id"))
        and inventory.get(host, "swarm_trust_domain") == domain
        and servers_of(inventory, host, servers) == mine
    ]
    return [
        {
            "spiffe_id": f"spiffe://{domain}{workload_path(inventory.get(host, 'swarm_spiffe_path'), node_type)}",
            "parent_id": own_agent_id(inventory, host),
            "selectors": [f"docker:env:swarm_node_type={node_type}"],
            "federates_with": peers,
        }
        for host in agents
        for node_type in NODE_TYPES
    ]


def _downstream_entry(inventory: Inventory, domain: str, host: str) -> dict[str, Any]:
    """What lets the server on `host` get its CA from its upstream. Before SPIRE 1.13 that CA lives as long as the entry says."""
    return {
        "spiffe_id": f"spiffe://{domain}/swarm/spire-server/{_path(host)}",
        "parent_id": _upstream_agent.agent_id(domain, host),
        "selectors": [SERVER_SELECTOR],
        "x509_svid_ttl": config.seconds("ca_ttl", lives(inventory, host)["ca_ttl"]),
        "downstream": True,
    }


def _federated(inventory: Inventory, host: str, servers: dict[str, list[str]], first: bool) -> list[dict[str, Any]]:
    """The domains that the server on a host federates with: the configured ones, else all others. The first server of a domain gets their bundles."""
    if inventory.given(host, "spire_server_federates_with"):
        listed: list[dict[str, Any]] = inventory.get(host, "spire_server_federates_with")
        return listed
    return [
        {
            "trust_domain": peer,
            "address": reached_at(inventory, peer, servers[peer]),
            "port": inventory.get(servers[peer][0], "spire_server_federation_port"),
            **({"host": servers[peer][0]} if first else {}),
        }
        for peer in servers
        if peer != inventory.get(host, "swarm_trust_domain")
    ] + [_sent(peer, first) for peer in inventory.peers]


def _sent(peer: dict[str, Any], first: bool) -> dict[str, Any]:
    """A domain of which we have a file alone."""
    return {**{key: peer[key] for key in ("trust_domain", "address", "port")}, "bundle": peer["bundle"] if first else ""}


def identity(inventory: Inventory, host: str, servers: dict[str, list[str]]) -> dict[str, Any]:
    """What the roles of SPIRE need on a host: its agent's ID and server, and, of a server, its peers, entries and upstream."""
    domain = inventory.get(host, "swarm_trust_domain")
    mine = servers_of(inventory, host, servers)
    found = {"trust_domain": domain, "agent_id": own_agent_id(inventory, host)}
    if mine:
        chosen = inventory.get(host, "spire_agent_server_host")
        found["server_host"] = next(one for one in (chosen, host, mine[0]) if one in mine)
        found["server_container"] = inventory.get(found["server_host"], "spire_server_name")
        found["token_dir"] = token_dir(inventory, found["server_host"])
        found["server_address"] = reached_at(inventory, domain, mine)
        found["server_names"] = names(inventory, {domain: mine}, [domain])
        found["server_port"] = inventory.get(mine[0], "spire_server_port")
        found["x509_svid_ttl"] = lives(inventory, mine[0])["x509_svid_ttl"]
    if host in inventory.members("spire_server"):
        found.update(_of_a_server(inventory, host, servers, domain))
    return found


def owns_datastore(inventory: Inventory, host: str) -> bool:
    """Whether the host's server is the first of those that share its database server's database."""

    def shared(server: str) -> Any:
        store = inventory.get(server, "spire_server_datastore")
        return datastore.place(store) if datastore.is_shared(store) and inventory.get(server, "spire_server_managed") else None

    members = inventory.members("spire_server")
    mine = shared(host) if host in members else None
    return mine is not None and host == next(one for one in members if shared(one) == mine)


def _of_a_server(inventory: Inventory, host: str, servers: dict[str, list[str]], domain: str) -> dict[str, Any]:
    mine = servers[domain] if host in servers.get(domain, ()) else [host]
    first = host == mine[0]
    peers = _federated(inventory, host, servers, first)
    others = [peer["trust_domain"] for peer in peers]
    upstream = inventory.get(host, "spire_server_upstream")
    found = {
        "federates_with": peers,
        "peer_names": names(inventory, servers, others),
        "has_downstream": bool(below(inventory, [host])),
        "issued_token_dir": token_dir(inventory, host),
        "owns_datastore": owns_datastore(inventory, host),
    }
    if first:
        found["owns_entries"] = True
        found["entries"] = _entries(inventory, mine, servers, others) + [
            _downstream_entry(inventory, domain, one) for one in below(inventory, mine)
        ]
    if upstream:
        found["upstream"] = {
            "address": inventory.address(upstream),
            "port": inventory.get(upstream, "spire_server_port"),
            "server_container": inventory.get(upstream, "spire_server_name"),
            "token_dir": token_dir(inventory, upstream),
            "agent_id": _upstream_agent.agent_id(domain, host),
        }
    return found
