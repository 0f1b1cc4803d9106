# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ML program inside an SL container of release 0.3.0: a child of the node, which speaks to it as to one in a container of its own."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys
import threading
from pathlib import Path

from swarmlab.process import Refusal, log

MODEL = Path("/platform/swarmml/model")
CHANNELS = {f"SL_{way.upper()}_CHANNEL": f"/tmp/channel/{way}.channel" for way in ("request", "response")}
STOP_SECONDS = 5.0


def program_path(ml_cmd: str, model: Path = MODEL) -> Path:
    """The file that MLCMD (`run PROGRAM`, in the model directory or with its whole path) names. Raises Refusal."""
    words = shlex.split(ml_cmd)
    if len(words) != 2 or words[0] != "run":
        raise Refusal(f"MLCMD={ml_cmd!r} is not understood: it is written run PROGRAM")
    path = model / words[1]
    if not path.is_file():
        raise Refusal(f"MLCMD={ml_cmd}: there is no file {path}")
    return path


class Program:
    """One run of an ML program. What it says goes into the container's log."""

    def __init__(self, path: Path, model: Path = MODEL):
        self._path, self._model = path, model
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it in the model directory."""
        log("SL").info("Running the ML program %s", self._path)
        environment = {"MODEL_DIR": str(self._model), **os.environ, **CHANNELS}
        self._process = subprocess.Popen([sys.executable, str(self._path)], cwd=self._model, env=environment, stdin=subprocess.DEVNULL)
        threading.Thread(target=self._ring, args=(self._process,), daemon=True).start()

    @staticmethod
    def _ring(process: subprocess.Popen[bytes]) -> None:
        """A program that ends before it has said hello leaves the node waiting at the channel: open and close it in its stead."""
        process.wait()
        with contextlib.suppress(OSError):
            os.close(os.open(CHANNELS["SL_REQUEST_CHANNEL"], os.O_WRONLY | os.O_NONBLOCK))

    def end(self) -> None:
        """Wait for its end. Raises Refusal when that is a failure."""
        assert self._process
        status = self._process.wait()
        if status:
            raise Refusal(f"the ML program {self._path.name} ended with status {status}; what it said stands above")

    def stop(self) -> None:
        """End it when it still runs."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
