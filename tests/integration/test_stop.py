# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""On an engine that others use too: what is stopped and removed is the site's own, in a network that it shares with others."""

import pytest

from tests.support.module_runner import IMAGE, run

SL = "swarm-learning/sl:2.3.0"


@pytest.fixture
def neighbours(world):
    """A SWOP of ours, the SL node that it started, and an SL node of the platform's script, all in one network; the network's name."""
    network = world.network("net")
    world.file("usr/profile.yml", "nodes:\n- slnodedef:\n    slhostname: sl-1\n    usrhostname: ml-1\n")
    run("swop", **world.params("swop", network=network, profile_file_name="profile.yml"))
    world.client.images.get(IMAGE).tag("swarm-learning/sl", "2.3.0")
    for name, hostname in (("started-by-swop", "sl-1"), ("by-script", "sl-7")):
        options = {"network": network, "volumes": ["/tmp/channel"], "command": ["--say", "hello"]}
        world.client.containers.run(SL, detach=True, name=world.name(name), hostname=hostname, **options)
    yield network
    world.clean_containers()
    world.client.images.remove(SL, noprune=True)


def test_a_neighbour_in_the_same_network_is_left_alone(world, neighbours):
    before = world.id("by-script")
    directory = str(world.directory)
    tried = run("swarm_stop", check=True, network=[neighbours], directory=directory, stop_timeout=1)
    assert run("swarm_stop", network=[neighbours], directory=directory, stop_timeout=1) == tried
    assert [one["name"] for one in tried["removed"]] == [world.name("started-by-swop"), world.name("swop")]
    assert (world.id("by-script"), world.status("by-script")) == (before, "running")

    # Its network is not removed under it, either.
    params = {"network": neighbours, "volumes": [], "directory": str(world.directory / "none")}
    [kept] = run("swarm_teardown", **params)["kept"]
    assert (kept["name"], world.name("by-script") in kept["reason"] or "no label" in kept["reason"]) == (neighbours, True)
    assert not run("swarm_stop", network=[neighbours], directory=directory, stop_timeout=1)["changed"]


def test_the_volume_of_a_training_that_the_inventory_no_longer_has_is_removed(world):
    ours = {"learning.swarm.component": "client"}
    volumes = [
        world.client.volumes.create(
            world.name(name), driver="local", driver_opts={"type": "none", "o": "bind", "device": str(device)}, labels=labels
        )
        for name, device, labels in (
            ("gone", world.directory / "trainings/gone/client", ours),
            ("by-hand", world.directory / "client", {}),
            ("of-another-platform", world.directory.parent / "elsewhere/client", ours),
        )
    ]
    removed = run("swarm_teardown", directory=str(world.directory))["removed"]
    assert {"kind": "volume", "name": world.name("gone")} in removed
    assert {one["name"] for one in removed} & {volume.name for volume in volumes[1:]} == set()
    for volume in volumes[1:]:
        volume.remove()  # which fails if it is not there any more
