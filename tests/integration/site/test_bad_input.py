# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input, through the real playbook: found before the first container is touched, and said so that one can mend it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest
import yaml

from tests.integration.site import lab_platform as world

SN = "registry.lab:5000/hpe/swarm-learning/sn:9.9.9"
TRAINING = yaml.safe_load((world.LAB / "group_vars/all/training.yml").read_text(encoding="utf-8"))["swarm_training"]


@dataclass(frozen=True)
class Case:
    """What is wrong with the inventory, and the words (host, variable, remedy) that the user must read."""

    words: tuple[str, ...]
    change: Callable[[dict], object] = lambda tree: None
    variables: Mapping[str, object] = field(default_factory=dict)


def host(name: str, **variables: object) -> Callable[[dict], object]:
    return lambda tree: tree["hosts"].setdefault(name, {}).update(variables)


def member(group: str, name: str, **variables: object) -> Callable[[dict], object]:
    return lambda tree: tree["children"].setdefault(group, {"hosts": {}})["hosts"].update({name: variables})


ON_THE_CONTROLLER = {
    "two Sentinels": Case(
        ("2 Sentinels (sn-1 on host-1, sn-2 on host-2)", "set sn_sentinel: true for one host only"),
        host("host-2", sn_sentinel=True),
    ),
    "no Sentinel": Case(
        ("no Sentinel among the hosts of swarm_sn (host-1, host-2)", "set sn_sentinel: true for one of them"),
        member("swarm_sn", "host-1"),
    ),
    "a host without an address": Case(
        ("host-3 (in swarm_sn) has no address", "set ansible_host or swarm_host_ip for it"),
        member("swarm_sn", "host-3"),
    ),
    "an unknown group": Case(("'swarm_snn'", "did you mean 'swarm_sn'?"), member("swarm_snn", "host-2")),
    "an unknown release": Case(
        ("swarm_release is '2.4.0' on host-1, host-2", "known are 0.3.0, 2.0.0, 2.1.0, 2.2.0, 2.3.0"), variables={"swarm_release": "2.4.0"}
    ),
    "an upstream in another trust domain": Case(
        ("spire_server_upstream of host-2 is 'host-1'", "nested servers are of one trust domain"),
        host("host-2", spire_server_upstream="host-1"),
    ),
    "a clash of ports": Case(
        ("port 5814 on host-1 is wanted by the License Server (apls_port) and sn-1 (sn_api_port)", "give each its own"),
        host("host-1", sn_api_port=5814),
    ),
    "more peers than there are": Case(
        ("swarm_training.peers asks for 5", "there are 4 on host-1, host-2", "raise peers_per_host or add hosts"),
        variables={"swarm_training": {**TRAINING, "peers": 5}},
    ),
    "a minimum of peers that is not there": Case(
        ("swarm_training.min_peers is 9, more than the 4",), variables={"swarm_training": {**TRAINING, "min_peers": 9}}
    ),
    "a program that is not there": Case(
        ("swarm_training.model_source is '/nowhere'", "not there on the controller"),
        variables={"swarm_training": {**TRAINING, "model_source": "/nowhere"}},
    ),
}
ON_A_HOST = {
    "a model directory that is not there": Case(
        ("host-1: /nowhere/model (swarm_training.model_dir): there is no such directory", "swarm_training.model_source"),
        variables={"swarm_training": {**TRAINING, "model_source": "", "model_dir": "/nowhere/model"}},
    ),
    "a login that is refused": Case(
        ("host-2 cannot log in to registry.lab:5000 as swarm", "check swarm_registry_username and swarm_registry_password"),
        host("host-2", sn_image=SN),
        {"swarm_registry_password": "not the password"},
    ),
    "an image that is not there": Case((f"host-2 cannot get {SN}", "(check sn_image)"), host("host-2", sn_image=SN)),
}


FIRST_PLAY = "The inventory describes a swarm that can work"


@pytest.mark.usefixtures("platform")
@pytest.mark.parametrize("name", [*ON_THE_CONTROLLER, *ON_A_HOST])
def test_bad_input_is_named_and_touches_nothing(tmp_path, log, name):
    case = {**ON_THE_CONTROLLER, **ON_A_HOST}[name]
    before = world.containers()
    outcome = world.play(log, *world.inventory(tmp_path, case.change, case.variables))
    assert outcome.run.status != 0
    assert [words for words in case.words if words not in outcome.said] == [], outcome.said
    assert world.containers() == before
    assert not any(outcome.changed.values())
    if name in ON_THE_CONTROLLER:
        assert [play.name for play in outcome.run.plays] == [FIRST_PLAY]
