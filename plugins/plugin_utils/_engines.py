# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks whether SPIRE Agents and the platform's mounts work with an engine, from what it reports about itself (private, pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PODMAN_FROM = (1, 15)  # the SPIRE release whose docker attestor knows Podman's containers
_API_FROM = (1, 9)  # the SPIRE release whose attestor speaks API version 1.44
_REFUSES_OLD_API = ((29, 0), (29, 3))  # Docker Engine from, and before


def review(info: Mapping[str, Any], spire_version: str) -> dict[str, list[str]]:
    """{problems, warnings}: sentences. info: the engine's answer to `docker info`; spire_version: the agent's, empty without one."""
    options = [str(option) for option in info.get("SecurityOptions") or ()]
    problems = _agent_problems(info, spire_version, options) if spire_version else []
    warnings = []
    if any(option.startswith("name=selinux") for option in options):
        warnings.append(
            "SELinux is enforced for containers: if they may not read mounted files (permission denied), give the "
            "components security_opts: [label=disable] in their options, such as spire_agent_options, or label the directories "
            "container_file_t"
        )
    return {"problems": problems, "warnings": warnings}


def _agent_problems(info: Mapping[str, Any], spire_version: str, options: list[str]) -> list[str]:
    found, spire = [], _numbers(spire_version)
    if "BuildahVersion" in info and spire < _PODMAN_FROM:
        found.append(
            f"the SPIRE Agent {spire_version} does not find Podman's containers, so none gets an identity: "
            "set swarm_spire_version to 1.15.0 or newer"
        )
    server = str(info.get("ServerVersion") or "")
    if "BuildahVersion" not in info and _REFUSES_OLD_API[0] <= _numbers(server) < _REFUSES_OLD_API[1] and spire < _API_FROM:
        found.append(
            f"Docker Engine {server} refuses the API version that the SPIRE Agent {spire_version} uses: set "
            "swarm_spire_version to 1.9.0 or newer, "
            'upgrade the engine to 29.3, or set "min-api-version": "1.43" in /etc/docker/daemon.json'
        )
    if any(option.startswith("name=userns") for option in options):
        found.append(
            "the engine remaps users (userns-remap) and refuses the host's PID namespace, which the SPIRE Agent needs: run the "
            "agent on an engine without userns-remap"
        )
    return found


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])
