# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a training brings from the controller to the hosts: the client's wheel and the ML program (private to the collection)."""

from __future__ import annotations

import hashlib
import os
import posixpath

LEFT_OUT = ("__pycache__", ".git")


def listing(training, client_dir):
    """[{source, path, sha256}] of every file, ordered; source on the controller, path on the hosts.

    training: the normalised mapping, free of problems, or nothing. Raises OSError where a file cannot be read.
    """
    files = []
    if not training:
        return files
    if training["client_wheel"]:
        files.append((training["client_wheel"], posixpath.join(client_dir, os.path.basename(training["client_wheel"]))))
    if training["model_source"]:
        files += _below(training["model_source"], training["model_dir"])
    return [{"source": source, "path": path, "sha256": _sum(source)} for source, path in files]


def _below(source, target):
    for directory, names, files in os.walk(source):
        names[:] = sorted(name for name in names if name not in LEFT_OUT)
        inside = os.path.relpath(directory, source)
        for name in sorted(files):
            path = posixpath.normpath(posixpath.join(target, inside, name))
            yield os.path.join(directory, name), path


def _sum(path):
    with open(path, "rb") as stream:
        return hashlib.sha256(stream.read()).hexdigest()
