# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a training copies from the controller to the hosts: the client's wheel, what the ML image is built from, and the ML program (private)."""

from __future__ import annotations

import hashlib
import os
import posixpath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LEFT_OUT = ("__pycache__", ".git")


def listing(training: dict[str, Any], client_dir: str) -> list[dict[str, str]]:
    """[{source, path, sha256, mode}] of every file, ordered; source on the controller, path on the hosts. Links that lead nowhere are left out.

    training: the normalised mapping, free of problems, or nothing. Raises OSError if a file cannot be read.
    """
    files: list[tuple[str, str]] = []
    if not training:
        return []
    if training["client_wheel"]:
        files.append((training["client_wheel"], posixpath.join(client_dir, os.path.basename(training["client_wheel"]))))
    if training.get("build_context"):
        files += _below(training["build_context"], client_dir)
    if training["model_source"]:
        files += _below(training["model_source"], training["model_dir"])
    return [
        {"source": source, "path": path, "sha256": _sum(source), "mode": "0755" if os.access(source, os.X_OK) else "0644"}
        for source, path in files
        if os.path.exists(source)
    ]


def directories(files: Sequence[Mapping[str, str]], downloads: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """[{path, mode}] of the directories that these are in; one that only has downloads may be the user's, and keeps its mode."""
    copied = dict.fromkeys(posixpath.dirname(file["path"]) for file in files)
    others = dict.fromkeys(posixpath.dirname(one["path"]) for one in downloads)
    return [{"path": path, "mode": "0755"} for path in copied] + [{"path": path} for path in others if path not in copied]


def digest(directory: str) -> str:
    """A digest of all files below a directory of the controller, with their names; empty without one."""
    files = [(path, _sum(source)) for source, path in _below(directory, "/") if os.path.exists(source)] if directory else []
    return hashlib.sha256(repr(sorted(files)).encode()).hexdigest()[:16] if files else ""


def _below(source: str, target: str) -> Iterator[tuple[str, str]]:
    for directory, names, files in os.walk(source):
        names[:] = sorted(name for name in names if name not in LEFT_OUT)
        inside = os.path.relpath(directory, source)
        for name in sorted(files):
            path = posixpath.normpath(posixpath.join(target, inside, name))
            yield os.path.join(directory, name), path


def _sum(path: str) -> str:
    with open(path, "rb") as stream:
        return hashlib.sha256(stream.read()).hexdigest()
