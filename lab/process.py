# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running other programs: quiet when they succeed, their last lines when they do not, gone when the lab gives up."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from lab.report import LabError, tail

_children: set[subprocess.Popen] = set()


def run(command: list[str], failure: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
    """Run a command to its end; raises LabError with `failure` and the last lines that it said."""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=cwd, env=env
    ) as process:
        _children.add(process)
        output, _nothing = process.communicate()
        _children.discard(process)
    if process.returncode:
        raise LabError(f"{failure}: {Path(command[0]).name} exited with {process.returncode}\n{tail(output)}")


def end_all() -> None:
    """End what still runs; for the moment when one job has failed and the others have become useless."""
    for process in list(_children):
        process.terminate()
