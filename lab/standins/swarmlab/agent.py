# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SPIRE program inside a container of release 0.3.0: started with the container's own arguments, ended with it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from swarmlab.process import Refusal, log

BIN = Path("/spire/bin")
CONFIGURATION = Path("/spire/conf")
SOCKET = "/tmp/agent.sock"
UP_SECONDS = 60.0
STEP_SECONDS = 0.1
STOP_SECONDS = 5.0


def command(program: str, arguments: Sequence[str]) -> list[str]:
    """`spire-server` or `spire-agent` with the container's arguments; where these name no configuration, with the image's own."""
    given = any(each.lstrip("-").partition("=")[0] == "config" for each in arguments)
    own = [] if given else ["-config", str(CONFIGURATION / f"{program}.conf")]
    return [str(BIN / program), "run", *own, *arguments]


class Spire:
    """A SPIRE program as a child of the container's first process. Its log goes into the container's."""

    def __init__(self, program: str, arguments: Sequence[str]):
        self.program = program
        self._last = ""
        self._process = subprocess.Popen(
            command(program, arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._reader = threading.Thread(target=self._copy, daemon=True)
        self._reader.start()

    def _copy(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._last = line.strip() or self._last
            sys.stdout.write(line)
            sys.stdout.flush()

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait until `ready()` is true. Raises Refusal with the program's last words when it ends, or is not there in time."""
        end = time.monotonic() + UP_SECONDS
        while not ready():
            with contextlib.suppress(subprocess.TimeoutExpired):
                raise Refusal(self._ended(self._process.wait(STEP_SECONDS)))
            if time.monotonic() > end:
                raise Refusal(f"{self.program} is not up after {UP_SECONDS:.0f} s. It said last: {self._last}")

    def _ended(self, status: int) -> str:
        self._reader.join(1)
        return f"{self.program} ended with status {status}: {self._last}"

    def run(self) -> None:
        """Wait for its end, which is not for it to choose. Raises Refusal."""
        raise Refusal(self._ended(self._process.wait()))

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()


def start_agent(arguments: Sequence[str]) -> Spire:
    """The SPIRE Agent, attested and serving the Workload API at SOCKET. Raises Refusal."""
    # One of an earlier start of this container would be taken for this one's.
    with contextlib.suppress(FileNotFoundError):
        os.unlink(SOCKET)
    agent = Spire("spire-agent", arguments)
    try:
        agent.wait_until(lambda: os.path.exists(SOCKET))
    except BaseException:
        agent.stop()
        raise
    log("spiffe").info("The SPIRE Agent is attested, and serves %s", SOCKET)
    return agent
