# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are whole or not there: JSON written beside its place, then moved to it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from swarmlab.process import Refusal


def load(path: Path) -> Any:
    """The JSON in ``path``, None when there is no such file. Raises Refusal when it is not readable as JSON."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise Refusal(f"{path} cannot be read: {error}; remove it to start with an empty state") from error


def save(path: Path, value: Any) -> None:
    """Write ``value`` as JSON. Raises Refusal."""
    write(path, json.dumps(value, separators=(",", ":")).encode())


def write(path: Path, data: bytes) -> None:
    """Write ``data`` with mode 0600. Raises Refusal."""
    beside = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
        beside.replace(path)
    except OSError as error:
        raise Refusal(f"{path} cannot be written: {error.strerror}") from error
