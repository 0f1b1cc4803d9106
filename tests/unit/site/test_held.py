# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of what waits for the end of a training."""

from ansible_collections.swarm.learning.plugins.plugin_utils._held import report


def test_nothing_left_undone_is_no_report():
    assert report(["a"], {"a": {"swarm_training_reasons": ["ml-1 trains"], "ansible_facts": {"other": ["x"]}}}) == []


def test_what_runs_and_what_waits_is_named_by_host():
    variables = {
        "a": {
            "swarm_training_reasons": ["ml-1 trains (round 3)"],
            "ansible_facts": {"swarm_held_swop_swop_1": ["stop swop-1", "create swop-1"]},
        },
        "b": {"swci_held_script": ["run the new script of swci-1"]},
        "c": {"swarm_training_reasons": [], "ansible_facts": {}},
    }
    assert report(["a", "b", "c"], variables)[1:-1] == [
        "  a: ml-1 trains (round 3)",
        "Left undone, as it would disturb or end it:",
        "  a: stop swop-1, create swop-1",
        "  b: run the new script of swci-1",
    ]


def test_what_roles_leave_undone_is_named():
    assert "  a: give the proxy new names" in report(["a"], {"a": {"reverse_proxy_held": ["give the proxy new names"]}})
