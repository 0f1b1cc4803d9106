# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trainings that cannot work."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import stages

from tests.support.site_inventory import two_orgs


def found(inventory):
    return stages.problems(inventory, lambda path: "absent" not in path)


BAD = {
    "training that is text": (two_orgs({"swarm_training": "cifar10"}), "swarm_training: expected a mapping, got text"),
    "no program": (
        two_orgs(training={"program": ""}),
        "swarm_training: 'program' is missing; every training has name, image, program, model_dir",
    ),
    "unknown key": (two_orgs(training={"epoch": 3}), "swarm_training: unknown key 'epoch': did you mean 'epochs'?"),
    "epochs that are text": (
        two_orgs(training={"epochs": "many"}),
        "swarm_training.epochs: invalid value 'many'; expected a whole number, 0 or more",
    ),
    "no epochs": (two_orgs(training={"epochs": 0}), "swarm_training.epochs: invalid value 0; expected at least 1"),
    "build that is text": (two_orgs(training={"build": "FROM x"}), "swarm_training.build: expected a list, got text"),
    "relative model directory": (
        two_orgs(training={"model_dir": "model"}),
        "swarm_training.model_dir: invalid path 'model'; expected an absolute path",
    ),
    "absolute program": (
        two_orgs(training={"program": "/x.py"}),
        "swarm_training.program: invalid path '/x.py'; expected a path relative to working_dir, such as model/train.py",
    ),
    "private data without a mount": (
        two_orgs(training={"private_data": "/d"}),
        "swarm_training.private_data (on the hosts) and private_mount (in the ML container) must be set together",
    ),
    "login with a password": (
        two_orgs(training={"build": [], "pull_auth": {"Username": "user", "Password": "secret"}}),
        "swarm_training.pull_auth: a name and a password would be on the blockchain, where everybody reads them",
    ),
    "relative path of a login": (
        two_orgs(training={"build": [], "pull_auth": "config.json"}),
        "swarm_training.pull_auth: invalid path 'config.json'; expected an absolute path",
    ),
    "login without a pull": (
        two_orgs(training={"pull_auth": "/platform/swarm/usr/config.json"}),
        "swarm_training.pull_auth is for an image that is pulled, and build is set: remove one of them",
    ),
    "two trainings": (
        two_orgs(host_2={"swarm_training": {"name": "other"}}),
        "swarm_training of host-2 differs from that of the other hosts: an inventory has one training",
    ),
    "more peers than there are": (
        two_orgs(training={"peers": 5}),
        "swarm_training.peers is 5, more than the 4 SL/ML pairs on host-1, host-2: lower it, raise peers_per_host or add hosts",
    ),
    "more min_peers than peers": (
        two_orgs(training={"min_peers": 5}),
        "swarm_training.min_peers is 5, more than the 4 SL/ML pairs that train: lower it",
    ),
    "SWOP that has nothing to start": (
        two_orgs(host_2={"swop_nodes": [{}, {}, {}]}),
        "swop-4 on host-2 has no SL/ML pair to start: raise swarm_training.peers_per_host, or give it pairs",
    ),
    "no hosts to train": (
        two_orgs(without=["swarm_swop"]),
        "swarm_training cannot be started: swarm_swop has no host to run its SL and ML nodes; put hosts into it",
    ),
    "missing wheel": (
        two_orgs(training={"client_wheel": "/absent.whl"}),
        "swarm_training.client_wheel: '/absent.whl' does not exist on the controller",
    ),
    "missing program": (
        two_orgs(training={"model_source": "/src", "program": "model/absent.py"}),
        "swarm_training.program: 'model/absent.py' needs 'absent.py' in model_source '/src', which does not have it",
    ),
    "missing program with arguments": (
        two_orgs(training={"model_source": "/src", "program": "model/absent.py --cuda"}),
        "swarm_training.program: 'model/absent.py --cuda' needs 'absent.py' in model_source '/src', which does not have it",
    ),
    "build line that is too long": (
        two_orgs(training={"build": ["FROM x", "RUN " + "y" * 160]}),
        "task image-task.yml of swarm_training.Body.BuildSteps[1] has 164 bytes; expected at most 160",
    ),
    "too many build lines": (
        two_orgs(training={"build": ["RUN x"] * 81}),
        "task image-task.yml of swarm_training.Body.BuildSteps has 84 items; expected 1 to 80",
    ),
    "host name that is too short": (
        two_orgs(host_1={"swop_pairs": [{"ml_hostname": "m"}]}),
        "SWOP profile of swop-1 on host-1.nodes[0].slnodedef.usrhostname has 1 characters; expected 2 to 240",
    ),
}


@pytest.mark.parametrize(("inventory", "sentence"), BAD.values(), ids=BAD)
def test_problems_are_reported(inventory, sentence):
    said = found(inventory)
    assert any(sentence in one for one in said), said


@pytest.mark.parametrize("key", ["build", "env", "sl_env", "node_env", "image", "epochs", "gpus"])
def test_value_of_the_wrong_type_is_not_shown(key):
    wrong = {"PASSWORD": "a-secret"} if key in ("build", "image", "epochs", "gpus") else ["PASSWORD=a-secret"]
    said = "\n".join(found(two_orgs(training={key: wrong})))
    assert f"swarm_training.{key}" in said
    assert "a-secret" not in said


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "my training"}, "swarm_training.name: invalid name 'my training'"),
        ({"name": "a\nRESET CONTRACT b"}, "swarm_training.name: invalid name"),
        ({"image": "x y"}, "swarm_training.image: invalid image 'x y'"),
        ({"model_dir": "/srv/m:x"}, "swarm_training.model_dir: invalid path '/srv/m:x'"),
        ({"program": 5}, "swarm_training.program: expected text, got a number"),
        ({"image": 5}, "swarm_training.image: expected text, got a number"),
        ({"env": {"A": [1]}}, "swarm_training.env.A: expected text, a number, true or false, got a list"),
    ],
)
def test_values_that_would_fail_late(change, message):
    said = found(two_orgs(training=change))
    assert any(message in sentence for sentence in said), said
