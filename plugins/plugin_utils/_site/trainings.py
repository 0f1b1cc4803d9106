# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trainings by name, `swarm_trainings`: the inventory as one of them sees it (private, pure).

Each has SWOPs and a SWCI of its own beside the SNs and SPIRE that all share, so several run at once. What must differ between them has a default
that does: names, taskrunner, contract, directories and ports.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...module_utils._container.spec import TRAINING_LABEL
from . import model, swop
from . import training as _training

if TYPE_CHECKING:
    from .model import Inventory

KEYS = ("hosts", "sl_port")  # beside those of swarm_training
PORTS_APART = 50  # between the first ports of the SL nodes of two trainings


def of(inventory: Inventory) -> dict[str, Any]:
    """name → its mapping, as the inventory has it; all hosts have the same (see `_checks.trainings`)."""
    return next((found for host in inventory.hosts if (found := inventory.get(host, "swarm_trainings"))), {})


def chosen(inventory: Inventory) -> str:
    """The training that this run is about (`-e training=NAME`); empty for `swarm_training`."""
    return str(next((named for host in inventory.hosts if (named := inventory.get(host, "training"))), ""))


def title(name: str) -> str:
    """How a message calls a training."""
    return name or "the training of swarm_training"


def taskrunner(named: Mapping[str, Any], name: str, one: Mapping[str, Any]) -> str:
    """The taskrunner of a training by its name, and without a name that of `swarm_training`, which is `one`."""
    return str((named[name] if name else one).get("taskrunner") or (f"{name}.taskdb.sml.hpe" if name else _training.TASKRUNNER))


def select(inventory: Inventory, name: str) -> Inventory:
    """The inventory with a training's own SWOPs, SWCI and `swarm_training`; with an empty name, as it is.

    An inventory with named trainings only has no SWOP but theirs, nor has one whose `swarm_training` has no pairs of SWOPs.
    """
    given = of(inventory)
    if not name:
        return replace(inventory, groups={**inventory.groups, "swarm_swop": []}) if given and _without_swops(inventory) else inventory
    own = given[name]
    hosts = pairs_by_host(own, inventory.members("swop"))
    groups = {**inventory.groups, "swarm_swop": list(hosts), "swarm_sl": []}
    index = list(given).index(name)
    first_port = own.get("sl_port") or _training.FIRST_SL_PORT + PORTS_APART * (index + 1)
    variables = {
        host: {
            **had,
            "swarm_training": _mapping(name, own),
            "swci_name": f"{name}-swci",
            "swci_web_port": 0,
            "swop_pairs": [],
            "swop_nodes": [],
        }
        for host, had in inventory.hosts.items()
    }
    pair_number = itertools.count(1)
    for number, (host, pairs) in enumerate(hosts.items(), 1):
        share = pairs or [{}] * own.get("peers_per_host", _training.DEFAULTS["peers_per_host"])
        named = [_pair(name, pair, next(pair_number), first_port + _training.SL_PORT_STEP * place) for place, pair in enumerate(share)]
        variables[host]["swop_nodes"] = [{"name": f"{name}-swop-{number}", "pairs": named, "labels": {TRAINING_LABEL: name}}]
    # The SNs are everybody's; the other numbers are of `swarm_training`.
    numbers = {host: {"sn": kept.get("sn", [])} for host, kept in inventory.numbers.items()}
    # Organisations with inventories of their own tell how many nodes they have for `swarm_training`.
    peers = tuple({**peer, "swops": 0, "pairs": 0} for peer in inventory.peers)
    return replace(inventory, hosts=variables, groups=groups, numbers=numbers, peers=peers, selected=name)


def _without_swops(inventory: Inventory) -> bool:
    """Whether no SWOP has a part in `swarm_training`."""
    training = inventory.training()
    own = any(inventory.get(host, "swop_pairs") or inventory.get(host, "swop_nodes") for host in inventory.members("swop"))
    return not training or (isinstance(training, dict) and training.get("peers_per_host") == 0 and not own)


def pairs_by_host(own: Mapping[str, Any], swops: list[str]) -> dict[str, list[dict[str, Any]]]:
    """host → what a training says of its pairs there, often nothing; without `hosts`, all of `swarm_swop`."""
    hosts = own.get("hosts") or swops
    return {host: list(hosts[host] or []) if isinstance(hosts, Mapping) else [] for host in hosts if host in swops}


def _mapping(name: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """A named training as `swarm_training` has it."""
    defaults = {
        "name": name,
        "taskrunner": taskrunner({name: own}, name, {}),
        "contract": f"{name}.cqdb.sml.hpe",
        "client_volume": f"{_training.DEFAULTS['client_volume']}-{name}",
    }
    return {**defaults, **{key: value for key, value in own.items() if key not in KEYS}}


def _pair(name: str, given: Mapping[str, Any], number: int, port: int) -> dict[str, Any]:
    label = {TRAINING_LABEL: name}
    labels = {key: {**_as_mapping(given.get(key)), **label} for key in ("sl_labels", "ml_labels")}
    return {"sl_hostname": f"{name}-sl-{number}", "ml_hostname": f"{name}-ml-{number}", "port": port, **given, **labels}


def _as_mapping(labels: Any) -> dict[str, Any]:
    return dict(labels) if isinstance(labels, Mapping) else dict.fromkeys(labels or (), "")


# --- what several trainings share -----------------------------------------------------------------------------------------


def others(inventory: Inventory, name: str) -> Iterator[tuple[str, Inventory]]:
    """(name, the inventory as it sees it) of the trainings but for one; `swarm_training` and what there is without any is one of them."""
    for other in ("", *of(inventory)):
        if other != name:
            yield other, select(inventory, other)


def belongings(inventory: Inventory, name: str) -> dict[str, dict[str, list[str]]]:
    """host → containers, volumes and user_paths of the other trainings, as HostModel has them."""
    found: dict[str, dict[str, list[str]]] = {host: {"containers": [], "volumes": [], "user_paths": []} for host in inventory.hosts}
    for other, seen in others(inventory, name):
        for host, nodes in model.swop_nodes(seen).items():
            for kind, names in _of_swops(seen.training(), nodes).items():
                found[host][kind] += names
        for host, nodes in ({} if other else model.sl_nodes(seen)).items():
            found[host]["containers"] += [part["name"] for node in nodes for part in (node, node.get("ml")) if part]
        for host in seen.members("swci"):
            found[host]["containers"].append(seen.get(host, "swci_name"))
    return found


def _of_swops(training: Mapping[str, Any], nodes: list[dict[str, Any]]) -> dict[str, list[str]]:
    training = _training.normalise(dict(training))
    owners = [training, *(pair for node in nodes for pair in node["pairs"])]
    return {
        "containers": [node["name"] for node in nodes],
        "volumes": [training["client_volume"]] if _training.has_context(training) else [],
        "user_paths": [str(owner[key]) for owner in owners for key in ("model_dir", "private_data") if owner.get(key)],
    }


def shared(one: Inventory, other: Inventory) -> list[str]:
    """What two trainings both have and only one of them can have at any time, in words."""
    mine, theirs = one.training(), other.training()
    found = [f"{key} {mine[key]}" for key in ("taskrunner", "contract") if _of(mine, key) == _of(theirs, key)]
    for host, pairs, others_pairs in _on_both(one, other):
        ports = {pair["port"] for pair in pairs} & {pair["port"] for pair in others_pairs} - {None}
        found += [f"port {port} on {host}" for port in sorted(ports)]
        if mine["model_dir"] == theirs["model_dir"]:
            found.append(f"model_dir {mine['model_dir']} on {host}")
    return found


def rivalry(one: Inventory, other: Inventory) -> list[str]:
    """What two trainings share that they cannot have at the same time, in words: GPUs."""
    found = []
    for host, pairs, others_pairs in _on_both(one, other):
        mine, theirs = _gpus(one, pairs), _gpus(other, others_pairs)
        both = mine & theirs or (mine and theirs if "all" in mine | theirs else set())
        if both:
            found.append(f"GPUs of {host} ({', '.join(sorted(mine & theirs) or ['all'])})")
    return found


def _of(training: Mapping[str, Any], key: str) -> Any:
    return training.get(key, _training.DEFAULTS[key])


def _on_both(one: Inventory, other: Inventory) -> Iterator[tuple[str, list[dict[str, Any]], list[dict[str, Any]]]]:
    theirs = model.swop_nodes(other)
    for host, nodes in model.swop_nodes(one).items():
        if theirs.get(host):
            yield host, [pair for node in nodes for pair in node["pairs"]], [pair for node in theirs[host] for pair in node["pairs"]]


def _gpus(inventory: Inventory, pairs: list[dict[str, Any]]) -> set[str]:
    """The GPUs that pairs want: numbers, IDs, or `all`."""
    wanted = [one["gpus"] for one in swop.gpus(_training.normalise(inventory.training()), pairs)]
    names = {name for gpus in wanted for name in str(gpus).partition("=")[2].split(",") if name}
    return names | {"all" for gpus in wanted if "=" not in str(gpus)}
