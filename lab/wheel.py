# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wheel of the ML client, as a user of the platform gets it."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from lab.content import context_key, files_below
from lab.process import run
from lab.report import step
from lab.settings import LAB_DIR, STATE

SOURCE = LAB_DIR / "client"
# The platform's own name for it. Its second word stands where a version should: pip up to 24.0 takes that.
WHEEL = STATE / "swarmlearning-client-py3-none-manylinux_2_24_x86_64.whl"
_STAMP = STATE / "client-wheel.key"


def ensure() -> Path:
    """The wheel, built again if its source has changed."""
    key = context_key(files_below(SOURCE), {})
    if WHEEL.exists() and _STAMP.exists() and _STAMP.read_text() == key:
        return WHEEL
    STATE.mkdir(parents=True, exist_ok=True)
    with step("building the ML client's wheel"), tempfile.TemporaryDirectory(dir=STATE) as part:
        # A build leaves its traces beside the source, so it gets a copy.
        copy = shutil.copytree(SOURCE, Path(part) / "source", ignore=shutil.ignore_patterns("__pycache__"))
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", part, str(copy)]
        run(command, f"the wheel of {SOURCE} does not build")
        next(Path(part).glob("*.whl")).replace(WHEEL)
        _STAMP.write_text(key)
    return WHEEL
