# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the SWCI's script is run, and when the training that it started is left alone."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._script_run import decide

NONE, CREATED, RUNNING, ENDED = {}, {"Status": "created"}, {"Status": "running"}, {"Status": "exited", "ExitCode": 0}
FAILED, KILLED = {"Status": "exited", "ExitCode": 1}, {"Status": "exited", "ExitCode": 137}
RUN, LEAVE = {"run": True}, {"run": False}
CASES = {
    "first run": (False, False, True, NONE, RUN),
    "nothing changed": (True, True, False, ENDED, LEAVE),
    "its script runs": (True, True, False, RUNNING, LEAVE),
    "another script": (False, True, True, ENDED, RUN),
    "another script, and the last run ended before it was started": (False, True, False, ENDED, RUN),
    "another script while the old one runs": (False, True, True, RUNNING, RUN),
    "the last run ended before the start": (True, True, False, CREATED, RUN),
    "the script failed": (True, True, False, FAILED, RUN),
    "the script was stopped by a reboot": (True, True, False, KILLED, {"run": False, "interrupted": True}),
    "somebody removed the container": (True, True, False, NONE, LEAVE),
    "a file's mode changed": (True, True, True, ENDED, LEAVE),
    "made by an older version, ended": (False, False, False, ENDED, {"run": False, "record": True}),
    "made by an older version, runs": (False, False, False, RUNNING, {"run": False, "record": True}),
    "made by an older version, changed": (False, False, True, ENDED, RUN),
    "made by an older version, failed": (False, False, False, FAILED, RUN),
}


@pytest.mark.parametrize(("recorded", "known", "rewritten", "state", "expected"), CASES.values(), ids=CASES)
def test_decision(recorded, known, rewritten, state, expected):
    decided = decide(recorded, known, rewritten, state, again=False)
    assert decided == {"run": False, "record": False, "interrupted": False, "waits": False, **expected}


@pytest.mark.parametrize(("recorded", "known", "rewritten", "state", "expected"), CASES.values(), ids=CASES)
def test_nothing_runs_while_a_training_is_in_progress(recorded, known, rewritten, state, expected):
    decided = decide(recorded, known, rewritten, state, again=False, held=True)
    would_run = expected.get("run", False)
    assert decided == {"record": False, "interrupted": False, **expected, "run": False, "waits": would_run}


@pytest.mark.parametrize("state", [NONE, RUNNING, ENDED, KILLED])
def test_run_on_request(state):
    assert decide(True, True, False, state, again=True)["run"]
