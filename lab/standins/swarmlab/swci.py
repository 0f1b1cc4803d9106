# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Swarm Command Interface: runs the init script, then prompts; in web mode it takes commands on its port."""

from __future__ import annotations

import contextlib
import email
import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from swarmlab import environment, identity
from swarmlab.process import Refusal, log, run
from swarmlab.swci_commands import NotUnderstood, parse
from swarmlab.swci_session import Finished, Session
from swarmlab.web import Answer, Failed, Request, Route, Server, Unreachable

USR = Path("/platform/swarm/usr")


def say(text: str) -> None:
    """Print at once: who follows the log sees it now."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def execute(session: Session, line: str) -> str | None:
    """Carry out one line; what is wrong, or None. Raises Finished at EXIT."""
    try:
        command = parse(line)
        if command:
            session.do(command)
    except (NotUnderstood, Failed, Unreachable, Refusal) as problem:
        return str(problem)
    return None


def run_script(session: Session, path: Path) -> None:
    """Run the init script. Raises Refusal (a command failed under EXIT ON FAILURE, or no such file) and Finished."""
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise Refusal(f"SWCI_STARTUP_SCRIPT: {path} cannot be read: {error.strerror}") from error
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if text and not text.startswith("#"):
            say(f"SWCI:{number} > {text}")
        problem = execute(session, line)
        if problem:
            say(f"ERROR: {problem}")
            if session.exit_on_failure:
                raise Refusal(f"{path.name} line {number}: command failed: {text}: {problem}")


def prompt(session: Session) -> None:
    """Take commands from standard input until its end."""
    number = 0
    while True:
        sys.stdout.write(f"SWCI:{number} > ")
        sys.stdout.flush()
        line = sys.stdin.readline()
        if not line:
            say("")
            return
        number += 1
        problem = execute(session, line)
        if problem:
            say(f"ERROR: {problem}")
            if session.exit_on_failure:
                raise Refusal(f"command failed: {line.strip()}: {problem}")


def serve(me: identity.Identity, port: int, usr: Path) -> Server:
    """Web mode: ``POST /exec?cmd=COMMAND`` answers ``{"CONTENT": [lines]}``, ``POST /uploadTaskDef`` takes a task's file. Raises Refusal."""
    output: list[str] = []
    session = Session(me, usr, output.append, os.environ)
    lock = threading.Lock()

    def command(request: Request) -> Answer:
        with lock:
            output.clear()
            problem: str | None = None
            with contextlib.suppress(Finished):
                problem = execute(session, request.query.get("cmd", ""))
            return {"CONTENT": [*output, *([f"ERROR : {problem}"] if problem else [])]}

    def upload(request: Request) -> Answer:
        name, content = uploaded(request.raw)
        (usr / name).write_bytes(content)
        return f"{name} is uploaded"

    routes: list[Route] = [("GET", "/is_up", lambda request: "OK"), ("POST", "/exec", command), ("POST", "/uploadTaskDef", upload)]
    try:
        return Server(port, routes, me)
    except OSError as error:
        raise Refusal(f"SWCI_WEB_PORT {port} cannot be listened on: {error.strerror}") from error


def uploaded(body: bytes) -> tuple[str, bytes]:
    """Name and content of the part `file` of a multipart/form-data body. Raises Failed."""
    boundary = body.partition(b"\r\n")[0].removeprefix(b"--").decode(errors="replace")
    header = f'Content-Type: multipart/form-data; boundary="{boundary}"\r\n\r\n'.encode()
    for part in email.message_from_bytes(header + body).walk():
        if part.get_param("name", header="content-disposition") == "file" and part.get_filename():
            return Path(str(part.get_filename())).name, bytes(part.get_payload(decode=True))
    raise Failed(400, "the body has no file")


def main(environ: Mapping[str, str], usr: Path = USR, settings: environment.Settings | None = None) -> None:
    """The script, then the prompt or the web server. Without settings, with those of 2.x in the environment."""
    settings = settings or environment.read("swci", environ)
    me = identity.obtain("swci", environ)
    log("SWCI").info("SWCI is up as %s", me.name)
    session: Any = Session(me, usr, say, environ)
    script = settings.text("script")
    with contextlib.suppress(Finished):
        if script:
            run_script(session, usr / script)
        if (settings.text("mode") or "").upper() == "WEB":
            server = serve(me, settings.number("web_port"), usr).start()
            log("SWCI").info("SWCI web server is up on port %s", server.port)
            signal.pause()
        prompt(session)


if __name__ == "__main__":
    run("swci", main)
