# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Formats the findings of a preflight as lines for the terminal, as JSON and as a page (private, pure)."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ...module_utils._names import utc
from .._page.render import render
from .._table import aligned
from . import judge
from .checks import CHECKS, SEVERITIES

COLUMNS = 76  # of a sentence; Ansible breaks longer lines as it likes
TEMPLATE = Path(__file__).with_name("page.html.j2")
_PORT_WORDS = {
    "open": "open",
    "timeout": "blocked (no answer)",
    "unreachable": "blocked (no route)",
    "refused": "refused",
    "unresolved": "name not resolved",
    "stalls": "large packets get lost",
    "unseen": "not seen",
}


def counts(findings: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """severity → how many."""
    found = dict.fromkeys(SEVERITIES, 0)
    for finding in findings:
        found[finding["severity"]] += 1
    return found


def counted(findings: Iterable[Mapping[str, Any]]) -> str:
    """`1 error, 2 warnings, 0 notes`."""
    return ", ".join(f"{number} {severity}{'' if number == 1 else 's'}" for severity, number in counts(findings).items())


def lines(found: Mapping[str, Any]) -> list[str]:
    """The whole report for the terminal. found: what `judge` returned."""
    report = [f"{len(found['states'])} hosts, {len(CHECKS)} checks on each: {counted(found['findings'])}", ""]
    report += aligned([("host", *judge.STATES), *((host, *_tally(states)) for host, states in found["states"].items())])
    for finding in found["findings"]:
        report += ["", f"{finding['severity'].upper()} {finding['host']} ({finding['check']})"]
        report += [line for text in (finding["cause"], finding["remedy"]) for line in _wrapped(text)]
    report += ["", *aligned([("from", "to", "address", "what", "state"), *map(_port, found["ports"])]), ""]
    inside = dict.fromkeys(f"{port['source']} ({port['seen_from']})" for port in found["ports"] if port["seen_from"])
    return report + _wrapped(
        f"Tried from the hosts{', and from inside the network of containers on ' + ', '.join(inside) if inside else ''}."
    )


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, COLUMNS, initial_indent="  ", subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def _tally(states: Mapping[str, str]) -> list[str]:
    return [str(sum(state == one for state in states.values())) for one in judge.STATES]


def _port(port: Mapping[str, Any]) -> tuple[str, ...]:
    return (port["source"], port["target"] or "-", f"{port['address']}:{port['port']}", port["service"], port["state"])


def as_json(found: Mapping[str, Any], now: float) -> str:
    """The whole report for programs. now: seconds since the epoch."""
    head = {"generated": utc(now), "summary": counts(found["findings"]), "worst": judge.worst(found["findings"])}
    return json.dumps({**head, **found}, indent=2, ensure_ascii=False) + "\n"


def page(found: Mapping[str, Any], now: float) -> str:
    """The whole report as one HTML page that needs nothing else."""
    return render(
        TEMPLATE,
        generated=utc(now),
        counts=counts(found["findings"]),
        counted=counted(found["findings"]),
        worst=judge.worst(found["findings"]),
        findings=found["findings"],
        states=found["states"],
        tallies={host: dict(zip(judge.STATES, _tally(states))) for host, states in found["states"].items()},
        matrix=matrix(found["ports"]),
        rules=rules(found["ports"]),
        ports=[{**port, "words": _PORT_WORDS[port["state"]]} for port in found["ports"]],
        checks=CHECKS,
        areas=areas(),
        words=_PORT_WORDS,
        addresses=found["addresses"],
    )


def areas() -> dict[str, list[str]]:
    """area → the names of its checks."""
    found: dict[str, list[str]] = {}
    for check in CHECKS.values():
        found.setdefault(check.area, []).append(check.name)
    return found


def matrix(ports: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """{columns, rows}: who reaches whom at a glance; rows: source → destination → {open, of, unseen}, for those that have links."""
    rows: dict[str, dict[str, dict[str, int]]] = {}
    columns: dict[str, None] = {}
    for port in ports:
        to = port["target"] or port["address"]
        columns[to] = None
        cell = rows.setdefault(port["source"], {}).setdefault(to, {"open": 0, "of": 0, "unseen": 0})
        cell["of"] += 1
        cell["open"] += port["state"] == "open"
        cell["unseen"] += port["state"] == judge.UNSEEN
    return {"columns": list(columns), "rows": rows}


def rules(ports: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What firewalls must let through, one for each address and port: {target, address, port, services, sources, state}, the worst of all."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for port in ports:
        rule = found.setdefault(
            (port["address"], port["port"]),
            {**{key: port[key] for key in ("target", "address", "port")}, "services": [], "sources": [], "state": "open"},
        )
        rule["services"] += [port["service"]] if port["service"] not in rule["services"] else []
        rule["sources"] += [port["source"]] if port["source"] not in rule["sources"] else []
        if port["state"] not in ("open", judge.UNSEEN) or rule["state"] == "open":
            rule["state"] = port["state"]
    return list(found.values())
