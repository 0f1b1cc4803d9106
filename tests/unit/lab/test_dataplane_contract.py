# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an SN tells the peers of a training about each other: how many are to come, and why one left."""

from __future__ import annotations

from typing import Any

import pytest
from swarmlab import contracts
from swarmlab.web import Failed


def runner(task: str | None, wanted: int = 0, *statuses: str) -> dict[str, Any]:
    return {"task": task, "wanted": wanted, "peers": [{"status": status} for status in statuses]}


@pytest.mark.parametrize(
    ("runners", "expected"),
    [
        ([], 0),
        ([runner(None)], 0),
        ([runner("build", 2)], 0),
        ([runner("train", 4)], 4),
        ([runner("train", 4, "RUNNING", "FAILED")], 3),
        ([runner("train", 4, "COMPLETE", "RUNNING"), runner("build", 2), runner(None)], 4),
        ([runner("train", 4), runner("train", 2)], 0),
    ],
)
def test_expected(runners: list[dict[str, Any]], expected: int) -> None:
    kinds = {"build": "MAKE_USER_CONTAINER", "train": "RUN_SWARM"}
    tasks = {name: {"definition": {"TaskType": kind}} for name, kind in kinds.items()}
    assert contracts.expected({"tasks": tasks, "taskrunners": dict(enumerate(runners))}) == expected


def test_why_a_peer_left_is_shown() -> None:
    node = {"name": "sl-1", "host_ip": "172.30.0.11", "port": 16000, "alive": 100.0}
    state = {"seq": 1, "nodes": {"u": node}, "tasks": {}, "taskrunners": {}, "contracts": {"c": contracts.new()}}
    contracts.checkin(state, 101.0, "c", {"uid": "u", "address": "172.30.0.11:16000", "min_peers": 2, "grace": 30})
    contracts.left(state, 102.0, "c", "u", "its ML program has ended")
    (peer,) = contracts.show(state, "c", 102.0)["peers"]
    assert (peer["name"], peer["left"], peer["alive"]) == ("sl-1", "its ML program has ended", True)
    with pytest.raises(Failed, match="v has not checked in to c"):
        contracts.left(state, 102.0, "c", "v", "")


def test_a_round_whose_peers_have_all_gone_begins_anew() -> None:
    node = {"name": "sl-1", "host_ip": "172.30.0.11", "port": 16000}
    state = {"seq": 1, "nodes": {"old": {**node, "alive": 100.0}}, "tasks": {}, "taskrunners": {}, "contracts": {"c": contracts.new()}}
    peer = {"address": "172.30.0.11:16000", "min_peers": 1, "grace": 30}
    contracts.checkin(state, 100.0, "c", {"uid": "old", **peer})
    contracts.report(state, 100.0, "c", 1, uid="old", weight=1)
    assert contracts.show_round(state, "c", 1)["leader"] == "old"
    state["nodes"] = {"new": {**node, "alive": 200.0}}
    contracts.checkin(state, 200.0, "c", {"uid": "new", **peer})
    contracts.report(state, 200.0, "c", 1, uid="new", weight=1)
    shown = contracts.show_round(state, "c", 1)
    assert (shown["leader"], [one["uid"] for one in shown["ready"]]) == ("new", ["new"])


def test_who_came_too_late_for_a_leader_that_dies_leads() -> None:
    nodes = {uid: {"name": uid, "host_ip": "172.30.0.11", "port": port, "alive": 100.0} for uid, port in (("one", 16000), ("two", 17000))}
    state = {"seq": 1, "nodes": nodes, "tasks": {}, "taskrunners": {}, "contracts": {"c": contracts.new()}}
    for uid, port in (("one", 16000), ("two", 17000)):
        contracts.checkin(state, 100.0, "c", {"uid": uid, "address": f"172.30.0.11:{port}", "min_peers": 1, "grace": 30})
        state["contracts"]["c"]["peers"][uid]["done"] = uid == "two"
        contracts.report(state, 100.0, "c", 1, uid=uid, weight=1)
    assert [one["uid"] for one in state["contracts"]["c"]["rounds"]["1"]["members"]] == ["one"]
    state["nodes"]["two"]["alive"] = 200.0
    contracts.tick(state, 200.0)
    shown = contracts.show_round(state, "c", 1)
    assert (shown["leader"], [one["uid"] for one in shown["members"]]) == ("two", ["two"])
