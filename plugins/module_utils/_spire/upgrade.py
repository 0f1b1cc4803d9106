# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks whether a SPIRE Server can be changed to another version (private to the collection).

SPIRE supports one minor release a step, as its datastore is brought along then and only then (doc/upgrading.md of its sources). Agents
follow their servers, as these come first in a site.
"""

from __future__ import annotations

import re
from typing import Any

from .._component.check_container import OptionError
from .._container.engine import Engine
from .._container.spec import ContainerSpec
from .config import OLDEST, next_minor
from .server import BINARIES

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)\b")


def version_of(text: str) -> tuple[int, ...] | None:
    """(1, 15, 3) of a text that begins with such a version; None for any other, and for what is no version of SPIRE's."""
    match = _VERSION.match(text.strip())
    numbers = tuple(map(int, match.groups())) if match else None
    return numbers if numbers and numbers[:2] >= OLDEST else None


def problem(there: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    """Why a server of version `there` cannot become `wanted`, both as (1, 15, 3), and what can be done; empty when it can."""
    if there[:2] == wanted[:2] or next_minor(there[:2]) == wanted[:2]:
        return ""
    step = f"SPIRE {_text(there)} cannot be changed to {_text(wanted)}"
    if there > wanted:
        return f"{step}: its datastore cannot be downgraded from {_text(there[:2])}; expected this version or a newer one"
    between = [there[:2]]
    while next_minor(between[-1]) < wanted[:2]:
        between.append(next_minor(between[-1]))
    steps = ", ".join(map(_text, between[1:]))
    return f"{step} in one step: upgrade to {steps} first, one minor release per run, to the newest patch of each, then to {_text(wanted)}"


def _text(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def check(engine: Engine, inspect: dict[str, Any], wanted: ContainerSpec) -> None:
    """Raise OptionError if the server in a container cannot be changed to the wanted one (a ContainerSpec), before anything is touched.

    Nothing is checked if the image is the same, or if a version cannot be found out: the server checks its datastore itself.
    """
    if inspect["Image"] == wanted.image_id:
        return
    there, to = _of_container(engine, inspect), _of_reference(wanted.image)
    why = problem(there, to) if there and to else ""
    if why:
        container = inspect["Name"].lstrip("/")
        raise OptionError("image", wanted.image, f"cannot replace the server in container {container}: {why} (swarm_spire_version)")


def _of_reference(reference: str) -> tuple[int, ...] | None:
    return version_of(reference.partition("@")[0].rpartition(":")[2])


def _of_container(engine: Engine, inspect: dict[str, Any]) -> tuple[int, ...] | None:
    """What the program itself says, when it runs; else what its image's name says."""
    if not inspect["State"].get("Running"):
        return _of_reference(inspect["Config"]["Image"])
    for program in BINARIES:
        _code, out, err = engine.execute(inspect["Id"], (program, "--version"))
        found = next(filter(None, map(version_of, (out + "\n" + err).splitlines())), None)
        if found:
            return found
    return None
