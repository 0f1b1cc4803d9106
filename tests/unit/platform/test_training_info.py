# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a training is in progress on a host, how far it is, and why it failed; the engine is a table."""

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._platform import training_info

END = "SwarmCallback : INFO : All peers and Swarm training rounds finished. Final Swarm model was loaded.\n"
UP = {"Status": "running", "Running": True}
DONE, BAD = {"Status": "exited", "ExitCode": 0}, {"Status": "exited", "ExitCode": 1, "FinishedAt": "2026-01-01T00:00:00Z"}
STATUS = "TASK_NAME : run-1\nPEER_TYPE : SL\nTASK_STATE : {}\nACTIVE_PEERS : 2\nCOMPLETED_PEERS : 1\nFAILED_PEERS : 0\n"


class Table:
    """An engine: name → (component, release, State, log). `answer` is what its SWCI prints of the taskrunner."""

    def __init__(self, containers, answer=""):
        self.table, self.answer = containers, answer

    def mounting(self, _path):
        return set()

    def containers(self, _filters):
        return [
            {"Id": name, "Names": [f"/{name}"], "Image": "x", "State": state["Status"], "Labels": self._labels(component, release)}
            for name, (component, release, state, _log) in self.table.items()
        ]

    def _labels(self, component, release):
        return {"learning.swarm.component": component, "learning.swarm.release": release}

    def inspect(self, name):
        component, release, state, _log = self.table[name]
        config = {"Env": ["SWCI_STARTUP_SCRIPT=swci-init"], "Labels": self._labels(component, release)}
        return {
            "Id": name,
            "Name": f"/{name}",
            "State": state,
            "Config": config,
            "Path": "swci",
            "Args": [],
            "Created": "2026-01-01T00:00:00Z",
        }

    def log_tail(self, name, lines):
        return self.table[name][3]

    def execute(self, name, words, stdin=None):
        if words[0] == "cat":
            return 0, "CREATE CONTEXT c WITH IP 10.0.0.1\n", ""
        return (
            (0, f"SWCI:0 > SWCI:1 > SWCI:2 > SWCI:3 > SWCI:4 > {self.answer}SWCI:5 > ", "")
            if self.answer
            else (1, "", "ERROR: SN node is away")
        )


def info(containers, answer=""):
    return training_info.info(Table(containers, answer), {"taskrunner": "r"}, False)


MERGED = "Round 3 is merged (epoch 2 of 9)\n"
CASES = {
    "nothing is there": ({}, "", []),
    "a program trains": ({"sl-1": ("sl", "2.3.0", UP, ""), "ml-1": ("ml", "", UP, MERGED)}, "", ["ml-1 trains (round 3, epoch 2 of 9)"]),
    "it saves its model": ({"ml-1": ("ml", "", UP, END)}, "", ["ml-1 trains"]),
    "it has ended, and its SL node stays": ({"sl-1": ("sl", "2.3.0", UP, ""), "ml-1": ("ml", "", DONE, END)}, "", []),
    "release 0.3.0 trains": ({"sl-1": ("sl", "0.3.0", UP, "")}, "", ["sl-1 trains"]),
    "release 0.3.0 has trained": ({"sl-1": ("sl", "0.3.0", UP, END)}, "", []),
    "an image is being built": (
        {"swci-1": ("swci", "2.3.0", UP, "")},
        STATUS.format("RUNNING"),
        ["taskrunner r has task run-1 in state RUNNING"],
    ),
    "the task is complete": ({"swci-1": ("swci", "2.3.0", UP, "")}, STATUS.format("COMPLETE"), []),
    "the SWCI has ended": ({"swci-1": ("swci", "2.3.0", DONE, "")}, STATUS.format("RUNNING"), []),
}


@pytest.mark.parametrize(("containers", "answer", "reasons"), CASES.values(), ids=CASES)
def test_in_progress(containers, answer, reasons):
    found = info(containers, answer)
    assert (found["reasons"], found["in_progress"]) == (reasons, bool(reasons))


def test_the_losses_of_the_last_rounds():
    lines = "".join(f"x : SwarmCallback : INFO : Calculated local loss using merged parameters = {loss}\n" for loss in (0.9, 0.5, 0.25))
    nodes = info({"ml-1": ("ml", "", UP, lines), "sl-1": ("sl", "2.3.0", UP, MERGED)})["nodes"]
    assert [(node["loss"], node["losses"]) for node in nodes] == [(0.25, [0.9, 0.5, 0.25]), (None, [])]


def test_a_failure_of_an_earlier_training_is_not_reported():
    old, stopped = {**BAD, "FinishedAt": "2025-12-31T00:00:00Z"}, {**BAD, "ExitCode": 137}
    found = info({"ml-1": ("ml", "", old, ""), "ml-2": ("ml", "", UP, ""), "ml-3": ("ml", "", stopped, "")})
    assert found["failure"] == ""
    assert [(node["name"], node["state"]) for node in found["nodes"]] == [("ml-2", "running"), ("ml-3", "stopped")]


def test_a_container_that_was_never_started_is_no_failure():
    unborn = {"Status": "created", "ExitCode": 128, "FinishedAt": "0001-01-01T00:00:00Z"}
    found = info({"sl-1": ("sl", "2.3.0", unborn, ""), "ml-1": ("ml", "", BAD, "")})
    assert found["failure"].startswith("container ml-1 ended with exit code 1")


def test_a_program_without_memory_has_failed():
    assert "ml-1 ended with exit code 137" in info({"ml-1": ("ml", "", {**BAD, "ExitCode": 137, "OOMKilled": True}, "")})["failure"]


def test_a_swci_that_cannot_be_asked_is_reported():
    found = info({"swci-1": ("swci", "2.3.0", UP, "")})
    assert "SN node is away" in found["taskrunner"]["problem"]
    assert not found["in_progress"]


def test_the_first_failure_is_reported_with_its_log():
    later = {**BAD, "FinishedAt": "2026-01-01T00:00:09Z"}
    found = info({"ml-2": ("ml", "", later, "broken pipe\n"), "ml-1": ("ml", "", BAD, "No module named 'torch'\n")})
    assert "ml-1 ended with exit code 1" in found["failure"]
    assert "No module named 'torch'" in found["failure"]
    assert [node["state"] for node in found["nodes"]] == ["failed", "failed"]
