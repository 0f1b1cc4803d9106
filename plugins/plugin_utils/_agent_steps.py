# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides what has to be done so that a host's SPIRE Agent is attested (private, pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Situation:
    """What is known beside the agent's own answer.

    unknown      the server has no entry for the agent: it was replaced a moment ago, whatever the agent believes
    shared       several agents stand for this ID on the server, as a run was interrupted
    has_server   the inventory has the agent's server, so that a token can be made there
    given_token  the inventory gives a join token
    rewritten    the agent's files were written in this run
    news         the server received new trust domains or entries in this run
    altered      entries that the server had already were altered in this run
    modern       SPIRE 1.0 or newer, whose server reports what its agents have fetched
    check_mode   nothing may be changed
    """

    unknown: bool = False
    shared: bool = False
    has_server: bool = False
    given_token: bool = False
    rewritten: bool = False
    news: bool = False
    altered: bool = False
    modern: bool = True
    check_mode: bool = False

    def hears_news(self, restarts: bool) -> bool:
        """Whether there is something that the agent has to be waited for to hear.

        An agent that starts fetches everything, but may get entries as they were before. For entries that are new its containers wait themselves.
        """
        return (self.altered if restarts else self.news) and self.modern and not self.check_mode


def decide(agent: Mapping[str, Any], token_needed: bool, situation: Mapping[str, Any]) -> dict[str, bool]:
    """{stop, bootstrap, start, recreate, clean, wait}.

    agent         the result of `spire_agent` in check mode: actions, attested, needs_join_token, container
    token_needed  a token was made for it, or was given and is needed; false before that is known

    stop: an agent that keeps trying to attest itself could spend, a moment later, the token that the new one is to get.
    bootstrap: get it a token, its server's bundle and an empty data directory. start: run the module for real, recreate: with that option.
    clean: remove what its earlier tokens have left on the server. wait: until it has fetched what its server received in this run.
    """
    known = _situation(situation)
    runs = bool((agent.get("container") or {}).get("State", {}).get("Running"))
    attested, changed = bool(agent.get("attested")), bool(agent.get("actions"))
    can_be_attested = bool(agent.get("needs_join_token")) or known.has_server
    unchanged = attested and not changed and not token_needed
    return {
        "stop": bool(agent.get("needs_join_token")) and runs,
        "bootstrap": known.unknown or (not attested and can_be_attested),
        "start": not unchanged,
        "recreate": token_needed or (known.check_mode and known.rewritten),
        "clean": not known.given_token and (known.shared or (token_needed and not known.check_mode)),
        "wait": known.hears_news(restarts=not unchanged),
    }


def _situation(facts: Mapping[str, Any]) -> Situation:
    """Raises ValueError for a fact that there is none of."""
    unknown = set(facts) - {one.name for one in fields(Situation)}
    if unknown:
        raise ValueError(f"agent_steps: unknown facts {', '.join(sorted(unknown))}")
    return Situation(**{name: bool(value) for name, value in facts.items()})
