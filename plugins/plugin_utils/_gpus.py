# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks whether an engine can give containers GPUs, from what it reports about itself (private, pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def review(info: Mapping[str, Any]) -> dict[str, str]:
    """{problem, warning}: sentences, empty if there is nothing to say. info: the engine's answer to `docker info`, or Podman's."""
    runtimes = sorted(info.get("Runtimes") or {})
    is_podman = "BuildahVersion" in info
    has_cdi = bool(info.get("CDISpecDirs") or info.get("DiscoveredDevices"))
    if not is_podman and not has_cdi and "nvidia" not in runtimes:
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
