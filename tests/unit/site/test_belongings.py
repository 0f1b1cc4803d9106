# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What on a host belongs to the platform, and what to the user."""

from ansible_collections.swarm.learning.plugins.plugin_utils._site import model

from tests.support.site_inventory import two_orgs

KEYS = ("containers", "volumes", "agent_volume", "user_paths")


def belongings(host, *arguments, **changes):
    here = model.derive(two_orgs(*arguments, **changes))[host]
    return {key: here[key] for key in KEYS}


def test_of_a_host():
    assert belongings("host-1", training={"model_dir": "/srv/model", "private_data": "/srv/{number}"}) == {
        "containers": ["sn-1", "swop-1", "apls", "spire-server", "spire-agent", "swci-1"],
        "volumes": ["sn-1-smlnode", "spire-agent-socket", "sl-cli-lib"],
        "agent_volume": "spire-agent-socket",
        "user_paths": ["/srv/model", "/srv/{number}", "/srv/1", "/srv/2"],
    }


def test_names_and_volumes_that_the_user_chose():
    changes = {"apls_name": "licences", "spire_agent_name": "agent", "swarm_socket_path": "mine:a.sock", "sn_nodes": [{"name": "first"}]}
    found = belongings("host-1", host_1=changes)
    assert {"licences", "agent", "first"} <= set(found["containers"])
    assert found["volumes"] == ["first-smlnode", "mine", "sl-cli-lib"]


def test_socket_that_is_a_file_has_no_volume():
    assert belongings("host-1", {"swarm_socket_path": "/run/api.sock"})["agent_volume"] == ""


def test_server_below_another_has_an_agent_of_its_own():
    found = belongings("host-2", host_2={"swarm_trust_domain": "org1.swarm.learning", "spire_server_upstream": "host-1"})
    assert "spire-agent-upstream" in found["containers"]
    assert "spire-agent-upstream-socket" in found["volumes"]


def test_data_of_pairs_is_the_users():
    pairs = [{"private_data": "/mine/a"}, {}]
    assert "/mine/a" in belongings("host-1", host_1={"swop_pairs": pairs})["user_paths"]


def test_sl_nodes_without_a_swop():
    groups = {"swarm_sl": ["host-1"]}
    nodes = [{"ml": {"name": "trainer", "volumes": ["/mine/b:/b", "named:/c"]}}]
    found = belongings("host-1", groups=groups, host_1={"sl_nodes": nodes}, without=["swarm_swop", "swarm_swci"])
    assert found["containers"][:3] == ["sn-1", "sl-1", "trainer"]
    assert "/mine/b" in found["user_paths"]
