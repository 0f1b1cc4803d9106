# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Follows a training whose SL nodes SWOPs start: it ends with the script of its SWCI (private to the collection)."""

from __future__ import annotations

import queue
import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._container.engine import Engine, EngineError
from .._container.readiness import run_began, with_log
from .._container.requirements import check_sdk
from . import training
from .containers import members
from .training import TrainingFailed
from .training_info import nodes_of

KEYS = ("name", "state", "round", "epoch", "epochs", "peers", "line")


def run(module: AnsibleModule) -> None:
    """Look at the nodes of `module.params`, or without any at those of the host's SWOPs, until all have ended, or for `step` seconds."""
    if module.params["nodes"]:
        training.run(module)
    check_sdk(module)
    try:
        nodes, ended, failure = look(Engine(module.params), module.params)
    except (EngineError, TrainingFailed) as error:
        module.fail_json(msg=str(error), nodes=[])
    module.exit_json(changed=False, nodes=nodes, finished=ended, failure=failure)


def look(engine: Engine, params: dict[str, Any]) -> tuple[list[dict[str, Any]], bool, str]:
    """(the host's SL and ML containers as swarm_training returns nodes, whether the training has ended, the first failed container's last log lines).

    Waits up to `step` seconds for the end of the script, where the SWCI is on this host. Raises TrainingFailed, EngineError.
    """
    ended = _script_ends(engine, params["swci"], params["step"]) if params["swci"] else None
    found, failure = nodes_of(engine, members(engine))
    if ended is None:
        ended = bool(found) and not any(node["trains"] for node in found)
    return [{key: node[key] for key in KEYS} for node in found], ended, failure


def _script_ends(engine: Engine, name: str, seconds: float) -> bool:
    """Whether the script of a SWCI has ended well within so many seconds. Raises TrainingFailed, and EngineError where it has never run."""
    inspect = engine.inspect(name)
    if inspect is None or inspect["State"]["Status"] == "created":
        raise EngineError(f"the script of {name} has not been run on this host: start the training first (playbook site)")
    if inspect["State"]["Running"]:
        _wait(engine.follow(inspect, run_began(inspect), 0), seconds)
        inspect = engine.inspect(name) or inspect
    code = inspect["State"].get("ExitCode")
    if code and not inspect["State"]["Running"]:
        raise TrainingFailed(with_log(f"the training failed: the script of {name} ended with exit code {code}", engine, inspect))
    return not inspect["State"]["Running"]


def _wait(lines: queue.Queue[str | None], seconds: float) -> None:
    """Read a log until it ends, or for so many seconds."""
    limit = time.monotonic() + seconds
    try:
        while lines.get(timeout=max(0.0, limit - time.monotonic())) is not None:
            pass
    except queue.Empty:
        return
