# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The summary of a support archive (private, pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def summary(results: Mapping[str, Mapping[str, Any]], missing: Iterable[str]) -> str:
    """A text for people: each host's containers and the known causes that their logs show, and the hosts that gave nothing.

    results  host → the result of swarm_support there
    """
    lines = []
    for host, result in results.items():
        lines.append(f"{host}: {', '.join(result['containers']) or 'no container of the platform'}")
        lines += [f"  {one['container']}: {one['cause']}" for one in result["causes"]]
    lines += [f"{host}: nothing was collected; the output of the playbook says why" for host in missing]
    if not any(result["causes"] for result in results.values()):
        lines.append("No log shows a cause that this collection knows.")
    return "\n".join(lines) + "\n"
