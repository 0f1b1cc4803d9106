# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds problems of the training that an inventory describes, in sentences (private, pure)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .. import _gpus
from .._site import classic, model, wheel
from .._site.training import CLASSIC_REQUIRED, DEFAULTS, ONLY_CLASSIC, ONLY_CURRENT, REQUIRED, in_model_dir, normalise
from .._site.training import PATHS as PATHS_HERE
from . import downloads, formats, runs
from .wording import kind_of, listed, shown, unknown_keys, wrong_type

if TYPE_CHECKING:
    from .._site.model import Inventory

_PATH = re.compile(r"/[^\s:]*\Z")
PATHS = ("pull_auth", "model_dir", "working_dir", "model_mount", "private_mount", "data_dir")
# For each line of releases, classic or not: keys that it does not have, and what it has instead.
_ELSEWHERE: dict[bool, list[tuple[tuple[str, ...], str]]] = {
    False: [(ONLY_CLASSIC, "use private_data for a node's own data, and private_mount for its path in the ML container")],
    True: [(ONLY_CURRENT, "the ML program runs inside the SL container there; use data_dir for a node's own data")],
}


def problems(training: object, classic: bool = False) -> list[str]:
    """Of the mapping swarm_training, before anything is derived from it; classic: release 0.3.0."""
    if not isinstance(training, dict):
        return [wrong_type("swarm_training", training, "a mapping")]
    known, required = (*REQUIRED, *DEFAULTS), CLASSIC_REQUIRED if classic else REQUIRED
    found = unknown_keys("swarm_training", training, known)
    found += [f"swarm_training: {key!r} is missing; every training has {listed(required)}" for key in required if not training.get(key)]
    found += [sentence for key in known if key in training for sentence in _wrong_type(key, training[key])]
    found += [
        f"swarm_training.{key} is not available in release {'0.3.0' if classic else '2.x'}: {remedy}"
        for keys, remedy in _ELSEWHERE[classic]
        for key in keys
        if training.get(key)
    ]
    return found or _wrong_values(training)


def _wrong_type(key: str, value: object) -> list[str]:
    default, where = DEFAULTS.get(key, ""), f"swarm_training.{key}"
    if isinstance(default, bool):
        return [] if isinstance(value, bool) else [f"{where}: invalid value {shown(value)}; expected true or false"]
    if isinstance(default, int) and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        return [f"{where}: invalid value {shown(value)}; expected a whole number, 0 or more"]
    if key == "pull_auth" and isinstance(value, dict):
        remedy = "put the login into a config.json in each SWOP's directory, and set the path that it has in the container"
        return [f"{where}: a name and a password would be on the blockchain, where everybody reads them: {remedy}"]
    if isinstance(default, str) and not isinstance(value, (str, int) if key == "gpus" else str):
        return [wrong_type(where, value, "text")]
    if isinstance(default, (dict, list)) and not isinstance(value, type(default)):
        return [wrong_type(where, value, "a mapping" if isinstance(default, dict) else "a list")]
    return []


def _wrong_values(training: dict[str, Any]) -> list[str]:
    found = [
        f"swarm_training.{key}: invalid path {training[key]!r}; expected an absolute path without colons and spaces"
        for key in PATHS
        if training.get(key) and not _PATH.match(training[key])
    ]
    if not runs.NAME.match(training["name"]):
        expected = "expected letters, digits, dots, dashes and underscores: it names SWCI's context and tasks"
        found.append(f"swarm_training.name: invalid name {training['name']!r}; {expected}")
    if training.get("image") and re.search(r"\s", training["image"]):
        found.append(
            f"swarm_training.image: invalid image {training['image']!r}; expected a reference without spaces, such as registry/name:tag"
        )
    found += [
        f"swarm_training.{key}.{name}: expected text, a number, true or false, got {kind_of(value)}"
        for key in ("env", "node_env", "sl_env")
        for name, value in training.get(key, {}).items()
        if isinstance(value, (dict, list))
    ]
    found += _wrong_gpus(training)
    if training.get("pull_auth") and training.get("build"):
        found.append("swarm_training.pull_auth is for an image that is pulled, and build is set: remove one of them")
    found += _shared_content(training.get("shared_content", []))
    found += runs.problems(training) + downloads.problems(training.get("downloads", []))
    if training["program"].startswith("/"):
        expected = "a path relative to working_dir, such as model/train.py"
        found.append(f"swarm_training.program: invalid path {training['program']!r}; expected {expected}")
    if training.get("epochs", 1) < 1:
        found.append(f"swarm_training.epochs: invalid value {training['epochs']}; expected at least 1")
    if bool(training.get("private_data")) != bool(training.get("private_mount")):
        found.append("swarm_training.private_data (on the hosts) and private_mount (in the ML container) must be set together")
    return found


def _wrong_gpus(training: dict[str, Any]) -> list[str]:
    if _gpus.is_valid(training.get("gpus", "")):
        return []
    return [f"swarm_training.gpus: invalid value {training['gpus']!r}; expected {_gpus.EXPECTED}"]


def _shared_content(items: list[Any]) -> list[str]:
    found = []
    for index, one in enumerate(items):
        where = f"swarm_training.shared_content[{index}]"
        if not isinstance(one, dict):
            found.append(wrong_type(where, one, "a mapping with src and tgt"))
            continue
        found += unknown_keys(where, one, ("src", "tgt"))
        found += [f"{where}: {key!r} is missing" for key in ("src", "tgt") if key not in one]
        found += [wrong_type(f"{where}.{key}", one[key], "text") for key in ("src", "tgt") if key in one and not isinstance(one[key], str)]
        found += [] if found else _shared_paths(where, one)
    return found


def _shared_paths(where: str, one: dict[str, str]) -> list[str]:
    found = []
    if not (_PATH.match(one["src"]) or runs.NAME.match(one["src"])):
        found.append(f"{where}.src: invalid value {one['src']!r}; expected an absolute path on the hosts or the name of a volume")
    if not _PATH.match(one["tgt"]):
        found.append(f"{where}.tgt: invalid path {one['tgt']!r}; expected an absolute path without colons and spaces")
    return found


def itself(inventory: Inventory) -> list[str]:
    """There is one training, and its mapping is right."""
    training = inventory.training()
    if not training:
        return []
    different = [host for host in inventory.hosts if inventory.get(host, "swarm_training") not in (training, {})]
    if different:
        remedy = "put what a host has of its own into swop_pairs or sl_nodes"
        return [f"swarm_training of {listed(different)} differs from that of the other hosts: an inventory has one training; {remedy}"]
    return problems(training, _is_classic(inventory))


def _is_classic(inventory: Inventory) -> bool:
    return any(classic.is_classic(inventory, host) for host in inventory.hosts)


def peers(inventory: Inventory) -> list[str]:
    """There are enough SL/ML pairs that SWOPs start."""
    given, operators = inventory.training(), inventory.members("swop")
    if not given or not (operators or inventory.members("swci")):
        return []
    if not operators:
        return _without_swops(inventory, given)
    training, swops = normalise(given), model.swop_nodes(inventory)
    found = [
        f"{node['name']} on {host} has no SL/ML pair to start: raise swarm_training.peers_per_host, or give it pairs"
        for host, own in swops.items()
        for node in own
        if not node["pairs"]
    ]
    available = sum(len(node["pairs"]) for own in swops.values() for node in own) + sum(peer["pairs"] for peer in inventory.peers)
    wanted = training["peers"] or available
    if wanted > available:
        remedy = "lower it, raise peers_per_host or add hosts"
        found.append(f"swarm_training.peers is {wanted}, more than the {available} SL/ML pairs on {listed(operators)}: {remedy}")
    if training["min_peers"] > wanted:
        found.append(f"swarm_training.min_peers is {training['min_peers']}, more than the {wanted} SL/ML pairs that train: lower it")
    return found


def _without_swops(inventory: Inventory, given: dict[str, Any]) -> list[str]:
    if not inventory.members("sl"):
        return ["swarm_training cannot be started: swarm_swop has no host to run its SL and ML nodes; put hosts into it"]
    return ["swarm_training.runs needs SWOPs, which start a pair for each run: put hosts into swarm_swop"] if given.get("runs") else []


def documents(inventory: Inventory) -> list[str]:
    """SWOP and SWCI can read the profiles and tasks that are derived."""
    found = []
    for host, derived in model.derive(inventory).items():
        for name, profile in derived["swop_profiles"].items():
            found += formats.profile_problems(profile, f"SWOP profile of {name} on {host}")
        for name, task in derived.get("swci_tasks", {}).items():
            found += formats.task_problems(task, f"task {name} of swarm_training")
    return list(dict.fromkeys(found))


def files(inventory: Inventory, exists: Callable[[str], bool]) -> list[str]:
    """What the training takes from the controller exists there."""
    training = inventory.training()
    found = [
        f"swarm_training.{key}: {training[key]!r} does not exist on the controller"
        for key in PATHS_HERE
        if training.get(key) and not exists(training[key])
    ]
    if training.get("build_context") and not found and exists(posixpath.join(training["build_context"], "Dockerfile")):
        found.append(
            "swarm_training.build_context has a Dockerfile: put its lines into swarm_training.build, and take it out of the directory"
        )
    if training and not _is_classic(inventory):
        host = next(iter((*inventory.members("swop"), *inventory.members("sl"), *inventory.hosts)))
        found += wheel.problems(inventory.wheel, str(inventory.get(host, "swarm_release")), training.get("build") or [])
    source = training.get("model_source")
    if source and not found:
        wanted = normalise(training)
        name = in_model_dir(wanted, _is_classic(inventory))
        if name and not exists(posixpath.join(source, name)):
            found.append(f"swarm_training.program: {wanted['program']!r} needs {name!r} in model_source {source!r}, which does not have it")
    return found
