# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SL nodes that no SWOP starts, and that cannot work."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import stages

from tests.support.site_inventory import two_orgs

CLASSIC_TRAINING = {"name": "cifar10", "program": "model/cifar10.py", "model_dir": "/srv/model"}


def by_hand(everywhere=None, without=(), **changes):
    changes = {"groups": {"swarm_sl": ["host-1", "host-2"]}, **changes}
    return two_orgs(everywhere, without=["swarm_swop", "swarm_swci", *without], **changes)


def classic(everywhere=None, **changes):
    own = {"swarm_release": "0.3.0", "swarm_training": CLASSIC_TRAINING, **(everywhere or {})}
    return by_hand(own, without=["swarm_spire_agent"], **changes)


def training(**changes):
    return {"swarm_training": {**CLASSIC_TRAINING, **changes}}


def found(inventory):
    return stages.problems(inventory, lambda path: True)


BAD = {
    "nodes that are a mapping": (by_hand(host_1={"sl_nodes": {}}), "sl_nodes of host-1: expected a list of mappings, got a mapping"),
    "node that is text": (by_hand(host_1={"sl_nodes": [{}, "x"]}), "sl_nodes[1] of host-1: expected a mapping, got text"),
    "ml that is text": (by_hand(host_1={"sl_nodes": [{"ml": "x"}]}), "sl_nodes[0].ml of host-1: expected a mapping, got text"),
    "unknown key": (by_hand(host_1={"sl_nodes": [{"memry": "1g"}]}), "sl_nodes of host-1: unknown key 'memry': did you mean 'memory'?"),
    "unknown key of ml": (
        by_hand(host_1={"sl_nodes": [{"ml": {"imag": "x"}}]}),
        "ml in sl_nodes of host-1: unknown key 'imag': did you mean 'image'?",
    ),
    "key of another release": (
        by_hand(host_1={"sl_nodes": [{"gpu": "0"}]}),
        "sl_nodes of host-1: unknown key 'gpu', which release 2.3.0 does not have; available in: 0.3.0",
    ),
    "platform in 2.x": (by_hand({"sl_platform": "TF"}), "sl_platform of host-1 is an option of release 0.3.0"),
    "unknown platform": (classic(host_1={"sl_platform": "JAX"}), "sl_platform of host-1: invalid value 'JAX'; expected one of TF, PYT"),
    "image of the other platform": (
        classic(host_1={"sl_nodes": [{"sl_platform": "PYT", "image": "r/sl-tf:0.3.0"}]}),
        "sl_platform of host-1 is PYT, but its image r/sl-tf:0.3.0 is the one for the other platform",
    ),
    "no SN": (
        by_hand(groups={"swarm_sl": ["host-1"], "swarm_sn": []}),
        "host-1 is in swarm_sl, but there is no SN: put a host into swarm_sn, or set sl_sn_ip",
    ),
    "no image": (by_hand({"swarm_training": {}}), "sl-1 on host-1 has no image for its ML container: set swarm_training.image"),
    "program outside the model directory": (
        classic(training(program="../x.py")),
        "model_program of sl-1 on host-1: invalid path '../x.py'; expected a path inside model_dir '/srv/model'",
    ),
    "no program": (
        classic({"swarm_training": {}}),
        "sl-1 on host-1 has no program: set swarm_training.program, or model_program in sl_nodes",
    ),
    "image in a classic training": (classic(training(image="x")), "swarm_training.image is not available in release 0.3.0"),
    "data directory in 2.x": (by_hand(training={"data_dir": "/d"}), "swarm_training.data_dir is not available in release 2.x"),
    "name twice": (by_hand(host_2={"sl_nodes": [{"name": "sl-1"}]}), "the name 'sl-1' is used 2 times (sl-1 on host-1, sl-1 on host-2)"),
    "clash of ports": (by_hand({"sn_api_port": 17000}), "port 17000 on host-1 is assigned to sn-1 (sn_api_port) and sl-2 (sl_fs_port)"),
    "more min_peers than nodes": (
        by_hand(training={"min_peers": 5}),
        "swarm_training.min_peers is 5, more than the 4 SL nodes of swarm_sl (host-1, host-2)",
    ),
}


@pytest.mark.parametrize(("inventory", "sentence"), BAD.values(), ids=BAD)
def test_problems_are_reported(inventory, sentence):
    said = found(inventory)
    assert any(sentence in one for one in said), said
