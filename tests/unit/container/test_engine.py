# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine's streams are made of."""

import queue

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._container.engine import Engine, EngineError, _feed, _frames


def reader(content, most):
    """A read function that never gives more than `most` bytes at a time."""
    rest = [content]

    def read(size):
        part, rest[0] = rest[0][: min(size, most)], rest[0][min(size, most) :]
        return part

    return read


def frame(stream, content):
    return bytes([stream, 0, 0, 0]) + len(content).to_bytes(4, "big") + content


@pytest.mark.parametrize("most", [1, 3, 8, 1000])
def test_frames(most):
    content = frame(1, b"one ") + frame(2, b"error") + frame(1, b"two") + frame(1, b"")
    assert _frames(reader(content, most)) == (b"one two", b"error")


def test_stream_that_breaks_off():
    assert _frames(reader(b"", 9)) == (b"", b"")
    assert _frames(reader(frame(1, b"whole") + frame(1, b"half")[:-2], 9)) == (b"wholeha", b"")


def test_input_over_tls_is_refused():
    engine = Engine({"docker_host": "tcp://192.0.2.1:2376", "tls": True, "validate_certs": False})
    with pytest.raises(EngineError, match="cannot be sent over TLS"):
        engine.execute("spire-server", ["spire-server", "entry", "create"], stdin="{}")


NOT_STARTED = "OCI runtime exec failed: exec failed: unable to start container process: waiting for init preliminary setup: read init-p: {}"


@pytest.mark.parametrize(
    ("first", "runs"),
    [
        ((126, NOT_STARTED.format("connection reset by peer: unknown"), ""), 2),
        ((126, "", NOT_STARTED.format("connection reset by peer: unknown")), 2),
        ((126, NOT_STARTED.format("no such file: unknown"), ""), 1),
        ((1, f"the log says {NOT_STARTED.format('connection reset by peer')}", ""), 1),
        ((0, NOT_STARTED.format("connection reset by peer"), ""), 1),
    ],
)
def test_a_command_that_the_runtime_could_not_start_is_tried_once_more(first, runs, monkeypatch):
    engine, answers = Engine({"docker_host": "unix:///nowhere"}), [first, (0, "done", "")]
    monkeypatch.setattr(engine, "_call", lambda _what, _ask: answers.pop(0))
    assert engine.execute("spire-server", ["spire-server", "bundle", "show"]) == (first if runs == 1 else (0, "done", ""))
    assert len(answers) == 2 - runs


class Containers:
    """A client whose engine also finds a container by the beginning of its ID, as engines do."""

    ID = "fade" + "0" * 60

    def inspect_container(self, name):
        assert self.ID.startswith(name) or name == "sn-1"
        return {"Id": self.ID, "Name": "/sn-1"}


@pytest.mark.parametrize(("name", "found"), [("sn-1", True), (Containers.ID, True), ("fade", False)])
def test_the_beginning_of_an_id_is_no_name(name, found, monkeypatch):
    engine = Engine({"docker_host": "unix:///nowhere"})
    monkeypatch.setattr(engine, "_call", lambda _what, ask: ask(Containers()))
    assert (engine.inspect(name) is not None) is found


def broken():
    """A stream that ends with something that nobody expects."""
    yield b"one\n"
    yield None


@pytest.mark.parametrize(
    ("stream", "found"),
    [
        ([b"one\r\ntw", b"o\n"], ["one", "two", None]),
        (["one\r\ntw", "o"], ["one", "two", None]),
        ([], [None]),
    ],
)
def test_log_of_a_terminal_may_come_as_text(stream, found):
    lines = queue.Queue()
    _feed(iter(stream), lines)
    assert list(lines.queue) == found


def test_who_reads_a_log_learns_of_its_end_in_any_case():
    lines = queue.Queue()
    with pytest.raises(TypeError):
        _feed(broken(), lines)
    assert list(lines.queue) == ["one", None]
