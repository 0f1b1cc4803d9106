# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tools say, and how: one calm column of text; colour and a passing line only where a person looks."""

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
    """One line that stays."""
    passing("")
    print(text, flush=True)


def passing(text: str) -> None:
    """One line that the next one replaces; nothing where the output is kept."""
    if _person_looks():
        room = shutil.get_terminal_size().columns - 1
        print(f"\r\x1b[2K{dim(text[:room])}", end="", flush=True)


def duration(seconds: float) -> str:
    """Seconds as a person says them: `0.4 s`, `12.3 s`, `4 min 05 s`."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def entry(text: str, seconds: float) -> None:
    """What is done, and at the right how long it took."""
    time_taken = duration(seconds)
    say(f"  {green('✓')} {text:<{WIDTH - 4 - len(time_taken)}}{dim(time_taken)}")


class Clock:
    """The durations of the phases, in the order in which they ran."""

    def __init__(self) -> None:
        self.phases: list[tuple[str, float]] = []

    @contextmanager
    def phase(self, title: str):
        """A heading before the phase; its duration is kept when it ends well."""
        say()
        say(bold(title))
        start = time.monotonic()
        yield
        self.phases.append((title, time.monotonic() - start))


def table(header: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> None:
    """Columns as wide as they need to be; those numbered in `right` are flush right."""
    rows = [header, *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    for number, row in enumerate(rows):
        cells = (text.rjust(width) if column in right else text.ljust(width) for column, (text, width) in enumerate(zip(row, widths)))
        text = "  ".join(cells).rstrip()
        say(f"  {dim(text) if number == 0 else text}")
