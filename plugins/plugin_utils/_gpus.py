# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GPUs that nodes ask for, and what an engine says that it can give (private, pure).

nodes: [{name, gpus}] of a HostModel, gpus as an engine is asked for them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

Nodes = Sequence[Mapping[str, str]]
# What people write: all, numbers, IDs, CDI names, AMD's.
_GIVEN = re.compile(
    r"all|amd(=\d+(,\d+)*)?|\d+(:\d+)?(,\d+(:\d+)?)*|device=[\w.:-]+(,[\w.:-]+)*|(GPU|MIG)-[\w-]+(,(GPU|MIG)-[\w-]+)*"
    r"|nvidia\.com/gpu=[\w.:-]+(,nvidia\.com/gpu=[\w.:-]+)*"
)
EXPECTED = "all, numbers such as 0,1, IDs such as GPU-…, CDI names such as nvidia.com/gpu=0, or amd or amd=0,1 for AMD's"


def is_valid(gpus: str | int) -> bool:
    """Whether this is what `gpus` of a training or of a pair takes."""
    return str(gpus) == "" or bool(_GIVEN.fullmatch(str(gpus)))


def of_amd(nodes: Nodes) -> list[Mapping[str, str]]:
    return [node for node in nodes if node["gpus"].partition("=")[0] == "amd"]


def of_nvidia(nodes: Nodes) -> list[Mapping[str, str]]:
    return [node for node in nodes if node not in of_amd(nodes)]


def words(nodes: Nodes) -> str:
    """`ml-1 (gpus all), ml-2 (gpus device=0)`."""
    return ", ".join(f"{node['name']} (gpus {node['gpus']})" for node in nodes)


def absent(nodes: Nodes, present: Sequence[int]) -> list[int]:
    """The numbers of GPUs that these nodes ask for, or need as so many, and that are not among those present."""
    return sorted({number for node in nodes for number in _numbers(node["gpus"])}.difference(present))


def _numbers(gpus: str) -> list[int]:
    if gpus.isdigit():
        return list(range(int(gpus)))
    devices = [device.rpartition("=")[2].partition(":")[0] for device in gpus.split(",")]
    return [int(device) for device in devices if device.isdigit()]


def review(info: Mapping[str, Any], has_hook: bool = False) -> dict[str, str]:
    """{problem, warning}: sentences, empty where there is nothing to say.

    info: the engine's answer to `docker info`, or Podman's. has_hook: whether the host has the toolkit's hook, which is all that
    `docker run --gpus` needs: no runtime has to be registered for it.
    """
    runtimes = sorted(info.get("Runtimes") or {})
    is_podman = "BuildahVersion" in info
    has_cdi = bool(info.get("CDISpecDirs") or info.get("DiscoveredDevices"))
    if not is_podman and not has_cdi and not has_hook and "nvidia" not in runtimes:
        remedy = (
            "install NVIDIA's driver and container toolkit there (nvidia-ctk runtime configure, then restart the engine), "
            "or remove the GPUs from the inventory"
        )
        return {
            "problem": f"its engine has neither an NVIDIA runtime (only {', '.join(runtimes)}) nor CDI devices: {remedy}",
            "warning": "",
        }
    if not is_podman and not has_cdi and info.get("CgroupDriver") == "systemd":
        remedy = 'use CDI (nvidia-ctk cdi generate), or "exec-opts": ["native.cgroupdriver=cgroupfs"] in the engine\'s configuration'
        return {"problem": "", "warning": f"running containers lose their GPUs when somebody runs `systemctl daemon-reload`: {remedy}"}
    return {"problem": "", "warning": ""}
