# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a whole site, made of what modules found on its hosts (private, pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ...module_utils._names import utc
from .. import _training_status
from .._preflight.checks import ERROR, WARNING
from .._preflight.look import one_line
from .lines import EXAMINE, problem, silence

DAY = 86400  # seconds
READY, ENDED, STARTING, STOPPED, FAILED = "ready", "ended", "starting", "stopped", "failed"
_WORST = {READY: 0, ENDED: 0, STARTING: 1, STOPPED: 2, FAILED: 3}
_ENDING = ("sl", "ml", "swci")  # components that end when their work is done
_SIGNALS = (137, 143)  # exit codes of a container that was killed or stopped
_MANY_RESTARTS = 3
# Who talks to whom: name, what it is for, the component without which there is no such link, the others, whether each organisation has its own.
LINKS: tuple[tuple[str, str, str, tuple[str, ...], bool], ...] = (
    ("attestation", "SPIRE Agents and their SPIRE Server", "spire_server", ("spire_agent",), True),
    ("federation", "federation of the SPIRE Servers", "spire_server", (), False),
    ("licences", "licences: License Server, SN and SL nodes", "apls", ("sn", "sl"), False),
    ("ledger", "ledger and control: SN nodes, SWOPs and SWCIs", "sn", ("swop", "swci"), False),
    ("models", "models: SL nodes", "sl", (), False),
)


def site(
    found: Mapping[str, Mapping[str, Any]],
    trainings: Mapping[str, Mapping[str, Any]],
    organisations: Mapping[str, str],
    now: float,
) -> dict[str, Any]:
    """{generated, worst, summary, last_change, findings, organisations, links, training, hosts}, plain mappings and lists.

    found          host → result of swarm_info; of one that did not answer or could not be examined, Ansible's `unreachable` or `failed`
    trainings      host → result of swarm_training_info, likewise; may be empty
    organisations  host → trust domain
    now            seconds since the epoch

    worst          error, warning or empty
    organisations  trust domain → its hosts
    hosts          host → {organisation, silence, problem, containers}; a container is what swarm_info says of it, with `condition` and `days_left`
    links          {name, what, organisation, state, ends: [{host, container, condition}]}
    training       what `_training_status.result` says
    """
    hosts = {host: _host(one, organisations[host], now) for host, one in sorted(found.items())}
    findings = [
        finding for host, one in sorted(found.items()) for finding in _findings(host, one, trainings.get(host, {}), hosts[host], now)
    ]
    findings.sort(key=lambda finding: (ERROR, WARNING).index(finding["severity"]))
    containers = [container for host in hosts.values() for container in host["containers"]]
    return {
        "generated": utc(now),
        "worst": findings[0]["severity"] if findings else "",
        "summary": {
            "hosts": len(hosts),
            "answering": sum(not host["problem"] for host in hosts.values()),
            "containers": len(containers),
            "ready": sum(container["condition"] == READY for container in containers),
            "ended": sum(container["condition"] == ENDED for container in containers),
            **{severity: sum(finding["severity"] == severity for finding in findings) for severity in (ERROR, WARNING)},
        },
        "last_change": _last_change(hosts),
        "findings": findings,
        "organisations": _by_organisation(hosts),
        "links": list(_links(hosts)),
        "training": _training_status.result({host: dict(trainings.get(host, {})) for host in hosts}, dict(organisations)),
        "hosts": hosts,
    }


def _host(one: Mapping[str, Any], organisation: str, now: float) -> dict[str, Any]:
    containers = [
        {**container, "condition": condition(container), "days_left": _days_left(container, now)} for container in one.get("containers", ())
    ]
    return {"organisation": organisation, "silence": silence(one), "problem": " ".join(problem(one)), "containers": containers}


def condition(container: Mapping[str, Any]) -> str:
    """`ready`, `ended` (its work is done), `starting`, `stopped` or `failed`, of what swarm_info says of a container."""
    if container["state"] == "running":
        if container["health"] == "unhealthy":
            return FAILED
        return READY if container["ready"] else STARTING
    if container["state"] == "created":
        return STOPPED
    if container["state"] != "exited":  # paused, restarting, dead, …
        return FAILED
    if container["component"] in _ENDING and not container["exit_code"]:
        return ENDED
    return STOPPED if container["exit_code"] in (0, *_SIGNALS) else FAILED


def worst(conditions: Iterable[str]) -> str:
    """The worst of several conditions; of none, `ready`."""
    return max(conditions, key=_WORST.__getitem__, default=READY)


def _days_left(container: Mapping[str, Any], now: float) -> float | None:
    return round((container["identity"]["expires_at"] - now) / DAY, 2) if container["identity"] else None


def _by_organisation(hosts: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for host in sorted(hosts, key=lambda name: (hosts[name]["organisation"], name)):
        found.setdefault(hosts[host]["organisation"], []).append(host)
    return found


def _last_change(hosts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """{host, container, what, at} of the last start or end of a container; empty without any."""
    moments = [
        (container[key], {"host": host, "container": container["name"], "what": what, "at": utc(container[key])})
        for host, one in hosts.items()
        for container in one["containers"]
        for key, what in (("started_at", "started"), ("finished_at", "ended"))
        if container[key]
    ]
    return max(moments, key=lambda moment: moment[0], default=(0, {}))[1]


def _links(hosts: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    groups = _by_organisation(hosts)
    for name, what, hub, others, of_each in LINKS:
        for organisation, members in groups.items() if of_each else (("", sorted(hosts)),):
            ends = list(_ends(hosts, members, (hub, *others)))
            if len(ends) > 1 and any(end["component"] == hub for end in ends):
                state = "up" if all(end["condition"] == READY for end in ends) else "broken"
                yield {"name": name, "what": what, "organisation": organisation, "state": state, "ends": ends}


def _ends(hosts: Mapping[str, Mapping[str, Any]], members: Sequence[str], components: Sequence[str]) -> Iterator[dict[str, str]]:
    for host in members:
        for container in hosts[host]["containers"]:
            if container["component"] in components and container["condition"] != ENDED:
                yield {
                    "host": host,
                    "container": container["name"],
                    "component": container["component"],
                    "condition": container["condition"],
                }


def _findings(
    host: str, one: Mapping[str, Any], training: Mapping[str, Any], seen: Mapping[str, Any], now: float
) -> Iterator[dict[str, Any]]:
    """{severity, host, container, cause, remedy} of all that needs somebody's attention on a host."""
    if problem(one):
        cause, remedy = problem(one)
        yield _finding(ERROR, host, "", cause, remedy)
    for container in seen["containers"]:
        yield from _of_container(host, container)
    for ending in one.get("problems", ()):
        severity = ERROR if ending["expires_at"] <= now else WARNING
        yield _finding(severity, host, ending["name"], f"{ending['problem']}.", f"{ending['remedy'][0].upper()}{ending['remedy'][1:]}.")
    if training.get("failed"):
        yield _finding(WARNING, host, "", f"The state of the training is not known: {one_line(str(training.get('msg')))}.", EXAMINE)


def _of_container(host: str, container: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    name, state = container["name"], container["condition"]
    log = f"Read its log: docker logs {name} on {host}."
    if state == FAILED:
        yield _finding(ERROR, host, name, f"{name} {_failed(container)}.", log)
    elif state == STOPPED and container["component"] not in _ENDING:
        yield _finding(
            ERROR, host, name, f"{name} does not run.", f"Start it: swarm.learning.site. If it ends again: {log[0].lower()}{log[1:]}"
        )
    elif state == STOPPED:
        yield _finding(
            WARNING, host, name, f"{name} was stopped, or never started.", "If nobody stopped it: swarm.learning.training_status says more."
        )
    elif state == STARTING:
        cause = f"{name} has been running since {utc(container['started_at'])}, but is not ready."
        yield _finding(WARNING, host, name, cause, f"Wait if it was started just now. {log}")
    if container["restarts"] >= _MANY_RESTARTS:
        yield _finding(WARNING, host, name, f"The engine has restarted {name} {container['restarts']} times.", log)


def _failed(container: Mapping[str, Any]) -> str:
    if container["state"] == "running":
        return "is unhealthy: its health check fails"
    ended = f" at {utc(container['finished_at'])}" if container["finished_at"] else ""
    return f"ended with exit code {container['exit_code']}{ended}" if container["state"] == "exited" else f"is {container['state']}"


def _finding(severity: str, host: str, container: str, cause: str, remedy: str) -> dict[str, Any]:
    return {"severity": severity, "host": host, "container": container, "cause": cause, "remedy": remedy}
