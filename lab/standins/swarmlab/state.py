# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state that all SN nodes share (on the platform: their blockchain): nodes, tasks, taskrunners, contracts.

``OPERATIONS`` are all ways to change it: pure functions (state, now, arguments) → answer that change the state they are
given. ``Store`` applies them one after the other, numbers the changes, and keeps the state in a file.
"""

from __future__ import annotations

import copy
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from swarmlab import contracts, storage
from swarmlab.contracts import State, is_alive
from swarmlab.process import Refusal
from swarmlab.tasks import body_lines, body_of, validate
from swarmlab.web import Failed

DEFAULT_TASKRUNNER = "defaulttaskbb.taskdb.sml.hpe"
NODE_TYPES = ("sn", "sl", "swop")
BODY_LINE = 80  # characters that a line of APPEND TASK BODY has less than


def fresh() -> State:
    """The state of a new consortium. ``chain`` tells one from another."""
    return {
        "chain": uuid.uuid4().hex,
        "seq": 0,
        "nodes": {},
        "tasks": {},
        "taskrunners": {DEFAULT_TASKRUNNER: idle()},
        "contracts": {contracts.DEFAULT: contracts.new()},
    }


def idle() -> State:
    """A taskrunner without a task."""
    return {"task": None, "run": None, "wanted": 0, "target": None, "joined": [], "peers": []}


# Nodes


def enrol(state: State, now: float, node: State) -> State:
    """A node joins; the same node started anew takes its old place. Raises Failed (400, 409)."""
    if node.get("type") not in NODE_TYPES or not node.get("uid") or not node.get("name"):
        raise Failed(400, f"a node has a type ({', '.join(NODE_TYPES)}), a uid and a name")
    kept = {key: node.get(key) for key in ("type", "uid", "name", "host_ip", "port", "parent_uid", "taskrunner", "nodes")}
    for uid, other in list(state["nodes"].items()):
        if uid == kept["uid"] or other["type"] != kept["type"]:
            continue
        same_name = all(other[key] == kept[key] for key in ("name", "host_ip" if kept["host_ip"] else "parent_uid"))
        same_port = kept["port"] is not None and (other["host_ip"], other["port"]) == (kept["host_ip"], kept["port"])
        if is_alive(state, uid, now) and same_port and not same_name:
            there = f"{other['type']} {other['name']} is enrolled at {other['host_ip']}:{other['port']}"
            raise Failed(409, f"errUidNotMatchingWithEnroll: {there} already; {kept['name']} needs another port")
        if same_port or (same_name and (kept["port"] is None or not is_alive(state, uid, now))):
            remove(state, now, uid)
    if kept["taskrunner"]:
        state["taskrunners"].setdefault(kept["taskrunner"], idle())
    state["nodes"][kept["uid"]] = {**kept, "alive": now}
    return {"uid": kept["uid"]}


def alive(state: State, now: float, uid: str) -> State:
    """I-am-alive. Raises Failed (404) for a node that is not enrolled (any more)."""
    if uid not in state["nodes"]:
        raise Failed(404, f"node {uid} is not enrolled")
    state["nodes"][uid]["alive"] = now
    return {}


def remove(state: State, _now: float, uid: str) -> State:
    """A node leaves. What a SWOP leaves undone has failed."""
    state["nodes"].pop(uid, None)
    for runner in state["taskrunners"].values():
        for peer in runner["peers"]:
            if peer["swop"] == uid and peer["status"] == "RUNNING":
                peer.update(status="FAILED", detail="its SWOP stopped or was restarted")
    return {}


# Tasks


def create_task(state: State, _now: float, task: State) -> State:
    """CREATE TASK. Raises Failed (409)."""
    if task["Name"] in state["tasks"]:
        raise Failed(409, f"task {task['Name']} is there already: a changed definition needs a new name")
    state["tasks"][task["Name"]] = {"definition": task, "finalized": False, **({} if task["Body"] else {"lines": {}})}
    return {}


def get_task(state: State, name: str) -> State:
    """A task. Raises Failed (404)."""
    if name not in state["tasks"]:
        raise Failed(404, f"task {name} is not there; there are: {', '.join(sorted(state['tasks'])) or 'none'}")
    task: State = state["tasks"][name]
    return task


def finalize_task(state: State, _now: float, name: str) -> State:
    """FINALIZE TASK. Raises Failed (400, 404, 409): its Prereq must be a finalized task, and lines that were appended make its body."""
    task = get_task(state, name)
    if task["finalized"]:
        raise Failed(409, f"task {name} is finalized already")
    before = task["definition"]["Prereq"]
    if before != "ROOTTASK" and not state["tasks"].get(before, {}).get("finalized"):
        raise Failed(409, f"task {name} cannot be finalized: its Prereq {before} is not a finalized task (ROOTTASK stands for none)")
    if "lines" in task:
        try:
            task["definition"] = validate({**task["definition"], "Body": body_of(task["lines"], f"task {name}")}, f"task {name}")
        except Refusal as refusal:
            raise Failed(400, str(refusal)) from refusal
    task["finalized"] = True
    return {}


def append_body(state: State, _now: float, name: str, idx: int, line: str) -> State:
    """APPEND TASK BODY: add a line, or write over the one of that number. Raises Failed (400, 404, 409)."""
    task = get_task(state, name)
    if task["finalized"]:
        raise Failed(409, f"task {name} is finalized: it cannot be changed or deleted")
    if idx < 1 or len(line) >= BODY_LINE:
        raise Failed(400, f"task {name} cannot have this line {idx}: lines count from 1 and have less than {BODY_LINE} characters")
    task["lines"] = {**(task.get("lines") or body_lines(task["definition"]["Body"])), str(idx): line}
    return {}


def delete_task(state: State, _now: float, name: str) -> State:
    """DELETE TASK. Raises Failed (404, 409)."""
    if get_task(state, name)["finalized"]:
        raise Failed(409, f"task {name} is finalized: it cannot be changed or deleted")
    del state["tasks"][name]
    return {}


# Taskrunners


def get_runner(state: State, name: str) -> State:
    """A taskrunner. Raises Failed (404)."""
    if name not in state["taskrunners"]:
        raise Failed(404, f"taskrunner {name} is not there; there are: {', '.join(sorted(state['taskrunners']))}")
    runner: State = state["taskrunners"][name]
    return runner


def assign(state: State, now: float, name: str, *, task: str, peers: int | None, target: str | None) -> State:
    """ASSIGN TASK to so many peers (None: to all there are) or to the SWOP ``target``, also while others run it. Raises Failed (400, 404, 409).

    A SWOP all of whose peers failed tries again.

    For RUN_SWARM a peer is an SL/ML pair, for everything else a SWOP.
    """
    runner = get_runner(state, name)
    if not get_task(state, task)["finalized"]:
        raise Failed(409, f"task {task} is not finalized")
    if runner["task"] and (target is None or task != runner["task"] or status(runner) in ("COMPLETE", "FAILED")):
        raise Failed(409, f"taskrunner {name} has task {runner['task']} ({status(runner)}): RESET TASKRUNNER first")
    mine = [peer for peer in runner["peers"] if peer["swop"] == target]
    if any(peer["status"] != "FAILED" for peer in mine):
        raise Failed(409, f"SWOP {target} has part in task {task} already")
    if peers is not None and peers < 1:
        raise Failed(400, f"{peers} peers: there must be 1 or more")
    pairs = get_task(state, task)["definition"]["TaskType"] == "RUN_SWARM"
    swops = {
        uid: (node["nodes"] or 0) if pairs else 1
        for uid, node in state["nodes"].items()
        if node["type"] == "swop" and node["taskrunner"] == name and is_alive(state, uid, now) and target in (None, uid)
    }
    if target is not None and not swops:
        raise Failed(404, f"no SWOP of the UID {target} serves taskrunner {name}")
    wanted = peers if peers is not None else sum(swops.values())
    if wanted < 1:
        raise Failed(409, f"no SWOP serves taskrunner {name}: there are no peers to assign {task} to")
    for peer in mine:
        peer.update(status="ASSIGNED", detail="")
    if mine:
        return {"run": runner["run"], "wanted": len(mine)}
    if runner["task"]:  # one SWOP more, in the run that goes on
        runner.update(wanted=runner["wanted"] + wanted, joined=[*runner["joined"], target])
        return {"run": runner["run"], "wanted": wanted}
    state["taskrunners"][name] = {**idle(), "task": task, "run": uuid.uuid4().hex[:8], "wanted": wanted, "target": target}
    return {"run": state["taskrunners"][name]["run"], "wanted": wanted}


def claim(state: State, _now: float, name: str, *, run: str, swop: str, peers: list[str]) -> State:
    """A SWOP takes as many of the run's peers as it can serve (``peers`` are their names): the indexes it got."""
    runner = get_runner(state, name)
    if runner["run"] != run:
        raise Failed(409, f"taskrunner {name} was reset")
    invited = runner["target"] in (None, swop) or swop in runner["joined"]
    if invited and all(peer["swop"] != swop for peer in runner["peers"]):
        for each in peers[: runner["wanted"] - len(runner["peers"])]:
            runner["peers"].append({"name": each, "swop": swop, "status": "RUNNING", "detail": ""})
    own = [index for index, peer in enumerate(runner["peers"]) if peer["swop"] == swop]
    again = [index for index in own if runner["peers"][index]["status"] == "ASSIGNED"]
    for index in again:
        runner["peers"][index]["status"] = "RUNNING"
    return {"indexes": again or own}


def report(state: State, _now: float, name: str, run: str, peer: State) -> State:
    """How a peer ended: its index, status COMPLETE or FAILED, and detail. Raises Failed (400, 409)."""
    runner = get_runner(state, name)
    if runner["run"] != run:
        raise Failed(409, f"taskrunner {name} was reset")
    if peer["status"] not in ("COMPLETE", "FAILED") or not 0 <= peer["index"] < len(runner["peers"]):
        raise Failed(400, f"peer {peer['index']} of {name} cannot be {peer['status']}")
    runner["peers"][peer["index"]].update(status=peer["status"], detail=peer["detail"])
    return {}


def create_runner(state: State, _now: float, name: str) -> State:
    """CREATE TASKRUNNER. Raises Failed (409)."""
    if name in state["taskrunners"]:
        raise Failed(409, f"taskrunner {name} is there already")
    state["taskrunners"][name] = idle()
    return {}


def reset_runner(state: State, _now: float, name: str) -> State:
    """RESET TASKRUNNER: SWOPs stop what they still run of its task."""
    get_runner(state, name)
    state["taskrunners"][name] = idle()
    return {}


def status(runner: State) -> str:
    """IDLE, ASSIGNED (peers are missing yet, or have not tried again), RUNNING, COMPLETE or FAILED (no peer runs any more)."""
    if runner["task"] is None:
        return "IDLE"
    found = [peer["status"] for peer in runner["peers"]]
    if len(found) < runner["wanted"] or "ASSIGNED" in found:
        return "ASSIGNED"
    if "RUNNING" in found:
        return "RUNNING"
    return "FAILED" if "FAILED" in found else "COMPLETE"


OPERATIONS: dict[str, Callable[..., State]] = {
    "enrol": enrol,
    "alive": alive,
    "remove": remove,
    "create_task": create_task,
    "finalize_task": finalize_task,
    "append_body": append_body,
    "delete_task": delete_task,
    "assign": assign,
    "claim": claim,
    "report": report,
    "create_runner": create_runner,
    "reset_runner": reset_runner,
    "create_contract": contracts.create,
    "reset_contract": contracts.reset,
    "checkin": contracts.checkin,
    "report_round": contracts.report,
    "merged": contracts.merged,
    "done": contracts.done,
    "left": contracts.left,
    "tick": contracts.tick,
}


class Store:
    """The state, its file, and whoever waits for its next change. A state that was given out is never changed."""

    def __init__(self, file: Path):
        self._file = file
        self._state: State = storage.load(file) or fresh()
        self._changed = threading.Condition()

    @property
    def state(self) -> State:
        """The state as it is now; for reading."""
        return self._state

    def apply(self, operation: str, arguments: State) -> State:
        """Carry out one operation: ``{"seq": …, "answer": …}``. Raises Failed, and then nothing has changed."""
        if operation not in OPERATIONS:
            raise Failed(400, f"there is no operation {operation}")
        with self._changed:
            state = copy.deepcopy(self._state)
            try:
                answer = OPERATIONS[operation](state, time.time(), **arguments)
            except TypeError as error:
                raise Failed(400, f"{operation}: {error}") from error
            if state != self._state:
                state["seq"] += 1
                self._set(state)
            return {"seq": state["seq"], "answer": answer}

    def adopt(self, state: State) -> None:
        """Take the Sentinel's state over."""
        with self._changed:
            self._set(state)

    def _set(self, state: State) -> None:
        storage.save(self._file, state)
        self._state = state
        self._changed.notify_all()

    def wait(self, after: int, seconds: float, chain: str | None = None) -> State:
        """The state as soon as it is newer than ``after`` (or of another chain), or when the time is up."""
        with self._changed:
            self._changed.wait_for(lambda: self._state["seq"] > after or chain not in (None, self._state["chain"]), seconds)
            return self._state
