# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps until a SPIRE Agent is attested, from each possible state."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._agent_steps import decide

ATTESTED, CHANGED = {"attested": True}, {"attested": True, "actions": ["create"]}
NEW, LOST = {"actions": ["create"], "needs_join_token": True}, {"needs_join_token": False}
TRYING = {**NEW, "container": {"State": {"Running": True}}}
SERVER = {"has_server": True}
CASES = {
    "attested, nothing new": (ATTESTED, False, SERVER, set()),
    "attested, its configuration changed": (CHANGED, False, {**SERVER, "rewritten": True}, {"start"}),
    "the same in check mode": (CHANGED, False, {**SERVER, "rewritten": True, "check_mode": True}, {"start", "recreate"}),
    "new, before the token": (NEW, False, SERVER, {"bootstrap", "start"}),
    "new, with its token": (NEW, True, SERVER, {"bootstrap", "start", "recreate", "clean"}),
    "new, in check mode": (NEW, True, {**SERVER, "check_mode": True}, {"bootstrap", "start", "recreate"}),
    "new, with a token of the inventory": (NEW, True, {"given_token": True}, {"bootstrap", "start", "recreate"}),
    "tries with a token, before the next one": (TRYING, False, SERVER, {"stop", "bootstrap", "start"}),
    "stopped, before the next token": ({**NEW, "container": {"State": {"Running": False}}}, False, SERVER, {"bootstrap", "start"}),
    "goes on with what it keeps": ({**TRYING, "needs_join_token": False}, False, SERVER, {"bootstrap", "start"}),
    "not attested, without a server to ask": (LOST, False, {}, {"start"}),
    "not attested, its server decides": (LOST, False, SERVER, {"bootstrap", "start"}),
    "believes itself attested, unknown to its server": (
        ATTESTED,
        True,
        {**SERVER, "unknown": True},
        {"bootstrap", "start", "recreate", "clean"},
    ),
    "attested, several stand for it": (ATTESTED, False, {**SERVER, "shared": True}, {"clean"}),
    "attested, its server has news": (ATTESTED, False, {**SERVER, "news": True}, {"wait"}),
    "attested, news, before SPIRE 1.0": (ATTESTED, False, {**SERVER, "news": True, "modern": False}, set()),
    "attested, news, in check mode": (ATTESTED, False, {**SERVER, "news": True, "check_mode": True}, set()),
    "restarted, it asks by itself": (CHANGED, False, {**SERVER, "news": True}, {"start"}),
    "restarted, but its server may answer with old entries": (CHANGED, False, {**SERVER, "news": True, "altered": True}, {"start", "wait"}),
}


@pytest.mark.parametrize(("agent", "token_needed", "situation", "expected"), CASES.values(), ids=CASES)
def test_steps(agent, token_needed, situation, expected):
    assert {name for name, wanted in decide(agent, token_needed, situation).items() if wanted} == expected


def test_unknown_fact():
    with pytest.raises(ValueError, match="unknown facts sharde"):
        decide(ATTESTED, False, {"sharde": True})
