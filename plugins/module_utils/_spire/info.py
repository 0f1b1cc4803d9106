# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a SPIRE Server has, in plain values (private to the collection)."""

from __future__ import annotations

import base64
import queue
import re
import time
from collections.abc import Iterable
from typing import Any

from . import join_tokens, lifetime, x509
from .config import seconds
from .server import Server, SpireError, id_text

# What a server's audit log says of an agent that synchronizes: it asks for its entries, then for the bundles of its containers.
_ASKS = re.compile(r'caller_id="?(?P<agent>[^" ]+)"? .*method=(?P<what>GetAuthorizedEntries|SyncAuthorizedEntries|GetBundle) ')
# Agents get their entries from a cache of the server, which reads its datastore again every 5 s (SPIRE's cache_reload_interval), and needs a
# moment for that.
_CACHE_RELOAD = 5.5
_LATE = (
    "{} has not asked for its entries and bundles within {} s: containers that start now may know the earlier trust domains only. "
    "See the log of its SPIRE Agent, then run the playbook again"
)


def synchronized(lines: queue.Queue[str | None], agents: Iterable[str], seconds: float, reload: float = _CACHE_RELOAD) -> list[str]:
    """The agents that fetch their entries and bundles within so many seconds, as a server's log, a queue of lines, says.

    What they fetch in the first `reload` seconds does not count, as it may be older. The wait ends when all are found.
    """
    start, missing = time.monotonic(), set(agents)
    end, up_to_date = start + seconds, set[str]()
    while missing and (left := end - time.monotonic()) > 0:
        try:
            line = lines.get(timeout=left)
        except queue.Empty:
            break
        if line is None:
            break
        found = _ASKS.search(line)
        if found is None or time.monotonic() - start < reload:
            continue
        if found["what"] != "GetBundle":
            up_to_date.add(found["agent"])
        elif found["agent"] in up_to_date:
            missing.discard(found["agent"])
    return sorted(set(agents) - missing)


def check_info(params: dict[str, Any]) -> None:
    """Raise SpireError for invalid parameters of spire_info."""
    if params["days"] is not None and params["days"] <= 0:
        raise SpireError(f"days: invalid value {params['days']}; expected a positive number")
    try:
        seconds("default_x509_svid_ttl", params["default_x509_svid_ttl"])
    except ValueError as error:
        raise SpireError(str(error)) from error


def info(server: Server, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """spire_info: trust domain, authorities, agents, entries, bundles, unused join tokens, and what does not outlive the training."""
    awaited = [] if check_mode else params["synchronized"]
    heard = synchronized(server.new_lines(), awaited, params["wait_timeout"]) if awaited else []
    answer, now = server.own_bundle(), time.time()
    agents = [_agent(one) for one in server.agents()]
    known = {one["spiffe_id"] for one in agents}
    facts = {
        "trust_domain": answer.get("trust_domain", ""),
        "authorities": [_authority(one) for one in answer.get("x509_authorities") or ()],
        "agents": agents,
        "entries": [_entry(one, known) for one in server.entries()],
        "bundles": [_bundle(one) for one in server.bundles()],
        "tokens": _tokens(params["token_dir"], answer.get("trust_domain", ""), known),
    }
    found = []
    if params["days"] is not None:
        life = seconds("default_x509_svid_ttl", params["default_x509_svid_ttl"])
        found = lifetime.problems(facts, life, int(now + params["days"] * lifetime.DAY), int(now))
    late = [_LATE.format(agent, params["wait_timeout"]) for agent in awaited if agent not in heard]
    return {"changed": False, **facts, "synchronized": heard, "problems": found, "warnings": late}


def _authority(answer: dict[str, Any]) -> dict[str, Any]:
    not_before, expires_at = x509.validity(base64.b64decode(answer["asn1"]))
    return {"not_before": not_before, "expires_at": expires_at, "tainted": bool(answer.get("tainted"))}


def _agent(answer: dict[str, Any]) -> dict[str, Any]:
    return {
        "spiffe_id": id_text(answer["id"]),
        "expires_at": int(answer.get("x509svid_expires_at") or 0),
        "banned": bool(answer.get("banned")),
        "attestation_type": answer.get("attestation_type", ""),
    }


def _tokens(directory: str | None, trust_domain: str, known: set[str]) -> list[dict[str, Any]]:
    """What may be shown of unused join tokens: for which agent, and until when."""
    try:
        unspent = join_tokens.unspent(directory, trust_domain, known) if directory else {}
    except OSError as error:
        raise SpireError(f"token_dir: {error}") from error
    return [{"spiffe_id": alias, "expires_at": made.expires_at} for alias, made in unspent.items()]


def _entry(answer: dict[str, Any], known: set[str]) -> dict[str, Any]:
    return {
        "id": answer["id"],
        "spiffe_id": id_text(answer["spiffe_id"]),
        "parent_id": join_tokens.shown(id_text(answer["parent_id"]), known),
        "selectors": [join_tokens.shown(f"{one['type']}:{one['value']}", known) for one in answer.get("selectors") or ()],
        "federates_with": sorted(answer.get("federates_with") or ()),
        "dns_names": answer.get("dns_names") or [],
        "x509_svid_ttl": int(answer.get("x509_svid_ttl") or 0),
        "expires_at": int(answer.get("expires_at") or 0),
    }


def _bundle(answer: dict[str, Any]) -> dict[str, Any]:
    authorities = [_authority(one) for one in answer.get("x509_authorities") or ()]
    return {
        "trust_domain": answer["trust_domain"],
        "expires_at": max((one["expires_at"] for one in authorities), default=0),
        "newest": max((one["not_before"] for one in authorities), default=0),
    }
