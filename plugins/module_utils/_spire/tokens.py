# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Join tokens on a SPIRE Server for agents that need them (private to the collection).

Whatever the number of agents, the server is asked once for those that it knows and, to clean up, once for its entries.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from . import join_tokens
from .server import Server, SpireError, check_spiffe_id, id_text

_SINGLE = ("spiffe_id", "agent_id", "distrusts_server", "refused_token")


def _agents(params: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """(where it stands, for messages, the options) of each agent."""
    if params["agents"] is not None:
        return [(f"agents[{number}].", one) for number, one in enumerate(params["agents"])]
    return [("", {name: params[name] for name in _SINGLE})]


def check_token(params: dict[str, Any]) -> None:
    """Raise SpireError for invalid parameters of spire_token."""
    for where, agent in _agents(params):
        _check_agent(where, agent, params["state"])
    if params["ttl"] < join_tokens.LEAST_LIFE:
        raise SpireError(
            f"ttl: {params['ttl']} s is too short to start an agent with the token; expected at least {join_tokens.LEAST_LIFE}"
        )
    _check_files(params)
    try:
        join_tokens.check_directory(params["token_dir"])
    except OSError as error:
        raise SpireError(f"token_dir: {error}") from error


def _check_agent(where: str, agent: dict[str, Any], state: str) -> None:
    for option in ("spiffe_id", "agent_id"):
        if agent[option]:
            check_spiffe_id(f"{where}{option}", agent[option])
    if not agent["spiffe_id"] and not (state == "absent" and agent["agent_id"]):
        needed = "spiffe_id or agent_id" if state == "absent" else "spiffe_id"
        raise SpireError(f"{where}spiffe_id: is missing; state {state} requires {needed}")


def _check_files(params: dict[str, Any]) -> None:
    """Raise SpireError for two agents whose tokens would be kept in one file."""
    places: dict[str, str] = {}
    for where, agent in _agents(params) if params["token_dir"] else ():
        first = places.setdefault(agent["spiffe_id"], where) if agent["spiffe_id"] else where
        if first != where:
            said = f"{agent['spiffe_id']} is also the ID of {first.rstrip('.')}, but token_dir keeps only one token for each ID"
            raise SpireError(f"{where}spiffe_id: {said}; leave out token_dir, or name the agent once")


def token(server: Server, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """spire_token: join tokens for agents that need them, or the end of what earlier ones left."""
    agents = _agents(params)
    present = params["state"] == "present"
    known = _Known(records(server), [] if present else _aliases(server, [agent for _where, agent in agents]))
    results = []
    for where, agent in agents:
        try:
            do = _needed_token if present else _used_token
            results.append(do(server, known, {**params, **agent}, check_mode))
        except OSError as error:
            raise SpireError(f"{_said(where, agent)}token_dir: {error}") from error
        except SpireError as error:
            raise SpireError(f"{_said(where, agent)}{error}") from error
    if params["agents"] is None:
        return results[0]
    shown = [{name: agent[name] or "" for name in ("spiffe_id", "agent_id")} for _where, agent in agents]
    return {"changed": any(result["changed"] for result in results), "results": [{**one, **got} for one, got in zip(shown, results)]}


def _said(where: str, agent: dict[str, Any]) -> str:
    return f"{where.rstrip('.')} ({agent['spiffe_id'] or agent['agent_id']}): " if where else ""


@dataclass
class _Known:
    """What the server knows: `records` of agents, and the `aliases` that tokens made, as SPIRE's JSON has entries."""

    records: list[join_tokens.Record]
    aliases: list[dict[str, Any]]

    def below(self, alias: str | None, agent_id: str | None) -> dict[str, str]:
        """Entry ID → SPIFFE ID of the agent below which it hangs, of the alias; without an alias, of what is directly below the agent."""
        ids = {entry["id"]: (id_text(entry["spiffe_id"]), id_text(entry["parent_id"])) for entry in self.aliases}
        return {entry: parent for entry, (own, parent) in ids.items() if (own == alias if alias else parent == agent_id)}

    def forget(self, left: join_tokens.Leftovers) -> None:
        """Take out what is gone."""
        self.records = [record for record in self.records if record.spiffe_id not in left.agents]
        self.aliases = [entry for entry in self.aliases if entry["id"] not in left.entries]


def _aliases(server: Server, agents: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries that tokens of the agents made; for a single agent the server sorts out what else it has, which may be thousands."""
    filters: tuple[str, ...] = ()
    if len(agents) == 1:
        [one] = agents
        filters = ("-spiffeID", one["spiffe_id"]) if one["spiffe_id"] else ("-parentID", one["agent_id"])
    return [entry for entry in server.entries(*filters) if entry["parent_id"]["path"].startswith("/spire/agent/join_token/")]


def records(server: Server) -> list[join_tokens.Record]:
    """What the server knows of agents, as `join_tokens.Record`s."""
    agents = server.agents()
    return [join_tokens.Record(id_text(a["id"]), int(a.get("x509svid_expires_at") or 0), bool(a.get("banned"))) for a in agents]


def _needed_token(server: Server, known: _Known, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    alias, directory = params["spiffe_id"], params["token_dir"]
    made = join_tokens.read(directory, alias) if directory else None
    keeps = join_tokens.AgentState(params["agent_id"] or "", params["distrusts_server"], params["refused_token"])
    decision = join_tokens.decide(keeps, known.records, (_domain_of(alias), made) if made else None, time.time())
    result = {"changed": False, "needed": decision.needed, "reason": decision.reason, "token": "", "expires_at": 0}
    if not decision.needed:
        return result
    made = decision.again
    if made is None:
        result["changed"] = True
        if check_mode:
            return result
        made = join_tokens.IssuedToken(*server.generate_token(alias, params["ttl"]))
        if directory:
            join_tokens.keep(directory, alias, made)
    return {**result, "token": made.token, "expires_at": made.expires_at}


def _used_token(server: Server, known: _Known, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    alias, directory = params["spiffe_id"], params["token_dir"]
    made = join_tokens.read(directory, alias) if directory and alias else None
    latest = join_tokens.agent_of(_domain_of(alias), made.token) if made else ""
    gone = params["state"] == "absent"
    left = join_tokens.leftovers(known.below(alias, params["agent_id"]), known.records, latest, params["agent_id"], time.time(), gone)
    forget = made is not None and (gone or latest in {record.spiffe_id for record in known.records})
    if not check_mode:
        server.delete_entries(left.entries)  # before the agents: from 1.15.2 on these take their aliases with them
        for agent in left.agents:
            server("agent", "evict", "-spiffeID", agent)
        if forget:
            join_tokens.forget(directory, alias)
    known.forget(left)
    return {"changed": bool(left.agents or left.entries or forget), "evicted": list(left.agents)}


def _domain_of(spiffe_id: str) -> str:
    return spiffe_id.removeprefix("spiffe://").partition("/")[0]
