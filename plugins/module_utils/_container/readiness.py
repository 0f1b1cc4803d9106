# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits until a container is ready, by log line, port or health command; ends at once if the container dies (private to the collection)."""

from __future__ import annotations

import queue
import re
import socket
import ssl
import time
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

from .engine import EngineError
from .log_signatures import SIGNATURES
from .masking import mask
from .spec import secrets_of

if TYPE_CHECKING:
    from .engine import Engine
    from .ready_signal import Ready

TAIL = 15
_TICK = 0.2
_LONGEST_TICK = 2
_MOST_OF_A_LOG = 4 * 2**20  # bytes that are read of a log in which a signal is looked for
_FIRST_LINE = 60  # seconds after its start within which every component writes its first line


class NotReady(Exception):
    """A component did not become ready; the message has the last lines of its log and known causes."""


def wait_ready(engine: Engine, inspect: dict[str, Any] | None, signal: Ready, timeout: float) -> None:
    """Wait until the container gives its signal; returns at once when it has given it since its last start.

    inspect: what the engine says of it; signal: a `ready_signal.Ready`; timeout in seconds. Raises NotReady.
    """
    if not inspect:
        raise NotReady(_gone())
    if not signal.log and _answers(engine, inspect, signal):
        return
    deadline = time.monotonic() + timeout
    lines = engine.follow(inspect, run_began(inspect))
    announced = re.compile(signal.log) if signal.log else None
    tick = _TICK
    while True:
        if not announced and _answers(engine, inspect, signal):
            return
        left = deadline - time.monotonic()
        if left <= 0:
            raise NotReady(_late(engine, inspect, signal, timeout))
        try:
            line = lines.get(timeout=left if announced else min(tick, left))
        except queue.Empty:
            tick = min(2 * tick, _LONGEST_TICK)
            continue
        if line is None:
            inspect = _still_running(engine, inspect)
            lines = engine.follow(inspect, run_began(inspect))
        elif announced and announced.search(line):
            announced = None
        elif _is_final(line):
            raise NotReady(with_log(f"container {_name(inspect)} is running, but will not become ready: {mask(line)}", engine, inspect))


def _is_final(line: str) -> bool:
    """Whether a line of a log says that its container will never be ready."""
    return any(signature.final and re.search(signature.pattern, line) for signature in SIGNATURES)


def check_alive(engine: Engine, inspect: dict[str, Any] | None) -> None:
    """Raise NotReady for a container that has failed already; one that has done its work and ended well is fine."""
    if inspect and not inspect["State"].get("Running") and inspect["State"].get("ExitCode"):
        raise NotReady(_died(engine, inspect))


def still_coming_up(signal: Ready) -> Ready:
    """The part of a signal that is asked for where an earlier run has started the container, and had the time to wait for it all."""
    return replace(signal, health=(), port=0 if signal.log else signal.port)


def started_at(inspect: dict[str, Any]) -> float:
    """When the container was last started, in seconds since the epoch."""
    return moment(inspect["State"]["StartedAt"])


def run_began(inspect: dict[str, Any]) -> float:
    """A moment between a container's previous run and its present one, in seconds since the epoch; 0 in its first.

    The engine notes the start only after it: a quick program has said its first lines by then.
    """
    ended = inspect["State"].get("FinishedAt") or "0001"
    return 0 if ended.startswith("0001") else moment(ended)


def moment(text: str) -> float:
    """Seconds since the epoch of a time as an engine writes it."""
    match: Any = re.match(r"(\d+-\d+-\d+T\d+:\d+:\d+)(\.\d+)?(Z|[+-]\d+:\d+)?", text)
    whole = datetime.fromisoformat(match[1] + (match[3] or "+00:00").replace("Z", "+00:00"))
    return whole.astimezone(timezone.utc).timestamp() + float(match[2] or 0)


def _still_running(engine: Engine, before: dict[str, Any]) -> dict[str, Any]:
    """The container's inspect after its log ended; a restart by its policy counts as an end too. Raises NotReady."""
    now = engine.inspect(before["Id"])
    if not now:
        raise NotReady(_gone(before))
    if not now["State"].get("Running") or now.get("RestartCount") != before.get("RestartCount"):
        raise NotReady(_died(engine, now))
    return now


def is_ready(engine: Engine, inspect: dict[str, Any], signal: Ready | None) -> bool:
    """Whether a running container has given its signal since its last start; True if it has none."""
    if signal is None:
        return True
    if signal.log and not _has_announced(engine, inspect, signal.log):
        return False
    return _answers(engine, inspect, signal)


def _has_announced(engine: Engine, inspect: dict[str, Any], pattern: str) -> bool:
    """Whether the log has the pattern, or has lost the lines in which it would be: it was rotated, is very long, or cannot be read."""
    search = engine.log_search(inspect, run_began(inspect), pattern, _MOST_OF_A_LOG)
    rotated = bool(search.first) and moment(search.first) - started_at(inspect) > _FIRST_LINE
    return search.found or not search.readable or not search.whole or rotated


def _answers(engine: Engine, inspect: dict[str, Any], signal: Ready) -> bool:
    if signal.health:
        code, _out, _err = engine.execute(inspect["Id"], signal.health)
        return code == 0
    if signal.port:
        port: Any = signal.port
        return _port_answers(*published_address(inspect, port, engine.address), signal.tls)
    return True


def published_address(inspect: dict[str, Any], port: int, engine_address: str = "") -> tuple[str, int]:
    """(host, port) where the container's port is reached from the engine's host: as published, else at the container itself."""
    network = inspect["NetworkSettings"]
    for binding in (network.get("Ports") or {}).get(f"{port}/tcp") or ():
        anywhere = binding["HostIp"] in ("", "0.0.0.0", "::")
        return (urlparse(engine_address).hostname or "127.0.0.1") if anywhere else binding["HostIp"], int(binding["HostPort"])
    return container_address(inspect), port


def container_address(inspect: dict[str, Any]) -> str:
    """The address of a running container on its first network; empty if it has none."""
    networks = (inspect.get("NetworkSettings") or {}).get("Networks") or {}
    return next((n["IPAddress"] for n in networks.values() if n.get("IPAddress")), "")


def _port_answers(host: str, port: int, tls: bool) -> bool:
    try:
        with socket.create_connection((host, port), timeout=5) as connection:
            return _speaks_tls(connection) if tls else _stays_open(connection)
    except OSError:
        return False


def _speaks_tls(connection: socket.socket) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Only whether something speaks TLS is asked; the License Server's certificate is its own.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.wrap_socket(connection).close()
    return True


def _stays_open(connection: socket.socket) -> bool:
    """Docker's proxy accepts connections to a published port although nothing listens in the container, and closes them at once."""
    connection.settimeout(_TICK)
    try:
        return connection.recv(1) != b""
    except socket.timeout:
        return True


# --- what to say --------------------------------------------------------------------------------------------------------


def explain(log: str) -> list[str]:
    """What is known of texts in a log: a list of `cause; remedy` sentences."""
    return [f"{signature.cause}; {signature.remedy}" for signature in SIGNATURES if re.search(signature.pattern, log)]


def _name(inspect: dict[str, Any]) -> str:
    name: str = inspect["Name"].lstrip("/")
    return name


def _tail(engine: Engine, inspect: dict[str, Any]) -> str:
    try:
        return mask(engine.log_tail(inspect["Id"], TAIL), secrets_of(inspect))
    except EngineError:
        return ""


def with_log(message: str, engine: Engine, inspect: dict[str, Any]) -> str:
    """The message with the last lines of the container's log, and what is known of them."""
    log = _tail(engine, inspect)
    meaning = "".join(f"\nIt means: {sentence}." for sentence in explain(log))
    return f"{message}{meaning}\nThe last lines of its log:\n{log or '(none)'}"


def _gone(before: dict[str, Any] | None = None) -> str:
    name = f"container {_name(before)}" if before else "the container"
    return f"{name} no longer exists: it ended and was removed because of auto_remove; set auto_remove: false to keep its log"


def _died(engine: Engine, inspect: dict[str, Any]) -> str:
    state = inspect["State"]
    killed = ", out of memory (OOM-killed)" if state.get("OOMKilled") else ""
    said = f"container {_name(inspect)} ended with exit code {state.get('ExitCode')}{killed} before it was ready"
    return with_log(said, engine, inspect)


def _late(engine: Engine, inspect: dict[str, Any], signal: Ready, timeout: float) -> str:
    what = f"log line /{signal.log}/" if signal.log else f"answer on port {signal.port}" if signal.port else "successful health check"
    return with_log(f"container {_name(inspect)} is running, but there was no {what} within {timeout} s", engine, inspect)
