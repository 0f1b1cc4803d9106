# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An upgrade of the platform by one release: one whose last step fails and returns, and one that keeps the ledger with its contract."""

from __future__ import annotations

import json

import pytest

from lab import settings
from tests.integration.site import lab_platform as world

UPGRADE = "swarm.learning.upgrade"
OLDER, NEWER = "2.2.0", settings.SWARM_RELEASE
TWO = world.HOSTS[1]


def image(component, release):
    return f"{settings.REGISTRY}/hpe/swarm-learning/{component}:{release}"


def releases():
    """(host, name) → the release of each SN and SWOP that runs."""
    return {
        (host.name, container["Name"].lstrip("/")): container["Config"]["Labels"]["learning.swarm.release"]
        for host in world.HOSTS
        for container in host.containers()
        if container["State"]["Running"] and container["Name"].startswith(("/sn-", "/swop-")) and "-ml-" not in container["Name"]
    }


def ledger():
    """Which ledger the Sentinel keeps, and its contracts with their rounds."""
    state = json.loads(world.HOSTS[0].run("docker", "exec", "sn-1", "cat", "/platform/swarm/SMLNODE/state.json"))
    return state["chain"], state["contracts"]


@pytest.fixture(name="older")
def _older(platform, tmp_path):
    """The platform runs an earlier release; its images are the newer ones, as stand-ins are the same."""
    for host in world.HOSTS:
        for component in ("sn", "swop"):
            host.run("docker", "tag", image(component, NEWER), image(component, OLDER))
    older = ("-e", f"sn_release={OLDER}", "-e", f"swop_release={OLDER}")
    world.worked(world.play(tmp_path / "older.jsonl", "-i", str(world.LAB), *older, "--tags", "sn,swop"))
    assert set(releases().values()) == {OLDER}
    yield
    TWO.run("docker", "tag", image("sn", OLDER), image("sn", NEWER))


@pytest.mark.usefixtures("older")
def test_an_upgrade_returns_when_a_step_fails_and_keeps_the_ledger(tmp_path, log):
    arguments = ("-i", str(world.LAB), "-e", f"preflight_output_dir={tmp_path}/preflight")
    nodes, kept = releases(), ledger()
    assert kept[1]
    # An image that ends at once stands for a release that does not start on this host.
    TWO.run("docker", "tag", f"{settings.REGISTRY}/lab/ml-python:1", image("sn", NEWER))
    failed = world.play(log, *arguments, book=UPGRADE)
    assert failed.run.status == 2
    assert f"The upgrade of the SN nodes failed, and all of them run release {OLDER} again" in failed.said
    assert (releases(), ledger()) == (nodes, kept)
    assert ("host-1", "Start the Sentinel") in failed.changes()

    TWO.run("docker", "tag", image("sn", OLDER), image("sn", NEWER))
    done = world.worked(world.play(log, *arguments, book=UPGRADE))
    assert (releases(), ledger()) == (dict.fromkeys(nodes, NEWER), kept)
    assert {task for _host, task in done.changes()} == {"Start the Sentinel", "Start the other SN nodes", "Start the SWOPs"}

    without_wheel = {key: value for key, value in world.TRAINING.items() if key != "client_wheel"}
    earlier = world.extra(tmp_path, {"swarm_release": OLDER, "swarm_training": without_wheel})
    downgrade = world.play(log, *arguments, *earlier, book=UPGRADE)
    assert f"Nothing was changed. host-1: sn-1 is of release {NEWER}, and cannot become {OLDER}" in downgrade.said
    assert world.worked(world.play(log, "-i", str(world.LAB))).changes() == []
