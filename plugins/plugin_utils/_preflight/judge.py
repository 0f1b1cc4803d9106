# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges what is wrong with the hosts of a site, and what to do (private, pure)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .._checks.wording import did_you_mean
from . import find_engine, find_host, find_network, find_platform, find_registry, reached
from .checks import CHECKS, NOTE, SEVERITIES
from .look import Finder, Look, Unseen
from .plan import Host, Link, links

PASSED, FAILED, UNSEEN, SKIPPED = "passed", "failed", "unseen", "skipped"
STATES = (PASSED, FAILED, UNSEEN, SKIPPED)
FAIL_ON = ("error", "warning", "never")

_FILES = (find_host, find_engine, find_network, find_registry, find_platform)
FINDERS: dict[str, Finder] = {name: getattr(file, name) for file in _FILES for name in CHECKS if hasattr(file, name)}


@dataclass(frozen=True)
class Finding:
    """What is wrong with one host. check: its name; cause and remedy: sentences."""

    host: str
    check: str
    severity: str
    cause: str
    remedy: str


@dataclass(frozen=True)
class Observed:
    """What was measured on one host.

    problem  {kind, text} where it could not be examined, or not to the end, kind unreachable or failed; else empty
    facts    what swarm_preflight returned
    reached  what swarm_reach returned, of its two calls
    """

    problem: Mapping[str, str]
    facts: Mapping[str, Any]
    reached: Mapping[str, Any]


def problems(skip: Iterable[object], fail_on: object) -> list[str]:
    """What is wrong with preflight_skip and preflight_fail_on, in sentences."""
    found = [f"preflight_skip: there is no check {str(name)!r}{did_you_mean(str(name), CHECKS)}" for name in skip if name not in CHECKS]
    if fail_on not in FAIL_ON:
        found.append(f"preflight_fail_on is {str(fail_on)!r}; expected one of {', '.join(FAIL_ON)}")
    return found


def judge(hosts: Mapping[str, Host], observed: Mapping[str, Observed], skip: Collection[str] = ()) -> dict[str, Any]:
    """{addresses, findings, states, ports}, all of them plain mappings and lists, the worst findings first.

    addresses host → its address
    findings  Finding as mappings
    states    host → check → passed, failed, unseen or skipped
    ports     one mapping a link: what Link has, state, and seen_from, the container in whose network it was tried, or empty
    """
    found: list[Finding] = []
    states: dict[str, dict[str, str]] = {}
    tried = reached.Links(links(hosts), {name: one.reached for name, one in observed.items()})
    measured = {name: one.facts for name, one in observed.items()}
    for name, host in hosts.items():
        seen = observed[name]
        look = Look(name, host, seen.facts, seen.problem, hosts, measured, tried)
        states[name] = {}
        for check in CHECKS:
            mine, states[name][check] = ([], SKIPPED) if check in skip else _look(check, look)
            found += mine
    found.sort(key=lambda finding: SEVERITIES.index(finding.severity))
    return {
        "addresses": {name: host.model["address"] for name, host in hosts.items()},
        "findings": [asdict(one) for one in found],
        "states": states,
        "ports": [_port(link, tried) for link in tried],
    }


def _look(name: str, look: Look) -> tuple[list[Finding], str]:
    check = CHECKS[name]
    try:
        words = list(FINDERS[name](look))
    except Unseen:
        return [], UNSEEN
    made = [Finding(look.name, name, check.severity, check.cause.format(**one), check.remedy.format(**one)) for one in words]
    return made, FAILED if made else UNSEEN if look.problem and not look.seen else PASSED


def _port(link: Link, tried: reached.Links) -> dict[str, Any]:
    result = tried.result(link)
    return {
        **asdict(link),
        "state": "stalls" if result.get("large") is False else tried.state(link),
        "seconds": result.get("seconds"),
        "seen_from": tried.seen_from(link),
    }


def worst(found: Iterable[Mapping[str, Any]]) -> str:
    """The severity that decides: of the worst finding; empty without any that is more than a note."""
    severities = {finding["severity"] for finding in found} - {NOTE}
    return next((severity for severity in SEVERITIES if severity in severities), "")


def fails(found: Iterable[Mapping[str, Any]], fail_on: str) -> bool:
    """Whether the findings are so bad that the playbook has to fail."""
    limit = {"error": ("error",), "warning": ("error", "warning")}.get(fail_on, ())
    return worst(found) in limit
