# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds whether the SPIRE Agent of a host is attested, and which identity it keeps (private to the collection)."""

from __future__ import annotations

import base64
import json
import os
import queue
import time
from collections.abc import Iterable
from typing import Any

from .._component.check_container import OptionError
from .._container.engine import Engine, EngineError
from .._container.spec import environment, secrets_of
from .._names import AGENT_SOCKET, TOKEN_VARIABLE
from .._releases import RELEASES, SPIRE_UPSTREAM
from . import join_tokens, trust_bundle, x509

AGENT = f"{SPIRE_UPSTREAM}/spire-agent"
_LOG_LINES = 30
# An agent asks its server every 5 s, and less often while the server does not answer.
_SYNC_SECONDS = 30
_TICK = 0.5
_REFUSALS = (
    ("server", "certificate signed by unknown authority"),
    ("token", "join token does not exist or has already been used"),
    ("token", "join token expired"),
    ("token", "join token attestation is currently implemented within the agent"),  # 0.12, without one
)


def agent_facts(engine: Engine, _host: object, params: dict[str, Any], inspect: Any) -> dict[str, Any]:
    """Whether the SPIRE Agent of this host is attested, what it keeps, and who refused whom, for the module's result."""
    if params["state"] != "started":
        return {}
    running = bool(inspect) and bool(inspect["State"].get("Running"))
    healthy = running and _is_healthy(engine, params["name"])
    attested = healthy and not _finds_a_stranger(engine, params, inspect)
    refusal = refusal_of(engine.log_tail(params["name"], _LOG_LINES)) if inspect and not attested else ""
    token = environment(inspect["Config"]["Env"]).get(TOKEN_VARIABLE, "") if refusal == "token" else ""
    identity = kept_identity(params["volumes"] or (), time.time())
    return {
        "attested": attested,
        "identity": identity,
        "distrusts_server": refusal == "server",
        "refused_token": join_tokens.digest(token) if token else "",
        "needs_join_token": not attested and (not identity or refusal == "server"),
    }


def _is_healthy(engine: Engine, name: str) -> bool:
    try:
        code, _out, _err = engine.execute(name, (AGENT, "healthcheck", "-socketPath", AGENT_SOCKET))  # 0.12 looks elsewhere
    except EngineError:
        return False
    return code == 0


def _finds_a_stranger(engine: Engine, params: dict[str, Any], inspect: dict[str, Any]) -> bool:
    """Whether a running agent that lacks a CA of its server finds, at its next look, that it does not trust it; else it has got that CA.

    If its log does not show this in time, it is left alone: it has an identity, and the server may be unreachable.
    """
    wanted = _authorities(params["server_bundle"])
    lines: queue.Queue[str | None] | None
    deadline, lines = time.monotonic() + _SYNC_SECONDS, None
    while not knows(params["volumes"] or (), wanted) and time.monotonic() < deadline:
        lines = lines or engine.follow(inspect, time.time())
        try:
            line = lines.get(timeout=_TICK)
        except queue.Empty:
            continue
        if line is None or refusal_of(line) == "server":
            return True
    return False


def _authorities(text: str) -> set[bytes]:
    try:
        return set(trust_bundle.authorities(json.loads(text))) if text else set()
    except ValueError as error:
        raise OptionError("server_bundle", text[:40], "is not a SPIFFE bundle; expected what spire_bundle returns") from error


def knows(volumes: Iterable[str], wanted: set[bytes]) -> bool:
    """Whether the bundle that an agent keeps in a mounted directory has all the wanted CAs (DER), or it keeps none."""
    kept = authorities_kept(volumes)
    return not kept or wanted <= kept


def authorities_kept(volumes: Iterable[str]) -> set[bytes]:
    """The CAs (DER) of the bundle that an agent keeps in a mounted directory; empty if it keeps none."""
    bundles = (_bundle(os.path.join(volume.split(":")[0], "agent-data.json")) for volume in volumes)
    return next((bundle for bundle in bundles if bundle), set())


def _bundle(path: str) -> set[bytes]:
    """The CAs, in DER, of the bundle in agent-data.json, as a set; empty if there is none."""
    try:
        with open(path, encoding="utf-8") as file:
            return {x509.der(base64.b64decode(one)) for one in json.load(file)["bundle"] or ()}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def refusal_of(log: str) -> str:
    """What the last such line of an agent's log says was refused: "server", "token", or "" without such a line."""
    for line in reversed(log.splitlines()):
        for refusal, words in _REFUSALS:
            if words in line:
                return refusal
        if "Node attestation was successful" in line:
            return ""
    return ""


def kept_identity(volumes: Iterable[str], now: float) -> dict[str, Any]:
    """{spiffe_id, expires_at} of the SVID that an agent keeps, with its key, in a mounted directory; {} if it cannot be used.

    now: seconds since the epoch; an SVID that has expired cannot be used.
    """
    for volume in volumes:
        for key, data, svid_in in _STATE:
            path = os.path.join(volume.split(":")[0], data)
            if os.path.isfile(path) and os.path.isfile(os.path.join(os.path.dirname(path), key)):
                svid = svid_in(path)
                if svid and x509.expiry(svid) > now:
                    return {"spiffe_id": x509.spiffe_id(svid), "expires_at": x509.expiry(svid)}
    return {}


def _bytes(path: str) -> bytes:
    """The SVID in agent_svid.der, DER."""
    with open(path, "rb") as file:
        return file.read()


def _svid(path: str) -> bytes:
    """The SVID in the file agent-data.json; empty if there is none."""
    with open(path, encoding="utf-8") as file:
        return svid_of(file.read())


def svid_of(text: str) -> bytes:
    """The SVID in the content of agent-data.json, PEM in base64; empty if there is none, for example because the server evicted the agent."""
    try:
        chain = json.loads(text)["svid"]
        return base64.b64decode(chain[0]) if chain else b""
    except (ValueError, KeyError, TypeError):
        return b""  # half written, or not an agent's file


# What an agent keeps, its key and its SVID, from 1.x on and in 0.12.
_STATE = (("keys.json", "agent-data.json", _svid), ("svid.key", "agent_svid.der", _bytes))


def node_facts(engine: Engine, _host: object, params: dict[str, Any], inspect: Any) -> dict[str, Any]:
    """What a node of release 0.3.0, with the SPIRE Agent inside it, keeps and who refused whom, for the module's result; {} in 2.x."""
    if params["state"] == "absent" or "join_token" not in RELEASES[params["release"]]["sn"].options:
        return {}
    # A node that ends at once is restarted again and again by its restart policy, so it runs at times.
    fails = bool(inspect) and (not inspect["State"].get("Running") or bool(inspect.get("RestartCount")))
    refusal = refusal_of(engine.log_tail(params["name"], _LOG_LINES)) if fails else ""
    tokens = secrets_of(inspect) if refusal == "token" else []
    identity = kept_identity(params["volumes"] or (), time.time())
    return {
        "identity": identity,
        "distrusts_server": refusal == "server",
        "refused_token": join_tokens.digest(tokens[-1]) if tokens else "",
        "needs_join_token": bool(refusal),
    }
