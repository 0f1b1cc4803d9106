# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds inventories with more nodes than there are licences, in sentences (private, pure).

SN and SL take licences of different features: the logs of the platform's nodes name 1100000380 and 1100000378. The License Server has no
documented interface for programs, so the administrator says what its web interface shows.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from .._site import model, trainings
from .wording import listed, shown, unknown_keys, wrong_type

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from .._site.model import Inventory

KINDS = ("sn", "sl")


def shape(inventory: Inventory) -> list[str]:
    """swarm_licenses is a mapping with numbers, the same on all hosts that use a License Server together."""
    found = []
    for host in inventory.hosts:
        given = inventory.get(host, "swarm_licenses")
        if not isinstance(given, dict):
            found.append(wrong_type(f"swarm_licenses of {host}", given, "a mapping of sn and sl to numbers"))
            continue
        found += unknown_keys(f"swarm_licenses of {host}", given, KINDS)
        found += [
            f"swarm_licenses.{kind} of {host}: invalid number {shown(number)}; expected for how many nodes there are licences"
            for kind, number in given.items()
            if kind in KINDS and not _is_count(number)
        ]
    return found


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def capacity(inventory: Inventory) -> list[str]:
    """More nodes than licences of one License Server."""
    nodes = {"sn": _count(model.sn_nodes(inventory)), "sl": _sl_nodes(inventory)}
    return [
        sentence
        for server, hosts in _sharing(inventory).items()
        for kind in KINDS
        for sentence in _lacking(inventory, server, hosts, kind, nodes[kind])
    ]


def rivalry(whole: Inventory, seen: Inventory) -> list[dict[str, Any]]:
    """License Servers that have too few licences for the SL nodes of all trainings at the same time: {server, has, own, others}.

    whole   the inventory as it is, seen as one training sees it
    own     how many SL nodes that training has
    others  name → the same of each other one
    """
    nodes, others = _sl_nodes(seen), {name: _sl_nodes(other) for name, other in trainings.others(whole, seen.selected)}
    found = []
    for (address, port), hosts in _sharing(whole).items():
        has = max((given["sl"] for host in hosts if "sl" in (given := whole.get(host, "swarm_licenses"))), default=sys.maxsize)
        own, rest = _of(nodes, hosts), {name: count for name, theirs in others.items() if (count := _of(theirs, hosts))}
        if own and own + sum(rest.values()) > has:
            found.append({"server": f"{address}:{port}", "has": has, "own": own, "others": rest})
    return found


def beyond(wanted: list[dict[str, Any]], in_progress: Collection[str]) -> list[str]:
    """What is lacking while trainings of these names are in progress. wanted: what `rivalry` returned."""
    found = []
    for one in wanted:
        running = {name: count for name, count in one["others"].items() if name in in_progress}
        needed = one["own"] + sum(running.values())
        if running and needed > one["has"]:
            beside = listed(f"{count} of {trainings.title(name)}" for name, count in running.items())
            has = f"the License Server {one['server']} has {one['has']} (swarm_licenses.sl)"
            found.append(f"licences for SL nodes: {needed} needed ({one['own']} of this training and {beside}, in progress), but {has}")
    return found


def _sharing(inventory: Inventory) -> dict[tuple[Any, Any], list[str]]:
    """(address, port) of a License Server → the hosts that use it."""
    sharing: dict[tuple[Any, Any], list[str]] = {}
    for host in inventory.hosts:
        server = model.license_servers(inventory, host)
        sharing.setdefault((server.get("apls_ip"), server.get("apls_port")), []).append(host)
    return sharing


def _of(nodes: Mapping[str, int], hosts: list[str]) -> int:
    return sum(nodes.get(host, 0) for host in hosts)


def _lacking(inventory: Inventory, server: tuple[Any, Any], hosts: list[str], kind: str, nodes: dict[str, int]) -> list[str]:
    """What is wrong with the licences for one kind of node on the hosts that use one License Server. nodes: host → how many it has."""
    numbers = sorted({given[kind] for host in hosts if kind in (given := inventory.get(host, "swarm_licenses"))})
    if len(numbers) > 1:
        return [f"swarm_licenses.{kind} differs ({listed(map(str, numbers))}) on {listed(hosts)}, which use the same License Server"]
    users = [host for host in hosts if nodes.get(host)]
    needed = sum(nodes[host] for host in users)
    if not numbers or needed <= numbers[0]:
        return []
    address, port = server
    remedy = "install more licences and raise the number, or use fewer nodes"
    has = f"the License Server {address}:{port} has {numbers[0]} (swarm_licenses.{kind})"
    return [f"licences for {kind.upper()} nodes: {needed} needed ({listed(users)}), but {has}: {remedy}"]


def _count(nodes: Mapping[str, Sequence[Any]]) -> dict[str, int]:
    return {host: len(own) for host, own in nodes.items()}


def _sl_nodes(inventory: Inventory) -> dict[str, int]:
    """host → how many SL nodes run at the same time: those by hand, and those that its SWOPs start for the training, `peers` at most."""
    found = _count(model.sl_nodes(inventory))
    training = inventory.training()
    left = training.get("peers") or sys.maxsize if training else 0
    for host, own in model.swop_nodes(inventory).items():
        started = min(left, sum(len(node["pairs"]) for node in own))
        found[host] = found.get(host, 0) + started
        left -= started
    return found
