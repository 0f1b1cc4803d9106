# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of this machine that the lab calls: found, or installed where we may."""

from __future__ import annotations

import os
import shutil
import threading

from lab.process import run
from lab.report import LabError, step

# The search path of a plain user leaves out sbin.
SBIN = "/usr/sbin:/usr/local/sbin:/sbin"
PACKAGES = {
    "dockerd": ("docker.io", "iptables"),
    "debootstrap": ("debootstrap",),
    "gcc": ("gcc", "libc6-dev"),
    "age": ("age",),
    **dict.fromkeys(("prometheus", "promtool", "prometheus-node-exporter"), ("prometheus", "prometheus-node-exporter")),
}
_one_at_a_time = threading.Lock()


def find(program: str) -> str | None:
    """The program's path, or None."""
    return shutil.which(program) or shutil.which(program, path=SBIN)


def ensure(program: str) -> str:
    """The path of a program of PACKAGES; its Debian packages are installed when it is missing and we are root."""
    with _one_at_a_time:
        return find(program) or _install(program)


def _install(program: str) -> str:
    wanted = " ".join(PACKAGES[program])
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise LabError(f"{program} is missing: install it (Debian: apt-get install {wanted})")
    with step(f"installing {wanted}"):
        environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        patience = ("-o", "DPkg::Lock::Timeout=120")  # other tests may install something too
        for command in (["update", "-q"], ["install", *patience, "-q", "-y", "--no-install-recommends", *PACKAGES[program]]):
            run(["apt-get", *command], f"{wanted} cannot be installed", env=environment)
    found = find(program)
    if found is None:
        raise LabError(f"{wanted} is installed but brings no {program}")
    return found
