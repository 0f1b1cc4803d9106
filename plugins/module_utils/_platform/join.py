# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SWOPs that take part in a task that others run already (private to the collection).

From release 2.2.0 on, ASSIGN TASK … TARGET adds a peer to a task that goes on (the platform's release notes of 2.2.0).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .swci import COMPLETE, ERROR, IDLE, Session, is_listed, runner

if TYPE_CHECKING:
    from .._container.engine import Engine

NODE_NAME, NODE_UID = 2, 3  # fields of a line of LIST NODES after the type


def run(engine: Engine, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """swarm_training_join: {changed, task (empty if none of `tasks` runs), joined (names), absent (sentences)}. Raises EngineError, ValueError."""
    session, taskrunner = Session(engine, params["name"], params), params["taskrunner"]
    now = runner(session.do(f"GET TASKRUNNER STATUS {taskrunner}"))
    if now["task"] not in params["tasks"] or now["state"] in (IDLE, COMPLETE, ERROR):
        return {"changed": False, "task": "", "joined": [], "absent": []}
    known = uids(session.do("LIST NODES"), params["swops"])
    peers = session.do(f"LIST TASKRUNNER PEERS {taskrunner}")
    absent: list[str] = []
    joined: list[str] = []
    for name, found in known.items():
        if len(found) > 1:
            remedy = "give your SWOPs names that no other organisation's have (swop_nodes)"
            absent.append(f"{name} does not take part in the training, as {len(found)} nodes have this name: {remedy}")
        elif not found and not check_mode:
            absent.append(f"{name} does not take part in the training, as the SN does not know it (LIST NODES): look at its log")
        elif not found or params["retry"] or not is_listed(found[0], peers):
            joined.append(name)
            if not check_mode:
                session.do(f"ASSIGN TASK {now['task']} TO {taskrunner} TARGET {found[0]}")
    return {"changed": bool(joined), "task": now["task"], "joined": joined, "absent": absent}


def uids(answer: str, names: Iterable[str]) -> dict[str, list[str]]:
    """name of a SWOP → the UIDs of the nodes with that name.

    A line of LIST NODES is: type, host IP, port, name, UID, UID of the parent, last heard of; with commas between them (the platform's own client,
    swci.py, reads it so).

    >>> uids("SWOP, , , swop-1, 7d0c, , 2026-01-01 00:00:00", ["swop-1", "swop-2"])
    {'swop-1': ['7d0c'], 'swop-2': []}
    """
    found: dict[str, list[str]] = {name: [] for name in names}
    for line in answer.splitlines():
        kind, *fields = map(str.strip, line.split(","))
        if kind.upper() == "SWOP" and len(fields) > NODE_UID and fields[NODE_NAME] in found:
            found[fields[NODE_NAME]].append(fields[NODE_UID])
    return found
