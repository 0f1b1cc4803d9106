# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The seed's two organisations as an inventory, to be changed by tests."""

import copy

from ansible_collections.swarm.learning.plugins.plugin_utils._site import model

TRAINING = {
    "name": "cifar10",
    "image": "user-env-tf2.7.0-swop",
    "build": ["FROM tensorflow/tensorflow:2.7.0"],
    "client_wheel": "/files/client.whl",
    "model_dir": "/tmp/spire/cifar10/model",
    "program": "model/cifar10.py",
    "epochs": 2,
    "min_peers": 2,
}
HOSTS = {
    "host-1": {"ansible_host": "172.1.1.1", "swarm_trust_domain": "org1.swarm.learning", "sn_sentinel": True},
    "host-2": {"ansible_host": "172.2.2.2", "swarm_trust_domain": "org2.swarm.learning"},
}
GROUPS = {
    "swarm_apls": ["host-1"],
    "swarm_spire_server": ["host-1", "host-2"],
    "swarm_spire_agent": ["host-1", "host-2"],
    "swarm_sn": ["host-1", "host-2"],
    "swarm_swop": ["host-1", "host-2"],
    "swarm_swci": ["host-1"],
}


def two_orgs(everywhere=None, groups=None, training=None, without=(), **hosts):
    """An Inventory: the example's, with variables for all hosts, other groups, keys of the training or variables of one host.

    hosts: host_1={…} changes host-1. without: (host, variable) pairs, and groups by name, that are left out.
    """
    variables = copy.deepcopy(HOSTS)
    for name, own in hosts.items():
        variables.setdefault(name.replace("_", "-"), {}).update(own)
    members = {**GROUPS, **(groups or {})}
    for left_out in without:
        if isinstance(left_out, tuple):
            variables[left_out[0]].pop(left_out[1])
        else:
            members.pop(left_out)
    for own in variables.values():
        for name, value in {"swarm_training": {**TRAINING, **(training or {})}, **(everywhere or {})}.items():
            own.setdefault(name, value)
    return model.read(variables, {"all": list(variables), "ungrouped": [], **members})
