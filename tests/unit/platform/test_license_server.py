# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host finds of License Servers: those that answer, others that listen there, and nobody."""

import hashlib
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._platform import license_server

from tests.support.pki import Authority

LOOPBACK = "127.0.0.1"
ONE_SERVER = {"secondary_apls_ip": "", "secondary_apls_port": 5814, "timeout": 2}


def found(port, address=LOOPBACK, **others):
    return license_server.look({**ONE_SERVER, "apls_ip": address, "apls_port": port, **others})["servers"]


class Web(BaseHTTPRequestHandler):
    """Answers the License Server's web interface, and nothing else."""

    def do_GET(self):
        self.send_response(302 if self.path == "/autopass" else 404)
        self.end_headers()

    def log_message(self, *_arguments):
        pass


class Other(Web):
    def do_GET(self):
        self.send_error(404)


@pytest.fixture
def closed():
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


@pytest.fixture
def files(tmp_path):
    return Authority(tmp_path, "ca").issue("apls", ends=100)


@pytest.fixture
def serve(files):
    """Starts an HTTPS server with a handler; its port."""
    servers = []

    def start(handler):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files["cert"], files["key"])
        server = ThreadingHTTPServer((LOOPBACK, 0), handler)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        return server.server_address[1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_one_that_answers(serve, files):
    port = serve(Web)
    with open(files["cert"], encoding="ascii") as stream:
        der = ssl.PEM_cert_to_DER_cert(stream.read())
    assert found(port) == [
        {
            "address": LOOPBACK,
            "port": port,
            "state": "open",
            "answers": "yes",
            "problem": "",
            "remedy": "",
            "web_interface": True,
            "certificate": {"expires": "2027-04-25 08:00 UTC", "sha256": hashlib.sha256(der).hexdigest()},
        }
    ]


def test_both_of_a_pair_are_asked(serve, closed):
    servers = found(closed, secondary_apls_ip=LOOPBACK, secondary_apls_port=serve(Web))
    assert [(one["answers"], one["web_interface"]) for one in servers] == [("no", False), ("yes", True)]


def test_another_https_server_has_no_web_interface(serve):
    [one] = found(serve(Other))
    assert (one["answers"], one["web_interface"]) == ("yes", False)


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"], ids=["closes at once", "plain HTTP"])
def test_what_does_not_speak_https(said):
    with socket.create_server((LOOPBACK, 0)) as listening:

        def answer():
            visitor, _address = listening.accept()
            with visitor:
                visitor.sendall(said)

        threading.Thread(target=answer, daemon=True).start()
        [one] = found(listening.getsockname()[1])
    assert (one["state"], one["answers"], one["certificate"], one["web_interface"]) == ("open", "no", {}, False)
    assert "does not answer by HTTPS" in one["problem"]


@pytest.mark.parametrize(
    ("address", "state", "answers"),
    [(LOOPBACK, "refused", "no"), ("no-such-host.invalid", "unresolved", "unknown"), (f"{'a' * 64}.invalid", "unresolved", "unknown")],
)
def test_where_nobody_answers(closed, address, state, answers):
    [one] = found(closed, address)
    assert (one["state"], one["answers"], one["certificate"]) == (state, answers, {})
    assert one["problem"].startswith(f"License Server {address}:{closed}: ")
    assert one["remedy"]


@pytest.mark.parametrize(("error", "state"), [(TimeoutError(), "timeout"), (OSError(113, "No route to host"), "unreachable")])
def test_what_the_host_does_not_reach_its_containers_may(monkeypatch, error, state):
    def refuse(*_arguments):
        raise error

    monkeypatch.setattr(socket, "create_connection", refuse)
    [one] = found(5814, "192.0.2.1")
    assert (one["state"], one["answers"]) == (state, "unknown")
