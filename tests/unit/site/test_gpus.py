# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Engines that can give containers GPUs, and those that cannot."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils import _gpus
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import formats
from ansible_collections.swarm.learning.plugins.plugin_utils._gpus import review
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model

from tests.support.site_inventory import two_orgs

RUNC, NVIDIA = {"runc": {}}, {"runc": {}, "nvidia": {}}


@pytest.mark.parametrize(
    ("info", "problem", "warning"),
    [
        ({"Runtimes": RUNC}, "neither an NVIDIA runtime (only runc) nor CDI devices", ""),
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


AMD = [{"device": ["/dev/kfd", "/dev/dri"]}, {"group-add": ["video"]}]


@pytest.mark.parametrize(
    ("training", "pair", "options", "environment", "named"),
    [
        ("", None, None, None, ""),
        ("all", None, [{"gpus": "all"}], None, "ml-1 (gpus all)"),
        ("", 0, [{"gpus": "device=0"}], None, "ml-1 (gpus device=0)"),
        ("all", "0,1", [{"gpus": "device=0,1"}], None, "ml-1 (gpus device=0,1)"),
        ("GPU-1a-2b", None, [{"gpus": "device=GPU-1a-2b"}], None, "ml-1 (gpus device=GPU-1a-2b)"),
        ("nvidia.com/gpu=all", None, [{"gpus": "all"}], None, "ml-1 (gpus all)"),
        ("", "nvidia.com/gpu=0,nvidia.com/gpu=1", [{"gpus": "device=0,1"}], None, "ml-1 (gpus device=0,1)"),
        ("amd", None, AMD, None, "ml-1 (gpus amd)"),
        ("all", "amd=0,1", AMD, [{"HIP_VISIBLE_DEVICES": "0,1"}], "ml-1 (gpus amd=0,1)"),
    ],
)
def test_gpus_of_a_pair(training, pair, options, environment, named):
    host = model.derive(two_orgs(training={"gpus": training}, host_1={"swop_pairs": [{} if pair is None else {"gpus": pair}]}))["host-1"]
    [profile] = host["swop_profiles"].values()
    node = profile["nodes"][0]["slnodedef"]
    assert (node.get("usrcontaineropts"), node["usrenvvars"], _gpus.words(host["gpus"])) == (options, environment, named)
    assert formats.profile_problems(profile) == []


def test_amd_gpus_of_an_ml_container_that_no_swop_starts():
    by_hand = two_orgs(training={"gpus": "amd=1"}, groups={"swarm_sl": ["host-1", "host-2"]}, without=["swarm_swop", "swarm_swci"])
    host = model.derive(by_hand)["host-1"]
    ml = host["sl_nodes"][0]["ml"]
    assert (ml["devices"], ml["group_add"], ml["env"]["HIP_VISIBLE_DEVICES"], "gpus" in ml) == (
        ["/dev/kfd", "/dev/dri"],
        ["video"],
        "1",
        False,
    )
    assert _gpus.words(host["gpus"]) == "sl-1 (gpus amd), sl-2 (gpus amd)"


def test_cdi_names_of_an_ml_container_that_no_swop_starts():
    named = "nvidia.com/gpu=0"
    by_hand = two_orgs(training={"gpus": named}, groups={"swarm_sl": ["host-1", "host-2"]}, without=["swarm_swop", "swarm_swci"])
    host = model.derive(by_hand)["host-1"]
    assert host["sl_nodes"][0]["ml"]["gpus"] == named
    assert host["gpus"][0] == {"name": "sl-1", "gpus": named}


@pytest.mark.parametrize(
    ("gpus", "valid"),
    [
        *((good, True) for good in ("", "all", 0, "0,1", "0:1", "device=0,1", "GPU-1a,MIG-2b", "nvidia.com/gpu=0", "amd", "amd=0,1")),
        *((bad, False) for bad in ("first", "0,", "amd=", "amd=a", "device=", "nvidia.com/gpu", "amd.com/gpu=0", "all,0", True, -1)),
    ],
)
def test_what_gpus_takes(gpus, valid):
    assert _gpus.is_valid(gpus) is valid


@pytest.mark.parametrize(
    ("gpus", "absent"),
    [
        ("all", []),
        ("device=0,2,3", [2, 3]),
        ("4", [2, 3]),
        ("nvidia.com/gpu=1,nvidia.com/gpu=5", [5]),
        ("device=7:1", [7]),
        ("device=GPU-5", []),
    ],
)
def test_numbers_that_a_host_does_not_have(gpus, absent):
    assert _gpus.absent([{"name": "ml-1", "gpus": gpus}], [0, 1]) == absent


def test_toolkit_that_is_not_registered_as_a_runtime():
    assert review({"Runtimes": RUNC}, has_hook=True)["problem"] == ""
