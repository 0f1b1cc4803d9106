# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides when a SPIRE Agent needs a new join token, and what earlier tokens left behind (private to the collection).

A token can be used once. The agent's ID contains the token that it used, so the ID shows which token is used up; the ID under which
registration entries are created, the alias, is an entry below that.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from urllib.parse import quote, unquote

# A token must be valid long enough for the agent to be created and started with it.
LEAST_LIFE = 60
_AGENT = "/spire/agent/join_token"


@dataclass(frozen=True)
class Record:
    """What a server knows of one agent; expires_at in seconds since the epoch."""

    spiffe_id: str
    expires_at: int
    banned: bool = False


@dataclass(frozen=True)
class AgentState:
    """What an agent keeps on its host.

    spiffe_id         of the identity that it keeps, empty if it keeps none
    distrusts_server  whether its log says that it does not trust its server
    refused_token     digest of the token that its log says was refused, empty for none
    """

    spiffe_id: str = ""
    distrusts_server: bool = False
    refused_token: str = ""


@dataclass(frozen=True)
class IssuedToken:
    """A token that was created and may not have been used yet; expires_at in seconds since the epoch."""

    token: str
    expires_at: int


@dataclass(frozen=True)
class Decision:
    """Whether a token is needed, why or why not, and an issued token that can be used again."""

    needed: bool
    reason: str
    again: IssuedToken | None = None


@dataclass(frozen=True)
class Leftovers:
    """What earlier tokens left on the server: agents to evict, by ID, and alias entries to delete, by entry ID."""

    agents: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()


def agent_of(trust_domain: str, token: str) -> str:
    """The SPIFFE ID of the agent that uses the token."""
    return f"spiffe://{trust_domain}{_AGENT}/{token}"


def shown(text: str, known: Iterable[str]) -> str:
    """A SPIFFE ID or a selector with one as it may be shown; `known`: IDs of the agents that the server knows.

    A server creates an agent's alias together with its token, so until the agent is attested, the alias's parent and selector reveal the token.
    """
    before, is_agent, rest = text.partition(f"{_AGENT}/")
    spent = {agent.rpartition("/")[2] for agent in known}
    return f"{before}{_AGENT}/unused" if is_agent and rest not in spent else text


def digest(token: str) -> str:
    """What may be shown of a token: its SHA-256."""
    return hashlib.sha256(token.encode()).hexdigest()


def decide(keeps: AgentState, records: Collection[Record], handed_out: tuple[str, IssuedToken] | None, now: float) -> Decision:
    """Whether an agent needs a token: a Decision.

    keeps       what is known on the agent's host: AgentState
    records     the server's Records
    handed_out  (trust domain, IssuedToken) of the last token made for it, or None
    now         seconds since the epoch
    """
    reason = _reason(keeps, {record.spiffe_id: record for record in records}, now)
    if not reason:
        return Decision(False, f"the server knows agent {keeps.spiffe_id}")
    again = handed_out[1] if handed_out and _will_do(handed_out, keeps, records, now) else None
    return Decision(True, reason, again)


def _reason(keeps: AgentState, records: dict[str, Record], now: float) -> str:
    kept = keeps.spiffe_id
    if not kept:
        return "the agent keeps no identity"
    if keeps.distrusts_server:
        return "the agent does not trust this server: it has another CA than when the agent was attested"
    record = records.get(kept)
    if record is None:
        return f"the server does not know agent {kept}"
    if record.banned:
        return f"agent {kept} is banned"
    return "" if record.expires_at > now else f"the identity of agent {kept} has expired"


def _will_do(handed_out: tuple[str, IssuedToken], keeps: AgentState, records: Iterable[Record], now: float) -> bool:
    trust_domain, made = handed_out
    spent = agent_of(trust_domain, made.token) in {record.spiffe_id for record in records} or digest(made.token) == keeps.refused_token
    return not spent and made.expires_at - now >= LEAST_LIFE


def leftovers(
    aliases: dict[str, str], records: Iterable[Record], latest: str, kept: str | None, now: float, gone: bool = False
) -> Leftovers:
    """The Leftovers of all agents that used a token for one alias, save the one that is attested now.

    aliases  entry ID → SPIFFE ID of the agent that the alias entry hangs below
    records  the server's Records
    latest   ID of the agent of the last token, empty if that is not known
    kept     ID of an agent that was replaced, empty for none
    gone     whether the agent will not come back, so that nothing is saved
    """
    used = {*aliases.values(), *filter(None, (latest, kept))}
    there = {record.spiffe_id: record for record in records if record.spiffe_id in used}
    if gone:
        return Leftovers(tuple(sorted(there)), tuple(aliases))
    live = [r for r in there.values() if not r.banned and r.expires_at > now]
    current = next((r for r in live if r.spiffe_id == latest), max(live, key=lambda r: r.expires_at, default=None))
    if current is None:
        return Leftovers()  # nothing has replaced them yet
    agents = sorted(set(there) - {current.spiffe_id})
    return Leftovers(tuple(agents), tuple(entry for entry, agent in aliases.items() if agent != current.spiffe_id))


# --- the file of a token that was handed out ---------------------------------------------------------------------------

_SUFFIX = ".json"


def _path(directory: str, alias: str) -> str:
    return os.path.join(directory, quote(alias, safe="") + _SUFFIX)


def read(directory: str, alias: str) -> IssuedToken | None:
    """The IssuedToken token of an alias; None if there is none. Raises OSError."""
    try:
        with open(_path(directory, alias), encoding="utf-8") as file:
            return IssuedToken(**json.load(file))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def unspent(directory: str, trust_domain: str, known: Collection[str]) -> dict[str, IssuedToken]:
    """Alias → IssuedToken token, of the unused ones in the directory, for agents of the trust domain. Raises OSError.

    known  IDs of the agents that the server knows: an ID says with which token its agent came
    """
    names = sorted(os.listdir(directory)) if os.path.isdir(directory) else []
    aliases = [unquote(name[: -len(_SUFFIX)]) for name in names if name.endswith(_SUFFIX)]
    kept = {alias: read(directory, alias) for alias in aliases if alias.startswith(f"spiffe://{trust_domain}/")}
    return {alias: made for alias, made in kept.items() if made and agent_of(trust_domain, made.token) not in known}


def check_directory(directory: str | None) -> None:
    """Raise PermissionError if the directory exists and others may read it, before a token is created for it."""
    if directory and os.path.isdir(directory) and stat.S_IMODE(os.stat(directory).st_mode) & 0o077:
        raise PermissionError(f"other users can read {directory}; join tokens must be kept in a directory with mode 0700")


def keep(directory: str, alias: str, handed_out: IssuedToken) -> None:
    """Store it in a file that only its owner can read, in a directory that only its owner can enter. Raises OSError."""
    os.makedirs(directory, mode=0o700, exist_ok=True)
    check_directory(directory)
    descriptor, part = tempfile.mkstemp(dir=directory)  # mode 0600
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(handed_out), file)
    os.replace(part, _path(directory, alias))


def forget(directory: str, alias: str) -> None:
    """Remove it. Raises OSError."""
    if os.path.exists(_path(directory, alias)):
        os.unlink(_path(directory, alias))
