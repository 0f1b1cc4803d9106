# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rebooted host becomes part of the platform again, with the same identity."""

from __future__ import annotations

import pytest

from tests.integration.site import lab_platform as world

NUMBER = 2
HOST = world.HOSTS[NUMBER - 1]
IS_UP = ("--entrypoint", "python3", "registry.lab:5000/hpe/swarm-learning/sn:2.3.0", "-m", "swarmlab.is_up")
WORKLOAD = (
    *("--env", "swarm_node_type=swci", "--volume", "spire-agent-socket:/tmp/spire-agent"),
    *("--env", "SWARM_SPIFFE_WORKLOAD_API_SOCKET_PATH=/tmp/spire-agent/api.sock"),
)


def agents():
    """The agents that the SPIRE Server on the host knows: an ID ends with the join token that the agent came with."""
    return [one["id"]["path"] for one in world.spire(HOST, "agent", "list")["agents"]]


def entry_ids():
    """IDs of all registration entries; each join token makes one."""
    return sorted(one["id"] for one in world.spire(HOST, "entry", "show")["entries"])


def has_identity():
    """Whether the host's agent issues SVIDs to its containers, within the time that a container asks for one."""
    ask = 'from os import environ; from swarmlab.identity import obtain; print(obtain("swci", environ).name)'
    image = ("--entrypoint", "python3", "registry.lab:5000/hpe/swarm-learning/sn:2.3.0", "-c", ask)
    return HOST.run("docker", "run", "--rm", "--network", "none", *WORKLOAD, *image).rstrip().endswith("/swci")


@pytest.mark.usefixtures("platform")
def test_a_rebooted_host_comes_back_without_a_new_join_token(log):
    ids = {name: container for name, (container, started) in world.containers(HOST).items()}
    before = (world.running(HOST), agents(), entry_ids(), world.tokens_made())
    assert before[0] == {"spire-server", "spire-agent", "sn-2", "swop-2"}
    world.lab("restart", str(NUMBER))
    assert has_identity()  # nobody has done anything yet

    outcome = world.worked(world.play(log, "-i", str(world.LAB)))
    assert len(world.trained()) == world.PAIRS  # trained again if earlier tests had another training
    assert (world.running(HOST), agents(), entry_ids(), world.tokens_made()) == before
    assert {name: container for name, (container, started) in world.containers(HOST).items() if name in ids} == ids
    assert "Get a join token for the SPIRE Agent if it needs one" not in [task for _host, task in outcome.changes()]

    for host in world.HOSTS:
        answers = host.run("docker", "run", "--rm", *WORKLOAD, *IS_UP, "172.30.0.11", "172.30.0.12")
        assert answers.split() == ["172.30.0.11", "OK", "172.30.0.12", "OK"]
