# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with reverse proxies and the services that they give names to, in sentences (private, pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ...module_utils._names import NODE_TYPES, is_domain, is_service_name, is_target
from .._site import classic, model, services
from .wording import Claim, clashes, invalid_port, is_port, listed, shown, wrong_type

if TYPE_CHECKING:
    from .._site.model import Inventory

# Options that name a service which others reach through a proxy. The SNs' ledger (sn_p2p_service) is reached without one.
_OPTIONS = ("sn_api_service", "sentinel_api_service", "sl_fs_service")
_ENGINES_OWN = ("bridge", "host", "none", "default")


def shape(inventory: Inventory) -> list[str]:
    """The variables of each proxy have values that it can work with."""
    return [sentence for host in inventory.members("reverse_proxy") for sentence in _variables(inventory, host)]


def _variables(inventory: Inventory, host: str) -> Iterator[str]:
    if classic.is_classic(inventory, host):
        yield f"{host} is in {services.GROUP}, but the nodes of release 0.3.0 know no services: take it out, or use release 2.x"
    domain, managed = inventory.get(host, "swarm_service_domain"), inventory.get(host, "reverse_proxy_managed")
    if not is_domain(domain):
        yield f"swarm_service_domain of {host}: invalid domain {shown(domain)}; expected one such as swarm or swarm.example.org"
    if not isinstance(managed, bool):
        yield f"reverse_proxy_managed of {host}: invalid value {shown(managed)}; expected true or false"
    if not is_port(inventory.get(host, "reverse_proxy_port")):
        yield invalid_port(f"reverse_proxy_port of {host}", inventory.get(host, "reverse_proxy_port"))
    network = inventory.get(host, "swarm_network")
    if network in _ENGINES_OWN:
        remedy = "set swarm_network to one of your own"
        yield f"swarm_network of {host} is {shown(network)}, in which no container finds another by name, nor the reverse proxy: {remedy}"
    yield from _routes(host, inventory.get(host, "reverse_proxy_routes"))


def _routes(host: str, routes: object) -> Iterator[str]:
    if not isinstance(routes, dict):
        yield wrong_type(f"reverse_proxy_routes of {host}", routes, "a mapping of names to addresses with ports")
        return
    for name, target in routes.items():
        if not is_service_name(name):
            yield f"reverse_proxy_routes of {host}: invalid name {shown(name)}; expected one such as api.sn-1.swarm"
        if not is_target(target):
            yield f"reverse_proxy_routes of {host}: {name}: invalid target {shown(target)}; expected ADDRESS:PORT"


def proxies(inventory: Inventory) -> list[str]:
    """Every node can reach the services, and every service can be reached."""
    known = services.served(inventory, model.sn_nodes(inventory), model.swop_nodes(inventory), model.sl_nodes(inventory))
    found = [*_hosts_without(inventory), *_names(inventory, known)]
    return found or [
        f"{one.what} is {one.name!r}, but the reverse proxy cannot reach the node: give it a port, or a fixed address (ip in sl_network_options)"
        for one in known
        if not one.target
    ]


def _hosts_without(inventory: Inventory) -> list[str]:
    """With services, a host whose containers have no proxy at which they find them."""
    if not services.are_used(inventory):
        return []
    nodes = dict.fromkeys(host for kind in NODE_TYPES for host in inventory.members(kind))
    without = [host for host in nodes if host not in inventory.members("reverse_proxy")]
    remedy = f"put all of them into {services.GROUP}, or none"
    return (
        [f"{listed(without)} has nodes, but no reverse proxy, and the others are only reached through theirs: {remedy}"] if without else []
    )


def _names(inventory: Inventory, known: list[services.Service]) -> list[str]:
    found = [
        f"the service {name!r} is named {len(whats)} times ({listed(whats)}): each needs a name of its own"
        for name, whats in clashes([Claim(one.name, one.what) for one in known]).items()
    ]
    found += [
        f"{one.what}: invalid name {one.name!r}; expected one such as api.sn-1.swarm" for one in known if not is_service_name(one.name)
    ]
    sent = services.routes_of_others(inventory)
    found += [
        f"{one.what} is {one.name!r}, a service of another organisation too, by its exchange file: "
        "set swarm_service_domain to a domain of your own"
        for one in known
        if one.name in sent
    ]
    there = {*sent, *(one.name for one in known if one.host in inventory.members("reverse_proxy"))}
    for service, what, host in _asked(inventory):
        if services.name_of(service) not in {*there, *inventory.get(host, "reverse_proxy_routes")}:
            remedy = (
                f"add it to reverse_proxy_routes, as {services.name_of(service)}: ADDRESS:PORT"
                if services.are_used(inventory)
                else f"put the hosts of the nodes into {services.GROUP} (with reverse_proxy_managed: false, where a proxy of your own does it)"
            )
            found.append(f"{what} is {service!r}, but no reverse proxy serves that name: {remedy}")
    return found


def _asked(inventory: Inventory) -> Iterator[tuple[str, str, str]]:
    """(service, the node and the option that say it, host) of every service that a node uses, or has itself."""
    kinds = (model.sn_nodes(inventory), model.swop_nodes(inventory), model.sl_nodes(inventory))
    for host, node in ((host, node) for nodes in kinds for host, own in nodes.items() for node in own):
        options = {**inventory.options(host, "swop"), **node} if "pairs" in node else node
        yield from _of_node(options, str(node["name"]), host)
        for pair in node.get("pairs", ()):
            yield from _of_node(pair, str(pair["sl_hostname"]), host)


def _of_node(options: Mapping[str, Any], name: str, host: str) -> Iterator[tuple[str, str, str]]:
    for option in (one for one in _OPTIONS if options.get(one)):
        yield str(options[option]), f"{option} of {name} on {host}", host
