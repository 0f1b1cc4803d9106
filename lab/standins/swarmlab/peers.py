# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters between SL nodes: what this node serves on 30305, and how it fetches from others. Both by mutual TLS."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

from swarmlab.identity import Identity
from swarmlab.web import Client, Failed, Request, Route, Unreachable, distrust

KEPT_ROUNDS = 4  # a slow peer still finds these; older ones would only fill memory
FETCH_SECONDS = 60.0
PROBE_SECONDS = 5.0
FORBIDDEN = 403


class Distrusted(Exception):
    """One of two SL nodes does not take the other's certificate; the text says which and why."""


class Store:
    """The parameters that other SL nodes may fetch: own ones and merged ones, by contract and round."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[str, str, int], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, kind: str, contract: str, number: int, data: bytes) -> None:
        """Hold `data`; `kind` is params or merged. The oldest of more than KEPT_ROUNDS of its kind and contract goes."""
        with self._lock:
            self._held[kind, contract, number] = data
            alike = [key for key in self._held if key[:2] == (kind, contract)]
            for key in alike[:-KEPT_ROUNDS]:
                del self._held[key]

    def get(self, kind: str, contract: str, number: str) -> bytes:
        """What is held; raises Failed (404) when it is not."""
        with self._lock:
            data = self._held.get((kind, contract, int(number))) if number.isdecimal() else None
        if data is None:
            raise Failed(404, f"no {kind} of {contract} in round {number} here")
        return data

    def routes(self) -> list[Route]:
        """The SL node's whole API."""

        def serve(kind: str, request: Request) -> bytes:
            if not request.peer.endswith("/sl") and request.peer.startswith("spiffe://"):
                raise Failed(403, f"parameters are for SL nodes; you are {request.peer}")
            return self.get(kind, *request.arguments)

        return [
            ("GET", "/is_up", lambda request: "OK"),
            ("GET", "/params/*/*", lambda request: serve("params", request)),
            ("GET", "/merged/*/*", lambda request: serve("merged", request)),
        ]


class Peers:
    """Fetches from other SL nodes by their address `HOST:PORT`."""

    def __init__(self, identity: Identity):
        self._identity = identity
        self._clients: dict[str, Client] = {}

    def _client(self, address: str) -> Client:
        if address not in self._clients:
            host, port = address.rsplit(":", 1)
            self._clients[address] = Client(self._identity, host, int(port), "SL node")
        return self._clients[address]

    def fetch(self, address: str, kind: str, contract: str, number: int) -> bytes:
        """Parameters as packed bytes. Raises Distrusted, Unreachable and Failed."""
        data: bytes = self._get(address, f"/{kind}/{contract}/{number}", FETCH_SECONDS)
        return data

    def probe(self, address: str) -> None:
        """Return when that SL node can be talked to. Raises as fetch does."""
        self._get(address, "/is_up", PROBE_SECONDS)

    def _get(self, address: str, path: str, seconds: float) -> Any:
        try:
            return self._client(address).get(path, timeout=seconds)
        except Unreachable as problem:
            if distrust(problem):
                raise Distrusted(str(problem)) from problem
            raise
        except Failed as problem:
            if problem.status == FORBIDDEN:
                raise Distrusted(f"SL node at {address} refuses this node: {problem}") from problem
            raise
