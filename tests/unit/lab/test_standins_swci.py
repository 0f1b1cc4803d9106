# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SWCI: what its parser understands, and scripts run against a real SN on loopback with real mutual TLS."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from swarmlab import swci
from swarmlab.process import Refusal
from swarmlab.swci_commands import FORMS, Command, NotUnderstood, parse
from swarmlab.swci_session import Finished, Session
from swarmlab.web import Client

from tests.unit.lab.test_standins_sn import ONE, RUNNER, TASK, TWO, SwarmNetwork


@pytest.mark.parametrize(
    ("line", "form", "values"),
    [
        ("create context c with ip 1.2.3.4", "create_context_ip", {"name": "c", "ip": "1.2.3.4", "port": None}),
        ("CREATE CONTEXT c WITH IP 1.2.3.4 16000 # the first", "create_context_ip", {"name": "c", "ip": "1.2.3.4", "port": 16000}),
        ("Create Context c With Service sn.org:443", "create_context_service", {"name": "c", "service": "sn.org:443"}),
        ("WAIT FOR IP h 30304 10", "wait_ip", {"ip": "h", "port": 30304, "retries": 10}),
        ("WAIT FOR SERVICE s", "wait_service", {"service": "s", "retries": None}),
        ("GET CONTEXT INFO", "context_info", {"name": None}),
        ("ASSIGN TASK t TO r WITH 4 PEERS", "assign_peers", {"task": "t", "runner": "r", "peers": 4}),
        ("ASSIGN TASK t TO r WITH ALL PEERS", "assign_all", {"task": "t", "runner": "r"}),
        ("ASSIGN TASK t TO r TARGET u", "assign_target", {"task": "t", "runner": "r", "uid": "u"}),
        ("GET TASKRUNNER PEER STATUS r 0", "peer_status", {"runner": "r", "index": 0}),
        ("GET CONTEXT VERSION", "context_version", {}),
        (
            "create task RUN_SWARM t a ROOTTASK o",
            "create_empty_task",
            {"kind": "RUN_SWARM", "name": "t", "author": "a", "prereq": "ROOTTASK", "outcome": "o"},
        ),
        ("APPEND TASK BODY t 3   - 'RUN a  #b' # c", "append_body", {"name": "t", "idx": 3, "line": "  - 'RUN a  #b' # c"}),
        ("EXIT ON FAILURE", "exit_on_failure", {"switch": None}),
        ("EXIT ON FAILURE OFF", "exit_on_failure", {"switch": "OFF"}),
        ("exit", "exit", {}),
        ("SLEEP 60", "sleep", {"seconds": 60}),
    ],
)
def test_parse(line: str, form: str, values: dict[str, Any]):
    assert parse(line) == Command(form, values)


@pytest.mark.parametrize("line", ["", "   ", "# SLEEP 60"])
def test_nothing_to_do(line: str):
    assert parse(line) is None


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("ASSIGN TASK t TO r WITH many PEERS", "ASSIGN TASK <task> TO <runner> WITH <peers:int> PEERS"),
        ("CREATE CONTEXT c", "CREATE CONTEXT <name> WITH IP"),
        ("LIST TASKS now", "LIST TASKS"),
        ("SLEEP -1", "SLEEP <seconds:int>"),
        ("DANCE", "HELP lists all"),
    ],
)
def test_not_understood(line: str, answer: str):
    with pytest.raises(NotUnderstood) as problem:
        parse(line)
    assert answer in str(problem.value)


def test_every_form_has_its_method():
    assert all(hasattr(Session, f"_{form}") for form in FORMS)


@pytest.fixture(name="sn")
def _sn(tmp_path: Path) -> SwarmNetwork:
    sn = SwarmNetwork(tmp_path / "sn", ONE, TWO)
    sn.api.post("/nodes", {"type": "swop", "uid": "u1", "name": "swop-1", "taskrunner": "defaulttaskbb.taskdb.sml.hpe", "nodes": 2})
    return sn


class Ran:
    """A script that ran to its end: what it printed, and why it failed."""

    def __init__(self, directory: Path, sn: SwarmNetwork, script: str, capsys: pytest.CaptureFixture[str], **environ: str):
        (directory / "script").write_text(script.replace("SN_PORT", str(sn.api_port)))
        session = Session(TWO.identity("swci", ONE), directory, swci.say, environ)
        self.problem = ""
        try:
            swci.run_script(session, directory / "script")
        except Finished:
            pass
        except Refusal as refusal:
            self.problem = str(refusal)
        self.output = capsys.readouterr().out


BEGIN = "EXIT ON FAILURE\nCREATE CONTEXT one WITH IP 127.0.0.1 SN_PORT\nSWITCH CONTEXT one\n"


def test_task_whose_body_comes_line_by_line(tmp_path: Path, sn: SwarmNetwork, capsys: pytest.CaptureFixture[str]):
    lines = ["BuildContext: null", "BuildType: INLINE", "BuildSteps:", "- FROM base", "- 'RUN  true'"]
    appended = "\n".join(f"APPEND TASK BODY one {number} {line}" for number, line in enumerate(lines, 1))
    over = "APPEND TASK BODY one 4 - FROM other\nGET TASK BODY one\nFINALIZE TASK one\nGET CONTEXT VERSION\n"
    ran = Ran(tmp_path, sn, f"{BEGIN}CREATE TASK MAKE_USER_CONTAINER one org1 ROOTTASK ml:1\n{appended}\n{over}EXIT\n", capsys)
    assert (ran.problem, "- FROM other" in ran.output, "API Server version : unknown" in ran.output) == ("", True, True)
    body = {"BuildContext": None, "BuildType": "INLINE", "BuildSteps": ["FROM other", "RUN  true"]}
    assert sn.api.get("/tasks/one")["definition"] == {**TASK, "Name": "one", "Body": body}


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        ("APPEND TASK BODY one 0 - x", "lines count from 1"),
        ("APPEND TASK BODY one 1 " + "x" * 80, "less than 80 characters"),
        ("FINALIZE TASK one", "'BuildContext' is a required property"),
        ("APPEND TASK BODY one 1 a: [\nFINALIZE TASK one", "is not YAML"),
        ("APPEND TASK BODY two 1 a", "task two is not there"),
    ],
)
def test_body_that_is_refused(lines: str, answer: str, tmp_path: Path, sn: SwarmNetwork, capsys: pytest.CaptureFixture[str]):
    ran = Ran(tmp_path, sn, f"{BEGIN}CREATE TASK MAKE_USER_CONTAINER one org1 ROOTTASK ml:1\n{lines}\nEXIT\n", capsys)
    assert answer in ran.problem


def test_body_from_a_file_is_appended_to_until_the_task_is_finalized(tmp_path: Path, sn: SwarmNetwork, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "build.yaml").write_text(yaml.safe_dump(TASK, sort_keys=False))
    append = "APPEND TASK BODY build 5 - RUN true\n"
    ran = Ran(tmp_path, sn, f"{BEGIN}CREATE TASK FROM build.yaml\n{append}FINALIZE TASK build\n{append}EXIT\n", capsys)
    assert "task build is finalized" in ran.problem
    assert sn.api.get("/tasks/build")["definition"]["Body"]["BuildSteps"] == ["FROM base", "RUN true"]


def work(sn: SwarmNetwork, outcomes: list[str]) -> None:
    """Do what a SWOP does: take the peers of the next run, and report how they ended."""
    runner = sn.api.get(RUNNER)
    while not runner["run"]:
        runner = sn.api.get(f"{RUNNER}?after={runner['seq']}&wait=10", timeout=15)
    claim = {"run": runner["run"], "swop": "u1", "peers": [f"sl-{number}" for number in range(len(outcomes))]}
    for index in sn.api.post(f"{RUNNER}/claim", claim)["indexes"]:
        detail = "" if outcomes[index] == "COMPLETE" else "sl-1: no identity issued"
        sn.api.post(f"{RUNNER}/peers/{index}", {"run": runner["run"], "status": outcomes[index], "detail": detail})


def test_a_script_from_the_context_to_the_end(tmp_path: Path, sn: SwarmNetwork, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "build.yaml").write_text(yaml.safe_dump(TASK))
    worker = threading.Thread(target=work, args=(sn, ["COMPLETE"]))
    worker.start()
    ran = Ran(
        tmp_path,
        sn,
        f"""# the example's
exit on failure
wait for ip 127.0.0.1 SN_PORT
create context one with ip 127.0.0.1 SN_PORT
switch context one
cd tasks
create task from build.yaml
finalize task build
get task info build
get task body build
list tasks
reset taskrunner {Path(RUNNER).name}
assign task build to {Path(RUNNER).name} with all peers
wait for taskrunner {Path(RUNNER).name}
get taskrunner status {Path(RUNNER).name}
get taskrunner info {Path(RUNNER).name}
get taskrunner peer status {Path(RUNNER).name} 0
get taskrunner peer status {Path(RUNNER).name} u1
create contract mine
list contracts
reset contract mine
get contract status mine
get contract info mine
perfdata mine
perfdata contract mine
list nodes
list contexts
get context info
set context env one a b
get context env one a
set context env c d
get context env c
list context env
pwd
ls
help exit
sleep 0
exit
LIST NOTHING
""",
        capsys,
    )
    worker.join()
    assert not ran.problem
    for answer in (
        "c : d",
        "API Server is UP!",
        "TASK FINALIZED : build",
        "build : FINALIZED",
        "TASKRUNNER COMPLETE",
        "mine",
        "SWOP, ",
        "* one",
        "a : b",
        "build.yaml",
    ):
        assert answer in ran.output
    assert "NOTHING" not in ran.output


@pytest.mark.parametrize("variable", ["SWCI_GENERIC_TASK_MAX_WAIT_TIME", "SWCI_TASK_MAX_WAIT_TIME"])
def test_a_wait_that_ran_out_is_warned_of_and_the_script_goes_on(
    tmp_path: Path, sn: SwarmNetwork, capsys: pytest.CaptureFixture[str], variable: str
):
    (tmp_path / "build.yaml").write_text(yaml.safe_dump(TASK))
    runner = Path(RUNNER).name
    lines = (
        "CREATE TASK FROM build.yaml",
        "FINALIZE TASK build",
        f"ASSIGN TASK build TO {runner} WITH ALL PEERS",
        f"WAIT FOR TASKRUNNER {runner}",
    )
    script = BEGIN + "\n".join((*lines, "LIST TASKS", ""))
    ran = Ran(tmp_path, sn, script, capsys, **{variable: "0.001"})
    assert not ran.problem
    assert "WARNING - Maximum configured SWCI wait time is over" in ran.output
    assert "build : FINALIZED" in ran.output


def test_waiting_for_a_taskrunner_is_seen(tmp_path: Path, sn: SwarmNetwork):
    sn.api.post("/tasks", TASK)
    sn.api.post("/tasks/build/finalize", {})
    sn.api.post(f"{RUNNER}/assign", {"task": "build", "peers": 1})
    worker = threading.Thread(target=work, args=(sn, ["COMPLETE"]))
    said: list[str] = []

    def say(text: str) -> None:
        if text == "#" and "#" not in said:
            worker.start()
        said.append(text)

    session = Session(TWO.identity("swci", ONE), tmp_path, say)
    for line in (f"CREATE CONTEXT one WITH IP 127.0.0.1 {sn.api_port}", f"WAIT FOR TASKRUNNER {Path(RUNNER).name}"):
        assert swci.execute(session, line) is None
    worker.join()
    assert said[-1].startswith("TASKRUNNER COMPLETE")


def test_a_failed_peer_is_printed_and_fails_the_script(tmp_path: Path, sn: SwarmNetwork, capsys: pytest.CaptureFixture[str]):
    sn.api.post("/tasks", TASK)
    sn.api.post("/tasks/build/finalize", {})
    worker = threading.Thread(target=work, args=(sn, ["FAILED"]))
    worker.start()
    runner = Path(RUNNER).name
    ran = Ran(tmp_path, sn, f"{BEGIN}ASSIGN TASK build TO {runner} WITH 1 PEERS\nWAIT FOR TASKRUNNER {runner}\nSLEEP 600\n", capsys)
    worker.join()
    assert "PEER 0 FAILED : sl-1: no identity issued" in ran.output
    assert f"script line 5: command failed: WAIT FOR TASKRUNNER {runner}" in ran.problem
    assert "1 of 1 peers failed" in ran.problem


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("CREATE TASK FROM nowhere.yaml", "nowhere.yaml cannot be read"),
        ("FINALIZE TASK t", "task t is not there; there are: none"),
        ("SWITCH CONTEXT two", "context two is not there; there are: one"),
        ("CREATE CONTEXT two WITH IP 127.0.0.1 1", "connection refused"),
        ("ASSIGN TASK t TO nobody WITH 2 PEERS", "taskrunner nobody is not there; there are: defaulttaskbb"),
        ("CD nowhere", "nowhere is not a directory"),
        ("GET CONTRACT STATUS c", "contract c is not there"),
        ("GET CONTRACT INFO c", "contract c is not there"),
        ("GET CONTEXT ENV one a", "context one has no variable a; it has: none"),
        (f"GET TASKRUNNER PEER STATUS {Path(RUNNER).name} u9", "has no peer of a SWOP u9"),
        ("LS nowhere", "nowhere is not a directory"),
        ("WAIT FOR IP 127.0.0.1 1 0", "connection refused"),
        ("DANCE", "not a command"),
    ],
)
def test_failing_command_ends_the_script_if_configured(
    line: str, answer: str, tmp_path: Path, sn: SwarmNetwork, capsys: pytest.CaptureFixture[str]
):
    ran = Ran(tmp_path, sn, f"{BEGIN}{line}\nSLEEP 600\n", capsys)
    assert answer in ran.problem
    assert line in ran.problem
    goes_on = Ran(tmp_path, sn, f"{BEGIN}EXIT ON FAILURE OFF\n{line}\nLIST CONTEXTS\n", capsys)
    assert not goes_on.problem
    assert "* one" in goes_on.output


def test_web_mode_answers_over_mutual_tls(tmp_path: Path, sn: SwarmNetwork):
    server = swci.serve(ONE.identity("swci", TWO), 0, tmp_path).start()
    web = Client(TWO.identity("swci", ONE), "127.0.0.1", server.port, "SWCI")
    assert web.get("/is_up") == "OK"
    said = web.post(f"/exec?cmd={quote(f'create context one with ip 127.0.0.1 {sn.api_port}')}", {})
    assert said["CONTENT"][0] == "API Server is UP!"
    assert web.post("/exec?cmd=list%20contracts", {}) == {"CONTENT": ["defaultbb.cqdb.sml.hpe"]}
    assert web.post("/exec?cmd=DANCE", {})["CONTENT"][0].startswith("ERROR : ")
    server.stop()
