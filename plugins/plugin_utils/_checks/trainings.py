# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds problems of the trainings by name, `swarm_trainings`, in sentences (private, pure)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .._site import classic, trainings
from .inventory import pair_shape
from .wording import did_you_mean, invalid_port, is_port, listed, shown, wrong_type

if TYPE_CHECKING:
    from .._site.model import Inventory

# It becomes part of containers' host names.
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}\Z")
_ONE = re.compile(r"\bswarm_training\b")


def problems(inventory: Inventory) -> list[str]:
    """Of the names and of what a named training has beside the keys of swarm_training, and of what two of them share."""
    given = [inventory.get(host, "swarm_trainings") for host in inventory.hosts]
    wrong = next((one for one in given if not isinstance(one, dict)), None)
    if wrong is not None:
        return [wrong_type("swarm_trainings", wrong, "a mapping of trainings by their names")]
    found = list(_itself(inventory))
    return found or list(_shared(inventory))


def of_one(name: str, sentences: list[str]) -> list[str]:
    """Sentences about `swarm_training` as sentences about a named one."""
    return [_ONE.sub(f"swarm_trainings.{name}", sentence) for sentence in sentences] if name else sentences


def _itself(inventory: Inventory) -> Iterator[str]:
    given, chosen = trainings.of(inventory), trainings.chosen(inventory)
    different = [host for host in inventory.hosts if inventory.get(host, "swarm_trainings") not in (given, {})]
    if different:
        yield f"swarm_trainings of {listed(different)} differs from that of the other hosts: set it for all hosts (group_vars/all)"
    if given and any(classic.is_classic(inventory, host) for host in inventory.hosts):
        yield "swarm_trainings is not available in release 0.3.0, which has no SWOPs: use swarm_training"
    if chosen and chosen not in given:
        remedy = did_you_mean(chosen, list(given)) or ": correct the name, or add it there"
        yield f"training: there is no training {chosen!r} in swarm_trainings, which has {listed(given) or 'none'}{remedy}"
    for name, one in given.items():
        yield from _one(f"swarm_trainings.{name}", str(name), one, inventory.members("swop"))


def _one(where: str, name: str, one: object, swops: list[str]) -> Iterator[str]:
    if not _NAME.match(name):
        yield f"{where}: invalid name; expected at most 40 small letters, digits and dashes, as containers are named after it"
    if not isinstance(one, dict):
        yield wrong_type(where, one, "a mapping")
        return
    hosts, port = one.get("hosts", []), one.get("sl_port", 1)
    if not is_port(port):
        yield invalid_port(f"{where}.sl_port", port)
    if not isinstance(hosts, (list, Mapping)):
        yield wrong_type(f"{where}.hosts", hosts, "a list of hosts, or a mapping of hosts to lists of SL/ML pairs")
        return
    for host in (host for host in hosts if host not in swops):
        remedy = did_you_mean(str(host), swops) or ": put it into this group"
        yield f"{where}.hosts: {shown(host)} is not in swarm_swop, whose hosts have the SWOPs that start the nodes{remedy}"
    for host, pairs in hosts.items() if isinstance(hosts, Mapping) else ():
        yield from _pairs(f"{where}.hosts.{host}", pairs)


def _pairs(where: str, pairs: Any) -> Iterator[str]:
    if not (pairs is None or (isinstance(pairs, list) and all(isinstance(pair, dict) for pair in pairs))):
        yield wrong_type(where, pairs, "a list of mappings, one for each SL/ML pair")
        return
    for pair in pairs or ():
        yield from pair_shape(where, pair)


def _shared(inventory: Inventory) -> Iterator[str]:
    known = [("swarm_training", trainings.select(inventory, ""))] if isinstance(inventory.training(), dict) and inventory.training() else []
    known += [(f"swarm_trainings.{name}", trainings.select(inventory, name)) for name in trainings.of(inventory)]
    for (one, mine), (other, theirs) in itertools.combinations(known, 2):
        both = trainings.shared(mine, theirs)
        if both:
            yield f"{one} and {other} have the same {listed(both)}: give each its own"
