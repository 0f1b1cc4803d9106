# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real listeners and real connections, on this machine."""

import socket
import threading
import time
from pathlib import Path

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._preflight import listener, parse, reach

LOOPBACK = "127.0.0.1"


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


@pytest.fixture
def token(request):
    """A token, whose listener has ended when the test has."""
    name = f"test-{request.node.name}-{time.monotonic_ns()}"[-60:]
    yield name
    listener.end(name)


def connect(port, **target):
    [found] = reach.connections([{"address": LOOPBACK, "port": port, "https": False, **target}], 1)
    return found


def ours():
    """The IDs of our listeners' processes."""
    return {path.parent.name for path in Path("/proc").glob("[0-9]*/comm") if _text(path) == parse.OUR_NAME}


def _text(path):
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def test_our_listener_answers_and_lets_large_packets_pass(port, token):
    assert listener.start([port], 30, token) == {"listening": [port], "busy": [], "refused": []}
    found = connect(port)
    assert (found["state"], found["large"]) == ("open", True)
    assert 0 <= found["seconds"] < 1
    assert listener.end(token) is True
    assert connect(port)["state"] == "refused"
    assert listener.end(token) is False


def test_a_listener_ends_by_itself(port, token):
    before = ours()
    listener.start([port], 1, token)
    assert len(ours() - before) == 1
    until = time.monotonic() + 10
    while ours() - before and time.monotonic() < until:
        connect(port)
    assert ours() - before == set()


def test_ports_in_use_are_left_alone(port, token):
    with socket.create_server((LOOPBACK, port)):
        assert listener.start([port], 30, token) == {"listening": [], "busy": [port], "refused": []}
    assert listener.end(token) is False


def test_a_listener_keeps_nothing_of_its_maker_open(port, token, tmp_path):
    before = ours()
    with (tmp_path / "file").open("w", encoding="ascii"):
        listener.start([port], 30, token)
    [pid] = ours() - before
    links = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
    assert not any("file" in link or "pipe" in link for link in links), links


@pytest.fixture
def silent(port):
    """A server that takes connections and says nothing."""
    with socket.create_server((LOOPBACK, port)) as server:
        kept = []
        threading.Thread(target=lambda: kept.append(server.accept()), daemon=True).start()
        yield port


def test_others_are_open_and_have_no_word_for_large_packets(silent):
    found = connect(silent)
    assert found["state"] == "open"
    assert "large" not in found
    assert "https" not in found


def test_who_does_not_speak_tls(silent):
    assert connect(silent, https=True)["https"] is False


def test_closed_and_unknown(port):
    assert connect(port)["state"] == "refused"
    assert connect(port, address="no-such-host.invalid")["state"] == "unresolved"
    assert reach.connections([], 1) == []


def test_where_large_packets_get_lost(port):
    """A server that greets as ours does, and never gets the rest, as behind a tunnel that drops what is large."""
    with socket.create_server((LOOPBACK, port)) as server:

        def serve():
            visitor, _address = server.accept()
            with visitor:
                visitor.sendall(listener.GREETING)
                ended.wait(5)

        ended = threading.Event()
        threading.Thread(target=serve, daemon=True).start()
        assert connect(port)["large"] is False
        ended.set()
