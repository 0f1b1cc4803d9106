# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories of the platform's examples on the lab's hosts, to the last line of every peer.

All of an example stays as it is but what the lab cannot have: the hosts' addresses, the registry, the base image, wheel and program of the
ML containers, and privileged ones, as its hosts are containers themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import yaml

from lab import training
from tests.integration.site import lab_platform as world

OF_THE_LAB = {key: world.TRAINING[key] for key in ("build", "client_wheel", "model_source", "program", "node_env")}
EPOCHS = 2
GPUS = "mkdir -p /dev/dri; test -e /dev/kfd || mknod /dev/kfd c 1 3; test -e /dev/dri/card0 || mknod /dev/dri/card0 c 1 3"


@dataclass(frozen=True)
class Example:
    """What the example needs of the hosts beforehand, as a shell's commands, and the peers by the names that it gives them."""

    peers: tuple[str, ...]
    before: str = "true"


EXAMPLES = {
    "mnist": Example(("user1", "user2"), "mkdir -p /srv/swarm/mnist"),
    "mnist-pyt-amd": Example(("user1", "user2", "user3", "user4"), f"mkdir -p /srv/swarm/mnist-pyt; {GPUS}"),
    "fraud-detection": Example(("user1", "user2", "user3", "user4"), "mkdir -p /srv/swarm/fraud-detection/app-data"),
    "reverse-proxy-cifar10": Example(
        ("ml-1", "ml-2", "ml-3", "ml-4"), "hostname | grep -q host-1 || docker network create --subnet 192.18.0.0/16 rp-network"
    ),
    "reverse-proxy-mnist": Example(
        ("ml-1", "ml-2"), "mkdir -p /srv/swarm/reverse-proxy-mnist/app-data; docker network create --subnet 192.18.0.0/16 rp-network"
    ),
}


def arguments_of(name: str, tmp_path) -> list[str]:
    """The arguments for an example's inventory on the lab."""
    place = world.INVENTORIES / f"example-{name}"
    given = yaml.safe_load((place / "group_vars/all/training.yml").read_text(encoding="utf-8"))["swarm_training"]
    node_env = {**given.get("node_env", {}), **world.TRAINING["node_env"]}
    shown = {**given, **OF_THE_LAB, "node_env": node_env, "epochs": EPOCHS, "save_seconds": world.TRAINING["save_seconds"]}

    def on_the_lab(tree):
        for address, host in zip(world.ADDRESSES, tree["hosts"].values(), strict=False):
            host["ansible_host"] = address
            for pair in host["swop_pairs"]:
                pair["container_options"] = [option for option in pair.get("container_options", []) if "privileged" not in option]

    variables = {"swarm_training": shown, "swarm_certificates_dir": str(tmp_path / "certificates")}
    of_the_lab = [f"-e@{world.LAB / 'group_vars/all' / name}.yml" for name in ("connection", "platform")]
    return [*world.inventory(tmp_path, on_the_lab, variables, place), *of_the_lab]


@pytest.fixture(name="new_hosts")
def _new_hosts(lab):
    """Hosts that have nothing of a platform, before and afterwards."""
    world.lab_up("--with", "reverse-proxy")
    world.lab_empty()
    yield
    world.lab_empty()


@pytest.mark.usefixtures("new_hosts")
@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_of_the_platform_trains(name, tmp_path, log):
    example, arguments = EXAMPLES[name], arguments_of(name, tmp_path)
    for host in world.HOSTS:
        host.run("sh", "-ec", example.before)
    world.worked(world.play(log, *arguments))
    nodes = training.follow(world.HOSTS, len(example.peers), world.TRAINING_SECONDS, lambda nodes: None)
    assert sorted(node.name for node in nodes) == sorted(example.peers)
    assert world.ended("swci-1") == 0

    outcome = world.worked(world.play(log, *arguments, book="swarm.learning.training_status"))
    [status] = [result["ansible_stats"]["data"]["swarm_training"] for _host, task, result in outcome.results() if "Return how" in task]
    assert status["verdict"] == "finished"
    progress = [node for info in status["hosts"].values() for node in info["nodes"] if node["component"] == "sl"]
    assert len(progress) == len(example.peers)
    assert all(node["round"] and 1 <= node["epoch"] <= node["epochs"] == EPOCHS for node in progress), progress
