# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Joins what the hosts of a training say of its end to one verdict (private to the collection, pure)."""

from __future__ import annotations

from typing import Any

# What decides stands first.
_VERDICTS = {
    "failed": "failed",
    "stopped": "failed",
    "unreachable": "unreachable",
    "running": "running",
    "incomplete": "incomplete",
    "finished": "finished",
}


def result(waited: dict[str, dict[str, Any]], fetched: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """{verdict, hosts}: `failed`, `unreachable`, `running`, `incomplete` (a node failed, others went on), `finished`, or `none` if nobody waited.

    waited   host → what swarm_training returned there; of a host that did not answer, Ansible's `unreachable`
    fetched  host → what the loop returned that copied its models to the controller
    hosts    host → {verdict, nodes, failure, models}; models have path (on the host), size (bytes), sha256 and file (on the controller)
    """
    hosts = {host: _host(one, fetched.get(host, {})) for host, one in sorted(waited.items()) if not one.get("skipped", not one)}
    found = {host["verdict"] for host in hosts.values()}
    verdict = next((shown for known, shown in _VERDICTS.items() if known in found), "none")
    # The script of a SWCI may go on after a task that failed, and fail because of a node that the others did without.
    if verdict == "incomplete" or (verdict == "failed" and all("verdict" in waited[host] for host in hosts)):
        states = {node["state"] for host in hosts.values() for node in host["nodes"]}
        verdict = "incomplete" if "finished" in states and "running" not in states else "failed"
    return {"verdict": verdict, "hosts": hosts}


def _host(waited: dict[str, Any], fetched: dict[str, Any]) -> dict[str, Any]:
    verdict = "unreachable" if waited.get("unreachable") else waited.get("verdict", "failed")
    failure = waited.get("failure", "") or (str(waited.get("msg") or "") if waited.get("failed") else "")
    copied = [one for one in fetched.get("results", []) if "dest" in one and not one.get("failed")]
    return {
        "verdict": verdict,
        "nodes": waited.get("nodes", []),
        "failure": failure,
        "models": [_model(one["item"], one["dest"]) for one in copied],
    }


def _model(found: dict[str, Any], file: str) -> dict[str, Any]:
    return {"path": found["path"], "size": found["size"], "sha256": found["checksum"], "file": file}


def failures(ended: dict[str, Any]) -> str:
    """Why the nodes of each host failed, for a message."""
    return "\n".join(f"{name}: {host['failure']}" for name, host in ended["hosts"].items() if host["failure"])
