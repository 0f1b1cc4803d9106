# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON over mutual TLS: a small server with routes, and its client."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from swarmlab.identity import Identity, Unauthorised
from swarmlab.process import log

MAX_BODY = 512 * 1024 * 1024  # a model's parameters fit; an endless request does not


class Failed(Exception):
    """A request that a server refused: its HTTP status and what it said."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


class Unreachable(Exception):
    """A server that does not answer, or that one side does not trust; the text names the address and the reason."""


@dataclass(frozen=True)
class Request:
    """What a route is called with. ``arguments`` are the path's variable parts, ``peer`` is the caller's name."""

    method: str
    arguments: tuple[str, ...]
    query: dict[str, str]
    raw: bytes = field(repr=False)
    peer: str

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; none is an empty one. Raises Failed (400)."""
        try:
            body = json.loads(self.raw or b"{}")
        except ValueError as error:
            raise Failed(400, f"the body is not JSON: {error}") from error
        if not isinstance(body, dict):
            raise Failed(400, "the body is not a JSON object")
        return body


# A route returns bytes or text (sent as they are) or anything that JSON can say; it raises Failed to refuse.
Answer = bytes | str | dict[str, Any] | list[Any]
Route = tuple[str, str, Callable[[Request], Answer]]


class Server:
    """Serves routes ``(method, path, function)`` on a port; ``*`` in a path stands for one variable part.

    Without an identity it is plain HTTPS or HTTP by the given context (the License Server's case).
    """

    def __init__(
        self, port: int, routes: list[Route], identity: Identity | None, context: ssl.SSLContext | None = None, host: str = "0.0.0.0"
    ):
        self._routes = [(method, re.compile("/" + path.strip("/").replace("*", "([^/]+)")), call) for method, path, call in routes]
        self._identity = identity
        self._context = identity.server_context() if identity else context
        self._http = _Http((host, port), type("Handler", (_Handler,), {"owner": self}))
        self.port: int = self._http.server_address[1]
        self.connections: set[socket.socket] = set()

    def start(self) -> Server:
        """Serve in a thread of its own."""
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        return self

    def stop(self) -> None:
        """Stop taking requests, and end the connections that clients keep."""
        self._http.shutdown()
        self._http.server_close()
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def secure(self, connection: socket.socket, address: str) -> tuple[socket.socket, str, str] | None:
        """Finish the TLS handshake of a new connection: it, the peer's name, and why it is refused all the same.

        None when there is no TLS connection; the log says why.
        """
        if self._context is None:
            return connection, "", ""
        connection.settimeout(10)
        secured = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        try:
            secured.do_handshake()
            secured.settimeout(60)
            return secured, self._identity.authorise(secured) if self._identity else "", ""
        except Unauthorised as refusal:
            log("tls").warning("Refused %s on port %s: %s", address, self.port, refusal)
            return secured, "", str(refusal)
        except OSError as error:
            # A port probe that closes at once is nobody's failure.
            if not isinstance(error, (ConnectionError, ssl.SSLEOFError, TimeoutError)):
                held = f"; {self._identity.held()}" if self._identity else ""
                log("tls").warning("Refused %s on port %s: %s%s", address, self.port, _reason(error), held)
            _drain(secured)
            return None

    def answer(self, method: str, target: str, body: bytes, peer: str) -> tuple[int, Answer]:
        """Find the route and call it: the HTTP status and the answer."""
        parts = urlsplit(target)
        found = [(match, known, call) for known, path, call in self._routes if (match := path.fullmatch(parts.path))]
        if not found:
            return 404, {"error": f"nothing is at {parts.path}"}
        for match, known, call in found:
            if known == method:
                query = dict(parse_qsl(parts.query))
                arguments = tuple(unquote(part) for part in match.groups())
                try:
                    return 200, call(Request(method, arguments, query, body, peer))
                except Failed as refused:
                    return refused.status, {"error": str(refused)}
        return 405, {"error": f"{parts.path} does not take {method}"}


def _drain(connection: ssl.SSLSocket) -> None:
    """Close so that the peer can read the TLS alert: closing with its bytes unread would reset the connection first."""
    with contextlib.suppress(OSError), socket.socket(fileno=connection.detach()) as raw:
        raw.settimeout(2)
        raw.shutdown(socket.SHUT_WR)
        while raw.recv(4096):
            pass


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: Server
    peer: str | None = None
    refusal = ""

    def setup(self) -> None:
        # The handshake belongs to this connection's thread: a slow peer holds up nobody.
        secured = self.owner.secure(self.request, self.client_address[0])
        if secured is not None:
            self.request, self.peer, self.refusal = secured
            self.owner.connections.add(self.request)
        super().setup()

    def handle(self) -> None:
        if self.peer is not None:
            with contextlib.suppress(OSError):  # the peer went away
                super().handle()

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()
        self.owner.connections.discard(self.request)
        self.request.close()  # wrapping it detached the socket that the server would close

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > (MAX_BODY if not self.refusal else 65536):
            self.close_connection = True
            self._send(413, {"error": f"a body of {length} bytes is too big"})
            return
        body = self.rfile.read(length)
        if self.refusal:
            self._send(403, {"error": self.refusal})
            return
        try:
            status, answer = self.owner.answer(self.command, self.path, body, self.peer or "")
        except Exception as error:  # one request's error is not the server's
            log("web").exception("%s %s", self.command, self.path)
            status, answer = 500, {"error": f"{type(error).__name__}: {error}"}
        self._send(status, answer)

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _send(self, status: int, answer: Answer) -> None:
        if isinstance(answer, bytes):
            kind, data = "application/octet-stream", answer
        elif isinstance(answer, str):
            kind, data = "text/plain; charset=utf-8", answer.encode()
        else:
            kind, data = "application/json", json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_args: Any) -> None:
        """Requests are not logged: the platform does not either."""


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def server_bind(self) -> None:
        # An answer is two writes; without this the second waits 40 ms for the acknowledgement of the first.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().server_bind()


class Client:
    """Asks one server. Without an identity it is HTTPS that takes any certificate (the License Server's is self-signed).

    ``what`` names the server in messages, e.g. "SN node".
    """

    def __init__(self, identity: Identity | None, host: str, port: int, what: str, timeout: float = 10.0):
        self.host, self.port, self.what, self.timeout = host, port, what, timeout
        self._identity = identity
        if identity:
            self._context = identity.client_context()
        else:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self._context.check_hostname = False
            self._context.verify_mode = ssl.CERT_NONE
        self._idle: list[http.client.HTTPSConnection] = []

    def __str__(self) -> str:
        return f"{self.what} at {self.host}:{self.port}"

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, timeout: float | None = None) -> Any:
        """Send a request; the answer is parsed JSON, text or bytes, by its type. Raises Failed, Unreachable."""
        data = None if body is None else json.dumps(body).encode()
        while True:
            connection, kept = self._connection(timeout or self.timeout)
            try:
                connection.request(method, path, data, {"Content-Type": "application/json"} if data else {})
                answer = connection.getresponse()
                raw = answer.read()
                break
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                # The server may end a kept connection at any time; that says nothing about a new one.
                if not kept or isinstance(error, TimeoutError):
                    raise self._unreachable(error) from error
        if answer.will_close:
            connection.close()
        else:
            self._idle.append(connection)
        kind = answer.headers.get_content_type()
        value = json.loads(raw) if kind == "application/json" else raw.decode() if kind == "text/plain" else raw
        if answer.status >= 400:
            raise Failed(answer.status, value["error"] if isinstance(value, dict) and "error" in value else f"HTTP {answer.status}")
        return value

    def _connection(self, timeout: float) -> tuple[http.client.HTTPSConnection, bool]:
        """A connection that nobody uses, and whether it is a kept one: a handshake costs more than most requests."""
        with contextlib.suppress(IndexError):  # another thread may be quicker
            connection = self._idle.pop()
            connection.sock.settimeout(timeout)
            return connection, True
        connection = http.client.HTTPSConnection(self.host, self.port, timeout=timeout, context=self._context)
        connection.auto_open = 0  # never connect without authorise
        try:
            connection.connect()
            if self._identity:
                self._identity.authorise(connection.sock)
        except (Unauthorised, OSError) as error:
            connection.close()
            raise self._unreachable(error) from error
        return connection, False

    def _unreachable(self, error: Exception) -> Unreachable:
        held = f" ({self._identity.held()})" if self._identity and isinstance(error, ssl.SSLCertVerificationError) else ""
        return Unreachable(f"{self}: {_reason(error)}{held}")

    def get(self, path: str, timeout: float | None = None) -> Any:
        """GET; see call."""
        return self.call("GET", path, timeout=timeout)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """POST; see call."""
        return self.call("POST", path, body)

    def delete(self, path: str) -> Any:
        """DELETE; see call."""
        return self.call("DELETE", path)

    def retry(self, attempt: Callable[[Client], Any], seconds: float, every: float = 0.5) -> Any:
        """What ``attempt`` returns, tried while the server is Unreachable; then the last Unreachable is raised.

        Each new reason is logged once.
        """
        end = time.monotonic() + seconds
        said = ""
        while True:
            try:
                return attempt(self)
            except Unreachable as away:
                if time.monotonic() + every >= end:
                    raise
                if str(away) != said:
                    said = str(away)
                    log("web").warning("%s. Retrying for %.0f s.", said, seconds)
            time.sleep(every)


def distrust(problem: Unreachable) -> bool:
    """Whether certificates are the reason, ours or theirs: then trying again is in vain."""
    cause = problem.__cause__
    return isinstance(cause, (Unauthorised, ssl.SSLError)) and not isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError))


# What a TLS alert from the other side means for two components of this platform.
_ALERTS = {
    "unknown ca": "the other side does not hold the trust bundle of our trust domain (SPIRE federation: bundle set, entry -federatesWith)",
    "certificate required": "the other side wants a client certificate and we showed none",
    "certificate expired": "the other side says that our certificate has expired: restart this component to take a new SVID",
    "bad certificate": "the other side does not take our certificate",
}


def _reason(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid here: {error.verify_message}"
    text = str(error).lower().replace("_", " ")
    if isinstance(error, ssl.SSLError):
        return next((told for alert, told in _ALERTS.items() if f"alert {alert}" in text), f"TLS: {error.reason or error}")
    if isinstance(error, TimeoutError):
        return "no answer in time (is a firewall between, or a wrong address?)"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused: nothing listens there"
    if isinstance(error, http.client.RemoteDisconnected):
        return "closed the connection: it does not take our identity (its log says why)"
    return str(error) or type(error).__name__
