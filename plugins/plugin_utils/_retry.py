# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which SL nodes of a training that goes on are made again, as they failed or were never started (private to the collection, pure)."""

from __future__ import annotations

from typing import Any

_WELL = ("running", "finished")
_END = "wait for the end of the training, or end it (playbook training_abort), then train again"
_NO_ANSWER = "{host} does not answer, so whether its nodes failed is not known"
_NOBODY = "no node trains any more, so there is no training to come back to: start a new one (playbook train)"
_NO_TARGET = f"the SWOP of {{host}} starts its nodes, and before release 2.2.0 SWCI cannot have one SWOP try again: {_END}"


def plan(
    wanted: str, found: dict[str, dict[str, Any]], models: dict[str, list[dict[str, Any]]], swops: list[str], has_target: bool = True
) -> dict[str, Any]:
    """{host, nodes, problem}: the host, the names of its failed SL nodes that `wanted` means, and why none can be made again, empty if they can.

    A host whose nodes SWOPs start tries again as a whole, so it has no names.

    wanted  a host, or an SL node by its name or that of its ML container
    found   host → what swarm_training_info says there; of a host that did not answer, Ansible's `unreachable`
    models  host → its SL nodes that no SWOP starts, as the site's model has them
    swops   the hosts with SWOPs
    has_target  whether the release's SWCI can assign a task to one SWOP
    """
    nodes = {host: [_names(node) for node in own] for host, own in models.items() if own}
    host, names = _meant(wanted, nodes)
    if not host and wanted in swops:
        return {"host": wanted, "nodes": [], "problem": _problem_of_swop(wanted, found, has_target)}
    if not host:
        return {"host": "", "nodes": [], "problem": _unknown(wanted, nodes, swops)}
    if "nodes" not in found[host]:
        return {"host": host, "nodes": [], "problem": _NO_ANSWER.format(host=host)}
    states = {one["name"]: _state(one, found[host]["nodes"]) for one in nodes[host] if one["name"] in names}
    failed = [name for name, state in states.items() if state == "failed"]
    return {"host": host, "nodes": failed, "problem": _problem(host, states, found)}


def unstarted(found: dict[str, dict[str, Any]], models: dict[str, list[dict[str, Any]]]) -> dict[str, list[str]]:
    """host → the names of its SL nodes that were not started with those of the training that goes on; all are empty if none does.

    Such a node was never started, or its program had ended before the first of those that train was created: the start was interrupted.

    found, models  as in `plan`
    """
    began = min((node["created"] for one in found.values() for node in one["nodes"] if node["trains"]), default="")

    def is_missing(node: dict[str, str], there: list[dict[str, Any]]) -> bool:
        program = next((one for one in there if one["name"] == (node["ml"] or node["name"])), None)
        return program is None or program["state"] == "none" or "" < program["ended"] < began

    nodes = {host: [_names(node) for node in own] for host, own in models.items()}
    return {host: [one["name"] for one in own if began and is_missing(one, found[host]["nodes"])] for host, own in nodes.items()}


def _names(node: dict[str, Any]) -> dict[str, str]:
    """name of an SL node, and ml, that of its ML container; empty where the node runs the program itself."""
    ml = node.get("ml")
    return {"name": node["name"], "ml": "" if ml is None else ml.get("name") or f"{node['name']}-ml"}


def _meant(wanted: str, nodes: dict[str, list[dict[str, str]]]) -> tuple[str, list[str]]:
    if wanted in nodes:
        return wanted, [one["name"] for one in nodes[wanted]]
    return next(((host, [one["name"]]) for host, own in nodes.items() for one in own if wanted in (one["name"], one["ml"])), ("", []))


def _problem_of_swop(host: str, found: dict[str, dict[str, Any]], has_target: bool) -> str:
    if not has_target:
        return _NO_TARGET.format(host=host)
    if "nodes" not in found[host]:
        return _NO_ANSWER.format(host=host)
    programs = [node for node in found[host]["nodes"] if node["component"] == "ml"]
    well = [f"{node['name']} {'still trains' if node['trains'] else 'has finished'}" for node in programs if node["state"] in _WELL]
    if well:
        return f"on {host}, {', '.join(well)}, and a SWOP can only try again when all of its nodes have failed: {_END}"
    return "" if _anybody_trains(found) else _NOBODY


def _anybody_trains(found: dict[str, dict[str, Any]]) -> bool:
    return any(node["trains"] for one in found.values() for node in one.get("nodes", []))


def _unknown(wanted: str, nodes: dict[str, list[dict[str, str]]], swops: list[str]) -> str:
    known = [f"{host} ({', '.join(one['name'] for one in own)})" for host, own in nodes.items()] + [
        host for host in swops if host not in nodes
    ]
    expected = "expected a host that trains, or an SL node of a host of swarm_sl"
    return f"sl_retry is {wanted or 'not set'}, {expected}: {'; '.join(known) or 'there is none'}"


def _state(node: dict[str, str], there: list[dict[str, Any]]) -> str:
    """The state of the program, `failed` if it or its SL node failed or was stopped before the end, `none` if it was never started."""
    own = {one["name"]: one["state"] for one in there if one["name"] in (node["name"], node["ml"])}
    program: str = own.get(node["ml"] or node["name"], "none")
    return "failed" if program != "finished" and {"failed", "stopped"} & set(own.values()) else program


def _problem(host: str, states: dict[str, str], found: dict[str, dict[str, Any]]) -> str:
    if "failed" not in states.values():
        said = ", ".join(f"{name} {'was never started' if state == 'none' else f'is {state}'}" for name, state in states.items())
        return f"no node that failed is meant: on {host}, {said}"
    return "" if _anybody_trains(found) else _NOBODY
