# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Output of the tools: one column of text, with colours and a changing status line only on a terminal."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import contextmanager

WIDTH = 80


def _person_looks() -> bool:
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _styled(code: str, text: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if _person_looks() and "NO_COLOR" not in os.environ else text


def bold(text: str) -> str:
    """The text in bold, where the terminal can."""
    return _styled("1", text)


def dim(text: str) -> str:
    """The text in grey, where the terminal can."""
    return _styled("2", text)


def green(text: str) -> str:
    """The text in green, where the terminal can."""
    return _styled("32", text)


def red(text: str) -> str:
    """The text in red, where the terminal can."""
    return _styled("31", text)


def say(text: str = "") -> None:
    """Print a line."""
    passing("")
    print(text, flush=True)


def passing(text: str) -> None:
    """Print a status line that the next line replaces; on a terminal only."""
    if _person_looks():
        room = shutil.get_terminal_size().columns - 1
        print(f"\r\x1b[2K{dim(text[:room])}", end="", flush=True)


def duration(seconds: float) -> str:
    """Seconds as text: `0.4 s`, `12.3 s`, `4 min 05 s`."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def entry(text: str, seconds: float) -> None:
    """Print a completed step, with its duration at the right."""
    time_taken = duration(seconds)
    say(f"  {green('✓')} {text:<{WIDTH - 4 - len(time_taken)}}{dim(time_taken)}")


class Clock:
    """Durations of the phases in seconds, in the order in which they ran."""

    def __init__(self) -> None:
        self.phases: list[tuple[str, float]] = []

    @contextmanager
    def phase(self, title: str):
        """Print a heading; record the duration if the phase succeeds."""
        say()
        say(bold(title))
        start = time.monotonic()
        yield
        self.phases.append((title, time.monotonic() - start))


def table(header: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> None:
    """Print a table with columns as wide as needed; those numbered in `right` are aligned right."""
    rows = [header, *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    for number, row in enumerate(rows):
        cells = (text.rjust(width) if column in right else text.ljust(width) for column, (text, width) in enumerate(zip(row, widths)))
        text = "  ".join(cells).rstrip()
        say(f"  {dim(text) if number == 0 else text}")
