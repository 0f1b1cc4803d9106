# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Environment variables that the platform does not have, or not in that form."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import stages

from tests.support.site_inventory import two_orgs


def found(inventory):
    return stages.problems(inventory, lambda path: True)


def swop(**variables):
    """A node list with one SWOP that has one pair with these settings."""
    return {"swop_nodes": [{"name": "swop-1", "pairs": [variables]}, {"name": "swop-9", "pairs": [{}]}]}


GOOD = {
    "flags": {"sn_env": {"SN_START_MINING": "True"}, "swop_env": {"SWOP_KEEP_CONTAINERS": 1}},
    "a flag of YAML, and numbers": {"swarm_training": {"sl_env": {"SL_RAM_INTENSIVE": False, "SL_LEADER_FAILURE_BASE_TIMEOUT": "900"}}},
    "a level": {"sn_env": {"SN_LOG_LEVEL": "DEBUG", "SWARM_LOG_LEVEL": "INFO"}},
    "names of others": {"sn_env": {"HTTP_PROXY": "http://proxy", "MY_VAR": "x", "SNAPSHOT": "1", "SWARMLAB_IDENTITY_SECONDS": "5"}},
    "names of the ML program": {"swarm_training": {"env": {"SWARM_LOOPBACK": "True", "SL_BATCH": "3", "DATA_DIR": "/data"}}},
    "an option's own variable": {"swci_env": {"SWCI_WEB_PORT": 30306, "SWCI_MODE": "WEB"}},
    "empty": {"sn_env": {"SN_START_MINING": ""}, "swci_env": {"SWCI_MODE": None}},
}


def inventory(variables):
    training = variables.get("swarm_training", {})
    return two_orgs({name: value for name, value in variables.items() if name != "swarm_training"}, training=training)


@pytest.mark.parametrize("variables", GOOD.values(), ids=GOOD)
def test_right(variables):
    assert found(inventory(variables)) == []


BAD = {
    "misspelled": (
        {"sn_env": {"SN_START_MINNING": "true"}},
        "sn_env of host-1, host-2: unknown variable 'SN_START_MINNING' of sn: did you mean 'SN_START_MINING'?",
    ),
    "misspelled prefix": (
        {"sn_env": {"SM_START_MINING": "true"}},
        "sn_env of host-1, host-2: unknown variable 'SM_START_MINING': did you mean 'SN_START_MINING'?",
    ),
    "small letters": (
        {"swop_env": {"swop_keep_containers": "1"}},
        "swop_env of host-1, host-2: unknown variable 'swop_keep_containers': did you mean 'SWOP_KEEP_CONTAINERS'?",
    ),
    "unlike any": (
        {"swop_env": {"SWOP_ZZZ": "1"}},
        "swop_env of host-1, host-2: unknown variable 'SWOP_ZZZ' of swop; docs/environment.md lists those of the platform",
    ),
    "of another component": (
        {"sn_env": {"SL_RAM_INTENSIVE": "true"}},
        "sn_env of host-1, host-2: 'SL_RAM_INTENSIVE' is a variable of sl, and sn does not read it: set it in sl_env or swarm_training.sl_env",
    ),
    "of a later release": (
        {"swarm_release": "2.0.0", "swarm_training": {"sl_env": {"SL_RAM_INTENSIVE": "true"}}},
        "swarm_training.sl_env: release 2.0.0 has no variable 'SL_RAM_INTENSIVE'; it is in 2.1.0, 2.2.0, 2.3.0",
    ),
    "of earlier releases": (
        {"swci_env": {"SWCI_TASK_MAX_WAIT_TIME": 5}},
        "swci_env of host-1: release 2.3.0 has no variable 'SWCI_TASK_MAX_WAIT_TIME'; it is in 2.0.0, 2.1.0, 2.2.0",
    ),
    "a flag that is none": (
        {"swop_env": {"SWOP_KEEP_CONTAINERS": "yes"}},
        "swop_env of host-1, host-2: SWOP_KEEP_CONTAINERS is 'yes'; expected true or false",
    ),
    "a number that is none": (
        {"swarm_training": {"sl_env": {"SL_WAIT_FOR_FULL_QUORUM_SECONDS": "30s"}}},
        "swarm_training.sl_env: SL_WAIT_FOR_FULL_QUORUM_SECONDS is '30s'; expected a whole number, 0 or more",
    ),
    "a mode that is none": ({"swci_env": {"SWCI_MODE": "GUI"}}, "swci_env of host-1: SWCI_MODE is 'GUI'; expected one of CLI, WEB"),
    "a port that is none": ({"swci_env": {"SWCI_WEB_PORT": 0}}, "swci_env of host-1: SWCI_WEB_PORT is 0; expected a port, 1-65535"),
    "no mapping": ({"sn_env": ["SN_START_MINING=true"]}, "sn_env of host-1, host-2: expected a mapping, got a list"),
    "in options": ({"sn_options": {"env": {"SN_X": "1"}}}, "sn_options.env of host-1, host-2: unknown variable 'SN_X' of sn"),
    "in an item": ({"sn_nodes": [{"env": {"SN_START_MINING": "2"}}]}, "sn_nodes[0].env of host-1, host-2: SN_START_MINING is '2'"),
    "in a pair": (
        {"swop_pairs": [{"sl_env": {"SL_LOGLEVEL": "INFO"}}]},
        "swop_pairs[0].sl_env of host-1, host-2: unknown variable 'SL_LOGLEVEL' of sl: did you mean 'SL_LOG_LEVEL'?",
    ),
    "in a pair's ML program": (
        {"swop_pairs": [{"env": {"SWARM_LOOPBAK": "True"}}]},
        "swop_pairs[0].env of host-1, host-2: unknown variable 'SWARM_LOOPBAK' of ml: did you mean 'SWARM_LOOPBACK'?",
    ),
    "in the training": (
        {"swarm_training": {"env": {"SWARM_LOOPBACK": "perhaps"}}},
        "swarm_training.env: SWARM_LOOPBACK is 'perhaps'; expected true or false",
    ),
    "in the ML program, but the SL's": (
        {"swarm_training": {"node_env": {"SL_MAKE_ME_ADMIN": "false"}}},
        "swarm_training.node_env: 'SL_MAKE_ME_ADMIN' is a variable of sl, and ml does not read it: set it in sl_env or swarm_training.sl_env",
    ),
}


@pytest.mark.parametrize(("variables", "sentence"), BAD.values(), ids=BAD)
def test_wrong(variables, sentence):
    said = found(inventory(variables))
    assert [one for one in said if one.startswith(sentence)], said


def test_pair_in_a_list_of_swops():
    said = found(two_orgs(host_1=swop(sl_env={"SL_RAM_INTENSIVE": "x"})))
    assert said == ["swop_nodes[0].pairs[0].sl_env of host-1: SL_RAM_INTENSIVE is 'x'; expected true or false"]


def test_nodes_that_no_swop_starts():
    nodes = [{"env": {"SL_RAM_INTENSIV": "1"}, "ml": {"env": {"SWARM_LOOPBACK": "no"}}}]
    host_1 = {"sl_nodes": nodes, "sl_env": {"SL_MAKE_ME_ADMIN": "n"}}
    by_hand = two_orgs(groups={"swarm_sl": ["host-1", "host-2"]}, without=["swarm_swop", "swarm_swci"], host_1=host_1)
    said = found(by_hand)
    assert said == [
        "sl_env of host-1: SL_MAKE_ME_ADMIN is 'n'; expected true or false",
        "sl_nodes[0].env of host-1: unknown variable 'SL_RAM_INTENSIV' of sl: did you mean 'SL_RAM_INTENSIVE'?",
        "sl_nodes[0].ml.env of host-1: SWARM_LOOPBACK is 'no'; expected true or false",
    ]
