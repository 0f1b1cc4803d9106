# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories without problems, and which problems are reported first."""

from ansible_collections.swarm.learning.plugins.plugin_utils._checks import stages

from tests.support.site_inventory import two_orgs


def found(inventory, **options):
    return stages.problems(inventory, lambda path: True, **options)


def test_example_has_no_problems():
    assert found(two_orgs()) == []


def test_platform_without_a_training_has_no_problems():
    assert found(two_orgs({"swarm_training": {}})) == []


def test_components_that_run_elsewhere_are_addresses():
    elsewhere = {"swarm_apls_ip": "192.0.2.1", "sn_sentinel_ip": "192.0.2.2", "swarm_socket_path": "/run/spire/api.sock"}
    inventory = two_orgs(
        elsewhere,
        without=["swarm_apls", "swarm_spire_server", "swarm_spire_agent", ("host-1", "sn_sentinel")],
        groups={"swarm_sn": ["host-2"]},
    )
    assert found(inventory) == []


def test_problems_of_one_stage_are_reported_together_and_later_stages_wait():
    inventory = two_orgs({"swarm_apls_ip": ""}, training={"epochs": 0}, host_1={"sn_api_port": 0}, host_2={"sn_sentinel": "maybe"})
    assert [sentence.partition(":")[0] for sentence in found(inventory)] == ["sn_api_port of host-1", "sn_sentinel of host-2"]


def test_peers_are_not_counted_before_the_organisations_have_exchanged_their_files():
    inventory = two_orgs(training={"min_peers": 5})
    assert found(inventory) != []
    assert found(inventory, complete=False) == []
    wrong = two_orgs(training={"min_peers": 5, "program": "/x.py"})
    assert found(wrong, complete=False) == found(wrong) != []
