# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trainings by their names: what each of them gets of an inventory, what they must not share, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._container.spec import TRAINING_LABEL
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import stages
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import trainings as checks
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model, trainings

from tests.support.site_inventory import TRAINING, two_orgs


def one(name, **keys):
    """A training that differs from the others in what it must."""
    return {**{key: value for key, value in TRAINING.items() if key != "name"}, "model_dir": f"/srv/{name}", **keys}


def inventory(chosen="", only_named=False, **given):
    found = two_orgs()
    hosts = {
        host: {
            **variables,
            "swarm_trainings": given,
            "training": chosen,
            "swarm_training": {} if only_named else variables.get("swarm_training", {}),
        }
        for host, variables in found.hosts.items()
    }
    return replace(found, hosts=hosts)


def derived(name, **given):
    return model.derive(trainings.select(inventory(name, **given), name))


def test_each_training_has_nodes_names_and_ports_of_its_own():
    given = {"heart": one("heart", hosts={"host-1": [{"private_data": "/srv/a", "gpus": "0"}], "host-2": None}), "lung": one("lung")}
    heart, lung = derived("heart", **given), derived("lung", **given)
    assert [node["name"] for host in heart.values() for node in host["swop_nodes"]] == ["heart-swop-1", "heart-swop-2"]
    nodes = [node["slnodedef"] for host in heart.values() for profile in host["swop_profiles"].values() for node in profile["nodes"]]
    assert [(node["slhostname"], node["usrhostname"], node["slport"]) for node in nodes] == [
        ("heart-sl-1", "heart-ml-1", 16050),
        ("heart-sl-2", "heart-ml-2", 16050),
        ("heart-sl-3", "heart-ml-3", 17050),
    ]
    assert nodes[0]["privatedata"] == {"src": "/srv/a", "mType": "BIND"}
    assert {node["sllabels"][TRAINING_LABEL] for node in nodes} == {node["usrlabels"][TRAINING_LABEL] for node in nodes} == {"heart"}
    assert {profile["taskrunner"] for host in lung.values() for profile in host["swop_profiles"].values()} == {"lung.taskdb.sml.hpe"}
    assert heart["host-1"]["training_script"] == {"host": "host-1", "name": "heart-swci"}
    assert "ASSIGN TASK heart-run-" in heart["host-1"]["swci_script"]
    assert "WITH 3 PEERS" in heart["host-1"]["swci_script"]
    assert heart["host-1"]["client_dir"].endswith("/trainings/heart/client")


def test_the_platform_is_the_same_for_all():
    given = {"heart": one("heart")}
    site, heart = model.derive(inventory(**given)), derived("heart", **given)
    for field in ("sn_nodes", "entries", "federates_with", "images", "agent_id"):
        assert [host[field] for host in site.values()] == [host[field] for host in heart.values()], field


def test_what_runs_keeps_its_names_in_a_run_about_one_training():
    """SNs that a new order of the hosts would rename; the numbers of the pairs are of another training."""
    kept = {"host-1": {"sn": [2], "swop": [2], "pairs": [3, 4]}, "host-2": {"sn": [1], "swop": [1], "pairs": [1, 2]}}
    whole = replace(inventory(heart=one("heart")), numbers=kept)
    site, heart = model.derive(whole), model.derive(trainings.select(whole, "heart"))
    assert [[node["name"] for node in host["sn_nodes"]] for host in heart.values()] == [["sn-2"], ["sn-1"]]
    assert [host["sn_nodes"] for host in site.values()] == [host["sn_nodes"] for host in heart.values()]
    assert [host["pair_numbers"] for host in heart.values()] == [{}, {}]


def test_nodes_by_hand_without_a_training_belong_to_the_site():
    whole = inventory(only_named=True, heart=one("heart"))
    node = {"name": "sl-9", "ml": {"name": "ml-9", "image": "own"}}
    hosts = {host: {**had, "sl_nodes": [node]} if host == "host-2" else had for host, had in whole.hosts.items()}
    whole = replace(whole, hosts=hosts, groups={**whole.groups, "swarm_sl": ["host-2"]})
    assert trainings.belongings(whole, "heart")["host-2"]["containers"] == ["sl-9", "ml-9"]


def test_without_another_training_no_swop_is_deployed_by_site():
    seen = trainings.select(inventory(only_named=True, heart=one("heart")), "")
    assert not any(host["swop_nodes"] for host in model.derive(seen).values())


def test_what_belongs_to_other_trainings_is_known():
    whole = inventory("heart", heart=one("heart"), lung=one("lung", hosts=["host-2"]))
    found = trainings.belongings(whole, "heart")
    assert found["host-1"]["containers"] == ["swop-1", "swci-1", "lung-swci"]
    assert found["host-2"]["containers"] == ["swop-2", "lung-swop-1"]
    assert "/srv/lung" in found["host-2"]["user_paths"]


@pytest.mark.parametrize(
    ("heart", "lung", "both"),
    [
        ({}, {}, []),
        ({"gpus": "all"}, {"gpus": "1"}, ["GPUs of host-1 (all)", "GPUs of host-2 (all)"]),
        ({"gpus": "0,1"}, {"gpus": "1,2"}, ["GPUs of host-1 (1)", "GPUs of host-2 (1)"]),
        ({"gpus": "0"}, {"gpus": "1"}, []),
        ({"gpus": "all", "hosts": ["host-1"]}, {"gpus": "all", "hosts": ["host-2"]}, []),
    ],
)
def test_trainings_that_want_the_same_gpus_are_rivals(heart, lung, both):
    whole = inventory(heart=one("heart", **heart), lung=one("lung", **lung))
    assert trainings.rivalry(trainings.select(whole, "heart"), trainings.select(whole, "lung")) == both


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"Heart": one("h")}, "swarm_trainings.Heart: invalid name"),
        ({"heart": []}, "swarm_trainings.heart: expected a mapping"),
        ({"heart": one("h", hosts=["host-9"])}, "swarm_trainings.heart.hosts: 'host-9' is not in swarm_swop"),
        ({"heart": one("h", hosts="host-1")}, "swarm_trainings.heart.hosts: expected a list of hosts"),
        ({"heart": one("h", hosts={"host-1": [{"gpu": 1}]})}, "swarm_trainings.heart.hosts.host-1: unknown key 'gpu'"),
        ({"heart": one("h", sl_port=0)}, "swarm_trainings.heart.sl_port"),
        ({"heart": one("h"), "lung": one("h")}, "have the same model_dir /srv/h on host-1, model_dir /srv/h on host-2"),
        ({"heart": one("h", sl_port=16000)}, "swarm_training and swarm_trainings.heart have the same port 16000 on host-1"),
        ({"heart": one("h", contract="c"), "lung": one("l", contract="c")}, "have the same contract c: give each its own"),
    ],
)
def test_what_cannot_hold_is_refused(given, said):
    assert said in "\n".join(checks.problems(inventory(**given)))


def test_an_unknown_training_is_named():
    [said] = checks.problems(inventory("hart", heart=one("heart")))
    assert said.startswith("training: there is no training 'hart' in swarm_trainings, which has heart: did you mean 'heart'?")


def test_a_training_is_not_known_without_any():
    assert checks.problems(inventory("heart")) == [
        "training: there is no training 'heart' in swarm_trainings, which has none: correct the name, or add it there"
    ]
    assert checks.problems(inventory()) == []


def test_problems_of_a_named_training_name_it():
    whole = inventory(heart=one("heart", epoch=3))
    found = checks.of_one("heart", stages.problems(trainings.select(whole, "heart"), lambda path: True))
    assert found[0].startswith("swarm_trainings.heart: unknown key 'epoch'")


@pytest.mark.parametrize(
    ("name", "own", "found"),
    [
        ("heart", {}, "heart.taskdb.sml.hpe"),
        ("heart", {"taskrunner": None}, "heart.taskdb.sml.hpe"),
        ("heart", {"taskrunner": "mine"}, "mine"),
        ("", {}, "defaulttaskbb.taskdb.sml.hpe"),
        ("", {"taskrunner": "mine"}, "mine"),
    ],
)
def test_the_taskrunner_of_a_training(name, own, found):
    assert trainings.taskrunner({"heart": own} if name else {}, name, {} if name else own) == found


def test_a_training_by_hand_beside_those_of_swops():
    whole = inventory(heart=one("heart"))
    hosts = {
        host: {**had, "swarm_training": {**TRAINING, "peers_per_host": 0, "model_dir": "/srv/hand"}, "sl_nodes": [{}]}
        for host, had in whole.hosts.items()
    }
    whole = replace(whole, hosts=hosts, groups={**whole.groups, "swarm_sl": ["host-1", "host-2"]})
    assert checks.problems(whole) == []
    assert [stages.problems(trainings.select(whole, name), lambda path: True) for name in ("", "heart")] == [[], []]
    hand, heart = (model.derive(trainings.select(whole, name)) for name in ("", "heart"))
    assert [[node["name"] for node in host["sl_nodes"]] for host in hand.values()] == [["sl-1"], ["sl-2"]]
    assert not any(host["swop_nodes"] or host["training_script"] or host["swci_script"] for host in hand.values())
    assert [len(host["swop_nodes"]) for host in heart.values()] == [1, 1]
    assert not any(host["sl_nodes"] for host in heart.values())
