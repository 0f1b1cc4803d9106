# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of the platform's containers on a host are this site's own, as others may run the platform beside it (private to the collection).

All that the collection makes has its label. What others have started and the inventory describes is known by its name. What SWOPs start has no label
either, and is known by the host names in their profiles.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .._container.spec import COMPONENT_LABEL
from .containers import Member, is_within, name_of

if TYPE_CHECKING:
    from .._container.engine import Engine

USR_DIR = "/platform/swarm/usr"
# Of YAML in whatever style: profiles are written by users too, and hosts need not have a YAML library.
_HOST_NAME = re.compile(r"""\b(?:slhostname|usrhostname)\s*:\s*["']?([\w.-]+)""")
_NO_NAMES = ("null", "~")


def own(
    engine: Engine, members: list[Member], networks: Collection[str], directory: str | None, names: Collection[str] = ()
) -> list[Member]:
    """Those of `members` that are this site's: within its networks or directory, and its own or started by a SWOP of its own.

    names  of its containers, as the inventory has them: its own are these and all that the collection has made
    """
    within = [member for member in members if is_within(member[2], networks, directory)]
    started = started_names(members, directory, names)
    return [
        member for member in within if _is_own(member[2], names) or (member[0] in ("sl", "ml") and _is_one_of(engine, member[2], started))
    ]


def _is_own(summary: dict[str, Any], names: Collection[str]) -> bool:
    return is_labelled(summary) or name_of(summary) in names


def is_labelled(summary: dict[str, Any]) -> bool:
    """Whether the collection made a container."""
    return COMPONENT_LABEL in (summary.get("Labels") or {})


def started_names(members: list[Member], directory: str | None, names: Collection[str] = ()) -> set[str]:
    """The host names of the SL and ML containers that SWOPs of this site start, by the profiles that they have on this host."""
    swops = [summary for component, _release, summary in members if component == "swop" and _is_own(summary, names)]
    folders = [mount["Source"] for swop in swops for mount in swop.get("Mounts") or () if mount.get("Destination") == USR_DIR]
    if directory:  # of a SWOP that is gone, whose nodes may still run
        folders += glob.glob(os.path.join(glob.escape(directory), "swop", "*"))
    return names_in_profiles(folders)


def names_in_profiles(folders: Iterable[str]) -> set[str]:
    """The host names of the SL and ML containers in the SWOP profiles of some directories."""
    return {name for text in _profiles(folders) for name in _HOST_NAME.findall(text)} - {*_NO_NAMES}


def _profiles(folders: Iterable[str]) -> Iterator[str]:
    for path in (path for folder in folders for path in glob.glob(os.path.join(glob.escape(folder), "*.y*ml"))):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                yield file.read()
        except OSError:
            continue


def _is_one_of(engine: Engine, summary: dict[str, Any], names: set[str]) -> bool:
    inspect = engine.inspect(summary["Id"]) if names else None
    return inspect is not None and bool({inspect["Config"].get("Hostname"), name_of(summary)} & names)
