# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every component's process shares: its log, how it ends, and how it refuses to start."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from types import FrameType


class Refusal(Exception):
    """The component cannot do its work; the text says what is wrong and what would be right."""


def setup_log() -> None:
    """Log to stdout, unbuffered, in the platform's form: ``2024-01-01 12:00:00,123 : NAME : INFO : text`` (UTC)."""
    handler = logging.StreamHandler(sys.stdout)  # flushes after each record
    formatter = logging.Formatter("%(asctime)s : %(name)s : %(levelname)s : %(message)s")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("swarm").setLevel(logging.INFO)


def log(name: str) -> logging.Logger:
    """The logger ``swarm.NAME``."""
    return logging.getLogger(f"swarm.{name}")


def _end(_signum: int, _frame: FrameType | None) -> None:
    # A second signal must not break the cleaning up that the first one began.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise SystemExit(0)


def run(name: str, main: Callable[[Mapping[str, str]], int | None]) -> None:
    """Run a component to its end and leave the process with its exit code.

    SIGTERM and SIGINT raise SystemExit(0) in the main thread (an own handler is needed: PID 1 has no default one),
    so ``finally`` blocks clean up. A Refusal is logged as an error and ends the process with code 1.
    """
    setup_log()
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    try:
        code = main(os.environ) or 0
    except Refusal as refusal:
        log(name).error("%s", refusal)
        code = 1
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except Exception:
        log(name).exception("%s ended by an error of its own", name)
        code = 1
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)  # other threads (gRPC's, a server's) must not hold up the end
