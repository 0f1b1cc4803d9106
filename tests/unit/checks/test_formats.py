# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SWOP profiles and tasks that the platform would refuse."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import formats
from ansible_collections.swarm.learning.plugins.plugin_utils._site import swci, swop
from ansible_collections.swarm.learning.plugins.plugin_utils._site.training import normalise

from tests.support.site_inventory import TRAINING

ALL = normalise(TRAINING)
HOST_SETTINGS = {
    "network": "swarm",
    "apls_ip": "172.1.1.1",
    "apls_port": 5814,
    "proxy": {},
    "identity": {"socket_path": "spire-agent-socket:api.sock"},
}
PROFILE = swop.profile("swop-1", [swop.pair({}, 0, 1, 2, "172.1.1.1"), swop.pair({}, 1, 2, 2, "172.1.1.1")], ALL, HOST_SETTINGS)
TASK = swci.tasks(ALL)["run"]


def test_derived_documents_have_no_problems():
    assert formats.profile_problems(PROFILE) == []
    assert [formats.task_problems(task) for task in swci.tasks(ALL).values()] == [[], []]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"netwrok": "x"}, "profile: unknown key 'netwrok': did you mean 'network'?"),
        ({"network": None}, "profile.network: expected text, got null"),
        ({"apls": {"locator": {"host": "a.b", "port": "5814"}}}, "profile.apls.locator.port: expected a whole number, got text"),
        ({"apls": {"locator": {"port": None}}}, "profile.apls.locator: 'host' is missing"),
        (
            {"resourcemgr": {"mgrtype": "PODMAN", "accessinfo": {"accesstype": "FROMENV"}}},
            "profile.resourcemgr.mgrtype: invalid value 'PODMAN'; expected one of DOCKER",
        ),
        ({"envvars": [{"A": [1]}]}, "profile.envvars[0].A: expected a single value, got a list"),
        ({"dns": "1.1.1.1"}, "profile.dns: expected a list, got text"),
        ({"nodes": []}, "profile.nodes has 0 items"),
        ({"nodes": [{"slnodedef": {}}]}, "profile.nodes[0].slnodedef: 'idx' is missing"),
    ],
)
def test_profile_that_swop_would_refuse(change, message):
    said = formats.profile_problems({**PROFILE, **change})
    assert any(message in sentence for sentence in said), said


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"TaskType": "RUN"}, "task.TaskType: invalid value 'RUN'; expected one of MAKE_USER_CONTAINER, PULL_IMAGE"),
        ({"Outcome": "x" * 161}, "task.Outcome has 161 characters"),
        ({"Prereq": ""}, "task.Prereq has 0 characters"),
        ({"Body": {**TASK["Body"], "WorkingDir": "test"}}, "task.Body.WorkingDir: invalid path; expected an absolute path"),
        ({"Body": {**TASK["Body"], "SharedContent": []}}, "task.Body.SharedContent has 0 items"),
        ({"Extra": 1}, "task: unknown key 'Extra'"),
    ],
)
def test_task_that_swci_would_refuse(change, message):
    said = formats.task_problems({**TASK, **change})
    assert any(message in sentence for sentence in said), said


@pytest.mark.parametrize("document", [[], "x", None, 7])
def test_document_that_is_not_a_mapping(document):
    for check in (formats.profile_problems, formats.task_problems):
        [sentence] = check(document)
        assert ": expected a mapping, got " in sentence
