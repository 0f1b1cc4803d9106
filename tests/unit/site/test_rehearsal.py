# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ML programs a rehearsal runs on a host, and what becomes of their containers."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils import _rehearsal
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model, rehearsal

from tests.support.site_inventory import two_orgs
from tests.unit.site.test_classic import classic

BY_HAND = {"groups": {"swarm_sl": ["host-1", "host-2"]}, "without": ["swarm_swop", "swarm_swci"]}


def programs(host="host-1", **inventory):
    return model.derive(two_orgs(**inventory))[host]["rehearsal"]["programs"]


def test_what_a_swop_would_start_runs_alone_with_a_model_directory_of_its_own():
    training = {"node_env": {"NODE": "{index}/{nodes}"}, "env": {"SWARM_LOOPBACK": False}}
    assert programs("host-2", training=training)[0] == {
        "name": "ml-3",
        "container": {
            "name": "ml-3-rehearsal",
            "hostname": "ml-3",
            "network": "swarm",
            "image": "user-env-tf2.7.0-swop:latest-rehearsal",
            "entrypoint": ["python3"],
            "command": "model/cifar10.py",
            "workdir": "/tmp/test",
            "volumes": [],
            "env": {"MODEL_DIR": "model", "MAX_EPOCHS": "1", "MIN_PEERS": "2", "NODE": "2/4", "SWARM_LOOPBACK": "True"},
        },
        "model_dir": "/tmp/spire/cifar10/model",
        "model_mount": "/tmp/test/model",
        "rehearsal_dir": "/var/lib/swarm-learning/rehearsal/ml-3",
    }


def test_a_program_by_hand_is_the_same_but_for_what_another_container_may_have():
    own = {"publish": ["8888:8888"], "restart_policy": "always", "auto_remove": True, "ip": "10.0.0.9", "memory": "2g", "user": "1000:1000"}
    [one, two] = programs(**BY_HAND, host_1={"sl_nodes": [{"ml": own}, {"ml": {"image": "other:1", "env": {"MAX_EPOCHS": "many"}}}]})
    assert not {"publish", "restart_policy", "auto_remove", "ip"} & one["container"].keys()
    assert (one["container"]["memory"], one["container"]["user"]) == ("2g", "1000:1000")
    assert (two["container"]["image"], two["container"]["env"]["MAX_EPOCHS"]) == ("other:1", "many")


@pytest.mark.parametrize(("epochs", "found"), [(1, "1"), (3, "3"), (0, "2")])
def test_epochs_of_a_rehearsal(epochs, found):
    assert programs(everywhere={"sl_rehearsal_epochs": epochs})[0]["container"]["env"]["MAX_EPOCHS"] == found


def test_an_image_that_is_pulled_keeps_its_name():
    assert programs(training={"build": [], "client_wheel": ""})[0]["container"]["image"] == "user-env-tf2.7.0-swop"


def test_a_host_without_programs_has_nothing_to_rehearse():
    assert programs(groups={"swarm_swop": ["host-2"]}) == []
    assert programs(everywhere={"swarm_training": {}}) == []


def test_a_program_of_release_0_3_0_has_no_image_to_build():
    digits = {"name": "digits", "model_source": "/src/model", "model_dir": "/m", "program": "model/digits.py", "epochs": 1, "min_peers": 2}
    inventory = classic({"swarm_training": digits}, {"swarm_sl": ["host-1", "host-2"]})
    training = model.derive(inventory)["host-1"]["training"]
    assert training["program"] == "model/digits.py"
    assert rehearsal.image(training, "/c", []) == rehearsal.image({}, "/c", []) == {}


PAIR = {"sl_hostname": "sl-1", "ml_hostname": "ml-1", "number": 1, "nodes": 2, "host_ip": "172.1.1.1", "port": 16000}
HERE = {"network": "swarm", "dns": ["10.0.0.53"], "proxy": {}, "user": None}
OF_A_PAIR = {
    "its own environment": ({"env": {"NODE": "{number}"}}, "env", {"NODE": "1"}),
    "its own GPUs": ({"gpus": 0}, "gpus", "device=0"),
    "its own data, as the SWOP mounts it": ({"private_data": "/srv/site-{number}"}, "volumes", ["/m:/tmp/test/model", "/srv/site-1:/data"]),
    "further mounts beside its data": (
        {"private_data": "/srv", "private_mounts": [{"src": "labels", "tgt": "/labels"}]},
        "volumes",
        ["/m:/tmp/test/model", "/srv:/data", "labels:/labels"],
    ),
    "devices": ({"container_options": [{"device": ["/dev/kfd"]}, {"device": "/dev/dri"}]}, "devices", ["/dev/kfd", "/dev/dri"]),
    "groups beside those of AMD's GPUs": (
        {"gpus": "amd", "container_options": [{"group-add": ["render"]}]},
        "group_add",
        ["video", "render"],
    ),
    "shared memory": ({"container_options": [{"shm-size": "2g"}]}, "shm_size", "2g"),
    "privileges": ({"container_options": [{"privileged": "true"}]}, "privileged", True),
    "name servers": ({}, "dns", ["10.0.0.53"]),
}


@pytest.mark.parametrize(("pair", "option", "value"), OF_A_PAIR.values(), ids=OF_A_PAIR)
def test_a_pair_as_an_ml_container(pair, option, value):
    training = {"name": "t", "image": "i", "program": "p.py", "model_dir": "/m", "private_mount": "/data"}
    found = rehearsal.of_pair({**PAIR, **pair}, rehearsal._training.normalise(training), HERE)[option]
    assert (value.items() <= found.items()) if isinstance(value, dict) else found == value


@pytest.mark.parametrize(
    ("volumes", "model_dir", "left"),
    [
        (["/srv/m-1:/tmp/test/model/", "/srv/x:/x"], "/srv/m-1", ["/srv/x:/x"]),
        (["models:/tmp/test/model"], "", []),
        (["/srv/x:/x:ro"], "", ["/srv/x:/x:ro"]),
    ],
)
def test_the_model_directory_is_what_is_mounted_in_its_place(volumes, model_dir, left):
    [one, _two] = programs(**BY_HAND, host_1={"sl_nodes": [{"ml": {"volumes": volumes}}, {}]})
    assert (one["model_dir"], one["container"]["volumes"]) == (model_dir, left)


@pytest.mark.parametrize(
    ("name", "found"), [("user-env", "user-env:latest-rehearsal"), ("reg.lab:5000/t/env:2", "reg.lab:5000/t/env:2-rehearsal")]
)
def test_name_of_the_image(name, found):
    assert rehearsal.of_rehearsal(name) == found


ENDED = {"name": "ml-1", "state": "finished", "seconds": 4, "model_dir": "/r/ml-1", "failure": ""}
FAILED = {**ENDED, "name": "ml-2", "state": "failed", "failure": "container ml-2-rehearsal ended with exit code 1\nIt means: a; b."}


@pytest.mark.parametrize(
    ("found", "verdict", "lines"),
    [
        ({"host-1": {"programs": [ENDED]}}, "finished", ["host-1  ml-1     finished  4        /r/ml-1"]),
        ({"host-1": {"programs": [{**ENDED, "state": "none"}]}}, "none", ["host-1  ml-1     would be started  -        /r/ml-1"]),
        (
            {"host-1": {"programs": [ENDED, FAILED]}, "host-2": {}},
            "failed",
            [
                "host-1  ml-1     finished       4        /r/ml-1",
                "host-1  ml-2     failed         4        /r/ml-1",
                "host-2  -        not rehearsed  -        -",
                "host-1: container ml-2-rehearsal ended with exit code 1",
                "It means: a; b.",
            ],
        ),
    ],
)
def test_report(found, verdict, lines):
    result = _rehearsal.result(found)
    said = _rehearsal.lines(result)
    assert (result["verdict"], said[0], said[2:]) == (verdict, f"rehearsal: {verdict}", lines)
