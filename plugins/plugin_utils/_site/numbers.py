# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The numbers in the nodes' names: a node that runs keeps its own, wherever its host stands in the inventory (private, pure).

Names, ledger volumes and data directories hang on these numbers. A new node takes the lowest number that no other has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...module_utils._container.spec import COMPONENT_LABEL, OWN_LABEL

KINDS = ("sn", "swop", "sl")
PAIRS_LABEL = f"{OWN_LABEL}pairs"
_NAME = re.compile(r"(sn|swop|sl)-(\d+)\Z")


def assign(
    names: Mapping[str, Sequence[str]], kept: Mapping[str, Sequence[int]], first: int = 1, taken: Iterable[int] = ()
) -> dict[str, list[int]]:
    """host → the numbers of its nodes.

    names  host → the name that the inventory gives each of its nodes; empty for a node that goes by its number
    kept   host → the numbers that its nodes have already; 0 for a node that has one which is not known
    first  the lowest number to give
    taken  numbers that are not to be given
    """
    found = {host: _kept(own, kept.get(host, ())) for host, own in names.items()}
    used = {*taken, *(number for numbers in kept.values() for number in numbers)}
    number = first
    for numbers in found.values():
        for index in (index for index, one in enumerate(numbers) if not one):
            while number in used:
                number += 1
            used.add(number)
            numbers[index] = number
    return found


def _kept(names: Sequence[str], kept: Sequence[int]) -> list[int]:
    """The numbers that nodes without names of their own keep; 0 for one that is to get a number."""
    named = {int(match[2]) for match in map(_NAME.match, names) if match}
    left = [number for number in kept if not number or number not in named]
    return [left.pop(0) if left and not name else 0 for name in names]


def running(containers: Iterable[Mapping[str, Any]], profiles: Mapping[str, Any] | None = None) -> dict[str, list[int]]:
    """The numbers that the nodes of a host have: {sn, swop, sl, pairs}; only those of containers that this collection made.

    containers  as the engine lists them
    profiles    name of a SWOP → its profile, which names the pairs of a SWOP that has no label of all of them
    """
    found: dict[str, list[int]] = {kind: [] for kind in KINDS}
    pairs: dict[int, list[int]] = {}
    for container in containers:
        labels = container.get("Labels") or {}
        for name in (str(one).lstrip("/") for one in container.get("Names") or ()):
            match = _NAME.match(name)
            if match and labels.get(COMPONENT_LABEL) == match[1]:
                number = int(match[2])
                found[match[1]].append(number)
                if match[1] == "swop":
                    pairs[number] = _pairs(labels, (profiles or {}).get(name))
    return {
        **{kind: sorted(numbers) for kind, numbers in found.items()},
        "pairs": [one for number in sorted(pairs) for one in pairs[number]],
    }


def _pairs(labels: Mapping[str, str], profile: Any) -> list[int]:
    """The numbers of a SWOP's pairs, in their order; 0 for one that is not known."""
    labelled = [int(number) for number in labels.get(PAIRS_LABEL, "").split() if number.isdecimal()]
    if not isinstance(profile, dict):
        return labelled
    names = [str((node.get("slnodedef") or {}).get("slhostname")) for node in profile.get("nodes") or () if isinstance(node, dict)]
    if len(labelled) == len(names):
        return labelled
    return [int(match[2]) if match else 0 for match in map(_NAME.match, names)]


def expected(site_host: Mapping[str, Any]) -> dict[str, list[int]]:
    """The numbers that the model gives the nodes of a host, in the form of `running`."""
    nodes = {"sn": site_host.get("sn_nodes"), "swop": site_host.get("swop_nodes"), "sl": site_host.get("sl_nodes")}
    found = {
        kind: sorted(int(match[2]) for match in (_NAME.match(str(node.get("name"))) for node in own or ()) if match)
        for kind, own in nodes.items()
    }
    return {**found, "pairs": [number for own in (site_host.get("pair_numbers") or {}).values() for number in own]}


def moved(site_host: Mapping[str, Any], containers: Iterable[Mapping[str, Any]]) -> bool:
    """Whether nodes run on a host under other numbers than the model gives them."""
    wanted, there = expected(site_host), running(containers)
    return any(not set(there[kind][: len(wanted[kind])]) - {0} <= set(wanted[kind]) for kind in wanted if wanted[kind])


def has_new(site_host: Mapping[str, Any], containers: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a host is to get a node that is named by its number and that does not run there yet."""
    wanted, there = expected(site_host), running(containers)
    return any(set(wanted[kind]) - {0} - set(there[kind]) for kind in wanted)


def orphans(containers: Iterable[Mapping[str, Any]], expected: Iterable[str], network: str, directory: str) -> list[str]:
    """Names of the containers of this site that this collection made and that the inventory does not have on the host any more.

    expected   the names that it has there
    network    the site's network, and
    directory  the site's directory on the host: what has neither belongs to another site
    """
    known = set(expected)
    found = []
    for container in containers:
        name = str((container.get("Names") or ["?"])[0]).lstrip("/")
        ours = COMPONENT_LABEL in (container.get("Labels") or {})
        if ours and name not in known and _is_within(container, network, directory):
            found.append(name)
    return sorted(found)


def _is_within(container: Mapping[str, Any], network: str, directory: str) -> bool:
    networks = (container.get("NetworkSettings") or {}).get("Networks") or {}
    sources = [str(mount.get("Source") or "") for mount in container.get("Mounts") or ()]
    return network in networks or any(f"{source}/".startswith(f"{directory.rstrip('/')}/") for source in sources)
