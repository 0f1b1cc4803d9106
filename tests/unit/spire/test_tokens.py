# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Join tokens for many agents in one call: the server is asked once, and what fails names the agent."""

import json
import time

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._spire import join_tokens, tokens
from ansible_collections.swarm.learning.plugins.module_utils._spire.server import Server, SpireError

AGENTS = "spiffe://td/spire/agent/join_token/"
ALIAS = "spiffe://td/swarm/agent/"


def parts(spiffe_id):
    domain, _slash, path = spiffe_id.removeprefix("spiffe://").partition("/")
    return {"trust_domain": domain, "path": f"/{path}"}


class Engine:
    """An engine whose SPIRE Server knows agents, by the tokens that they came with, and the aliases that these made (token → name)."""

    def __init__(self, attested=(), aliases=None, refused=""):
        self.attested, self.aliases, self.refused, self.asked, self.made = list(attested), dict(aliases or {}), refused, [], 0

    def execute(self, _name, words, stdin=None):
        _program, *words = words
        self.asked.append(tuple(words[:2]))
        answer = getattr(self, f"_{words[0]}_{words[1]}")(words, stdin)
        return (1, "", "Error: no\n") if answer is None else (0, json.dumps(answer), "")

    def _agent_list(self, _words, _stdin):
        return {"agents": [{"id": parts(AGENTS + one), "x509svid_expires_at": str(int(time.time()) + 900)} for one in self.attested]}

    def _entry_show(self, words, _stdin):
        filters = dict(zip(words[2::2], words[3::2]))
        reported = [
            {"id": f"e-{token}", "spiffe_id": parts(ALIAS + name), "parent_id": parts(AGENTS + token)}
            for token, name in self.aliases.items()
        ]
        if "-spiffeID" in filters:
            reported = [entry for entry in reported if entry["spiffe_id"] == parts(filters["-spiffeID"])]
        return {"entries": reported}

    def _entry_delete(self, _words, stdin):
        for entry_id in json.loads(stdin)["ids"]:
            del self.aliases[entry_id.removeprefix("e-")]
        return {"results": []}

    def _agent_evict(self, words, _stdin):
        self.attested.remove(words[3].removeprefix(AGENTS))
        return {}

    def _token_generate(self, words, _stdin):
        name = words[3].removeprefix(ALIAS)
        if name == self.refused:
            return None
        self.made += 1
        self.aliases[f"new-{self.made}"] = name
        return {"value": f"new-{self.made}", "expires_at": "2000000000"}


def agent(name="", kept=""):
    options = {"spiffe_id": ALIAS + name if name else None, "agent_id": AGENTS + kept if kept else None}
    return {**options, "distrusts_server": False, "refused_token": ""}


def call(engine, agents, check_mode=False, state="present", token_dir=None):
    params = {**agent(), "agents": agents, "state": state, "ttl": 600, "token_dir": token_dir}
    tokens.check_token(params)
    return tokens.token(Server(engine, "spire-server"), params, check_mode)


def test_many_known_agents_need_one_command():
    names = [f"host-{number}" for number in range(50)]
    engine = Engine(attested=names)
    result = call(engine, [agent(name, name) for name in names])
    assert not result["changed"]
    assert {(one["needed"], one["token"]) for one in result["results"]} == {(False, "")}
    assert engine.asked == [("agent", "list")]


def test_only_agents_that_need_one_get_a_token(tmp_path):
    engine, asked = Engine(attested=["a", "c"]), [agent("host-1", "a"), agent("host-2", "b"), agent("host-3", "c"), agent("host-4")]
    directory = str(tmp_path / "tokens")
    tried = call(engine, asked, check_mode=True, token_dir=directory)
    assert engine.asked == [("agent", "list")]
    assert not (tmp_path / "tokens").exists()
    done = call(engine, asked, token_dir=directory)
    assert engine.asked[1:] == [("agent", "list"), *[("token", "generate")] * 2]
    for result in (tried, done):
        assert result["changed"]
        assert [(one["spiffe_id"], one["changed"], one["needed"]) for one in result["results"]] == [
            (ALIAS + "host-1", False, False),
            (ALIAS + "host-2", True, True),
            (ALIAS + "host-3", False, False),
            (ALIAS + "host-4", True, True),
        ]
    assert [one["token"] for one in done["results"]] == ["", "new-1", "", "new-2"]
    again = call(engine, asked, token_dir=directory)
    assert (again["changed"], [one["token"] for one in again["results"]]) == (False, ["", "new-1", "", "new-2"])


def test_refusal_names_the_agent():
    with pytest.raises(
        SpireError, match=r"^agents\[1\] \(spiffe://td/swarm/agent/host-2\): spire-server token generate in container .*: no$"
    ):
        call(Engine(refused="host-2"), [agent("host-1"), agent("host-2")])


@pytest.mark.parametrize("check_mode", [True, False])
def test_what_earlier_tokens_left_of_many_agents(check_mode, tmp_path):
    """The agents of host-1 and host-2 have come with their second token; that of host-3 has not come back."""
    directory = str(tmp_path / "tokens")
    for name, token in (("host-1", "a2"), ("host-2", "b2"), ("host-3", "c2")):
        join_tokens.keep(directory, ALIAS + name, join_tokens.IssuedToken(token, 2000000000))
    there = {token: f"host-{'abc'.index(token[0]) + 1}" for token in ("a1", "a2", "b1", "b2", "c2")}
    engine = Engine(attested=["a1", "a2", "b1", "b2", "x"], aliases={**there, "x": "another"})
    result = call(engine, [agent("host-1"), agent("host-2"), agent("host-3")], check_mode, "used", directory)
    assert [(one["changed"], one["evicted"]) for one in result["results"]] == [
        (True, [AGENTS + "a1"]),
        (True, [AGENTS + "b1"]),
        (False, []),
    ]
    assert engine.asked[:2] == [("agent", "list"), ("entry", "show")]
    assert len(engine.asked) == (2 if check_mode else 6)
    if not check_mode:
        assert (engine.attested, sorted(engine.aliases)) == (["a2", "b2", "x"], ["a2", "b2", "c2", "x"])
        assert len(list((tmp_path / "tokens").iterdir())) == 1
        assert not call(engine, [agent("host-1"), agent("host-2")], False, "used", directory)["changed"]


def test_agents_that_share_an_id_are_removed_one_by_one():
    engine = Engine(attested=["a", "b", "c"], aliases={"a": "sn", "b": "sn", "c": "sn"})
    result = call(engine, [agent(kept="a"), agent(kept="b"), agent(kept="a")], state="absent")
    assert [one["changed"] for one in result["results"]] == [True, True, False]
    assert (engine.attested, list(engine.aliases)) == (["c"], ["c"])
