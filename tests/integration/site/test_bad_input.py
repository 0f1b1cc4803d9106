# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input, through the real playbook: reported before the first container is changed, with host, variable and remedy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from lab import settings
from tests.integration.site import lab_platform as world

SN = "registry.lab:5000/hpe/swarm-learning/sn:9.9.9"


@dataclass(frozen=True)
class Case:
    """A change that breaks the inventory, and the words (host, variable, remedy) that the user must read."""

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
    "an unknown group": Case(("'swarm_snn'", "looks like a typing error of 'swarm_sn'"), member("swarm_snn", "host-2")),
    "an unknown release": Case(
        ("swarm_release of host-1, host-2: unknown release 2.4.0", "expected one of 0.3.0, 2.0.0, 2.1.0, 2.2.0, 2.3.0"),
        variables={"swarm_release": "2.4.0"},
    ),
    "an upstream in another trust domain": Case(
        ("spire_server_upstream of host-2 is 'host-1'", "nested servers must have the same swarm_trust_domain"),
        host("host-2", spire_server_upstream="host-1"),
    ),
    "a clash of ports": Case(
        ("port 5814 on host-1 is assigned to the License Server (apls_port) and sn-1 (sn_api_port)", "give each its own port"),
        host("host-1", sn_api_port=5814),
    ),
    "more nodes than licences": Case(
        (
            "licences for SL nodes: 4 needed (host-1, host-2)",
            f"{settings.host_ip(1)}:5814 has 3 (swarm_licenses.sl)",
            "install more licences",
        ),
        variables={"swarm_licenses": {"sn": 2, "sl": 3}},
    ),
    "more peers than there are": Case(
        ("swarm_training.peers is 5", "the 4 SL/ML pairs on host-1, host-2", "raise peers_per_host or add hosts"),
        variables={"swarm_training": {**world.TRAINING, "peers": 5}},
    ),
    "more min_peers than peers": Case(
        ("swarm_training.min_peers is 9, more than the 4",), variables={"swarm_training": {**world.TRAINING, "min_peers": 9}}
    ),
    "missing program files": Case(
        ("swarm_training.model_source: '/nowhere' does not exist on the controller",),
        variables={"swarm_training": {**world.TRAINING, "model_source": "/nowhere"}},
    ),
}
ON_A_HOST = {
    "a missing model directory": Case(
        ("host-1: /nowhere/model (swarm_training.model_dir): it does not exist", "swarm_training.model_source"),
        variables={"swarm_training": {**world.TRAINING, "model_source": "", "model_dir": "/nowhere/model"}},
    ),
    "a refused login": Case(
        ("host-2 cannot log in to registry.lab:5000 as swarm", "check swarm_registry_username and swarm_registry_password"),
        host("host-2", sn_image=SN),
        {"swarm_registry_password": "not the password"},
    ),
    "a License Server that is not there": Case(
        (f"License Server {settings.REGISTRY_IP}:5814: nothing listens there", "start the License Server, or correct its address and port"),
        variables={"swarm_apls_ip": settings.REGISTRY_IP},
    ),
    "a missing image": Case((f"host-2 cannot get {SN}", "(check sn_image)"), host("host-2", sn_image=SN)),
}


FIRST_PLAY = "Check the inventory and derive the site from it"


@pytest.mark.usefixtures("platform")
@pytest.mark.parametrize("name", [*ON_THE_CONTROLLER, *ON_A_HOST])
def test_bad_input_is_reported_and_changes_nothing(tmp_path, log, name):
    case = {**ON_THE_CONTROLLER, **ON_A_HOST}[name]
    before = world.containers()
    outcome = world.play(log, *world.inventory(tmp_path, case.change, case.variables))
    assert outcome.run.status != 0
    assert [words for words in case.words if words not in outcome.said] == [], outcome.said
    assert world.containers() == before
    assert not any(outcome.changed.values())
    if name in ON_THE_CONTROLLER:
        assert [play.name for play in outcome.run.plays] == [FIRST_PLAY]
