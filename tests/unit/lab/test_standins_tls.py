# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mutual TLS between stand-ins, on loopback, with real handshakes: which connections are accepted, and the messages on both sides."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from swarmlab.identity import Identity, obtain
from swarmlab.process import Refusal
from swarmlab.web import Client, Failed, Request, Server, Unreachable

from tests.support.lab_certificates import Authority

ONE, TWO = Authority("org1.test"), Authority("org2.test")


def greet(request: Request) -> dict[str, object]:
    return {"peer": request.peer, "of": request.arguments, "query": request.query, **request.json()}


def refuse(_request: Request) -> str:
    raise Failed(409, "taken")


ROUTES = [
    ("POST", "/greet/*", greet),
    ("GET", "/params/*/*", lambda request: b"\x00\xff"),
    ("GET", "/is_up", lambda request: "OK"),
    ("GET", "/taken", refuse),
]


@contextmanager
def serving(identity: Identity) -> Iterator[int]:
    server = Server(0, ROUTES, identity, host="127.0.0.1").start()
    try:
        yield server.port
    finally:
        server.stop()


def ask(identity: Identity, port: int) -> str:
    return Client(identity, "127.0.0.1", port, "SN node").get("/is_up")


def test_json_text_bytes_and_refusals_pass_between_federated_domains():
    with serving(ONE.identity("sn", TWO)) as port:
        client = Client(TWO.identity("swop", ONE), "127.0.0.1", port, "SN node")
        assert client.post("/greet/a%2Fb?x=1", {"n": 1}) == {
            "peer": "spiffe://org2.test/swop",
            "of": ["a/b"],
            "query": {"x": "1"},
            "n": 1,
        }
        assert client.get("/params/c/1") == b"\x00\xff"
        assert client.get("/is_up") == "OK"
        with pytest.raises(Failed, match="taken") as refused:
            client.get("/taken")
        assert refused.value.status == 409
        with pytest.raises(Failed, match="does not take DELETE"):
            client.delete("/is_up")
        with pytest.raises(Failed, match="nothing is at /else"):
            client.get("/else")


@pytest.mark.parametrize(
    ("server", "client", "message"),
    [
        (ONE.identity("sn"), TWO.identity("sl", ONE), "does not hold the trust bundle of our trust domain"),
        (ONE.identity("sn", TWO), TWO.identity("sl"), r"not valid here.*bundles held: org2\.test"),
        (ONE.identity("sn", TWO), ONE.identity("sl", spiffe_id="spiffe://org1.test/other"), r"the peer is spiffe://org1\.test/other, not"),
        (ONE.identity("sn", spiffe_id="spiffe://org1.test/other"), ONE.identity("sl"), r"the peer is spiffe://org1\.test/other, not"),
        (
            ONE.identity("sn", TWO, spiffe_id="spiffe://org2.test/sn"),
            ONE.identity("sl", TWO),
            "no authority of org2.test signed that",
        ),
        (ONE.identity("sn", days=-1), ONE.identity("sl"), "certificate has expired"),
        (ONE.identity("sn"), ONE.identity("sl", days=-1), "our certificate has expired"),
    ],
)
def test_untrusted_peer_is_refused_with_a_reason(server: Identity, client: Identity, message: str):
    with serving(server) as port, pytest.raises((Unreachable, Failed), match=message):
        ask(client, port)


def test_silent_connection_does_not_block_others():
    with serving(ONE.identity("sn")) as port, socket.create_connection(("127.0.0.1", port)):
        assert ask(ONE.identity("sl"), port) == "OK"


def test_retry_lasts_until_the_server_answers():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    client = Client(ONE.identity("sl"), "127.0.0.1", port, "SN node")
    with pytest.raises(Unreachable, match=f"SN node at 127.0.0.1:{port}: connection refused"):
        client.retry(lambda each: each.get("/is_up"), 0.2, 0.1)
    servers: list[Server] = []
    later = threading.Timer(0.2, lambda: servers.append(Server(port, ROUTES, ONE.identity("sn"), host="127.0.0.1").start()))
    later.start()
    assert client.retry(lambda each: each.get("/is_up"), 5, 0.05) == "OK"
    later.join()  # it answers before it is in the list
    servers[0].stop()


def test_identity_from_a_users_files(tmp_path: Path):
    environ = ONE.files(tmp_path, "sn")
    with serving(obtain("sn", environ)) as port:
        assert ask(obtain("sl", ONE.files(tmp_path, "sl")), port) == "OK"
        with pytest.raises(Unreachable, match="does not hold the trust bundle"):
            ask(Identity("x", *TWO.leaf("spiffe://org2.test/sl"), {"org1.test": ONE.bundle}), port)


def test_what_is_wrong_with_an_identity_is_named(tmp_path: Path):
    good = ONE.files(tmp_path, "sn")
    other = TWO.files(tmp_path, "sl")
    cases: list[tuple[dict[str, str], str]] = [
        ({}, "no identity: set SWARM_SPIFFE_WORKLOAD_API_SOCKET_PATH, or SWARM_ID_KEY"),
        ({**good, "SWARM_ID_KEY": "/nowhere.pem"}, "SWARM_ID_KEY: /nowhere.pem cannot be read"),
        ({**good, "SWARM_ID_CACERT": ""}, "set SWARM_ID_CACERT or SWARM_ID_CAPATH"),
        ({**good, "SWARM_ID_CAPATH": "/nowhere"}, "SWARM_ID_CAPATH: /nowhere is not a directory"),
        ({**good, "SWARM_ID_CACERT": good["SWARM_ID_KEY"]}, "holds no PEM certificate"),
        ({**good, "SWARM_ID_KEY": other["SWARM_ID_KEY"]}, "is not the key of"),
        ({"SWARM_SPIFFE_WORKLOAD_API_SOCKET_PATH": "/nowhere.sock"}, "there is no Workload API socket /nowhere.sock"),
    ]
    for environ, message in cases:
        with pytest.raises(Refusal, match=message):
            obtain("sn", {"SWARMLAB_IDENTITY_SECONDS": "0", **environ})
