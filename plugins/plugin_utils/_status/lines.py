# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Formats what runs where as a table (private to the collection)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...module_utils._names import utc
from .._preflight.checks import CHECKS
from .._preflight.look import one_line
from .._table import aligned

HEAD = ("host", "container", "component", "release", "state", "ready", "since", "identity until")
NOTHING = "-"
EXAMINE = "Run swarm.learning.preflight, which examines host and engine more closely."


def lines(found: Mapping[str, Mapping[str, Any]], now: float) -> list[str]:
    """Aligned lines, a head and one for each container; then what is wrong with hosts that said nothing of theirs, and what to do.

    found  host → result of swarm_info, or of a host that did not answer or could not be examined, Ansible's `unreachable` or `failed`
    now    seconds since the epoch
    """
    rows = [HEAD, *(cells for host, one in found.items() for cells in _rows(host, one, now))]
    return aligned(rows) + [f"{host}: {' '.join(problem(one))}" for host, one in found.items() if problem(one)]


def problem(one: Mapping[str, Any]) -> tuple[str, ...]:
    """(cause, remedy) where a host did not answer or could not be examined; else empty."""
    said = one_line(str(one.get("msg") or "no answer"))
    if one.get("unreachable"):
        return CHECKS["host_reachable"].cause.format(problem=said), CHECKS["host_reachable"].remedy
    return () if "containers" in one else (CHECKS["host_examined"].cause.format(problem=said), EXAMINE)


def silence(one: Mapping[str, Any]) -> str:
    """The same in two or three words; empty of a host that could be examined."""
    return "" if "containers" in one else "does not answer" if one.get("unreachable") else "not examined"


def _rows(host: str, one: Mapping[str, Any], now: float) -> list[tuple[str, ...]]:
    if silence(one):
        return [(host, f"({silence(one)})", *[NOTHING] * (len(HEAD) - 2))]
    return [row(host, container, now) for container in one["containers"] or [{}]]


def row(host: str, container: dict[str, Any], now: float) -> tuple[str, ...]:
    """The cells of one container; of a host that has none, where there is {}."""
    if not container:
        return (host, "(none)", *[NOTHING] * (len(HEAD) - 2))
    running = container["exit_code"] is None
    return (
        host,
        container["name"],
        container["component"],
        container["release"] or NOTHING,
        container["state"] if running else f"{container['state']} ({container['exit_code']})",
        "yes" if container["ready"] else "no" if running else NOTHING,
        utc(now - container["uptime"]) if running else NOTHING,
        utc(container["identity"]["expires_at"]) if container["identity"] else NOTHING,
    )
