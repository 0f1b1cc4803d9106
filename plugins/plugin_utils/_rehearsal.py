# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports how the ML programs of several hosts have run alone: a result for programs, and lines of text (private to the collection, pure)."""

from __future__ import annotations

from typing import Any

from ._table import aligned

HEAD = ("host", "program", "verdict", "seconds", "its model")
NOTHING = "-"


def result(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """{verdict, hosts}: `finished` if every program of every host has, else `failed`; in check mode `none`.

    found  host → what swarm_rehearsal returned, or Ansible's result of a task that failed; empty for a host that has not come so far
    hosts  host → the programs, as the module returns them; none for a host that has not answered
    """
    hosts = {host: list(one.get("programs", [])) for host, one in found.items()}
    states = {program["state"] for programs in hosts.values() for program in programs or [{"state": "failed"}]}
    verdict = "finished" if states == {"finished"} else "none" if states == {"none"} else "failed"
    return {"verdict": verdict, "hosts": hosts}


def lines(rehearsal: dict[str, Any]) -> list[str]:
    """What an administrator reads: the verdict, a table with a line for each program, and why those that failed did."""
    hosts = rehearsal["hosts"]
    rows = [HEAD, *(_row(host, program) for host, programs in hosts.items() for program in programs or [{}])]
    failures = [f"{host}: {program['failure']}" for host, programs in hosts.items() for program in programs if program["failure"]]
    return [f"rehearsal: {rehearsal['verdict']}", *aligned(rows), *(line for failure in failures for line in failure.splitlines())]


def _row(host: str, program: dict[str, Any]) -> tuple[str, ...]:
    if not program:
        return (host, NOTHING, "not rehearsed", NOTHING, NOTHING)
    if program["state"] == "none":
        return (host, program["name"], "would be started", NOTHING, program["model_dir"])
    return (host, program["name"], program["state"], str(program["seconds"]), program["model_dir"])
