# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides which nodes of a host have to be re-created for new certificates or trust that their modules cannot see (private, pure)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from typing import Any

EVERY_NODE = "nodes"


def reasons(files: Iterable[str], directory: str, new_trust: bool, check_mode: bool = False, classic: bool = False) -> list[str]:
    """The components, or `nodes` for all of them, that are re-created, in order and once each.

    files      paths of the certificates that were written, or would be
    directory  the one that they are in, each below the name of its component or `nodes`
    new_trust  another trust domain, or another CA in place of a lost one, came in this run
    check_mode nothing is written, so that the modules cannot see that a file is newer than a container
    classic    release 0.3.0, whose nodes have their SPIRE Agent inside and no record of trust on the host
    """
    prefix = f"{directory.rstrip('/')}/"
    renewed = [posixpath.relpath(path, prefix).partition("/")[0] for path in files if path.startswith(prefix)] if check_mode else []
    return list(dict.fromkeys([*renewed, *([EVERY_NODE] if new_trust and (check_mode or classic) else [])]))


def is_new(bundles: Iterable[Mapping[str, Any]]) -> bool:
    """Whether one of these results of `spire_bundle` is that of a trust domain, or of a CA in place of a lost one, which nodes do not trust yet."""
    return any(bool(result.get("new_trust")) for result in bundles)
