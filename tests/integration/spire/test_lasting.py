# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identities survive a server that is replaced, killed, late, asked by many at once, or away for too long."""

import time

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._spire import config as _spire_config
from ansible_collections.swarm.learning.plugins.module_utils._spire import join_tokens

from lab.report import wait_for
from tests.integration.spire.spire_pair import ALIAS, DOMAIN, VERSION

AGENT, SERVER = "swarm.learning.spire_agent", "swarm.learning.spire_server"
ENTRY = {"spiffe_id": f"spiffe://{DOMAIN}/swarm/sn", "parent_id": ALIAS, "selectors": ["docker:env:swarm_node_type=sn"]}
OTHER = "org2.example"
SHORT = {"spire_server_ca_ttl": "45s", "spire_server_agent_ttl": "7s", "spire_server_x509_svid_ttl": "7s"}
HOSTS = ("host-1", "host-2", "host-3")


@pytest.mark.parametrize("lost", ["keys.json", "datastore.sqlite3"])
def test_a_server_that_lost_part_of_its_data_gets_its_agent_back_in_the_same_run(spire, lost):
    """It runs again as another one, which the agent that runs has not heard of."""
    before = spire.only_agent()
    spire.client.containers.get(spire.server).stop(timeout=1)
    for file in (spire.directory / "host/spire-server/data").glob(f"{lost}*"):
        file.unlink()
    spire.roles(SERVER, AGENT, spire_server_entries=[ENTRY])
    assert spire.only_agent() != before


def test_a_replaced_server_gets_its_agent_back_in_the_same_run(spire):
    """The agent still says that it is well: it heard from its server, and does not ask again so soon."""
    config = _spire_config.agent({"version": VERSION, "trust_domain": DOMAIN, "server_address": spire.server})
    config["agent"]["experimental"] = {"sync_interval": "1h"}
    spire.roles(AGENT, spire_agent_config=config)
    before = spire.only_agent()
    spire.wipe("server")
    spire.roles(SERVER, AGENT, spire_server_entries=[ENTRY], spire_agent_config=config)
    assert spire.only_agent() != before


def fetches(spire):
    """Whether the server can fetch the other domain's bundle from there, as it does by itself every few minutes."""
    command = ["/opt/spire/bin/spire-server", "federation", "refresh", "-id", OTHER]
    code, out = spire.client.containers.get(spire.server).exec_run(command)
    assert code == 0 or b"certificate" in out, out.decode()
    return code == 0


def federate(spire, other):
    """The server knows the other domain's server, and the bundle that it has now."""
    bundle = other.call("spire_bundle")["bundle"]
    spire.federates_with = [{"trust_domain": OTHER, "address": other.server, "port": 8443, "bundle": bundle}]
    spire.roles(SERVER)


@pytest.fixture(scope="module")
def other(spire):
    """A server of another domain, whose CA soon ends: at `ends`. It is known and trusted, and then it is away."""
    made = spire.other(OTHER)
    made.federates_with = [{"trust_domain": DOMAIN, "address": spire.server, "port": 8443, "bundle": spire.call("spire_bundle")["bundle"]}]
    made.roles(SERVER, **SHORT)
    federate(spire, made)
    assert fetches(spire)
    made.client.containers.get(made.server).stop(timeout=1)
    made.ends = max(one["expires_at"] for one in spire.call("spire_info")["bundles"])
    return made


def has_ended_or_attested(agent):
    agent.reload()
    return agent.status != "running" or b"attestation was successful" in agent.logs()


@pytest.mark.usefixtures("other")
def test_a_server_that_is_killed_in_mid_play_costs_one_more_run(spire):
    """It goes when the token is made and the agent is not started yet."""
    before = spire.only_agent()

    def kill(event, run):
        if event == "task" and run.plays[-1].tasks[-1].endswith("Write the SPIRE Server's bundle on the agent's host"):
            spire.client.containers.get(spire.server).kill()

    spire.wipe("agent")
    run = spire.play(SERVER, AGENT, on_event=kill, spire_server_entries=[ENTRY], spire_agent_options={**spire.options, "wait_timeout": 5})
    assert run.status != 0
    assert "Start and attest the SPIRE Agent" in run.failures[0]

    def let_the_agent_go_on(event, run):
        """The agent that is still there would spend the token, were it not stopped before."""
        if event == "task" and run.plays[-1].tasks[-1].endswith("Read the SPIRE Server's bundle"):
            agent = spire.client.containers.get(spire.agent)
            wait_for(lambda: has_ended_or_attested(agent), "the agent stands or has attested itself", 60)

    run = spire.play(SERVER, AGENT, on_event=let_the_agent_go_on, spire_server_entries=[ENTRY])
    assert run.status == 0, run.failures
    assert spire.only_agent() != before


def test_a_token_that_expired_before_its_use_is_named_and_the_next_run_makes_another(spire):
    before, tokens = spire.only_agent(), spire.tokens_made()
    spire.wipe("agent")
    late = spire.spire("token", "generate", "-spiffeID", ALIAS, "-ttl", "1")["value"]
    join_tokens.keep(str(spire.directory / "host/tokens"), ALIAS, join_tokens.IssuedToken(late, int(time.time()) + 600))
    run = spire.play(AGENT)
    assert run.status != 0
    assert "the join token was not used in time; create a new token" in run.failures[0]
    assert late not in run.failures[0]
    spire.roles(AGENT)
    assert spire.only_agent() != before
    assert spire.tokens_made() == tokens + 2


def test_agents_behind_one_address_join_at_once(spire):
    """The server takes one attestation a second from an address; nobody is sent away for coming with others."""
    host = "{{ inventory_hostname }}"
    there = set(spire.agents())
    spire.roles(
        AGENT,
        hosts=HOSTS,
        swarm_dir=f"{spire.directory}/{host}",
        spire_agent_name=f"{spire.prefix}-{host}",
        spire_agent_socket_dir=f"{spire.prefix}-{host}",
        spire_agent_options={"network": f"container:{spire.agent}", "hostname": "", "stop_timeout": 1},
    )
    assert len(set(spire.agents()) - there) == len(HOSTS)


def test_a_peer_that_was_away_for_longer_than_its_ca_is_trusted_again(spire, other):
    time.sleep(max(0, other.ends + 1 - time.time()))
    other.roles(SERVER, **SHORT)
    assert not fetches(spire)
    federate(spire, other)
    assert fetches(spire)
