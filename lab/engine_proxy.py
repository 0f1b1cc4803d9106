# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy in front of a Docker Engine that records requests and can cut connections."""

from __future__ import annotations

import contextlib
import re
import socket
import threading

_REQUEST = re.compile(rb"^([A-Z]+) (?:/v[\d.]+)?(/\S*) HTTP/1\.1\r\n")


class Proxy:
    """Hands bytes on between clients and the engine's socket, and writes down the requests.

    address   what docker_host must be
    requests  `POST /containers/x/start` and so on, in order
    before    called with each request's text before it is handed on; False cuts every connection, for good
    after     called likewise when the engine has answered, before the client hears of it
    """

    def __init__(self, engine_socket, listening, address):
        self._engine_socket, self._listening, self.address = engine_socket, listening, address
        self.requests, self._open, self._cut = [], [], False
        self.before, self.after = (lambda request: True), (lambda request: True)

    def start(self):
        """Begin to hand on; clients that came before wait."""
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def _serve(self):
        while not self._cut:
            try:
                client, _peer = self._listening.accept()
            except OSError:
                return
            engine = socket.socket(socket.AF_UNIX)
            engine.connect(self._engine_socket)
            self._open += [client, engine]
            unanswered = []
            threading.Thread(target=self._hand_on, args=(client, engine, self._asked, unanswered), daemon=True).start()
            threading.Thread(target=self._hand_on, args=(engine, client, self._answered, unanswered), daemon=True).start()

    def _hand_on(self, source, target, seen, unanswered):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if seen(data, unanswered) is False:
                    return self.close()
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        return None

    def _asked(self, data, unanswered):
        request = _REQUEST.match(data)
        if not request:
            return True
        text = f"{request[1].decode()} {request[2].decode()}"
        self.requests.append(text)
        unanswered.append(text)
        return self.before(text)

    def _answered(self, _data, unanswered):
        return self.after(unanswered.pop()) if unanswered else True

    def changes(self):
        """The requests that change something."""
        return [request for request in self.requests if not request.startswith(("GET", "HEAD"))]

    def close(self):
        """Cut every connection, and take no more."""
        self._cut = True
        for end in (self._listening, *self._open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def unix_proxy(engine_socket, directory):
    """A Proxy at a socket file of its own."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(directory / "engine.sock"))
    listening.listen()
    return Proxy(engine_socket, listening, f"unix://{directory / 'engine.sock'}")


def tcp_proxy(engine_socket):
    """A Proxy at a TCP port of this machine."""
    listening = socket.create_server(("127.0.0.1", 0))
    return Proxy(engine_socket, listening, f"tcp://127.0.0.1:{listening.getsockname()[1]}")
