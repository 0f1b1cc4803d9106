# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real connections from this host to others (private to the collection)."""

from __future__ import annotations

import ctypes
import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent import futures
from contextlib import contextmanager
from typing import Any

from .._container.engine import DOCKER_IMPORT_ERROR, Engine, EngineError
from . import parse, tcp
from .listener import DONE, GREETING, LARGE

_CLONE_NEWNET = 0x40000000  # linux/sched.h
_GREETING_WAIT = 0.5  # seconds, beside four times what the connection took
_MOST_AT_ONCE = 64


def connections(targets: Sequence[Mapping[str, Any]], timeout: float) -> list[dict[str, Any]]:
    """[{address, port, state, …}] in the order of `targets`, {address, port, https}, all at once.

    state    open, refused, timeout, unreachable or unresolved
    seconds  what the connection took, where it is open
    large    where our own listener answers: whether many bytes pass, and not only the few of a connection
    https    where it was asked for: whether something speaks TLS there
    """
    if not targets:
        return []
    with futures.ThreadPoolExecutor(min(len(targets), _MOST_AT_ONCE)) as pool:
        states = pool.map(lambda target: _connection(target, timeout), targets)
        return [{"address": target["address"], "port": target["port"], **state} for target, state in zip(targets, states)]


def _connection(target: Mapping[str, Any], timeout: float) -> dict[str, Any]:
    begun = time.monotonic()
    state, link = tcp.connect(target["address"], target["port"], timeout)
    if link is None:
        return {"state": state}
    seconds = time.monotonic() - begun
    with link:
        found: dict[str, Any] = {"state": state, "seconds": round(seconds, 4)}
        if _is_ours(link, _GREETING_WAIT + 4 * seconds):
            found["large"] = _passes(link, timeout + 4 * seconds)
        elif target["https"]:
            found["https"] = _speaks_tls(link, timeout)
    return found


def _is_ours(link: socket.socket, wait: float) -> bool:
    link.settimeout(wait)
    try:
        return link.recv(len(GREETING), socket.MSG_WAITALL) == GREETING
    except OSError:
        return False


def _passes(link: socket.socket, wait: float) -> bool:
    link.settimeout(wait)
    try:
        link.sendall(bytes(LARGE))
        received = b""
        while len(received) < LARGE + len(DONE):
            part = link.recv(LARGE)
            if not part:
                return False
            received += part
    except OSError:
        return False
    return received.endswith(DONE)


def _speaks_tls(link: socket.socket, wait: float) -> bool:
    """Whether TLS is spoken there, by whoever it is."""
    link.settimeout(wait)
    try:
        with tcp.context_for_any().wrap_socket(link):
            return True
    except (OSError, ValueError):
        return False


def from_inside(params: Mapping[str, Any]) -> dict[str, Any]:
    """{container, connections} as seen from within the swarm's network, {container: ""} where nothing runs there yet.

    The network is that of a container which runs in it already: nothing is started for it.
    """
    found: dict[str, Any] = {"container": "", "connections": []}
    if DOCKER_IMPORT_ERROR or not params["network"]:
        return found
    try:
        engine = Engine({**params})
        known = parse.on_network(engine.containers({}), params["network"])
        inspect = engine.inspect(known) if known else None
    except (EngineError, OSError, ValueError):
        return found
    if not inspect or not inspect["State"]["Pid"]:
        return found
    named = [{**one, "address": _first(one["address"])} for one in params["connect"]]
    try:
        with _network_of(inspect["State"]["Pid"]):
            seen = connections(named, params["connect_timeout"])
    except OSError:  # without root, or on a host that hides its processes
        return found
    asked = [{**one, "address": target["address"]} for one, target in zip(seen, params["connect"])]
    return {"container": inspect["Name"].lstrip("/"), "connections": asked}


def _first(address: str) -> str:
    """The IPv4 address of a name: within the container's network, the host's resolver is out of reach."""
    try:
        return socket.gethostbyname(address)
    except (OSError, UnicodeError):
        return address


@contextmanager
def _network_of(pid: int) -> Iterator[None]:
    """Within it, this thread and those that it starts are in the network of another process. Raises OSError if that is not allowed."""
    with open("/proc/thread-self/ns/net", encoding="ascii") as own, open(f"/proc/{pid}/ns/net", encoding="ascii") as other:
        _enter(other.fileno())
        try:
            yield
        finally:
            _enter(own.fileno())


def _enter(namespace: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)  # os.setns does not exist before Python 3.12
    if library.setns(namespace, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
