# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of `checks` that look at a host itself and its disks (private, pure)."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from typing import Any

from .look import GIB, Look, Unseen, Words, one_line, size

TOLERANCE = 0.9  # what firmware and file systems keep of a machine's memory and disk
LEAST_AVAILABLE_GB, LEAST_DIRECTORY_GB, LEAST_TEMPORARY_GB, LEAST_INODES = 2, 1, 0.25, 0.05
MOST_CLOCK_SECONDS = 10


def host_reachable(look: Look) -> Iterator[Words]:
    if look.problem.get("kind") == "unreachable":
        yield {"problem": one_line(look.problem["text"])}


def host_examined(look: Look) -> Iterator[Words]:
    if look.problem.get("kind") == "failed":
        yield {"problem": one_line(look.problem["text"])}


def privileges(look: Look) -> Iterator[Words]:
    if not look.fact("root"):
        yield {}


def cpu_architecture(look: Look) -> Iterator[Words]:
    if look.fact("cpu", "architecture") not in ("x86_64", "amd64"):
        yield {"architecture": look.fact("cpu", "architecture")}


def cpu_count(look: Look) -> Iterator[Words]:
    if look.fact("cpu", "count") < look.setting("least_cpus"):
        yield {"count": look.fact("cpu", "count"), "least": look.setting("least_cpus")}


def cpu_avx(look: Look) -> Iterator[Words]:
    if look.has("sl", "swop") and not look.fact("cpu", "avx"):
        yield {}


def memory_total(look: Look) -> Iterator[Words]:
    least = look.setting("least_memory_gb") * GIB
    if look.fact("memory", "total") < TOLERANCE * least:
        yield {"total": size(look.fact("memory", "total")), "least": size(least)}


def memory_available(look: Look) -> Iterator[Words]:
    if look.fact("memory", "available") < LEAST_AVAILABLE_GB * GIB:
        yield {"available": size(look.fact("memory", "available"))}


def clock_offset(look: Look) -> Iterator[Words]:
    ahead = look.fact("clock_ahead")
    others = [seen["clock_ahead"] for seen in look.measured.values() if "clock_ahead" in seen]
    offset = ahead - (statistics.median([0, *others]) if len(others) > 1 else 0)  # the controller counts as one
    if abs(offset) > MOST_CLOCK_SECONDS:
        yield {"seconds": round(abs(offset)), "direction": "ahead of" if offset > 0 else "behind"}


def engine_disk_free(look: Look) -> Iterator[Words]:
    yield from _short(look.fact("disks", "engine"), look.setting("least_free_gb"))


def _short(disk: Mapping[str, Any], least_gb: float) -> Iterator[Words]:
    if "free" not in disk:
        raise Unseen("disks")
    if disk["free"] < least_gb * GIB:
        yield {"path": disk["path"], "free": size(disk["free"]), "least": size(least_gb * GIB)}


def engine_disk_size(look: Look) -> Iterator[Words]:
    total, least = look.fact("disks", "engine", "total"), look.setting("least_disk_gb") * GIB
    if total < TOLERANCE * least:
        yield {"path": look.fact("disks", "engine", "path"), "total": size(total), "least": size(least)}


def directory_disk_free(look: Look) -> Iterator[Words]:
    yield from _short(look.fact("disks", "directory"), LEAST_DIRECTORY_GB)


def model_disk_free(look: Look) -> Iterator[Words]:
    for what, disk in look.fact("disks").items():
        if what.startswith("/"):
            yield from _short(disk, LEAST_DIRECTORY_GB)


def temporary_disk_free(look: Look) -> Iterator[Words]:
    yield from _short(look.fact("disks", "temporary"), LEAST_TEMPORARY_GB)


def disk_inodes(look: Look) -> Iterator[Words]:
    for disk in look.fact("disks").values():
        if disk.get("inodes", 1) < LEAST_INODES:
            yield {"path": disk["path"], "percent": round(100 * disk["inodes"], 1)}


def disk_read_only(look: Look) -> Iterator[Words]:
    for disk in look.fact("disks").values():
        if disk.get("read_only"):
            yield {"path": disk["path"]}


def directories(look: Look) -> Iterator[Words]:
    for path, problem in look.fact("directories").items():
        if problem:
            yield {"path": path, "problem": problem}
