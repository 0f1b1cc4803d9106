# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the platform leaves on a host besides its containers, and what of it may be removed (private to the collection)."""

from __future__ import annotations

import glob
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from .._container.spec import OWN_LABEL
from .._spire.agent import kept_identity
from .containers import is_below, members, name_of, sources
from .ours import own

if TYPE_CHECKING:
    from .._container.engine import Engine

# The label that says who created a network, or a volume that users create by hand too. What existed before belongs to somebody else.
OWN = f"{OWN_LABEL}component"
NOT_OURS = "it has no label that says that this collection created it, so it may be yours"
SHARED = ("/usr/local", "/usr/share", "/var/lib", "/var/local", "/var/opt", "/etc/opt", "/var/tmp")


@dataclass(frozen=True)
class _Thing:
    """Something on the host: its kind and name, why it must stay (empty if it may be removed), and how it is removed."""

    kind: str
    name: str
    stays: str
    remove: Callable[[], object]


def teardown(engine: Engine, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """swarm_teardown: remove the network, the volumes and the directories that nothing else needs."""
    networks = [params["network"]] if params["network"] else []
    mine = {summary["Id"] for _c, _r, summary in own(engine, members(engine), networks, params["directory"], params["names"])}
    others = [summary for summary in engine.containers({}) if summary["Id"] not in mine]
    things = [*_engine_things(engine, params, others), *_directories(params, others)]
    agents = _agents(params["directory"])
    removed = [thing for thing in things if not thing.stays]
    if not check_mode:
        for thing in removed:
            thing.remove()
    return {
        "changed": bool(removed),
        "actions": [f"remove {thing.kind} {thing.name}" for thing in removed],
        "removed": [{"kind": thing.kind, "name": thing.name} for thing in removed],
        "kept": [{"kind": thing.kind, "name": thing.name, "reason": thing.stays} for thing in things if thing.stays],
        "agents": agents,
    }


def _agents(directory: str) -> list[str]:
    """SPIFFE IDs of the agents inside nodes of release 0.3.0 that keep an identity on this host."""
    kept = (kept_identity([path], time.time()) for path in sorted(glob.glob(os.path.join(directory, "agents", "*", "data"))))
    return [identity["spiffe_id"] for identity in kept if identity]


def _engine_things(engine: Engine, params: dict[str, Any], others: list[dict[str, Any]]) -> Iterator[_Thing]:
    """The network and the volumes that exist."""
    network = engine.network(params["network"]) if params["network"] else None
    if network:
        name = network["Name"]
        yield _Thing("network", name, network_stays(network, others), partial(engine.discard, "network", name))
    of_trainings = client_volumes(engine.volumes({OWN: "client"}), params["directory"])
    for name in dict.fromkeys([*params["volumes"], *of_trainings]):
        volume = engine.volume(name)
        if volume:
            by_hand = name in params["labelled"] and OWN not in (volume.get("Labels") or {})
            yield _Thing("volume", name, NOT_OURS if by_hand else volume_stays(name, others), partial(engine.discard, "volume", name))


def _directories(params: dict[str, Any], others: list[dict[str, Any]]) -> Iterator[_Thing]:
    """The directories; their parent comes last, and is removed if nothing has to stay in it."""
    directory = params["directory"]
    if not os.path.isdir(directory):
        return
    there = sorted(os.listdir(directory))
    rest = [name for name in there if name not in params["children"]]
    for name in there:
        path = os.path.join(directory, name)
        if name in params["children"]:
            stays = _shared(directory) or directory_stays(path, others, params["keep"])
            rest += [name] if stays else []
            yield _Thing("directory", path, stays, partial(_remove, path))
    yield _Thing("directory", directory, f"it still contains {', '.join(sorted(rest))}" if rest else "", partial(os.rmdir, directory))


def _shared(directory: str) -> str:
    """Why nothing in a directory that others use as well may be removed; empty for one of the platform's own."""
    path = os.path.realpath(directory)
    if path in SHARED or os.path.dirname(path) == "/":
        return f"{directory} is also used by others: remove the platform's files by hand"
    return ""


def _remove(path: str) -> None:
    """Remove a directory with its content; for a link, only the link, because its target belongs to somebody else."""
    if os.path.islink(path):
        os.unlink(path)
    else:
        shutil.rmtree(path)


def client_volumes(volumes: list[dict[str, Any]], directory: str) -> list[str]:
    """Names of the volumes that show a directory below the platform's own, also of trainings that the inventory no longer has.

    volumes  the engine's inspect of those that this collection created
    """
    return [one["Name"] for one in volumes if is_below((one.get("Options") or {}).get("device", ""), directory)]


def network_stays(network: dict[str, Any], others: list[dict[str, Any]]) -> str:
    """Why a network must stay; empty if it may be removed.

    network  the engine's inspect
    others   summaries of the containers that are not the platform's
    """
    if OWN not in (network.get("Labels") or {}):
        return NOT_OURS
    users = [name_of(s) for s in others if network["Name"] in ((s.get("NetworkSettings") or {}).get("Networks") or {})]
    return _used(users)


def volume_stays(volume: str, others: list[dict[str, Any]]) -> str:
    """Why a volume must stay; empty if it may be removed."""
    return _used(name_of(s) for s in others if any(m.get("Name") == volume for m in s.get("Mounts") or ()))


def directory_stays(path: str, others: list[dict[str, Any]], keep: list[str]) -> str:
    """Why a directory must stay; empty if it may be removed. keep: the user's own paths."""
    own = [mine for mine in keep if is_below(mine, path)]
    if own:
        return f"{', '.join(own)} is yours"
    return _used(name_of(s) for s in others if any(is_below(source, path) for source in sources(s)))


def _used(names: Iterable[str]) -> str:
    users = ", ".join(sorted(names))
    return f"container {users}, which does not belong to this platform, uses it" if users else ""
