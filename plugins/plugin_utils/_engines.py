# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks whether SPIRE Agents and the platform's mounts work with an engine, from what it reports about itself (private, pure)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

_PODMAN_FROM = (1, 15)  # the SPIRE release whose docker attestor knows Podman's containers
_API_FROM = (1, 9)  # the SPIRE release whose attestor speaks API version 1.44
_REFUSES_OLD_API = ((29, 0), (29, 3))  # Docker Engine from, and before


# Components that read files of the host which only root can read.
_READ_ROOTS_FILES = ("spire_server", "swop", "swci")


def review(info: Mapping[str, Any], spire_version: str, components: Collection[str] = ()) -> dict[str, Any]:
    """{problems, warnings, security_opts, restart_policy}: sentences, what containers need that mount files of the host, and with which policy the
    engine starts containers after a reboot: Podman's podman-restart.service starts only those of `always`.

    info           the engine's answer to `docker info`
    spire_version  the agent's, empty without one
    components     what the host runs
    """
    problems = _agent_problems(info, spire_version) if spire_version else []
    reading = [component for component in _READ_ROOTS_FILES if component in components]
    if _has(info, "userns") and reading and not problems:
        problems.append(
            f"the engine remaps users (userns-remap), so that root in {', '.join(reading)} may not read the files that are mounted, which only "
            "the host's root can read: run them on an engine without userns-remap"
        )
    selinux = _has(info, "selinux")
    return {
        "problems": problems,
        "warnings": [*selinux_warnings(info, components), *cgroup_warnings(info, spire_version)],
        "security_opts": ["label=disable"] if selinux else [],
        "restart_policy": "always" if _is_podman(info) else "unless-stopped",
    }


def _is_podman(info: Mapping[str, Any]) -> bool:
    return "BuildahVersion" in info


def _has(info: Mapping[str, Any], option: str) -> bool:
    return any(str(one).startswith(f"name={option}") for one in info.get("SecurityOptions") or ())


def selinux_warnings(info: Mapping[str, Any], components: Collection[str]) -> list[str]:
    """What SELinux keeps from working, in a sentence; arguments as of `review`."""
    if not _has(info, "selinux") or "swop" not in components:
        return []
    return [
        (
            "SELinux is enforced for containers. Those of this collection that mount files run with label=disable, but not those that SWOPs start: "
            "label the directories of the training (chcon -R -t container_file_t DIRECTORY), or set container_options: "
            "[{security-opt: [label=disable]}] in swop_pairs"
        )
    ]


def cgroup_warnings(info: Mapping[str, Any], spire_version: str) -> list[str]:
    """What the engine's control groups keep from working, in a sentence; arguments as of `review`."""
    if not spire_version or not _is_podman(info) or str(info.get("CgroupVersion")) != "1" or info.get("CgroupDriver") != "cgroupfs":
        return []
    return [
        (
            "with cgroup v1 and the cgroup manager cgroupfs, the SPIRE Agent may not find Podman's containers (no identity issued): use cgroup v2 "
            '(kernel parameter systemd.unified_cgroup_hierarchy=1), or cgroup_manager = "systemd" in containers.conf'
        )
    ]


def _agent_problems(info: Mapping[str, Any], spire_version: str) -> list[str]:
    found, spire = [], _numbers(spire_version)
    if _is_podman(info) and spire < _PODMAN_FROM:
        found.append(
            f"the SPIRE Agent {spire_version} does not find Podman's containers, so none gets an identity: "
            "set swarm_spire_version to 1.15.0 or newer"
        )
    server = str(info.get("ServerVersion") or "")
    if not _is_podman(info) and _REFUSES_OLD_API[0] <= _numbers(server) < _REFUSES_OLD_API[1] and spire < _API_FROM:
        found.append(
            f"Docker Engine {server} refuses the API version that the SPIRE Agent {spire_version} uses: set "
            "swarm_spire_version to 1.9.0 or newer, "
            'upgrade the engine to 29.3, or set "min-api-version": "1.43" in /etc/docker/daemon.json'
        )
    if _has(info, "userns"):
        found.append(
            "the engine remaps users (userns-remap) and refuses the host's PID namespace, which the SPIRE Agent needs: run the "
            "agent on an engine without userns-remap"
        )
    return found


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])
