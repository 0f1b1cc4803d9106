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
    assert (said["warnings"], said["security_opts"]) == ([], [])
    assert said["restart_policy"] == ("always" if "BuildahVersion" in info else "unless-stopped")


SELINUX, USERNS = ({"SecurityOptions": ["name=seccomp,profile=builtin", f"name={one}"]} for one in ("selinux", "userns"))


@pytest.mark.parametrize(("components", "warned"), [([], False), (["spire_server", "spire_agent", "sn"], False), (["swop"], True)])
def test_selinux_is_decided_for_our_containers_and_warned_of_where_swops_start_others(components, warned):
    said = review(SELINUX, "", components)
    assert (said["problems"], said["security_opts"]) == ([], ["label=disable"])
    assert ["chcon -R -t container_file_t" in warning for warning in said["warnings"]] == [True] * warned


@pytest.mark.parametrize(
    ("components", "problem"),
    [(["apls", "sn"], ""), (["swop"], "root in swop may not read"), (["spire_server", "swci"], "spire_server, swci")],
)
def test_remapped_users(components, problem):
    said = review(USERNS, "", components)["problems"]
    assert problem in "".join(said)
    assert len(said) == bool(problem)
    assert len(review(USERNS, "1.15.3", components)["problems"]) == 1


@pytest.mark.parametrize(
    ("info", "warned"),
    [
        ({**PODMAN, "CgroupVersion": "1", "CgroupDriver": "cgroupfs"}, True),
        ({**PODMAN, "CgroupVersion": "1", "CgroupDriver": "systemd"}, False),
        ({**PODMAN, "CgroupVersion": "2", "CgroupDriver": "cgroupfs"}, False),
        ({"CgroupVersion": "1", "CgroupDriver": "cgroupfs"}, False),
    ],
)
def test_podmans_cgroups_in_which_an_agent_finds_no_container(info, warned):
    assert ["no identity issued" in warning for warning in review(info, "1.15.3")["warnings"]] == [True] * warned
    assert review(info, "")["warnings"] == []
