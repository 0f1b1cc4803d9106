# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What teardown reports before and after."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils import _teardown


def things(*words):
    return [dict(zip(("kind", "name", "reason"), word.split(" ", 2))) for word in words]


def test_plan_has_a_line_for_each_host():
    hosts = {
        "host-2": {"trust_domain": "org2", "removed": []},
        "host-1": {"trust_domain": "org1", "removed": things("container sn-1", "network swarm")},
    }
    assert _teardown.plan(hosts) == ["org1, host-1: container sn-1, network swarm", "org2, host-2: nothing"]


@pytest.mark.parametrize(
    ("stopped", "containers", "removable", "kept", "expected"),
    [
        (["container a"], [], [], [], ([], [])),
        (["container a"], ["container b"], [], [], ([], ["container b (another platform)"])),
        (["container a"], ["container a"], [], [], (["container a"], ["container a (another platform)"])),
        ([], [], ["volume v"], [], (["volume v"], [])),
        ([], [], [], ["network swarm somebody uses it"], ([], ["network swarm: somebody uses it"])),
    ],
)
def test_outcome(stopped, containers, removable, kept, expected):
    found = _teardown.outcome(things(*stopped), things(*containers), things(*removable), things(*kept))
    assert (found["left"], found["kept"]) == expected
