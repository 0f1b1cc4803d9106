# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of a container that the engine takes and tells as they are: one table of them (private to the collection, pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .parse import parse_cpuset, parse_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_UNITS = {"ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_HEALTH_TIMES = {"interval": "Interval", "timeout": "Timeout", "start_period": "StartPeriod"}


@dataclass(frozen=True)
class Fact:
    """What an option sets.

    name        the engine's name of it
    parse       the value as specs and the engine have it, of the one in a playbook. Raises ValueError
    place       where the engine has it: HostConfig or Config
    usual       values that an engine gives a container unasked; None where it gives none, so that any is somebody's
    from_image  the image may bring it
    """

    name: str
    parse: Callable[[Any], Any]
    place: str = "HostConfig"
    usual: tuple[Any, ...] | None = None
    from_image: bool = False


def _number(least: int, most: int) -> Callable[[Any], int]:
    def parse(value: Any) -> int:
        if not least <= int(value) <= most:
            raise ValueError(f"{value} is not valid; expected a number from {least} to {most}")
        return int(value)

    return parse


def _text(pattern: str, expected: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if not re.fullmatch(pattern, str(value)):
            raise ValueError(f"{value!r} is not valid; expected {expected}")
        return str(value)

    return parse


def _each(parse: Callable[[Any], str]) -> Callable[[Any], list[str]]:
    return lambda values: [parse(value) for value in values]


def _mapping(values: Any) -> dict[str, str]:
    for key, value in values.items():
        if not isinstance(value, (str, int)) or isinstance(value, bool):
            raise ValueError(f"the value of {key} is not a string; put it in quotes")
    return {key: str(value) for key, value in values.items()}


def _tmpfs(values: Any) -> dict[str, str]:
    found = {}
    for value in values:
        path, _colon, options = str(value).partition(":")
        if not path.startswith("/"):
            raise ValueError(f"{value!r} is not valid; expected PATH[:OPTIONS] with an absolute path, such as /run:size=64m")
        found[path] = options
    return found


def _pids(value: Any) -> int:
    """All numbers up to 0 mean that there is no limit."""
    return int(value) if int(value) > 0 else -1


def _swap(value: Any) -> int:
    return -1 if str(value) == "-1" else parse_memory(value)


def _duration(value: Any) -> int:
    match = _DURATION.fullmatch(str(value))
    if not match:
        raise ValueError(f"{value!r} is not a duration; expected one such as 30s")
    return int(float(match[1]) * _UNITS[match[2]])


def _health(value: Any) -> dict[str, Any]:
    if value["test"][:1] not in (["NONE"], ["CMD"], ["CMD-SHELL"]):
        raise ValueError(
            f"test {value['test']} is not valid; expected NONE, CMD or CMD-SHELL first, such as [CMD-SHELL, 'test -e /run/up']"
        )
    times = {name: _duration(value[option]) for option, name in _HEALTH_TIMES.items() if value.get(option)}
    return {"Test": list(value["test"]), **times, **({"Retries": value["retries"]} if value.get("retries") else {})}


_HOST = _text("host", "host")
FACTS: dict[str, Fact] = {
    "blkio_weight": Fact("BlkioWeight", _number(10, 1000)),
    "cgroup_parent": Fact("CgroupParent", _text(r"\S+", "a cgroup's name"), usual=("",)),
    "cpu_period": Fact("CpuPeriod", _number(1000, 1_000_000), usual=(0, 100_000)),
    "cpu_quota": Fact("CpuQuota", _number(1000, 10**12)),
    "cpu_shares": Fact("CpuShares", _number(2, 262_144)),
    "cpuset_mems": Fact("CpusetMems", parse_cpuset),
    "device_cgroup_rules": Fact(
        "DeviceCgroupRules", _each(_text(r"[abc] (\d+|\*):(\d+|\*) [rwm]{1,3}", "TYPE MAJOR:MINOR PERMISSIONS, such as 'c 195:* rmw'"))
    ),
    "dns_options": Fact("DnsOptions", _each(_text(r"\S+", "an option of resolv.conf, such as ndots:1"))),
    "domainname": Fact("Domainname", _text(r"[a-zA-Z0-9.-]+", "a domain's name"), "Config", usual=("",)),
    "healthcheck": Fact("Healthcheck", _health, "Config", usual=(), from_image=True),
    "ipc_mode": Fact(
        "IpcMode",
        _text(r"host|none|private|shareable|container:[\w.-]+", "host, none, private, shareable or container:NAME"),
        usual=("", "private", "shareable"),
    ),
    "memory_swap": Fact("MemorySwap", _swap, usual=(0,)),
    "memory_swappiness": Fact("MemorySwappiness", _number(0, 100), usual=(None, -1, 0)),
    "oom_kill_disable": Fact("OomKillDisable", bool),
    "oom_score_adj": Fact("OomScoreAdj", _number(-1000, 1000)),
    "pids_limit": Fact("PidsLimit", _pids, usual=(-1, 2048)),  # 2048 is Podman's
    "runtime": Fact("Runtime", _text(r"[\w.-]+", "a runtime's name"), usual=("", "runc", "oci", "crun")),
    "stop_signal": Fact("StopSignal", _text(r"(SIG)?[A-Z0-9+]+", "a signal, such as SIGINT"), "Config", usual=(), from_image=True),
    "storage_options": Fact("StorageOpt", _mapping),
    "sysctls": Fact("Sysctls", _mapping),
    "tmpfs": Fact("Tmpfs", _tmpfs),
    "userns_mode": Fact("UsernsMode", _HOST, usual=("", "private")),
    "uts_mode": Fact("UTSMode", _HOST, usual=("", "private")),
}
NAMES = {fact.name: fact for fact in FACTS.values()}


def given(params: dict[str, Any]) -> dict[str, Any]:
    """option → value of those options that a playbook gives. Raises ValueError."""
    values = {option: read(fact, params.get(option)) for option, fact in FACTS.items()}
    return {option: value for option, value in values.items() if not _is_nothing(option, value)}


def read(fact: Fact, value: Any) -> Any:
    """The parsed value of an option; None where it is not given, or as if it was not."""
    return None if value in (None, "", [], {}) else fact.parse(value)


def seen(config: dict[str, Any], host: dict[str, Any]) -> dict[str, Any]:
    """option → value of those that the engine tells of a container: Config and HostConfig of its inspect."""
    places = {"Config": config, "HostConfig": host}
    reported = {option: places[fact.place].get(fact.name) for option, fact in FACTS.items()}
    reported["pids_limit"] = _pids(reported["pids_limit"] or 0)
    if reported["memory_swap"] == 2 * (host.get("Memory") or 0):  # what an engine makes of a memory limit
        reported["memory_swap"] = 0
    return {option: value for option, value in reported.items() if not _is_nothing(option, value)}


def _is_nothing(option: str, value: Any) -> bool:
    return value in (None, "", [], {}) or (not value and FACTS[option].usual is None)


def to_api(further: dict[str, Any], place: str) -> dict[str, Any]:
    """Those of them that belong there, in the request that creates a container."""
    return {FACTS[option].name: value for option, value in further.items() if FACTS[option].place == place}


def reported_later(further: Iterable[str]) -> list[str]:
    """Those that an engine or image may give unasked: that they were asked for has to be remembered."""
    return [option for option in further if FACTS[option].usual is not None]


def that_matter(there: dict[str, Any], wanted: Iterable[str], ours: bool, asked: Iterable[str]) -> dict[str, Any]:
    """What of a container that is there is compared.

    wanted  options that are wanted now
    ours    whether this collection made the container, and then of `reported_later` those that it was asked for
    """

    def matters(option: str, value: Any) -> bool:
        fact = FACTS[option]
        if option in wanted or fact.usual is None:
            return True
        if fact.from_image:  # of others' containers, what differs from the image is compared elsewhere
            return ours and option in asked
        return value not in fact.usual and (not ours or option in asked)

    return {option: value for option, value in there.items() if matters(option, value)}
