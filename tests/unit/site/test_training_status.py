# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a training of several hosts is going: the verdict and the text."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._training_status import lines, result

NODE = {
    "name": "ml-1",
    "component": "ml",
    "state": "running",
    "trains": True,
    "round": 3,
    "epoch": 1,
    "epochs": 9,
    "peers": 4,
    "loss": None,
    "line": "a : b : merged",
}
RUNNER = {"name": "r", "swci": "swci-1", "task": "t", "state": "RUNNING", "active": 3, "completed": 0, "failed": 1, "problem": ""}
QUIET = {"in_progress": False, "reasons": [], "nodes": [], "taskrunner": {}, "failure": ""}
TRAINS = {**QUIET, "in_progress": True, "nodes": [NODE]}
DONE = {**QUIET, "nodes": [{**NODE, "state": "finished", "trains": False}]}
BROKEN = {**QUIET, "failure": "container ml-1 ended with exit code 1\nNo module named 'torch'"}
AWAY = {"unreachable": True, "msg": "no route to host"}
VERDICTS = {
    "nothing": ([QUIET], "none"),
    "one trains": ([QUIET, TRAINS], "running"),
    "one has failed, others go on": ([BROKEN, TRAINS], "failing"),
    "one has failed, others have ended": ([BROKEN, DONE], "failed"),
    "the task has failed": ([{**QUIET, "taskrunner": {**RUNNER, "state": "ERROR"}}], "failed"),
    "all have ended": ([DONE, AWAY], "finished"),
}


def status(*infos):
    return result({f"host-{number}": info for number, info in enumerate(infos, 1)}, {f"host-{number}": "a.org" for number in range(1, 9)})


@pytest.mark.parametrize(("infos", "verdict"), VERDICTS.values(), ids=VERDICTS)
def test_verdict(infos, verdict):
    assert status(*infos)["verdict"] == verdict


def test_lines():
    measured = {**TRAINS, "nodes": [NODE, {**NODE, "name": "ml-2", "loss": 0.43751}]}
    assert lines(status({**measured, "taskrunner": RUNNER}, AWAY, BROKEN)) == [
        "training: failing",
        "host    organisation  container    state    round  epoch   peers  loss    last line of its log",
        "host-1  a.org         ml-1         running  3      1 of 9  4      -       merged",
        "host-1  a.org         ml-2         running  3      1 of 9  4      0.4375  merged",
        "host-2  a.org         (no answer)  -        -      -       -      -       -",
        "host-3  a.org         (none)       -        -      -       -      -       -",
        "host-1: taskrunner r has task t, RUNNING; peers: 3 active, 0 completed, 1 failed",
        "host-3: container ml-1 ended with exit code 1",
        "No module named 'torch'",
    ]
