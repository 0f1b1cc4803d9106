# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Follows the script of a SWCI until it ends (private to the collection)."""

from __future__ import annotations

import queue
import time
from typing import TYPE_CHECKING, Any

from .._container.masking import mask
from .._container.readiness import NotReady, run_began, with_log
from .._container.spec import secrets_of

if TYPE_CHECKING:
    from .._container.engine import Engine


def output(engine: Engine, inspect: dict[str, Any], timeout: float) -> list[str]:
    """The output of a container's current or last run, line by line and without secrets, once it has ended.

    inspect: what the engine says of it; timeout in seconds. Raises NotReady if it does not end in time, or ends badly.
    """
    lines, deadline = engine.follow(inspect, run_began(inspect)), time.monotonic() + timeout
    heard = []
    while True:
        try:
            line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise NotReady(with_log(f"the script of {_name(inspect)} did not end within {timeout} s", engine, inspect)) from None
        if line is None:
            break
        heard.append(line)
    state = (engine.inspect(inspect["Id"]) or {"State": {}})["State"]
    if state.get("ExitCode"):
        raise NotReady(with_log(f"the script of {_name(inspect)} failed, with exit code {state['ExitCode']}", engine, inspect))
    return mask("\n".join(heard), secrets_of(inspect)).splitlines()


def _name(inspect: dict[str, Any]) -> str:
    name: str = inspect["Name"]
    return name.lstrip("/")
