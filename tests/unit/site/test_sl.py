# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SL nodes that no SWOP starts: what is derived for them."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import stages
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model, sl

from tests.support.site_inventory import GROUPS, two_orgs

BY_HAND = {"groups": {"swarm_sl": ["host-1", "host-2"]}, "without": ["swarm_swop", "swarm_swci"]}
CLASSIC = {"swarm_release": "0.3.0"}
CLASSIC_TRAINING = {"name": "cifar10", "program": "model/cifar10.py", "model_dir": "/srv/model", "data_dir": "/srv/data-{number}"}


def by_hand(everywhere=None, **changes):
    return two_orgs(everywhere, **{**BY_HAND, **changes})


def classic(training=None, **changes):
    everywhere = {**CLASSIC, "swarm_training": {**CLASSIC_TRAINING, **(training or {})}}
    return by_hand(everywhere, without=["swarm_swop", "swarm_swci", "swarm_spire_agent"], **changes)


def nodes(inventory, host="host-1"):
    return model.derive(inventory)[host]["sl_nodes"]


def test_a_node_and_its_ml_container_follow_from_the_training():
    assert nodes(by_hand(training={"node_env": {"NODE": "{index}/{nodes}"}, "sl_env": {"SL_LOG_LEVEL": "DEBUG"}, "gpus": "0"}))[1] == {
        "name": "sl-2",
        "host_ip": "172.1.1.1",
        "sl_fs_port": 17000,
        "sn_ip": "172.1.1.1",
        "sn_api_port": 30304,
        "env": {"SL_LOG_LEVEL": "DEBUG"},
        "ml": {
            "name": "ml-2",
            "network": "swarm",
            "image": "user-env-tf2.7.0-swop",
            "entrypoint": ["python3"],
            "command": "model/cifar10.py",
            "workdir": "/tmp/test",
            "volumes": ["/tmp/spire/cifar10/model:/tmp/test/model"],
            "env": {"MODEL_DIR": "model", "MAX_EPOCHS": "2", "MIN_PEERS": "2", "NODE": "1/4"},
            "gpus": "device=0",
        },
    }


def test_a_node_of_the_classic_release_runs_the_program_itself():
    second = nodes(classic(host_1={"sl_nodes": [{}, {"sl_platform": "pyt", "model_dir": "/srv/b", "env": {"X": "1"}}]}))[1]
    assert second == {
        "name": "sl-2",
        "host_ip": "172.1.1.1",
        "sl_fs_port": 17000,
        "sn_ip": "172.1.1.1",
        "sn_api_port": 30304,
        "sl_platform": "pyt",
        "image": "hub.myenterpriselicense.hpe.com/hpe_eval/swarm-learning/sl-pyt:0.3.0",
        "model_dir": "/srv/b",
        "data_dir": "/srv/data-2",
        "model_program": "cifar10.py",
        "env": {
            "MODEL_DIR": "/platform/swarmml/model",
            "DATA_DIR": "/platform/swarmml/data",
            "MAX_EPOCHS": "1",
            "MIN_PEERS": "2",
            "X": "1",
        },
    }


def test_options_of_a_node_take_precedence():
    own = {"name": "mine", "sl_fs_port": 9, "sn_ip": "192.0.2.9", "memory": "2g", "ml": {"image": "other:1", "env": {"MAX_EPOCHS": "7"}}}
    node = nodes(by_hand(host_1={"sl_nodes": [own]}))[0]
    assert (node["name"], node["sl_fs_port"], node["sn_ip"], node["memory"]) == ("mine", 9, "192.0.2.9", "2g")
    assert "sn_api_port" not in node
    assert (node["ml"]["image"], node["ml"]["command"]) == ("other:1", "model/cifar10.py")
    assert node["ml"]["env"] == {"MODEL_DIR": "model", "MAX_EPOCHS": "7", "MIN_PEERS": "2"}


def test_names_and_ports_continue_after_those_of_the_swops():
    inventory = two_orgs(groups={"swarm_sl": ["host-2"]})
    assert stages.problems(inventory, lambda path: True) == []
    assert [(node["name"], node["ml"]["name"], node["sl_fs_port"]) for node in nodes(inventory, "host-2")] == [
        ("sl-5", "ml-5", 18000),
        ("sl-6", "ml-6", 19000),
    ]


def test_images():
    changed = {"sl_nodes": [{"sl_platform": "TF"}, {"sl_platform": "PYT"}]}
    here = model.derive(classic(host_1=changed))["host-1"]["images"]
    assert [image.rpartition("/")[2] for image in here] == ["apls:0.3.0", "spire-server:0.3.0", "sn:0.3.0", "sl-tf:0.3.0", "sl-pyt:0.3.0"]
    here = model.derive(by_hand(host_1={"sl_nodes": [{"ml": {"image": "other:1"}}]}))["host-1"]["images"]
    assert [image.rpartition("/")[2] for image in here][-3:] == ["sl:2.3.0", "tensorflow:2.7.0", "other:1"]


@pytest.mark.parametrize(
    ("inventory", "directories", "owned"),
    [
        (
            by_hand(training={"private_data": "/srv/p", "private_mount": "/p"}),
            [("/tmp/spire/cifar10/model", "swarm_training.model_dir", "", True), ("/srv/p", "ml.volumes of sl-1", "", False)],
            [],
        ),
        (
            by_hand(host_1={"sl_nodes": [{"ml": {"user": "1000:100"}}]}),
            [("/tmp/spire/cifar10/model", "swarm_training.model_dir", "1000:100", True)],
            [{"path": "/tmp/spire/cifar10/model", "owner": "1000", "group": "100"}],
        ),
        (
            classic(host_1={"sl_nodes": [{}]}),
            [("/srv/model", "swarm_training.model_dir", "", True), ("/srv/data-1", "data_dir of sl-1", "", False)],
            [],
        ),
    ],
)
def test_directories_that_must_exist(inventory, directories, owned):
    here = model.derive(inventory)["host-1"]
    assert [(one["path"], one["option"], one["user"], one["writable"]) for one in here["directories"]] == directories
    assert here["model_dirs"] == owned
    assert here["models"] == [path for path, _option, _user, writable in directories if writable]


def test_gpus_that_must_exist():
    assert model.derive(by_hand(host_2={"sl_nodes": [{}, {"ml": {"gpus": "all"}}]}))["host-2"]["gpus"] == [{"name": "sl-4", "gpus": "all"}]
    two_of_them = model.derive(by_hand(host_2={"sl_nodes": [{"ml": {"gpus": "2"}}]}))["host-2"]["gpus"]
    assert two_of_them == [{"name": "sl-3", "gpus": "2"}]  # as the module takes it: so many
    assert model.derive(two_orgs(host_1={"swop_pairs": [{"gpus": "0"}]}))["host-1"]["gpus"] == [{"name": "ml-1", "gpus": "device=0"}]


def test_another_wheel_or_line_is_another_ml_image():
    training = model.derive(by_hand())["host-1"]["training"]
    different = ((training, ["a"]), (training, ["b"]), ({**training, "build": ["FROM x"]}, ["a"]))
    made = [sl.ml_image(one, "/c", sums) for one, sums in different]
    assert len({str(one["label"]) for one in made}) == 3
    assert made[0]["dockerfile"].startswith("FROM tensorflow/tensorflow:2.7.0\n")
    assert made[0]["dockerfile"].splitlines()[-1] == "LABEL learning.swarm.build=" + made[0]["label"]["learning.swarm.build"]
    assert sl.ml_image({**training, "build": []}, "/c", []) == {}


@pytest.mark.parametrize("inventory", [by_hand(), classic(), two_orgs(groups={**GROUPS, "swarm_sl": ["host-1"]})])
def test_valid_input_has_no_problems(inventory):
    assert stages.problems(inventory, lambda path: True) == []


def test_models_of_swops_are_in_the_trainings_directory():
    [one, two] = model.derive(two_orgs()).values()
    assert one["models"] == two["models"] == ["/tmp/spire/cifar10/model"]


def test_env_and_no_port_count_without_a_training():
    without = {"swarm_training": {}}
    own = {"name": "sl-1", "env": {"A": "1"}, "sl_fs_port": None, "sn_api_port": None, "ml": {"image": "ml:1"}}
    inventory = by_hand(host_1={**without, "sl_nodes": [own]}, host_2={**without, "sl_nodes": [{"ml": {"image": "ml:1"}}]})
    assert stages.problems(inventory, lambda path: True) == []
    node = model.derive(inventory)["host-1"]["sl_nodes"][0]
    assert {name: node[name] for name in ("env", "sl_fs_port", "sn_api_port", "sn_ip")} == {
        "env": {"A": "1"},
        "sl_fs_port": None,
        "sn_api_port": None,
        "sn_ip": "172.1.1.1",
    }
