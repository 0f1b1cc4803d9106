# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports the state of a training on several hosts: a result for programs, and lines of text (private to the collection, pure)."""

from __future__ import annotations

from typing import Any

from ._table import aligned

HEAD = ("host", "organisation", "container", "state", "round", "epoch", "peers", "loss", "last line of its log")
NOTHING = "-"
_LONGEST_LINE = 80  # characters; of a log's line, the part after its last colon says most
_NONE: dict[str, Any] = {"in_progress": False, "reasons": [], "nodes": [], "taskrunner": {}, "failure": ""}


def result(found: dict[str, dict[str, Any]], organisations: dict[str, str]) -> dict[str, Any]:
    """{verdict, hosts}: `none`, `running`, `failing` (runs, but a node has failed), `failed` or `finished`.

    found          host → what swarm_training_info says; of a host that did not answer, Ansible's `unreachable`
    organisations  host → trust domain
    hosts          host → the module's result with the organisation and `answered`
    """
    hosts = {
        host: {key: one.get(key, none) for key, none in _NONE.items()} | {"organisation": organisations[host], "answered": "nodes" in one}
        for host, one in found.items()
    }
    failed = any(host["failure"] or host["taskrunner"].get("state") == "ERROR" for host in hosts.values())
    if any(host["in_progress"] for host in hosts.values()):
        verdict = "failing" if failed else "running"
    elif failed:
        verdict = "failed"
    else:
        finished = any(node["state"] == "finished" for host in hosts.values() for node in host["nodes"])
        verdict = "finished" if finished else "none"
    return {"verdict": verdict, "hosts": hosts}


def lines(status: dict[str, Any]) -> list[str]:
    """What an administrator reads: the verdict, a table with a line for each container, the taskrunner, and what failed."""
    hosts = status["hosts"]
    rows = [HEAD, *(_row(name, host, node) for name, host in hosts.items() for node in host["nodes"] or [{}])]
    text = [f"training: {status['verdict']}", *aligned(rows)]
    text += [_runner(name, host["taskrunner"]) for name, host in hosts.items() if host["taskrunner"]]
    return text + [line for name, host in hosts.items() if host["failure"] for line in f"{name}: {host['failure']}".splitlines()]


def _row(name: str, host: dict[str, Any], node: dict[str, Any]) -> tuple[str, ...]:
    if not node:
        return (name, host["organisation"], "(none)" if host["answered"] else "(no answer)", *[NOTHING] * (len(HEAD) - 3))
    epoch = f"{node['epoch']} of {node['epochs']}" if node["epochs"] else NOTHING
    loss = NOTHING if node["loss"] is None else f"{node['loss']:.4g}"
    counts = (str(node["round"] or NOTHING), epoch, str(node["peers"] or NOTHING), loss)
    return (name, host["organisation"], node["name"], node["state"], *counts, node["line"].rpartition(" : ")[2][:_LONGEST_LINE])


def _runner(name: str, runner: dict[str, Any]) -> str:
    if runner["problem"]:
        return f"{name}: the state of taskrunner {runner['name']} is not known: {runner['problem']}"
    peers = f"{runner['active']} active, {runner['completed']} completed, {runner['failed']} failed"
    return (
        f"{name}: taskrunner {runner['name']} has "
        f"{'task ' + runner['task'] if runner['task'] else 'no task'}, {runner['state']}; peers: {peers}"
    )
