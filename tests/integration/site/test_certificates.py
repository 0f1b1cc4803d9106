# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The platform without SPIRE: certificates that were created for a trial, and one of them renewed."""

from __future__ import annotations

import pytest

from lab import settings
from tests.integration.site import lab_platform as world

INVENTORY = ("-i", str(world.INVENTORIES / "certificates"))
MADE = settings.STATE / "certificates"
PLACE = "/var/lib/swarm-learning/certificates"


def stopped_spire():
    """What the other tests' platform left, and no node may need now."""
    for host in world.HOSTS:
        host.run("docker", "rm", "--force", "spire-agent", "spire-server")


@pytest.mark.usefixtures("platform")
def test_a_platform_on_certificates_alone(log):
    stopped_spire()
    world.worked(world.play(log, *INVENTORY, "-e", "swci_script_again=true"))
    assert len(world.trained()) == world.PAIRS
    for host in world.HOSTS:
        assert host.run("stat", "--format", "%a", PLACE, f"{PLACE}/nodes/key.pem").split() == ["700", "600"]
        assert host.run("find", PLACE, "-name", "ca-key.pem") == "", "the CA's key stays where it was made"


@pytest.mark.usefixtures("platform")
def test_a_renewed_certificate_restarts_what_uses_it(log):
    before = world.containers()
    (MADE / "org2.swarm.learning/host-2.pem").unlink()
    outcome = world.worked(world.play(log, *INVENTORY))
    assert {task for host, task in outcome.changes() if host == "host-2"} == {
        "Write the certificates of the host's nodes",
        "Start the other SN nodes",
        "Start the SWOPs",
    }
    after = world.containers()
    assert {name for name in before if after.get(name) != before[name]} == {("host-2", "sn-2"), ("host-2", "swop-2")}
    assert not [entry for entry in outcome.differences() if "PRIVATE" in f"{entry.before}{entry.after}"]

    again = world.worked(world.play(log, *INVENTORY, "--check", "--diff"))
    assert (again.changes(), again.differences(), world.containers()) == ([], [], after)
