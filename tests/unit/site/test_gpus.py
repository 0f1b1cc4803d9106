# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Engines that can give containers GPUs, and those that cannot."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._gpus import review

RUNC, NVIDIA = {"runc": {}}, {"runc": {}, "nvidia": {}}


@pytest.mark.parametrize(
    ("info", "problem", "warning"),
    [
        ({"Runtimes": RUNC}, "neither an NVIDIA runtime (it has runc) nor CDI devices", ""),
        ({"Runtimes": NVIDIA, "CgroupDriver": "cgroupfs"}, "", ""),
        ({"Runtimes": NVIDIA, "CgroupDriver": "systemd"}, "", "lose their GPUs when somebody runs `systemctl daemon-reload`"),
        ({"Runtimes": NVIDIA, "CgroupDriver": "systemd", "CDISpecDirs": ["/etc/cdi"]}, "", ""),
        ({"Runtimes": RUNC, "CDISpecDirs": ["/etc/cdi"]}, "", ""),
        ({"Runtimes": {"crun": {}}, "BuildahVersion": "1.39", "CgroupDriver": "systemd"}, "", ""),
        ({}, "neither an NVIDIA runtime", ""),
    ],
)
def test_engines(info, problem, warning):
    said = review(info)
    assert problem in said["problem"]
    assert warning in said["warning"]
    assert bool(said["problem"]) is bool(problem)
    assert bool(said["warning"]) is bool(warning)
