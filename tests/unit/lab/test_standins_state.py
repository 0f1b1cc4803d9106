# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state that SN nodes share: rounds and their leaders, nodes, tasks and taskrunners."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from swarmlab import contracts, state
from swarmlab.web import Failed

from tests.unit.lab.test_standins_swop import BUILD, RUN


class Consortium:
    """A state with SL nodes that have checked in, at a time that the test sets."""

    def __init__(self, *uids: str, min_peers: int = 2, grace: float = 30):
        self.state, self.now = state.fresh(), 1000.0
        for number, uid in enumerate(uids):
            self.do("enrol", {"type": "sl", "uid": uid, "name": uid, "host_ip": "h", "port": 16000 + number})
            self.do("checkin", contracts.DEFAULT, {"uid": uid, "address": f"h:{16000 + number}", "min_peers": min_peers, "grace": grace})

    def do(self, operation: str, *arguments: Any, **more: Any) -> Any:
        return state.OPERATIONS[operation](self.state, self.now, *arguments, **more)

    def report(self, uid: str, number: int = 1) -> dict[str, Any]:
        self.do("report_round", contracts.DEFAULT, number, uid=uid, weight=1)
        return self.round(number)

    def round(self, number: int = 1) -> dict[str, Any]:
        return contracts.show_round(self.state, contracts.DEFAULT, number)

    def pass_time(self, seconds: float, *alive: str) -> dict[str, Any]:
        self.now += seconds
        for uid in alive:
            self.do("alive", uid)
        self.do("tick")
        return self.round()


def test_peer_that_completes_the_quorum_leads():
    swarm = Consortium("a", "b", "c")
    assert swarm.report("a")["leader"] is None
    assert swarm.report("b")["leader"] is None, "c is alive and has not reported"
    done = swarm.report("c")
    assert (done["leader"], [each["uid"] for each in done["members"]]) == ("c", ["a", "b", "c"])


def test_single_peer_is_no_swarm():
    assert Consortium("a").report("a")["leader"] is None
    assert Consortium("a", min_peers=1).report("a")["leader"] == "a"


def test_after_the_grace_enough_peers_go_on_without_the_others():
    swarm = Consortium("a", "b", "c", grace=20)
    swarm.report("a")
    swarm.report("b")
    assert swarm.pass_time(10, "a", "b", "c")["leader"] is None
    assert swarm.pass_time(10, "a", "b", "c")["leader"] == "b"
    late = swarm.report("c")
    assert [each["uid"] for each in late["members"]] == ["a", "b"]


def test_a_dead_peer_is_not_waited_for():
    swarm = Consortium("a", "b", "c")
    swarm.report("a")
    swarm.report("b")
    assert swarm.pass_time(16, "a", "b")["leader"] == "b"


def test_dead_leader_is_replaced():
    swarm = Consortium("a", "b")
    swarm.report("a")
    assert swarm.report("b")["leader"] == "b"
    again = swarm.pass_time(16, "a")
    assert (again["leader"], [each["uid"] for each in again["members"]]) == ("a", ["a"])


def test_merged_round_opens_the_next_without_finished_peers():
    swarm = Consortium("a", "b")
    swarm.report("a")
    swarm.report("b")
    swarm.do("merged", contracts.DEFAULT, 1, "b")
    assert contracts.get(swarm.state, contracts.DEFAULT)["round"] == 2
    swarm.do("done", contracts.DEFAULT, "a")
    assert swarm.report("b", 2)["leader"] == "b"


def test_who_may_not_check_in():
    swarm = Consortium("a")
    for peer, answer in (
        ({"uid": "x", "address": "h:1", "min_peers": 2, "grace": 1}, "it is not enrolled"),
        ({"uid": "a", "address": "h:1", "min_peers": 2, "grace": 1}, "enrolled as h:16000, not as h:1"),
        ({"uid": "a", "address": "h:16000", "min_peers": 0, "grace": 1}, "must be 1 or more"),
    ):
        with pytest.raises(Failed, match=answer):
            swarm.do("checkin", contracts.DEFAULT, peer)
    with pytest.raises(Failed, match=r"round 2 of .* is not open yet"):
        swarm.report("a", 2)
    swarm.do("reset_contract", contracts.DEFAULT)
    with pytest.raises(Failed, match="was the contract reset"):
        swarm.report("a")


def test_old_rounds_are_forgotten():
    swarm = Consortium("a", min_peers=1)
    for number in range(1, 9):
        swarm.report("a", number)
        swarm.do("merged", contracts.DEFAULT, number, "a")
    assert list(contracts.get(swarm.state, contracts.DEFAULT)["rounds"]) == ["6", "7", "8"]


def test_two_nodes_cannot_share_a_port_and_a_restarted_one_takes_its_place():
    swarm = Consortium("a")
    with pytest.raises(Failed, match="needs another port"):
        swarm.do("enrol", {"type": "sl", "uid": "b", "name": "other", "host_ip": "h", "port": 16000})
    swarm.do("enrol", {"type": "sl", "uid": "twin", "name": "a", "host_ip": "h", "port": 17000})
    assert list(swarm.state["nodes"]) == ["a", "twin"]
    swarm.do("remove", "twin")
    swarm.do("enrol", {"type": "sl", "uid": "b", "name": "a", "host_ip": "h", "port": 16000})
    assert list(swarm.state["nodes"]) == ["b"]
    swarm.now += 16
    swarm.do("enrol", {"type": "sl", "uid": "c", "name": "other", "host_ip": "h", "port": 16000})
    assert list(swarm.state["nodes"]) == ["c"]


def test_unfinished_work_of_a_swop_has_failed():
    swarm = Consortium()
    runner = state.DEFAULT_TASKRUNNER
    swarm.do("enrol", {"type": "swop", "uid": "s", "name": "swop-1", "taskrunner": runner, "nodes": 2, "parent_uid": "sn"})
    swarm.do("create_task", {**RUN, "Prereq": "ROOTTASK"})
    swarm.do("finalize_task", "train")
    run = swarm.do("assign", runner, task="train", peers=None, target=None)
    assert run["wanted"] == 2
    assert swarm.do("claim", runner, run=run["run"], swop="s", peers=["sl-1", "sl-2", "sl-3"]) == {"indexes": [0, 1]}
    assert state.status(swarm.state["taskrunners"][runner]) == "RUNNING"
    swarm.do("report", runner, run["run"], {"index": 0, "status": "COMPLETE", "detail": ""})
    swarm.do("enrol", {"type": "swop", "uid": "t", "name": "swop-1", "taskrunner": runner, "nodes": 2, "parent_uid": "sn"})
    ended = swarm.state["taskrunners"][runner]
    assert (state.status(ended), ended["peers"][1]["detail"]) == ("FAILED", "its SWOP stopped or was restarted")


def test_a_swop_that_is_called_into_a_run_that_goes_on():
    swarm, runner = Consortium(), state.DEFAULT_TASKRUNNER
    for uid in ("s", "t"):
        swarm.do("enrol", {"type": "swop", "uid": uid, "name": f"swop-{uid}", "taskrunner": runner, "nodes": 2, "parent_uid": "sn"})
    swarm.do("create_task", {**RUN, "Prereq": "ROOTTASK"})
    swarm.do("finalize_task", "train")
    run = swarm.do("assign", runner, task="train", peers=2, target=None)["run"]
    assert swarm.do("claim", runner, run=run, swop="s", peers=["sl-1", "sl-2"]) == {"indexes": [0, 1]}
    assert swarm.do("claim", runner, run=run, swop="t", peers=["sl-3", "sl-4"]) == {"indexes": []}
    with pytest.raises(Failed, match="SWOP s has part in task train already"):
        swarm.do("assign", runner, task="train", peers=None, target="s")
    assert swarm.do("assign", runner, task="train", peers=None, target="t") == {"run": run, "wanted": 2}
    assert swarm.do("claim", runner, run=run, swop="t", peers=["sl-3", "sl-4"]) == {"indexes": [2, 3]}
    assert state.status(swarm.state["taskrunners"][runner]) == "RUNNING"
    with pytest.raises(Failed, match="RESET TASKRUNNER first"):
        swarm.do("assign", runner, task="train", peers=2, target=None)


def test_tasks_need_their_prerequisite_and_targets_their_swop():
    swarm = Consortium()
    swarm.do("create_task", RUN)
    with pytest.raises(Failed, match="its Prereq build is not a finalized task"):
        swarm.do("finalize_task", "train")
    swarm.do("create_task", {**BUILD, "Name": "build", "Prereq": "ROOTTASK"})
    swarm.do("finalize_task", "build")
    swarm.do("finalize_task", "train")
    with pytest.raises(Failed, match="no SWOP of the UID x"):
        swarm.do("assign", state.DEFAULT_TASKRUNNER, task="train", peers=None, target="x")
    with pytest.raises(Failed, match="no peers to assign"):
        swarm.do("assign", state.DEFAULT_TASKRUNNER, task="train", peers=None, target=None)


def test_failed_operation_changes_nothing(tmp_path: Path):
    store = state.Store(tmp_path / "state.json")
    before = store.state
    with pytest.raises(Failed):
        store.apply("enrol", {"node": {"type": "sl"}})
    with pytest.raises(Failed, match="there is no operation"):
        store.apply("explode", {})
    assert store.apply("tick", {})["seq"] == 0
    assert store.state is before
