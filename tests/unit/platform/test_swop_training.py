# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A training of SWOPs ends with the script of the SWCI: on its host, on the others, and when it fails."""

import queue

import pytest
from ansible_collections.swarm.learning.plugins.action import swarm_training
from ansible_collections.swarm.learning.plugins.module_utils._platform import swop_training
from ansible_collections.swarm.learning.plugins.module_utils._platform.training import EngineError

from tests.unit.platform.test_training_info import BAD, DONE, END, MERGED, STATUS, UP, Table

ENDED = {"ml-1": ("ml", "", DONE, END)}
TRAINS = {"sl-1": ("sl", "2.3.0", UP, MERGED), "ml-1": ("ml", "", UP, "")}
FAILED = {"ml-1": ("ml", "", BAD, "ModuleNotFoundError: No module named 'torch'")}


def script(state, log=""):
    return {"swci-1": ("swci", "2.3.0", state, log)}


class Engine(Table):
    """An engine whose SWCI ends, if it is told to, while its log is followed."""

    def __init__(self, containers, ends=None):
        super().__init__(containers, STATUS.format("RUNNING"))
        self.ends = ends

    def inspect(self, name):
        return super().inspect(name) | {"State": {"Running": False, **self.table[name][2]}} if name in self.table else None

    def follow(self, inspect, since, tail="all"):
        lines = queue.Queue()
        if self.ends:
            self.table["swci-1"] = ("swci", "2.3.0", self.ends, "")
            lines.put("the last line")
            lines.put(None)
        return lines


def look(containers, swci="", ends=None):
    return swop_training.look(Engine(containers, ends), {"swci": swci, "step": 0.01})


def test_nodes_are_shown_with_their_progress():
    found = look({**TRAINS, **script(UP)}, "swci-1")
    assert [(node["name"], node["round"], node["epoch"], node["epochs"]) for node in found.nodes] == [("ml-1", 0, 0, 0), ("sl-1", 3, 2, 9)]
    assert (found.ended, found.failure, found.problem) == (False, "", "")


@pytest.mark.parametrize(
    ("containers", "swci", "ends", "ended"),
    [
        (script(UP), "swci-1", None, False),
        (script(UP), "swci-1", DONE, True),
        ({**script(DONE), **TRAINS}, "swci-1", None, True),
        ({**script(DONE), **FAILED}, "swci-1", None, True),
        (TRAINS, "", None, False),
        (ENDED, "", None, True),
        ({}, "", None, False),
    ],
    ids=["script runs", "it ends meanwhile", "its nodes stay", "a node failed, others went on", "trains", "has trained", "not begun"],
)
def test_the_end(containers, swci, ends, ended):
    assert look(containers, swci, ends).ended is ended


def test_why_a_node_failed_is_said():
    assert "container ml-1 ended with exit code 1" in look({**script(DONE), **FAILED}, "swci-1").failure


def test_a_script_that_fails_is_reported_with_its_log_and_the_first_failed_container():
    found = look({**script(BAD, "ERROR: no such task"), **FAILED}, "swci-1")
    assert found.problem.startswith("the training failed: the script of swci-1 ended with exit code 1")
    assert "ERROR: no such task" in found.problem
    assert "No module named 'torch'" in found.failure


def test_a_script_that_fails_does_not_end_what_trains():
    found = look({**script(BAD, "ERROR: the SN is away"), **TRAINS, "ml-2": ("ml", "", BAD, "")}, "swci-1")
    assert (bool(found.problem), found.trains, found.lost) == (True, True, 1)


@pytest.mark.parametrize(
    ("states", "lost"),
    [
        ([("a", "failed"), ("b", "running")], 1),
        ([("a", "failed"), ("a", "running"), ("b", "stopped")], 1),
        ([("a", "failed"), ("a", "failed"), ("b", "finished")], 1),
        ([], 0),
    ],
)
def test_a_node_that_was_made_again_is_not_lost(states, lost):
    assert swop_training._lost([{"hostname": hostname, "state": state} for hostname, state in states]) == lost


@pytest.mark.parametrize(
    ("result", "arguments", "lost", "goes_on"),
    [
        ({"trains": True}, {"peers": 4, "min_peers": 2}, 2, True),
        ({"trains": True}, {"peers": 4, "min_peers": 2}, 3, False),
        ({"trains": True}, {"peers": 4, "min_peers": 0}, 1, False),
        ({"trains": True}, {}, 0, False),
        ({"trains": False}, {"peers": 4, "min_peers": 2}, 0, False),
        ({}, {"peers": 4, "min_peers": 2}, 0, False),
    ],
)
def test_nodes_go_on_while_enough_are_left(result, arguments, lost, goes_on):
    assert swarm_training._goes_on(result, arguments, lost) is goes_on


def test_what_was_lost_is_counted_over_the_hosts(marks):
    marks.lose("host-1", 1)
    marks.lose("host-1", 2)
    marks.lose("host-2", 0)
    marks.lose("host-3", 1)
    assert (marks.lost(["host-1", "host-2"]), marks.lost(["host-1", "host-3"])) == (2, 3)


def ending(marks, host, least=1, **result):
    """How the wait of one of two hosts with a node by hand each ends."""
    arguments = {"nodes": [{"name": "sl-1"}], "peers": 2, "min_peers": least}
    return swarm_training._ending({"finished": False, **result}, arguments, host, ["host-1", "host-2"], marks).get("verdict")


def test_a_host_waits_on_for_its_nodes_when_those_of_another_have_failed(marks):
    assert ending(marks, "host-1", trains=True) is None
    assert ending(marks, "host-2", failed=True, msg="sl-2 failed", lost=1) == "failed"
    assert ending(marks, "host-1", trains=True) is None
    assert ending(marks, "host-1", least=2, trains=True) == "stopped"
    assert ending(marks, "host-1", finished=True) == "finished"


@pytest.mark.parametrize(
    ("result", "verdict", "words"),
    [
        ({"finished": True, "failure": ""}, "finished", ""),
        ({"finished": True, "failure": "ml-1 failed"}, "stopped", "as those of host-2 failed\nml-1 failed"),
        ({"finished": False}, "stopped", "stopped waiting for the nodes of host-1, as those of host-2 failed"),
    ],
)
def test_the_others_are_stopped_unless_they_have_come_to_the_end(result, verdict, words):
    found = swarm_training._stopped(result, "host-1", "host-2")
    assert found["verdict"] == verdict
    assert words in found.get("failure", "")


@pytest.mark.parametrize("containers", [{}, script({"Status": "created"})])
def test_a_training_that_was_never_started(containers):
    with pytest.raises(EngineError, match=r"has not been started yet .* or was aborted"):
        look(containers, "swci-1")


@pytest.fixture(name="marks")
def _marks(tmp_path, monkeypatch):
    monkeypatch.setattr(swarm_training.constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    return swarm_training._Marks("task")


def has_ended(marks, finished, swci="", swci_host="host-1"):
    arguments = {"nodes": [], "swci": swci, "swci_host": swci_host}
    return swarm_training._has_ended(finished, arguments, ["host-1", "host-2"], marks)


def test_hosts_of_swops_wait_for_the_script(marks):
    assert not has_ended(marks, True), "its own programs have ended, the training may go on"
    assert not has_ended(marks, False, "swci-1")
    assert not has_ended(marks, True)
    assert has_ended(marks, True, "swci-1")
    assert has_ended(marks, False)


def test_without_a_script_in_the_play_hosts_wait_for_their_own_programs(marks):
    assert (has_ended(marks, False, swci_host=""), has_ended(marks, True, swci_host="host-9")) == (False, True)
