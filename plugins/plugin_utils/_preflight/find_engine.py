# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of `checks` that look at an engine (private, pure)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...module_utils._container.requirements import LEAST_SDK, is_older
from .. import _engines, _gpus
from .look import Look, Unseen, Words, one_line, sentences

LEAST_ENGINE = "20.10"
_POOR_DRIVERS = ("vfs", "devicemapper", "aufs")


def docker_sdk(look: Look) -> Iterator[Words]:
    if not look.fact("sdk"):
        yield {"python": look.fact("python")}


def docker_sdk_version(look: Look) -> Iterator[Words]:
    if look.fact("sdk") and is_older(look.fact("sdk"), LEAST_SDK):
        yield {"version": look.fact("sdk"), "least": LEAST_SDK}


def engine_answers(look: Look) -> Iterator[Words]:
    if "engine_problem" in look.seen:
        cause, _semicolon, remedy = one_line(look.seen["engine_problem"]).rpartition("; ")
        yield {"problem": cause or remedy}
    elif "engine" not in look.seen:
        raise Unseen("engine")


def engine_version(look: Look) -> Iterator[Words]:
    version = str(look.engine.get("ServerVersion") or "")
    if not _is_podman(look) and is_older(version, LEAST_ENGINE):
        yield {"version": version, "least": LEAST_ENGINE}


def engine_socket(look: Look) -> Iterator[Words]:
    if look.has("swop", "spire_agent") and not _is_podman(look) and look.fact("socket") != "socket":
        yield {}


def engine_spire(look: Look) -> Iterator[Words]:
    yield from sentences(_engines.review(look.engine, look.host.model["agent_version"], _components(look))["problems"])


def _components(look: Look) -> list[str]:
    return [component for component in ("spire_server", "swop", "swci") if look.has(component)]


def selinux(look: Look) -> Iterator[Words]:
    yield from sentences(_engines.selinux_warnings(look.engine, _components(look)))


def engine_cgroups(look: Look) -> Iterator[Words]:
    yield from sentences(_engines.cgroup_warnings(look.engine, look.host.model["agent_version"]))


def engine_restart(look: Look) -> Iterator[Words]:
    if _is_podman(look) and not look.fact("podman_restart"):
        yield {}


def engine_snap(look: Look) -> Iterator[Words]:
    root = str(look.engine.get("DockerRootDir") or "")
    if root.startswith("/var/snap/"):
        yield {"path": root}


def engine_rootless(look: Look) -> Iterator[Words]:
    if "name=rootless" in (look.engine.get("SecurityOptions") or ()):
        yield {}


def engine_ipv4(look: Look) -> Iterator[Words]:
    for network in look.fact("networks"):
        if network["name"] in ("bridge", look.host.model["network"]) and not any("." in subnet for subnet in network["subnets"]):
            yield {"network": network["name"]}


def storage_driver(look: Look) -> Iterator[Words]:
    if look.engine.get("Driver") in _POOR_DRIVERS:
        yield {"driver": look.engine["Driver"]}


def storage_d_type(look: Look) -> Iterator[Words]:
    if ["Supports d_type", "false"] in [list(row) for row in look.engine.get("DriverStatus") or ()]:
        yield {}


def cgroup_limits(look: Look) -> Iterator[Words]:
    names = {"MemoryLimit": "memory limits", "CpuCfsQuota": "CPU limits"}
    missing = [words for key, words in names.items() if look.engine.get(key) is False]
    if missing:
        yield {"limits": " and ".join(missing)}


def gpu_engine(look: Look) -> Iterator[Words]:
    yield from _of_gpus(look, "problem")


def _of_gpus(look: Look, kind: str) -> Iterator[Words]:
    nodes = _gpus.of_nvidia(look.host.model["gpus"])
    text = _gpus.review(look.engine, look.fact("gpu_hook"))[kind] if nodes else ""
    for words in sentences([text] if text else []):
        yield {**words, "nodes": _gpus.words(nodes)}


def gpu_cgroups(look: Look) -> Iterator[Words]:
    yield from _of_gpus(look, "warning")


def gpu_devices(look: Look) -> Iterator[Words]:
    nodes = _gpus.of_nvidia(look.host.model["gpus"])
    if nodes and not look.fact("gpus"):
        yield {"nodes": _gpus.words(nodes)}


def gpu_numbers(look: Look) -> Iterator[Words]:
    nodes = _gpus.of_nvidia(look.host.model["gpus"])
    there = look.fact("gpus") if nodes else []
    for node in nodes if there else []:
        absent = _gpus.absent([node], there)
        if absent:
            yield {"node": node["name"], "gpus": node["gpus"], "absent": _listed(absent), "there": _listed(there)}


def gpu_amd(look: Look) -> Iterator[Words]:
    nodes = _gpus.of_amd(look.host.model["gpus"])
    missing = look.fact("amd_missing") if nodes else []
    if missing:
        yield {"nodes": _gpus.words(nodes), "missing": " and no ".join(missing)}


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def same_engine(look: Look) -> Iterator[Words]:
    mine = look.engine.get("ID")
    same = [name for name, seen in look.measured.items() if mine and (seen.get("engine") or {}).get("ID") == mine]
    if same and same[0] != look.name:
        yield {"other": same[0]}


def _is_podman(look: Look) -> bool:
    return "BuildahVersion" in look.engine
