# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One SWCI command, run by a second session in a running SWCI container (private to the collection).

The commands are those of the platform's document Swarm_Learning_Command_Interface. A session reads its standard input as the prompt does; the
container's own session, its script and its contexts are not touched.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from .._container.engine import EngineError
from .._container.masking import mask
from .._container.spec import secrets_of

if TYPE_CHECKING:
    from .._container.engine import Engine

    _Question = tuple[str, Callable[[str], bool]]

API_PORT = 30304
USR_DIR = "/platform/swarm/usr"
CONTEXT = "swarm.learning"
PLACE = {"sn_ip": {"type": "str"}, "sn_api_port": {"type": "int"}, "sn_api_service": {"type": "str"}}  # options: the SN to ask
IDLE, COMPLETE, ERROR = "IDLE", "COMPLETE", "ERROR"
_PROMPT = re.compile(r"SWCI:\d+ > ")
_READS = ("GET", "LIST", "PERFDATA", "LS", "PWD")
_CHANGES = (
    "CREATE CONTRACT",
    "CREATE TASK",
    "CREATE TASKRUNNER",
    "RESET",
    "ASSIGN TASK",
    "FINALIZE TASK",
    "DELETE TASK",
    "APPEND TASK BODY",
)
_STATUS = re.compile(r"^\s*(?P<key>[A-Z][A-Z _]*?)\s*:\s*(?P<value>.*?)\s*$", re.MULTILINE)
# The session's own commands, which precede the requested one.
_BEGIN = ("EXIT ON FAILURE", "CREATE CONTEXT {context} WITH {address}", "SWITCH CONTEXT {context}", "CD {directory}")


def run(engine: Engine, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """swci_command: {changed, output (lines), fields, commands (those that were, or would be, run)}. Raises EngineError, ValueError."""
    return carry_out(Session(engine, params["name"], params), params["command"], check_mode)


def carry_out(session: Commands, command: str, check_mode: bool) -> dict[str, Any]:
    """One command, if the platform does not say that it is done already: what `run` returns. Raises what the session raises, and ValueError."""
    line = " ".join(command.split())
    check(line)
    asked = question(line, session.file)
    if is_read(line):
        return _result(False, session.do(line), [line])
    if asked and asked[1](session.do(asked[0])):
        return _result(False, "", [])
    return _result(True, "" if check_mode else session.do(line), [line])


def _result(changed: bool, output: str, commands: list[str]) -> dict[str, Any]:
    return {"changed": changed, "output": output.splitlines(), "fields": fields(output), "commands": commands}


def check(line: str) -> None:
    """Raises ValueError for a command that the documents do not have, or that only works within a session."""
    words = line.upper()
    if "CONTEXT" in words.split()[1:2] and not is_read(line):
        raise ValueError(f"command: {line}: a context ends with its session; set sn_ip or sn_api_service to name the SN instead")
    if not is_read(line) and not any(words.startswith(f"{start} ") for start in _CHANGES):
        known = ", ".join((*_READS, *_CHANGES))
        raise ValueError(
            f"command: {line}: is not a command that can be run on its own; expected one of these, with its arguments: {known}"
        )


def is_read(line: str) -> bool:
    """Whether a command only looks."""
    return line.upper().split(" ", 1)[0] in _READS


def question(line: str, file: Callable[[str], str]) -> _Question | None:
    """The command that asks whether there is anything to do, and which answer means that there is not; None if nothing can be asked.

    file: path in the user directory → its text
    """
    words = line.split()
    start, name = " ".join(words[:2]).upper(), words[2] if len(words) > 2 else ""
    if start == "CREATE TASK":
        name = task_name(file(words[3]), words[3]) if name.upper() == "FROM" else words[3] if len(words) > 3 else name
    asked: dict[str, _Question] = {
        "CREATE CONTRACT": ("LIST CONTRACTS", lambda answer: is_listed(name, answer)),
        "CREATE TASKRUNNER": ("LIST TASKRUNNERS", lambda answer: is_listed(name, answer)),
        "CREATE TASK": ("LIST TASKS", lambda answer: is_listed(name, answer)),
        "DELETE TASK": ("LIST TASKS", lambda answer: not is_listed(name, answer)),
        "FINALIZE TASK": (f"GET TASK INFO {name}", is_finalized),
        "RESET TASKRUNNER": (f"GET TASKRUNNER STATUS {name}", lambda answer: runner(answer)["state"] == IDLE),
    }
    if start == "ASSIGN TASK" and [word.upper() for word in words[5:6]] == ["TARGET"]:
        # One SWOP more for a task that others may have long since: what counts is whether this one takes part.
        return f"LIST TASKRUNNER PEERS {words[4]}", lambda answer: len(words) > 6 and is_listed(words[6], answer)
    if start == "ASSIGN TASK":
        return f"GET TASKRUNNER STATUS {(words + [''] * 5)[4]}", lambda answer: runner(answer)["task"] == name
    return asked.get(start)


def task_name(text: str, where: str) -> str:
    """The name in a task's definition. Raises ValueError."""
    found = re.search(r"^['\"]?Name['\"]?\s*:\s*['\"]?([^'\"\s]+)", text, re.MULTILINE)
    if not found:
        raise ValueError(f"command: {where} has no Name, which each task must have")
    return found[1]


def is_listed(name: str, answer: str) -> bool:
    """Whether a name is in a list as a word of its own."""
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", answer) is not None


def is_finalized(answer: str) -> bool:
    """Whether GET TASK INFO says so."""
    return re.search(r"FINALI[SZ]ED\W{1,6}(TRUE|YES)|STATE\W{1,6}FINALI[SZ]ED", answer, re.IGNORECASE) is not None


def fields(answer: str) -> dict[str, str]:
    """`TASK_STATE : RUNNING` and the like, by name in lower case."""
    return {match["key"].lower().replace(" ", "_"): match["value"] for match in _STATUS.finditer(answer)}


def runner(answer: str) -> dict[str, Any]:
    """What GET TASKRUNNER STATUS says: task (empty without one), state, and how many peers are active, completed and failed."""
    found = fields(answer)
    counts = {
        key: int(found.get(f"{key}_peers", "")) if found.get(f"{key}_peers", "").isdigit() else 0
        for key in ("active", "completed", "failed")
    }
    task = found.get("task_name", "")
    return {"task": "" if task.upper() == "EMPTY" else task, "state": found.get("task_state", "").upper(), **counts}


class Commands(Protocol):
    """What carries out commands."""

    def file(self, path: str) -> str:
        """The text of a task's definition."""

    def do(self, line: str) -> str:
        """What a command prints."""


class Session:
    """Sessions in one SWCI container, one for each command.

    name    the container
    place   sn_ip, sn_api_port, sn_api_service of the SN to ask; without them, the one that the container's init script names
    """

    def __init__(self, engine: Engine, name: str, place: dict[str, Any]) -> None:
        inspect = engine.inspect(name)
        if inspect is None:
            raise EngineError(f"container {name} does not exist: start the SWCI first, or set name to the one that runs")
        if not inspect["State"].get("Running"):
            raise EngineError(
                f"container {name} does not run, for example because its script has ended: start it, or start a SWCI without a script"
            )
        self.engine, self.inspect = engine, inspect
        self.env = dict(pair.partition("=")[::2] for pair in inspect["Config"].get("Env") or [])
        self.address = address_of(place) or self._scripted()

    def file(self, path: str) -> str:
        """The text of a file in the user directory. Raises EngineError."""
        code, text, problem = self.engine.execute(self.inspect["Id"], ["cat", f"{USR_DIR}/{path}"])
        if code:
            raise EngineError(f"{path} cannot be read in the user directory of the SWCI ({USR_DIR}): {problem.strip()}")
        return text

    def _scripted(self) -> str:
        script = self.env.get("SWCI_STARTUP_SCRIPT", "")
        found = re.search(
            r"^\s*CREATE\s+CONTEXT\s+\S+\s+WITH\s+(.+?)\s*$", self.file(script) if script else "", re.IGNORECASE | re.MULTILINE
        )
        if not found:
            raise ValueError("no SN to ask: set sn_ip or sn_api_service, as the SWCI has no init script that names an SN")
        return found[1]

    def do(self, line: str) -> str:
        """What a command prints, without secrets. Raises EngineError with its error."""
        directory, context = USR_DIR, CONTEXT
        lines = [*(start.format(context=context, address=self.address, directory=directory) for start in _BEGIN), line, "EXIT"]
        # Without its script, which would reset the taskrunner, and without the web server's port, which is in use.
        words = ["env", "-u", "SWCI_STARTUP_SCRIPT", "-u", "SWCI_MODE", self.inspect["Path"], *self.inspect["Args"]]
        code, out, err = self.engine.execute(self.inspect["Id"], words, "\n".join(lines) + "\n")
        answers = _PROMPT.split(mask(out, secrets_of(self.inspect)))[1:]
        problem = next((text for answer in answers for text in answer.splitlines() if text.startswith("ERROR")), "")
        if code or problem or len(answers) <= len(_BEGIN):
            said = problem or mask(err or out, secrets_of(self.inspect)).strip()[-1000:] or "it printed nothing"
            raise EngineError(f"{line} failed in {self.inspect['Name'].lstrip('/')}: {said}")
        # If input is echoed, it is the answer's first line.
        return answers[len(_BEGIN)].removeprefix(f"{line}\n").strip()


def address_of(place: dict[str, Any]) -> str:
    """The SN to ask as CREATE CONTEXT has it; empty without one."""
    if place.get("sn_api_service"):
        return f"SERVICE {place['sn_api_service']}"
    return f"IP {place['sn_ip']} {place.get('sn_api_port') or API_PORT}" if place.get("sn_ip") else ""
