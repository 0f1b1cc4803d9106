# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds problems of an inventory's groups, addresses, nodes, names and ports, in sentences (private, pure)."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any

from ...module_utils._names import NODE_TYPES, is_ip
from ...module_utils._releases import RELEASES
from .. import _gpus
from .._images import reference
from .._site import classic as classic_site
from .._site import model, monitoring, services, swop
from . import classic, sl
from .wording import Claim, clashes, did_you_mean, edits, invalid_port, is_port, listed, not_mappings, shown, unknown_keys

if TYPE_CHECKING:
    from .._site.model import Inventory

HOST_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*\Z")
REACHED_BY_OTHERS = ("apls", "spire_server", "sn", "sl", "swop")
PORTS = (
    *("apls_port", "spire_server_port", "spire_server_federation_port", "sn_api_port", "sn_p2p_port", "sn_fs_port"),
    *(name for names in monitoring.PORTS.values() for name in names),
)
LISTS = ("sn_nodes", "swop_nodes", "swop_pairs", "spire_server_federates_with")


# --- groups, hosts, addresses ---------------------------------------------------------------------------------------------


def groups(inventory: Inventory) -> list[str]:
    """Groups that look like a misspelled one of ours are refused; all others are somebody else's."""
    found = []
    for group in (name for name in inventory.groups if name not in model.GROUPS):
        meant = min(model.GROUPS, key=lambda known: edits(group, known))
        if edits(group.replace("-", "_").lower(), meant) <= _typing_errors(meant):
            remedy = f"rename it, to {meant!r} if that is what is meant"
            found.append(f"the inventory has a group {group!r} that looks like a typing error of {meant!r}: {remedy}")
    if not found and not inventory.hosts:
        found.append(f"no host is in any of the groups {listed(model.GROUPS)}: put hosts into them")
    return found


def _typing_errors(group: str) -> int:
    """How many typing errors are looked for in a group's name: short ones are near to names that mean something else."""
    return 2 if len(group) > len("swarm_apls") else 1


def releases(inventory: Inventory) -> list[str]:
    used: dict[str, list[str]]
    found, used = [], {}
    for host in inventory.hosts:
        release = inventory.get(host, "swarm_release")
        used.setdefault(release if isinstance(release, str) else shown(release), []).append(host)
    for release, hosts in used.items():
        if release not in RELEASES:
            found.append(f"swarm_release of {listed(hosts)}: unknown release {release}; expected one of {listed(RELEASES)}")
    for host in inventory.members("spire_server"):
        given = inventory.get(host, "spire_server_release")
        if given and str(given) not in RELEASES:
            found.append(f"spire_server_release of {host}: unknown release {shown(given)}; expected one of {listed(RELEASES)}")
    if not found and len(used) > 1:
        each = "; ".join(f"{release} on {listed(hosts)}" for release, hosts in used.items())
        found.append(f"swarm_release differs ({each}): all hosts of a swarm must run the same release")
    return found


def addresses(inventory: Inventory) -> list[str]:
    by_address: dict[str, list[str]]
    found, by_address = [], {}
    for host in inventory.hosts:
        roles = [f"swarm_{component}" for component in REACHED_BY_OTHERS if host in inventory.members(component)]
        if not roles:
            continue
        address = inventory.address(host)
        if not address:
            others = [other for other in inventory.hosts if other != host and inventory.address(other)]
            hint = did_you_mean(host, others)
            found.append(f"{host} (in {listed(roles)}) has no address: set ansible_host or swarm_host_ip for it{hint}")
        elif _is_loopback(address):
            remedy = "set swarm_host_ip to an address that they can reach"
            found.append(f"{host} has a loopback address ({address}) that other hosts cannot reach: {remedy}")
        else:
            by_address.setdefault(address, []).append(host)
    found += [
        f"{listed(hosts)} have the same address {address}: give each its own swarm_host_ip"
        for address, hosts in by_address.items()
        if len(hosts) > 1
    ]
    return found


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost" or address.startswith("localhost.")


def port_numbers(inventory: Inventory) -> list[str]:
    return [
        invalid_port(f"{name} of {host}", inventory.get(host, name))
        for host in inventory.hosts
        for name in PORTS
        if not is_port(inventory.get(host, name))
    ]


def shape(inventory: Inventory) -> list[str]:
    """Lists are lists of mappings, and truth values are true or false."""
    found = []
    for host in inventory.hosts:
        for name in LISTS:
            value = inventory.get(host, name)
            wrong = not_mappings(name, host, value)
            found += wrong
            if name == "swop_pairs" and not wrong:
                found += [sentence for pair in value for sentence in pair_shape(f"{name} of {host}", pair)]
        sentinel = inventory.get(host, "sn_sentinel")
        if not isinstance(sentinel, bool):
            found.append(f"sn_sentinel of {host}: invalid value {shown(sentinel)}; expected true or false")
        found += _monitoring_shape(inventory, host)
    return found


def _monitoring_shape(inventory: Inventory, host: str) -> list[str]:
    wanted, address = inventory.get(host, "swarm_monitoring"), inventory.get(host, "swarm_monitoring_address")
    found = []
    if not isinstance(wanted, bool):
        found.append(f"swarm_monitoring of {host}: invalid value {shown(wanted)}; expected true or false")
    if not is_ip(address):
        expected = "an address of the host, 127.0.0.1 for the host alone or 0.0.0.0 for everybody who reaches it"
        found.append(f"swarm_monitoring_address of {host}: invalid value {shown(address)}; expected {expected}")
    return found


def pair_shape(where: str, pair: dict[str, Any]) -> list[str]:
    """The keys of a pair, its GPUs, and its private_mounts, which are read before SWOP's profile is checked."""
    mounts, gpus = pair.get("private_mounts", []), pair.get("gpus")
    fit = isinstance(mounts, list) and all(isinstance(one, dict) and set(one) == {"src", "tgt"} for one in mounts)
    valid = gpus is None or _gpus.is_valid(gpus)
    return unknown_keys(where, pair, swop.PAIR_KEYS) + (
        ([] if fit else [f"{where}: private_mounts: expected a list of mappings with src and tgt"])
        + ([] if valid else [f"{where}: invalid gpus {shown(gpus)}; expected {_gpus.EXPECTED}"])
    )


# --- what the hosts run ---------------------------------------------------------------------------------------------------


def images(inventory: Inventory) -> list[str]:
    found = []
    for host in inventory.hosts:
        for component in (one for one in model.COMPONENTS if host in inventory.members(one)):
            try:
                reference(component, str(inventory.get(host, "swarm_release")))
            except ValueError as error:
                found.append(f"{host} is in swarm_{component}, but {error}")
    return found


def sentinel(inventory: Inventory) -> list[str]:
    nodes = model.sn_nodes(inventory)
    chosen = model.sentinels(nodes)
    if len(chosen) > 1:
        where = listed(f"{node['name']} on {host}" for host, node in chosen)
        return [f"{len(chosen)} Sentinels ({where}): a swarm has exactly one; set sn_sentinel: true for one host only"]
    if chosen:
        return classic.sentinel(nodes)
    without = [host for host, own in nodes.items() if any(not _knows_sentinel(node) for node in own)]
    if without:
        remedy = "set sn_sentinel: true for one of them, or sn_sentinel_ip for all"
        return [f"no Sentinel among the hosts of swarm_sn ({listed(without)}): {remedy}"]
    return []


def _knows_sentinel(node: dict[str, Any]) -> bool:
    return bool(node["sentinel"] or node.get("sentinel_ip") or node.get("sentinel_api_service"))


def license_server(inventory: Inventory) -> list[str]:
    users = [host for host in inventory.hosts if any(host in inventory.members(c) for c in NODE_TYPES)]
    without = [host for host in users if not model.license_servers(inventory, host).get("apls_ip")]
    found = []
    if without:
        remedy = "put a host into swarm_apls, or set swarm_apls_ip to the address of one that already runs"
        found.append(f"no License Server for {listed(without)}: {remedy}")
    found += classic.license_servers(inventory) + classic.upstreams(inventory)
    number = len(inventory.members("apls"))
    if number > 2:
        found.append(f"swarm_apls has {number} hosts; expected at most 2, a primary and a secondary License Server")
    return found


def operators(inventory: Inventory) -> list[str]:
    found = []
    if not model.sn_nodes(inventory):
        found += [
            f"{host} is in swarm_{component}, but there is no SN: put a host into swarm_sn, or set {component}_sn_ip"
            for component in ("swop", "swci")
            for host in inventory.members(component)
            if not inventory.get(host, f"{component}_sn_ip")
        ]
    starters = inventory.members("swci")
    if len(starters) > 1 and inventory.training():
        found.append(f"swarm_swci has {listed(starters)}; expected one host, the one that starts the training")
    return found


# --- names and ports ------------------------------------------------------------------------------------------------------


def _pairs(inventory: Inventory, host: str) -> list[dict[str, Any]]:
    return [pair for node in model.swop_nodes(inventory).get(host, ()) for pair in node["pairs"]]


def names(inventory: Inventory) -> list[str]:
    claims = _node_names(inventory) + _pair_names(inventory) + sl.names(inventory)
    kept = _names_that_several_keep(inventory)
    found = [
        f"the name {name!r} is used {len(whats)} times ({listed(whats)}): names must be unique in a swarm"
        for name, whats in clashes(claim for claim in claims if claim.value not in kept).items()
    ]
    rule = "it must begin with a letter or digit and have only letters, digits, dots and dashes"
    return found + [f"{claim.what}: invalid name; {rule}" for claim in claims if not HOST_NAME.match(str(claim.value))]


def _names_that_several_keep(inventory: Inventory) -> set[str]:
    """Names under which nodes run on several hosts already, as where organisations had inventories of their own: no new node gets them."""
    names = {"sn": ("sn",), "swop": ("swop",), "sl": ("sl", "ml"), "pairs": ("sl", "ml")}
    running = [
        (f"{name}-{number}", host)
        for host, own in inventory.numbers.items()
        for kind, numbers in own.items()
        for number in set(numbers) - {0}
        for name in names[kind]
    ]
    return {name for name, host in running if any(name == other and host != elsewhere for other, elsewhere in running)}


def _node_names(inventory: Inventory) -> list[Claim]:
    both = (*model.sn_nodes(inventory).items(), *model.swop_nodes(inventory).items())
    return [Claim(node["name"], f"{node['name']} on {host}") for host, own in both for node in own]


def _pair_names(inventory: Inventory) -> list[Claim]:
    return [
        Claim(pair[key], f"{key} {pair[key]} on {host}")
        for host in inventory.members("swop")
        for pair in _pairs(inventory, host)
        for key in ("sl_hostname", "ml_hostname")
    ]


def port_clashes(inventory: Inventory) -> list[str]:
    found = []
    for host in inventory.hosts:
        claims = _server_ports(inventory, host) + _node_ports(inventory, host)
        found += [invalid_port(f"{claim.what} on {host}", claim.value) for claim in claims if not is_port(claim.value)]
        found += [
            f"port {port} on {host} is assigned to {' and '.join(whats)}: give each its own port" for port, whats in clashes(claims).items()
        ]
    return found


def _server_ports(inventory: Inventory, host: str) -> list[Claim]:
    claims = []
    if host in inventory.members("apls"):
        claims.append(Claim(inventory.get(host, "apls_port"), "the License Server (apls_port)"))
    if host in inventory.members("spire_server"):
        claims.append(Claim(inventory.get(host, "spire_server_port"), "the SPIRE Server (spire_server_port)"))
        if len(inventory.members("spire_server")) > 1:
            claims.append(Claim(inventory.get(host, "spire_server_federation_port"), "federation (spire_server_federation_port)"))
    claims += [Claim(port, f"monitoring ({name})") for name, port in monitoring.ports(inventory, host).items()]
    if services.has_own(inventory, host):
        claims.append(Claim(inventory.get(host, "reverse_proxy_port"), "the reverse proxy (reverse_proxy_port)"))
    if host in inventory.members("swci") and inventory.get(host, "swci_web_port"):
        claims.append(Claim(inventory.get(host, "swci_web_port"), "the SWCI (swci_web_port)"))
    return claims


def _node_ports(inventory: Inventory, host: str) -> list[Claim]:
    options = classic_site.sn_ports(inventory, host)
    sns = model.sn_nodes(inventory).get(host, ())
    claims = [Claim(port, f"{node['name']} ({option})") for node in sns for option, port in services.sn_ports(node, options)]
    claims += [Claim(pair["port"], f"{pair['sl_hostname']} (port)") for pair in _pairs(inventory, host) if pair["port"] is not None]
    return claims + sl.ports(inventory, host)
