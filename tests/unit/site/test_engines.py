# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Engines with which SPIRE Agents or the platform's mounts do not work."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._engines import review

PODMAN = {"BuildahVersion": "1.39.4", "ServerVersion": "5.4.0"}


@pytest.mark.parametrize(
    ("info", "spire", "problem"),
    [
        ({"ServerVersion": "28.1.1"}, "1.8.4", ""),
        ({"ServerVersion": "29.1.3"}, "1.8.4", "Docker Engine 29.1.3 refuses the API version"),
        ({"ServerVersion": "29.1.3"}, "1.9.0", ""),
        ({"ServerVersion": "29.3.0"}, "1.8.4", ""),
        ({"ServerVersion": "20.10.24"}, "1.8.4", ""),
        (PODMAN, "1.8.4", "set swarm_spire_version to 1.15.0 or newer"),
        (PODMAN, "1.15.3", ""),
        (PODMAN, "", ""),
        ({"ServerVersion": "28.0", "SecurityOptions": ["name=seccomp,profile=builtin", "name=userns"]}, "1.15.3", "userns-remap"),
        ({"ServerVersion": "28.0", "SecurityOptions": ["name=userns"]}, "", ""),
        ({}, "1.8.4", ""),
    ],
)
def test_spire_agents(info, spire, problem):
    said = review(info, spire)
    assert problem in "".join(said["problems"])
    assert len(said["problems"]) == bool(problem)
    assert said["warnings"] == []


def test_selinux_is_warned_of():
    said = review({"SecurityOptions": ["name=selinux"]}, "")
    assert "label=disable" in said["warnings"][0]
    assert said["problems"] == []
