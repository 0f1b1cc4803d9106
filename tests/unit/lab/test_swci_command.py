# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module swci_command against the SWCI of the lab, which asks a real SN on loopback; only the container around it is a table."""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.swarm.learning.plugins.module_utils._container.engine import EngineError
from ansible_collections.swarm.learning.plugins.module_utils._platform import swci as commands
from swarmlab import swci
from swarmlab.process import Refusal
from swarmlab.swci_session import Finished, Session

from tests.unit.lab.test_standins_sn import ONE, TASK, TWO, SwarmNetwork

RUNNER = "defaulttaskbb.taskdb.sml.hpe"


class Container:
    """An engine with one SWCI, swci-1. `ran` are the lines of all its sessions."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch, running: bool = True):
        self.directory, self.monkeypatch, self.running = directory, monkeypatch, running
        self.ran: list[str] = []

    def inspect(self, name: str) -> dict[str, Any] | None:
        config = {"Env": ["SWCI_STARTUP_SCRIPT=swci-init", "SWCI_MODE=WEB"], "Labels": {}}
        state = {"Running": self.running}
        found = {"Id": "1", "Name": "/swci-1", "Path": "python3", "Args": ["-m", "swarmlab.swci"], "State": state, "Config": config}
        return found if name == "swci-1" else None

    def execute(self, _name: str, words: list[str], stdin: str | None = None) -> tuple[int, str, str]:
        if words[0] == "cat":
            path = self.directory / Path(words[1]).name
            return (0, path.read_text(), "") if path.exists() else (1, "", "No such file")
        assert words == ["env", "-u", "SWCI_STARTUP_SCRIPT", "-u", "SWCI_MODE", "python3", "-m", "swarmlab.swci"]
        self.ran += [line for line in (stdin or "").splitlines()[4:] if line != "EXIT"]
        self.monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        out = io.StringIO()
        try:
            with contextlib.redirect_stdout(out), contextlib.suppress(Finished):
                swci.prompt(Session(TWO.identity("swci", ONE), self.directory, swci.say))
        except Refusal as refusal:
            return 1, out.getvalue(), str(refusal)
        return 0, out.getvalue(), ""


@pytest.fixture(name="sn")
def _sn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SwarmNetwork:
    sn = SwarmNetwork(tmp_path / "sn", ONE, TWO)
    sn.api.post("/nodes", {"type": "swop", "uid": "u1", "name": "swop-1", "taskrunner": RUNNER, "nodes": 2})
    (tmp_path / "swci-init").write_text(f"# the example's\ncreate context one with ip 127.0.0.1 {sn.api_port}\n")
    (tmp_path / "build.yaml").write_text(yaml.safe_dump(TASK))
    monkeypatch.setattr(commands, "USR_DIR", str(tmp_path))
    return sn


@pytest.fixture(name="container")
def _container(sn: SwarmNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Container:
    return Container(tmp_path, monkeypatch)


def run(container: Container, command: str, check_mode: bool = False) -> dict[str, Any]:
    return commands.run(container, {"name": "swci-1", "command": command}, check_mode)


CHAIN = [
    "CREATE CONTRACT heart.study",
    "create taskrunner mine",
    "CREATE TASK FROM build.yaml",
    "FINALIZE TASK build",
    f"ASSIGN TASK build TO {RUNNER} WITH 1 PEERS",
    f"RESET TASKRUNNER {RUNNER}",
]


def test_each_command_is_tried_done_and_found_done(container: Container):
    for command in CHAIN:
        seen = [run(container, command, check_mode)["changed"] for check_mode in (True, False, False, True)]
        assert seen == [True, True, False, False], command
    assert [line for line in container.ran if line in CHAIN] == CHAIN


def test_a_task_that_is_not_final_is_deleted_once(container: Container):
    run(container, "CREATE TASK FROM build.yaml")
    assert [run(container, "DELETE TASK build")["changed"] for _time in range(2)] == [True, False]


def test_a_swop_is_called_into_a_task_that_others_run_once(container: Container, sn: SwarmNetwork):
    for command in CHAIN[2:5]:
        run(container, command)
    claim = {"run": sn.api.get(f"/taskrunners/{RUNNER}")["run"], "swop": "u1", "peers": ["swop-1"]}
    sn.api.post(f"/taskrunners/{RUNNER}/claim", claim)
    sn.api.post("/nodes", {"type": "swop", "uid": "u2", "name": "swop-2", "taskrunner": RUNNER, "nodes": 2})
    seen = [run(container, f"ASSIGN TASK build TO {RUNNER} TARGET u2", check)["changed"] for check in (True, False, False, True)]
    assert seen == [True, True, False, False]
    assert run(container, f"ASSIGN TASK build TO {RUNNER} TARGET u1")["changed"] is False
    assert run(container, f"LIST TASKRUNNER PEERS {RUNNER}")["output"] == ["u1", "u2"]


def test_a_name_within_another_is_not_taken_for_it(container: Container):
    run(container, "CREATE CONTRACT heart.study.two")
    assert run(container, "CREATE CONTRACT heart.study")["changed"]


def test_state_of_a_taskrunner_is_read(container: Container):
    asked = f"GET TASKRUNNER STATUS {RUNNER}"
    assert commands.runner("\n".join(run(container, asked)["output"]))["state"] == "IDLE"
    for command in CHAIN[:5]:
        run(container, command)
    result = run(container, asked, check_mode=True)
    assert result["changed"] is False
    assert result["fields"]["task_state"] == "ASSIGNED"
    assert commands.runner("\n".join(result["output"])) == {"task": "build", "state": "ASSIGNED", "active": 0, "completed": 0, "failed": 0}


def test_an_echoed_command_is_not_output(container: Container, monkeypatch: pytest.MonkeyPatch):
    echo = "".join(f"SWCI:{number} > {line}\nsaid {number}\n" for number, line in enumerate(["a", "b", "c", "d", "LIST NODES", "EXIT"]))
    monkeypatch.setattr(container, "execute", lambda *words: (0, echo if words[1][0] == "env" else "CREATE CONTEXT c WITH IP h", ""))
    assert run(container, "LIST NODES")["output"] == ["said 4"]


# The commands of the platform's document Swarm_Learning_Command_Interface that can be run on their own, in its order.
ON_THEIR_OWN = """
GET CONTEXT INFO
GET CONTEXT INFO one
GET CONTEXT ENV one NAME
GET CONTEXT VERSION
LIST CONTEXTS
LIST CONTEXT ENV one
CREATE CONTRACT heart.study
GET CONTRACT INFO heart.study
GET CONTRACT STATUS heart.study
LIST CONTRACTS
PERFDATA CONTRACT heart.study
PERFDATA heart.study
RESET CONTRACT heart.study
APPEND TASK BODY build 1 BuildType: INLINE
CREATE TASK MAKE_USER_CONTAINER build author ROOTTASK image
CREATE TASK FROM build.yaml
DELETE TASK build
FINALIZE TASK build
GET TASK BODY build
GET TASK INFO build
LIST TASKS
ASSIGN TASK build TO runner WITH 2 PEERS
ASSIGN TASK build TO runner WITH ALL PEERS
ASSIGN TASK build TO runner TARGET u1
CREATE TASKRUNNER runner
GET TASKRUNNER INFO runner
GET TASKRUNNER PEER STATUS runner 0
GET TASKRUNNER PEER STATUS runner u1
GET TASKRUNNER STATUS runner
LIST TASKRUNNERS
LIST TASKRUNNER PEERS runner
RESET TASKRUNNER runner
LIST NODES
ls
ls taskdefs
pwd
"""
# And those that only matter within a session, or wait.
WITHIN_A_SESSION = """
CREATE CONTEXT one WITH IP 192.0.2.1 30304
CREATE CONTEXT one WITH SERVICE api.sn-1.swarm
SET CONTEXT ENV one NAME value
SWITCH CONTEXT one
cd /platform/swarm/usr
EXIT
EXIT ON FAILURE ON
SLEEP 10
WAIT FOR IP 192.0.2.1 30304 360
WAIT FOR SERVICE api.sn-1.swarm
WAIT FOR TASKRUNNER runner
"""


@pytest.mark.parametrize("command", ON_THEIR_OWN.split("\n")[1:-1])
def test_documented_command_is_taken(command: str):
    for written in (command, command.lower()):
        commands.check(written)


@pytest.mark.parametrize("command", WITHIN_A_SESSION.split("\n")[1:-1])
def test_documented_command_that_needs_its_session_is_refused(command: str):
    with pytest.raises(ValueError, match=r"a context ends with its session|is not a command that can be run on its own"):
        commands.check(command)


def test_files_of_the_swci_are_listed(container: Container):
    assert run(container, "ls") == {"changed": False, "output": ["build.yaml", "sn", "swci-init"], "fields": {}, "commands": ["ls"]}
    assert run(container, "pwd", check_mode=True)["output"] == [str(container.directory)]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("DANCE", "is not a command that can be run on its own"),
        ("SLEEP 10", "is not a command that can be run on its own"),
        ("WAIT FOR TASKRUNNER r", "is not a command that can be run on its own"),
        ("CREATE CONTEXT c WITH IP h", "a context ends with its session"),
        ("CREATE TASK FROM nowhere.yaml", "nowhere.yaml cannot be read in the user directory of the SWCI"),
        ("GET CONTRACT STATUS nothing", "GET CONTRACT STATUS nothing failed in swci-1: ERROR: contract nothing is not there"),
    ],
)
def test_refused_in_words(container: Container, command: str, answer: str):
    with pytest.raises((EngineError, ValueError), match=answer):
        run(container, command)


def test_a_stopped_or_missing_swci_is_named(container: Container):
    container.running = False
    with pytest.raises(EngineError, match="swci-1 does not run"):
        run(container, "LIST NODES")
    with pytest.raises(EngineError, match="swci-9 does not exist"):
        commands.run(container, {"name": "swci-9", "command": "LIST NODES"}, False)
