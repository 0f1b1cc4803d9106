# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Follows a training whose SL nodes SWOPs start: it ends with the script of its SWCI (private to the collection)."""

from __future__ import annotations

import queue
import time
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._container.engine import Engine, EngineError
from .._container.readiness import run_began, with_log
from .._container.requirements import check_sdk
from . import training
from .containers import members, of_training
from .training_info import nodes_of

KEYS = ("name", "state", "round", "epoch", "epochs", "peers", "loss", "line")


@dataclass(frozen=True)
class Found:
    """What a look at one host found.

    nodes    its SL and ML containers, as swarm_training returns nodes
    ended    whether the training has ended
    failure  the last log lines of the first container that failed, and what they mean; empty if none failed
    problem  why the script of the SWCI failed, with its last log lines; empty if it did not
    trains   whether an ML program still runs
    lost     how many ML programs failed, or were stopped from outside
    """

    nodes: list[dict[str, Any]]
    ended: bool
    failure: str
    problem: str = ""
    trains: bool = False
    lost: int = 0


def run(module: AnsibleModule) -> None:
    """Look at the nodes of `module.params`, or without any at those of the host's SWOPs, until all have ended, or for `step` seconds."""
    if module.params["nodes"]:
        training.run(module)
    check_sdk(module)
    try:
        found = look(Engine(module.params), module.params)
    except EngineError as error:
        module.fail_json(msg=str(error), nodes=[], failure="", lost=0)
    facts = {"nodes": found.nodes, "failure": found.failure, "lost": found.lost}
    problem = "\n".join(filter(None, (found.problem, found.failure))) if found.problem else ""
    if problem and not found.trains:
        module.fail_json(msg=problem, **facts)
    module.exit_json(changed=False, finished=found.ended and not problem, trains=found.trains, problem=problem, **facts)


def look(engine: Engine, params: dict[str, Any]) -> Found:
    """The host's part of the training, after up to `step` seconds for the end of the script where the SWCI is on this host. Raises EngineError."""
    script = _script_ends(engine, params["swci"], params["step"]) if params["swci"] else None
    containers, failure = nodes_of(engine, of_training(members(engine), params.get("training")))
    nodes = [{key: node[key] for key in KEYS} for node in containers]
    trains = any(node["trains"] for node in containers)
    lost = _lost([node for node in containers if node["component"] == "ml"])
    if script is None:
        return Found(nodes, bool(containers) and not trains, failure, trains=trains, lost=lost)
    return Found(nodes, not script["State"]["Running"], failure, _problem(engine, script), trains, lost)


def _lost(programs: list[dict[str, Any]]) -> int:
    """How many of the ML programs failed or were stopped, and have no other in their place."""
    kept = {node["hostname"] for node in programs if node["state"] not in ("failed", "stopped")}
    return len({node["hostname"] for node in programs} - kept)


def _script_ends(engine: Engine, name: str, seconds: float) -> dict[str, Any]:
    """The SWCI as the engine inspects it, after its end or so many seconds. Raises EngineError where its script has never run."""
    inspect = engine.inspect(name)
    if inspect is None or inspect["State"]["Status"] == "created":
        raise EngineError(
            f"there is no container {name} on this host that has run its script: the training has not been started yet (playbook site, or for one of "
            "swarm_trainings, train), or was aborted; to start one again that was aborted, set swci_script_again: true for one run"
        )
    if inspect["State"]["Running"]:
        _wait(engine.follow(inspect, run_began(inspect), 0), seconds)
        inspect = engine.inspect(name) or inspect
    return inspect


def _problem(engine: Engine, inspect: dict[str, Any]) -> str:
    code = inspect["State"].get("ExitCode")
    if inspect["State"]["Running"] or not code:
        return ""
    return with_log(f"the training failed: the script of {inspect['Name'].lstrip('/')} ended with exit code {code}", engine, inspect)


def _wait(lines: queue.Queue[str | None], seconds: float) -> None:
    """Read a log until it ends, or for so many seconds."""
    limit = time.monotonic() + seconds
    try:
        while lines.get(timeout=max(0.0, limit - time.monotonic())) is not None:
            pass
    except queue.Empty:
        return
