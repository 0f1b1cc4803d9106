# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An agent gets a join token only if it cannot be attested without one; its earlier identities are removed afterwards."""

import stat

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._spire.join_tokens import agent_of, digest

from tests.integration.spire.spire_pair import ALIAS, DOMAIN

AGENT = "swarm.learning.spire_agent"


def changed(run):
    return run.stats["localhost"]["changed"]


def test_a_second_run_makes_no_token(spire):
    agent, tokens = spire.only_agent(), spire.tokens_made()
    assert tokens >= 1
    assert changed(spire.roles(AGENT)) == 0
    assert (spire.only_agent(), spire.tokens_made()) == (agent, tokens)


def test_a_reboot_needs_no_token(spire):
    agent, tokens = spire.only_agent(), spire.tokens_made()
    spire.stop()
    spire.start()
    assert changed(spire.roles(AGENT)) == 0
    assert (spire.only_agent(), spire.tokens_made()) == (agent, tokens)


def test_agent_whose_container_was_removed_needs_no_token(spire):
    agent, tokens = spire.only_agent(), spire.tokens_made()
    spire.client.containers.get(spire.agent).remove(force=True)
    spire.roles(AGENT)
    assert (spire.only_agent(), spire.tokens_made()) == (agent, tokens)


def lose_data(spire):
    spire.wipe("agent")


def evict(spire):
    [agent] = spire.agents()
    spire.client.containers.get(spire.agent).stop(timeout=1)
    spire.spire("agent", "evict", "-spiffeID", agent)


def ban(spire):
    [agent] = spire.agents()
    spire.client.containers.get(spire.agent).stop(timeout=1)
    spire.spire("agent", "ban", "-spiffeID", agent)


def lose_keys_of_server(spire):
    """Its datastore still has the agent; its CA is another one."""
    server = spire.client.containers.get(spire.server)
    spire.client.containers.get(spire.agent).stop(timeout=1)
    server.stop(timeout=1)
    (spire.directory / "host/spire-server/data/keys.json").unlink()
    server.start()
    spire.client.containers.get(spire.agent).start()
    wait_for_log(spire.client.containers.get(spire.agent), b"certificate signed by unknown authority")


def wait_for_log(container, words):
    for line in container.logs(stream=True, tail=5):
        if words in line:
            return
    raise AssertionError(f"{container.name} ended without {words!r}")


def lose_server(spire):
    spire.wipe("server")
    wait_for_log(spire.client.containers.get(spire.agent), b"certificate signed by unknown authority")


@pytest.mark.parametrize("lose", [lose_data, evict, ban, lose_keys_of_server, lose_server])
def test_agent_that_cannot_attest_gets_a_token_and_replaces_the_old_one(spire, lose):
    agent, tokens = spire.only_agent(), spire.tokens_made()
    lose(spire)
    spire.roles(AGENT)
    assert spire.only_agent() != agent
    assert spire.tokens_made() == tokens + 1


def test_unused_token_is_reused(spire, tmp_path):
    asked = {"spiffe_id": f"{ALIAS}-other", "token_dir": str(tmp_path / "tokens")}
    assert spire.call("spire_token", check=True, **asked)["changed"]
    assert not (tmp_path / "tokens").exists()
    first, second = (spire.call("spire_token", **asked) for _again in range(2))
    assert (first["changed"], second["changed"], second["token"]) == (True, False, first["token"])
    [file] = (tmp_path / "tokens").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not spire.call("spire_token", state="used", **asked)["changed"], "it is not used yet"
    refused = spire.call("spire_token", refused_token=digest(first["token"]), **asked)
    assert refused["changed"]
    assert refused["token"] != first["token"]
    assert spire.call("spire_token", **asked)["token"] == refused["token"]


def test_tokens_of_many_agents(spire, tmp_path):
    """Only those that need one get one; what was made for agents that never come is removed again, and the attested one is left alone."""
    others, agent = [{"spiffe_id": f"{ALIAS}-{name}"} for name in "ab"], spire.only_agent()
    asked = {"agents": [*others, {"spiffe_id": ALIAS, "agent_id": agent}], "token_dir": str(tmp_path / "tokens")}
    tried, made, again = (spire.call("spire_token", check=check, **asked) for check in (True, False, False))
    assert [[one["changed"] for one in answer["results"]] for answer in (tried, made, again)] == [[True, True, False]] * 2 + [[False] * 3]
    assert [one["token"] for one in again["results"]] == [one["token"] for one in made["results"]]
    gone = [spire.call("spire_token", state="absent", agents=others, token_dir=asked["token_dir"]) for _again in range(2)]
    assert [answer["changed"] for answer in gone] == [True, False]
    assert {one["spiffe_id"]["path"] for one in spire.spire("entry", "show")["entries"]}.isdisjoint(
        {"/swarm/agent/localhost-a", "/swarm/agent/localhost-b"}
    )
    assert spire.only_agent() == agent


def test_a_token_of_an_agent_that_is_not_started_is_used_by_the_next_run(spire):
    """The run that made the token was interrupted; the next one uses it."""
    agent, tokens = spire.only_agent(), spire.tokens_made()
    lose_data(spire)
    made = spire.call("spire_token", spiffe_id=ALIAS, token_dir=str(spire.directory / "host/tokens"))
    spire.roles(AGENT)
    assert spire.only_agent() == agent_of(DOMAIN, made["token"]) != agent
    assert spire.tokens_made() == tokens + 1


def test_a_token_is_in_no_output(spire):
    lose_data(spire)
    run = spire.roles(AGENT)
    token = spire.only_agent().rpartition("/")[2]
    said = (spire.directory / f"play-{spire.runs}.jsonl").read_text(encoding="utf-8")
    assert "Start and attest the SPIRE Agent" in said
    assert "censored" in said
    assert [line for line in said.splitlines() if token in line.replace(f"join_token/{token}", "")] == []
    assert token not in run.stderr


def test_refused_token_is_not_reused(spire, tmp_path):
    """The agent is made with a token that is spent: what its log says reaches the server's decision as a digest."""
    agent = spire.only_agent()
    spent = agent.rpartition("/")[2]
    lose_data(spire)
    container = spire.client.containers.get(spire.agent)
    wait_for_log(container, b"join token does not exist or has already been used")
    answer = spire.ask(str(tmp_path))
    assert (answer["attested"], answer["identity"], answer["refused_token"], answer["needs_join_token"]) == (False, {}, digest(spent), True)
    assert spent not in str({name: value for name, value in answer.items() if name != "container"})
    spire.roles(AGENT)
    assert spire.only_agent() != agent
