# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules find out becomes samples."""

import re

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._monitoring import metrics
from ansible_collections.swarm.learning.plugins.module_utils._monitoring.exposition import render

SITE = {
    "trust_domain": "org1",
    "release": "2.3.0",
    "peers": 4,
    "license_server": "10.0.0.1:5814",
    "licenses": {"sn": {"wanted": 1, "capacity": 2}},
}
SN = {
    "name": "sn-1",
    "component": "sn",
    "release": "2.3.0",
    "image": "sn:2.3.0",
    "digest": "sha256:1",
    "state": "running",
    "ready": True,
    "health": "",
    "restarts": 0,
    "exit_code": None,
    "started_at": 1000,
    "finished_at": None,
    "identity": {"spiffe_id": "spiffe://org1/sn", "expires_at": 5000},
}
ENDED = {**SN, "state": "exited", "ready": False, "exit_code": 3, "finished_at": 1500, "identity": {}}
NODE = {"name": "ml-1", "component": "ml", "state": "running", "trains": True, "round": 3, "epoch": 1, "epochs": 10, "peers": 4, "line": ""}


def lines(samples):
    """The samples as lines of text, without the descriptions."""
    return [line for line in render(metrics.METRICS, samples).splitlines() if not line.startswith("#")]


def test_names_follow_the_conventions():
    for name, metric in metrics.METRICS.items():
        assert re.fullmatch(r"swarm_[a-z0-9_]+", name)
        assert name.endswith("_total") == (metric.kind == "counter")
        assert metric.kind in ("gauge", "counter")
        assert metric.help.endswith(".")
        assert "\n" not in metric.help


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ['swarm_site_info{trust_domain="org1",release="2.3.0"} 1', "swarm_training_peers_wanted 4"]),
        ({"peers": 0}, ['swarm_site_info{trust_domain="org1",release="2.3.0"} 1']),
    ],
)
def test_site(changes, expected):
    licences = [
        'swarm_licenses_wanted{kind="sn",server="10.0.0.1:5814"} 1',
        'swarm_licenses_capacity{kind="sn",server="10.0.0.1:5814"} 2',
    ]
    assert lines(metrics.of_site({**SITE, **changes})) == expected + licences


@pytest.mark.parametrize(
    ("wanted", "containers", "expected"),
    [
        ({}, [], []),
        ({"sn-1": "sn"}, [], ['swarm_container_up{name="sn-1",component="sn",lasting="true"} 0']),
        ({"sn-1": "sn"}, [SN], ['swarm_container_up{name="sn-1",component="sn",lasting="true"} 1']),
        ({}, [SN], ['swarm_container_up{name="sn-1",component="sn",lasting="false"} 1']),
        ({"sn-1": "sn"}, [{**SN, "state": "paused"}], ['swarm_container_up{name="sn-1",component="sn",lasting="true"} 0']),
        ({"sn-1": "sn"}, [ENDED], ['swarm_container_up{name="sn-1",component="sn",lasting="true"} 0']),
        ({}, [{**ENDED, "component": "ml"}], []),
        ({}, [{**ENDED, "component": "sl", "state": "restarting"}], ['swarm_container_up{name="sn-1",component="sl",lasting="false"} 0']),
    ],
)
def test_containers_that_run(wanted, containers, expected):
    found = lines(metrics.of_containers(wanted, containers, {}))
    assert [line for line in found if line.startswith("swarm_container_up")] == expected


@pytest.mark.parametrize(
    ("container", "line", "is_there"),
    [
        (SN, 'swarm_container_ready{name="sn-1",component="sn"} 1', True),
        (SN, "swarm_container_healthy", False),
        ({**SN, "health": "starting"}, 'swarm_container_healthy{name="sn-1",component="sn"} 1', True),
        ({**SN, "health": "unhealthy"}, 'swarm_container_healthy{name="sn-1",component="sn"} 0', True),
        (SN, "swarm_container_exit_code", False),
        (ENDED, 'swarm_container_exit_code{name="sn-1",component="sn"} 3', True),
        ({**ENDED, "state": "created", "finished_at": None}, "swarm_container_exit_code", False),
        ({**SN, "restarts": 7}, 'swarm_container_restarts_total{name="sn-1",component="sn"} 7', True),
        ({**SN, "started_at": None}, "swarm_container_start_timestamp_seconds", False),
        (SN, 'swarm_container_start_timestamp_seconds{name="sn-1",component="sn"} 1000', True),
        (SN, 'swarm_container_info{name="sn-1",component="sn",release="2.3.0",image="sn:2.3.0",digest="sha256:1"} 1', True),
        (SN, 'swarm_container_last_log_timestamp_seconds{name="sn-1",component="sn"} 1200.5', True),
    ],
)
def test_facts_of_a_container(container, line, is_there):
    found = lines(metrics.of_containers({}, [container], {"sn-1": 1200.5}))
    assert any(one.startswith(line) for one in found) == is_there


def test_identities():
    hidden = {**SN, "name": "swop-1", "component": "swop", "identity": {}}
    assert lines(metrics.of_identities([(SN, 5000), (hidden, 6000)])) == [
        'swarm_identity_expiry_timestamp_seconds{name="sn-1",component="sn",spiffe_id="spiffe://org1/sn",shown="true"} 5000',
        'swarm_identity_expiry_timestamp_seconds{name="swop-1",component="swop",spiffe_id="",shown="false"} 6000',
    ]


def test_spire():
    facts = {
        "trust_domain": "org1",
        "authorities": [{"not_before": 10, "expires_at": 100}, {"not_before": 50, "expires_at": 200}],
        "agents": [{"spiffe_id": "spiffe://org1/agent", "expires_at": 90}],
        "entries": [{}, {}],
        "bundles": [{"trust_domain": "org2", "expires_at": 300, "newest": 20}],
        "tokens": [{"spiffe_id": "spiffe://org1/swarm/agent/host-1", "expires_at": 70}],
    }
    assert lines(metrics.of_spire(facts, facts["authorities"][0])) == [
        "swarm_spire_up 1",
        'swarm_spire_authority_expiry_timestamp_seconds{trust_domain="org1"} 100',
        'swarm_spire_authority_newest_timestamp_seconds{trust_domain="org1"} 50',
        'swarm_spire_bundle_expiry_timestamp_seconds{trust_domain="org2"} 300',
        'swarm_spire_bundle_newest_timestamp_seconds{trust_domain="org2"} 20',
        'swarm_spire_agent_expiry_timestamp_seconds{spiffe_id="spiffe://org1/agent"} 90',
        "swarm_spire_entries 2",
        'swarm_spire_unused_token_expiry_timestamp_seconds{spiffe_id="spiffe://org1/swarm/agent/host-1"} 70',
    ]
    assert 'swarm_spire_authority_expiry_timestamp_seconds{trust_domain="org1"} 0' in lines(metrics.of_spire(facts, None))


@pytest.mark.parametrize(
    ("node", "failed", "expected"),
    [
        (None, False, ["swarm_training_in_progress 0", "swarm_training_failed 0"]),
        (
            NODE,
            False,
            [
                "swarm_training_in_progress 1",
                "swarm_training_failed 0",
                *(
                    f'swarm_training_node_state{{name="ml-1",component="ml",state="{state}"}} {int(state == "running")}'
                    for state in metrics.TRAINING_STATES
                ),
                'swarm_training_round{name="ml-1",component="ml"} 3',
                'swarm_training_epoch{name="ml-1",component="ml"} 1',
                'swarm_training_epochs{name="ml-1",component="ml"} 10',
                'swarm_training_peers{name="ml-1",component="ml"} 4',
            ],
        ),
        (
            {**NODE, "state": "failed", "trains": False, "round": 0, "epoch": 0, "epochs": 0, "peers": 0},
            True,
            [
                "swarm_training_in_progress 0",
                "swarm_training_failed 1",
                *(
                    f'swarm_training_node_state{{name="ml-1",component="ml",state="{state}"}} {int(state == "failed")}'
                    for state in metrics.TRAINING_STATES
                ),
                'swarm_training_round{name="ml-1",component="ml"} 0',
            ],
        ),
    ],
    ids=["none", "running", "failed"],
)
def test_training(node, failed, expected):
    assert lines(metrics.of_training([node] if node else [], failed)) == expected


@pytest.mark.parametrize(("answers", "value"), [("yes", 1), ("no", 0), ("unknown", 0)])
def test_license_servers(answers, value):
    server = {"address": "10.0.0.1", "port": 5814, "answers": answers}
    assert lines(metrics.of_license_servers([server])) == [f'swarm_license_server_up{{server="10.0.0.1:5814"}} {value}']


def test_directories():
    assert lines(metrics.of_directory("/data", 10, 100)) == [
        'swarm_directory_free_bytes{path="/data"} 10',
        'swarm_directory_size_bytes{path="/data"} 100',
    ]
