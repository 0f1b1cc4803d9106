# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Output of the lab: what it does and how long it took."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

_START = time.monotonic()
_LOCK = threading.Lock()


class LabError(Exception):
    """An error for the person at the keyboard, who sees only its text."""


def say(text: str) -> None:
    with _LOCK:
        print(f"lab {time.monotonic() - _START:6.1f} s  {text}", flush=True)


@contextlib.contextmanager
def step(text: str) -> Iterator[None]:
    """Announce a piece of work, and its duration once it is done."""
    say(f"{text} ...")
    start = time.monotonic()
    yield
    say(f"{text}: done in {time.monotonic() - start:.1f} s")


def wait_for(ready: Callable[[], bool], what: str, timeout: float, dead: Callable[[], str | None] = lambda: None) -> None:
    """Poll `ready` until it is true; `dead` may return why waiting has become pointless. Raises LabError."""
    limit = time.monotonic() + timeout
    while not ready():
        if reason := dead():
            raise LabError(f"{what}: {reason}")
        if time.monotonic() > limit:
            raise LabError(f"{what}: not ready after {timeout:.0f} s")
        time.sleep(0.05)


def tail(text: str, lines: int = 15) -> str:
    return "\n".join(text.splitlines()[-lines:])
