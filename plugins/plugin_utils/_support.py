# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The summary of a support archive (private, pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def summary(hosts: Iterable[str], answering: Iterable[str], variables: Mapping[str, Mapping[str, Any]]) -> str:
    """A text for people: each host's containers and the known causes that their logs show, and the hosts that gave nothing.

    answering  those of the hosts that have not failed
    variables  host → its variables, among them `support_result`, the result of swarm_support
    """
    names, going = sorted(hosts), set(answering)
    results = {host: variables[host]["support_result"] for host in names if host in going and "support_result" in variables[host]}
    lines = []
    for host, result in results.items():
        lines.append(f"{host}: {', '.join(result['containers']) or 'no container of the platform'}")
        lines += [f"  {one['container']}: {one['cause']}" for one in result["causes"]]
    lines += [f"{host}: nothing was collected; the output of the playbook says why" for host in names if host not in results]
    if not any(result["causes"] for result in results.values()):
        lines.append("No log shows a cause that this collection knows.")
    return "\n".join(lines) + "\n"
