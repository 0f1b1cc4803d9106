# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Formats what runs where as a table (private to the collection)."""

from __future__ import annotations

from typing import Any

from ..module_utils._names import utc

HEAD = ("host", "container", "component", "release", "state", "ready", "since", "identity until")
NOTHING = "-"


def table(found: dict[str, list[dict[str, Any]]], now: float) -> list[str]:
    """Aligned lines, a head and one for each container.

    found  host → what swarm_info says of its containers; a host without any has a line too
    now    seconds since the epoch
    """
    rows = [HEAD, *(row(host, container, now) for host, containers in found.items() for container in containers or [{}])]
    widths = [max(len(cells[column]) for cells in rows) for column in range(len(HEAD))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip() for cells in rows]


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
        moment(now - container["uptime"]) if running else NOTHING,
        moment(container["identity"]["expires_at"]) if container["identity"] else NOTHING,
    )


def moment(seconds: float) -> str:
    """A time as a line has it, in UTC, from seconds since the epoch."""
    return utc(seconds)
