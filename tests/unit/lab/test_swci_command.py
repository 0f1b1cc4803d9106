# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module swci_command against the SWCI of the lab, which asks a real SN on loopback; only the container around it is a table."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.swarm.learning.plugins.module_utils._container.engine import EngineError
from ansible_collections.swarm.learning.plugins.module_utils._platform import join, swci_web
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


def joined(
    container: Container, swops: list[str], check_mode: bool = False, tasks: tuple[str, ...] = ("build",), retry: bool = False
) -> dict[str, Any]:
    wanted = {"name": "swci-1", "taskrunner": RUNNER, "tasks": list(tasks), "swops": swops, "retry": retry}
    return join.run(container, wanted, check_mode)


def test_new_swops_take_part_in_a_task_that_others_run(container: Container, sn: SwarmNetwork):
    assert joined(container, ["swop-1"]) == {"changed": False, "task": "", "joined": [], "absent": []}
    for command in CHAIN[2:5]:
        run(container, command)
    claim = {"run": sn.api.get(f"/taskrunners/{RUNNER}")["run"], "swop": "u1", "peers": ["swop-1"]}
    sn.api.post(f"/taskrunners/{RUNNER}/claim", claim)
    assert joined(container, ["swop-1", "swop-2"], check_mode=True)["joined"] == ["swop-2"]
    unknown = joined(container, ["swop-1", "swop-2"])
    assert (unknown["changed"], unknown["joined"]) == (False, [])
    assert unknown["absent"][0].startswith("swop-2 does not take part in the training, as the SN does not know it")
    sn.api.post("/nodes", {"type": "swop", "uid": "u2", "name": "swop-2", "taskrunner": RUNNER, "nodes": 2})
    seen = [joined(container, ["swop-1", "swop-2"], check)["joined"] for check in (True, False, False, True)]
    assert seen == [["swop-2"], ["swop-2"], [], []]
    assert joined(container, ["swop-3"], tasks=("another",))["task"] == ""


def test_a_swop_whose_nodes_failed_tries_again_while_others_go_on(container: Container, sn: SwarmNetwork):
    for command in CHAIN[2:4]:
        run(container, command)
    sn.api.post("/nodes", {"type": "swop", "uid": "u2", "name": "swop-2", "taskrunner": RUNNER, "nodes": 2})
    run(container, f"ASSIGN TASK build TO {RUNNER} WITH 2 PEERS")
    path = f"/taskrunners/{RUNNER}"
    claims = [{"run": sn.api.get(path)["run"], "swop": f"u{number}", "peers": [f"swop-{number}"]} for number in (1, 2)]
    assert [sn.api.post(f"{path}/claim", claim)["indexes"] for claim in claims] == [[0], [1]]
    with pytest.raises(EngineError, match="SWOP u2 has part in task build already"):
        joined(container, ["swop-2"], retry=True)
    sn.api.post(f"{path}/peers/1", {"run": claims[0]["run"], "status": "FAILED", "detail": "disk full"})
    assert joined(container, ["swop-2"])["joined"] == []
    assert [joined(container, ["swop-2"], check, retry=True)["joined"] for check in (True, False)] == [["swop-2"], ["swop-2"]]
    assert sn.api.get(path)["status"] == "ASSIGNED"
    assert sn.api.post(f"{path}/claim", claims[1])["indexes"] == [1]
    assert sn.api.get(path)["status"] == "RUNNING"


def test_a_swop_whose_name_another_organisation_has_too_is_not_called(container: Container, monkeypatch: pytest.MonkeyPatch):
    for command in CHAIN[2:5]:
        run(container, command)
    monkeypatch.setattr(join, "uids", lambda answer, names: {"swop-1": ["u1", "u9"]})
    assert joined(container, ["swop-1"])["absent"] == [
        "swop-1 does not take part in the training, as 2 nodes have this name: give your SWOPs names that no other organisation's have (swop_nodes)"
    ]


def test_uids_are_read_from_the_lines_of_swops():
    listed = """TYPE, HOST IP, PORT, NAME, UID, PARENT UID, I-AM-ALIVE (UTC)
SENTINEL, 172.30.0.11, 30304, sn-1, a1, , 2026-01-01 00:00:00
SL, 172.30.0.11, 16000, swop-1, b1, c1, 2026-01-01 00:00:00
SWOP, , , swop-1, c1, , 2026-01-01 00:00:00
SWOP,172.30.0.12,,swop-1,c2,,2026-01-01 00:00:00
"""
    assert join.uids(listed, ["swop-1", "swop-2"]) == {"swop-1": ["c1", "c2"], "swop-2": []}


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


@pytest.fixture(name="web")
def _web(sn: SwarmNetwork, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """The options for a SWCI in web mode that knows the SN."""
    server = swci.serve(ONE.identity("swci", TWO), 0, tmp_path).start()
    files = TWO.files(tmp_path, "swop")
    yield {
        "web_url": f"https://127.0.0.1:{server.port}/",
        "web_ca_path": None,
        "web_client_cert": files["SWARM_ID_CERT"],
        "web_client_key": files["SWARM_ID_KEY"],
        "web_validate_certs": False,
        "sn_ip": "127.0.0.1",
        "sn_api_port": sn.api_port,
    }
    server.stop()


def test_a_swci_in_web_mode_takes_the_same_commands(web: dict[str, Any], tmp_path: Path):
    definition = tmp_path / "here" / "pull.yaml"
    definition.parent.mkdir()
    definition.write_text((tmp_path / "build.yaml").read_text().replace("build", "web"))
    chain = [
        "CREATE CONTRACT heart.study",
        f"CREATE TASK FROM {definition}",
        "FINALIZE TASK web",
        f"ASSIGN TASK web TO {RUNNER} WITH 1 PEERS",
    ]
    for command in chain:
        seen = [swci_web.run({**web, "command": command}, check_mode)["changed"] for check_mode in (True, False, False, True)]
        assert seen == [True, True, False, False], command
    asked = swci_web.run({**web, "sn_ip": None, "command": f"GET TASKRUNNER STATUS {RUNNER}"}, True)
    assert asked["fields"]["task_state"] == "ASSIGNED"


@pytest.mark.parametrize(
    ("options", "command", "said"),
    [
        ({}, "GET TASK INFO nobody", "GET TASK INFO nobody failed in the SWCI at https://127.0.0.1:"),
        ({}, "CREATE TASK FROM nowhere.yaml", "nowhere.yaml"),
        ({"web_url": "http://127.0.0.1:1"}, "LIST NODES", "web_url: http://127.0.0.1:1 cannot be asked: "),
        ({"web_validate_certs": True}, "LIST NODES", "check web_url, its certificates"),
        ({"web_client_cert": None, "web_client_key": None}, "LIST NODES", "cannot be asked"),
    ],
)
def test_what_a_swci_in_web_mode_refuses_is_said(web: dict[str, Any], options: dict[str, Any], command: str, said: str):
    with pytest.raises((OSError, ValueError), match=re.escape(said)):
        swci_web.run({**web, **options, "command": command}, False)


def test_another_server_than_a_swci_is_named(web: dict[str, Any]):
    with pytest.raises(OSError, match=r"answers 404 to /base/exec, not as a SWCI in web mode"):
        swci_web.run({**web, "web_url": f"{web['web_url']}base", "command": "LIST NODES"}, False)
