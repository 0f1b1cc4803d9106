# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gathers what one host knows about a training: its SL and ML containers, and the taskrunner's state from its SWCI (private to the collection)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._container.engine import EngineError
from .._container.masking import mask
from .._container.readiness import with_log
from .._container.spec import secrets_of
from . import swci
from .containers import REHEARSAL_LABEL, members, name_of, of_training
from .training import END, TAIL, losses, signs

if TYPE_CHECKING:
    from .._container.engine import Engine

_STOPPED = (137, 143)  # exit codes of a container that was killed or stopped
_KEYS = ("round", "epoch", "epochs", "peers")


def info(engine: Engine, params: dict[str, Any], _check_mode: bool) -> dict[str, Any]:
    """swarm_training_info: {changed, in_progress, reasons, nodes, taskrunner, failure}; the module documents them."""
    found = of_training(members(engine), params.get("training"))
    nodes, failure = nodes_of(engine, found)
    running = sorted(
        name_of(s) for component, release, s in found if component == "swci" and s["State"] == "running" and not release.startswith("0.")
    )
    taskrunner = _ask(engine, running[0], params["taskrunner"]) if running else {}
    why = reasons(nodes, taskrunner)
    return {"changed": False, "in_progress": bool(why), "reasons": why, "nodes": nodes, "taskrunner": taskrunner, "failure": failure}


def nodes_of(engine: Engine, found: list[tuple[str, str, dict[str, Any]]]) -> tuple[list[dict[str, Any]], str]:
    """(the SL and ML containers of the last training as swarm_training_info returns them, why the first that failed did), of a host's `members`."""
    training = (one for one in found if one[0] in ("sl", "ml") and REHEARSAL_LABEL not in (one[2].get("Labels") or {}))
    named = sorted(training, key=lambda member: name_of(member[2]))
    asked = ((component, release, engine.inspect(summary["Id"])) for component, release, summary in named)
    inspects = _of_last_training([(component, release, inspect) for component, release, inspect in asked if inspect])
    nodes = [_node(engine, component, release, inspect) for component, release, inspect in inspects]
    return nodes, _failure(engine, [inspect for _component, _release, inspect in inspects])


def _of_last_training(found: list[tuple[str, str, dict[str, Any]]]) -> list[tuple[str, str, dict[str, Any]]]:
    """Those of the containers that had not ended before the last training began: SWOPs may keep those of earlier ones."""
    running = [inspect["Created"] for _component, _release, inspect in found if inspect["State"].get("Running")]
    began = min(running) if running else max((inspect["Created"] for _component, _release, inspect in found), default="")
    return [one for one in found if one[2]["State"].get("Running") or has_ended_since(one[2]["State"], began)]


def has_ended_since(state: dict[str, Any], moment: str) -> bool:
    """Whether a container has not ended before a moment, both as the engine writes times."""
    finished = str(state.get("FinishedAt") or "")
    return state.get("Status") == "created" or not finished or finished >= moment


def is_failure(state: dict[str, Any]) -> bool:
    """Whether a container failed by itself: not if it was stopped, for example by a SWOP, but also if it ran out of memory."""
    code = state.get("ExitCode") or 0
    ended = not state.get("Running") and state.get("Status") != "created"  # one that could not be started also has an exit code, but no log
    return ended and (bool(state.get("OOMKilled")) or (code != 0 and code not in _STOPPED))


def reasons(nodes: list[dict[str, Any]], taskrunner: dict[str, Any]) -> list[str]:
    """Why a training is in progress, in words; empty if none is. An SL node alone is no reason, as it keeps running after its program has ended."""
    found = [f"{node['name']} trains{_place(node)}" for node in nodes if node["trains"]]
    if taskrunner.get("state") and taskrunner["state"] not in (swci.IDLE, swci.COMPLETE, swci.ERROR):
        found.append(f"taskrunner {taskrunner['name']} has task {taskrunner['task']} in state {taskrunner['state']}")
    return found


def _place(node: dict[str, Any]) -> str:
    epoch = f", epoch {node['epoch']} of {node['epochs']}" if node["epochs"] else ""
    return f" (round {node['round']}{epoch})" if node["round"] else ""


def _node(engine: Engine, component: str, release: str, inspect: dict[str, Any]) -> dict[str, Any]:
    log = mask(engine.log_tail(inspect["Id"], TAIL), secrets_of(inspect))
    seen: dict[str, float] = {}
    for line in log.splitlines():
        seen.update(signs(line))
    state = state_of(inspect["State"], bool(END.search(log)))
    program = component == "ml" or release.startswith("0.")
    # A program that has finished training still saves its model; in release 0.3.0 its node keeps running.
    trains = program and (state == "running" or (state == "finished" and component == "ml" and bool(inspect["State"].get("Running"))))
    line = next((line for line in reversed(log.splitlines()) if line.strip()), "")
    facts = {"name": inspect["Name"].lstrip("/"), "component": component, "state": state, "trains": trains, "line": line}
    facts["hostname"] = inspect["Config"].get("Hostname") or facts["name"]
    ended = "" if inspect["State"].get("Running") else str(inspect["State"].get("FinishedAt") or "")
    times = {"created": inspect["Created"], "ended": ended}
    return {**dict.fromkeys(_KEYS, 0), "loss": None, **seen, **facts, **times, "losses": losses(log)}


def state_of(state: dict[str, Any], has_end: bool) -> str:
    """`none` (never started), `running`, `finished`, `failed` or `stopped` (from outside) of one container.

    state    the engine's `State` of it
    has_end  whether its log has the last line of a training
    """
    if state.get("Status") == "created":
        return "none"
    if state.get("Running"):
        return "finished" if has_end else "running"
    if is_failure(state):
        return "failed"
    return "stopped" if state.get("ExitCode") else "finished"


def _ask(engine: Engine, name: str, taskrunner: str) -> dict[str, Any]:
    asked = {"name": taskrunner, "swci": name, "problem": ""}
    try:
        return {**asked, **swci.runner(swci.Session(engine, name, {}).do(f"GET TASKRUNNER STATUS {taskrunner}"))}
    except (EngineError, ValueError) as error:
        return {**asked, **swci.runner(""), "problem": str(error)}


def _failure(engine: Engine, inspects: list[dict[str, Any]]) -> str:
    """The last log lines of the first container that failed, and their meaning; empty if none failed."""
    failed = [one for one in inspects if is_failure(one["State"])]
    if not failed:
        return ""
    first = min(failed, key=lambda one: str(one["State"].get("FinishedAt", "")))
    return with_log(f"container {first['Name'].lstrip('/')} ended with exit code {first['State']['ExitCode']}", engine, first)
