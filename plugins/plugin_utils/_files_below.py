# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files in a directory of a host, as swarm_files takes them (private, pure)."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

from ansible.plugins.filter.core import to_nice_yaml

OWNER_ONLY = {"directories": "0700", "files": "0600"}  # environments in these files may have secrets


def below(directory: str, contents: Mapping[str, Any], file: str = "") -> dict[str, list[dict[str, str]]]:
    """{directories, files} that only their owner can read, in the order of `contents`.

    contents  name → content: a text, or a value that becomes YAML
    file      with it, each name is a directory that has one file of this name
    """
    paths = {name: posixpath.join(directory, name, file) if file else posixpath.join(directory, name) for name in contents}
    parents = dict.fromkeys(map(posixpath.dirname, paths.values())) or [directory]
    return {
        "directories": [{"path": path, "mode": OWNER_ONLY["directories"]} for path in parents],
        "files": [{"path": paths[name], "content": text(value), "mode": OWNER_ONLY["files"]} for name, value in contents.items()],
    }


def text(value: Any) -> str:
    """A file's content; YAML of what is no text."""
    return value if isinstance(value, str) else str(to_nice_yaml(value, indent=2, sort_keys=False))
