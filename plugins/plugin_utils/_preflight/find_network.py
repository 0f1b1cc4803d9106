# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of `checks` that look at a host's network (private, pure)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from ...module_utils._names import is_ip
from .look import Look, Words, away, idle_registries, is_loopback

DEFAULT_MTU = 1500


def own_address(look: Look) -> Iterator[Words]:
    address, known = look.host.model["address"], look.fact("addresses")
    if is_ip(address) and address not in known:
        yield {"address": address, "addresses": ", ".join(one for one in known if not is_loopback(one))}


def ip_forwarding(look: Look) -> Iterator[Words]:
    if not look.fact("ip_forward"):
        yield {}


def name_resolution(look: Look) -> Iterator[Words]:
    for name, found in look.fact("names").items():
        if found["problem"] and "IPv6" not in found["problem"] and name not in idle_registries(look):
            yield {"name": name, "problem": found["problem"]}


def name_ipv4(look: Look) -> Iterator[Words]:
    for name, found in look.fact("names").items():
        if "IPv6" in found["problem"] and name not in idle_registries(look):
            yield {"name": name}


def name_loopback(look: Look) -> Iterator[Words]:
    for name, found in look.fact("names").items():
        for address in found["addresses"]:
            if is_loopback(address):
                yield {"name": name, "address": address}


def container_dns(look: Look) -> Iterator[Words]:
    servers = look.fact("nameservers")
    names = sorted({link.address for link in look.links.of(look.name) if link.from_container and not is_ip(link.address)})
    if names and servers and all(map(is_loopback, servers)) and not look.fact("resolved_conf"):
        yield {"servers": ", ".join(servers), "names": ", ".join(names)}


def network_overlap(look: Look) -> Iterator[Words]:
    others = {host.model["address"]: name for name, host in look.site.items() if name != look.name}
    outside = {link.address: link.service for link in look.links.of(look.name)}
    for network in look.fact("networks"):
        for address, who in {**outside, **others}.items():
            for subnet in network["subnets"]:
                if is_ip(address) and ipaddress.ip_address(address) in ipaddress.ip_network(subnet, strict=False):
                    yield {"address": address, "who": who, "subnet": subnet, "network": network["name"]}


def network_mtu(look: Look) -> Iterator[Words]:
    set_by = {network["name"]: network["mtu"] for network in look.fact("networks")}
    network = look.host.model["network"]
    container = set_by.get(network) or (DEFAULT_MTU if network in set_by else set_by.get("bridge") or DEFAULT_MTU)
    if container > look.fact("mtu"):
        yield {"container": container, "host": look.fact("mtu"), "network": network}


def network_driver(look: Look) -> Iterator[Words]:
    for network in look.fact("networks"):
        if network["name"] == look.host.model["network"] and network["driver"] not in ("bridge", "host"):
            yield {"network": network["name"], "driver": network["driver"]}


def firewall_reload(look: Look) -> Iterator[Words]:
    if "firewalld" in look.fact("firewalls"):
        yield {}


def ufw_bypass(look: Look) -> Iterator[Words]:
    if "ufw" in look.fact("firewalls"):
        yield {}


def proxy_reachable(look: Look) -> Iterator[Words]:
    yield from away(look, "proxy")


def engine_proxy(look: Look) -> Iterator[Words]:
    if look.host.model["proxy"].get("https_proxy") and not look.engine["Proxy"]:
        yield {}


def inventory_proxy(look: Look) -> Iterator[Words]:
    if look.engine["Proxy"] and not any(look.host.model["proxy"].get(name) for name in ("https_proxy", "http_proxy")):
        yield {}
