# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The channel between ML and SL, with real FIFOs: what gets through, and what each side learns when the other goes."""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from swarmlab.channel import ChannelClosed, ChannelError, NodeEnd, ProgramEnd, encode, pack, unpack

HELLO = {"op": "hello", "protocol": 1, "platform": "PYTORCH"}


@pytest.fixture
def paths(tmp_path: Path) -> tuple[str, str]:
    return str(tmp_path / "channel" / "request.channel"), str(tmp_path / "channel" / "response.channel")


@pytest.fixture
def ends(paths: tuple[str, str]) -> Iterator[tuple[NodeEnd, ProgramEnd]]:
    """Both ends after the hello."""
    node = NodeEnd(*paths)
    program = ProgramEnd(*paths)
    program.send(HELLO)
    assert node.accept(5) == HELLO
    yield node, program
    node.close()
    program.close()


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"hidden.weight": np.arange(6.0).reshape(2, 3), "n": np.array(7)},
        {"file": np.zeros(2, dtype="float32"), "meta": np.ones(1, dtype="int8"), "p0": np.zeros((0, 3))},
    ],
)
def test_parameters_arrive_complete(params: dict[str, np.ndarray]) -> None:
    out, meta = unpack(pack(params, {"ended": True}))
    assert list(out) == list(params)
    assert meta == {"ended": True}
    for name, value in params.items():
        assert out[name].dtype == value.dtype
        assert np.array_equal(out[name], value)


@pytest.mark.parametrize("data", [b"", b"not an archive", pack({"a": np.ones(3)})[:-30]])
def test_invalid_parameters_are_refused(data: bytes) -> None:
    with pytest.raises(ChannelError, match=f"these {len(data)} bytes are not model parameters"):
        unpack(data)


def test_objects_are_not_shared() -> None:
    with pytest.raises(ChannelError, match="'layer' is of type object"):
        pack({"layer": np.array([object()])})


def test_fifos_are_for_any_user(ends: tuple[NodeEnd, ProgramEnd], paths: tuple[str, str]) -> None:
    assert [oct(Path(path).stat().st_mode & 0o777) for path in paths] == ["0o666", "0o666"]


def test_question_and_answer_larger_than_a_pipe(ends: tuple[NodeEnd, ProgramEnd]) -> None:
    node, program = ends
    big = os.urandom(3 << 20)

    def answer() -> None:
        header, payload = node.receive()
        node.send({"ok": True, "op": header["op"]}, payload[::-1])

    thread = threading.Thread(target=answer)
    thread.start()
    assert program.ask({"op": "sync"}, big) == ({"ok": True, "op": "sync"}, big[::-1])
    thread.join()


def test_refusal_reaches_the_program(ends: tuple[NodeEnd, ProgramEnd]) -> None:
    node, program = ends
    node.send({"ok": False, "error": "only 1 of 2 peers"})
    with pytest.raises(ChannelError, match="only 1 of 2 peers"):
        program.ask({"op": "begin"})


def test_each_side_notices_that_the_other_has_ended(paths: tuple[str, str]) -> None:
    for goes_first in ("node", "program"):
        node = NodeEnd(*paths)
        program = ProgramEnd(*paths)
        program.send(HELLO)
        node.accept(5)
        going, staying = (node, program) if goes_first == "node" else (program, node)
        assert staying.is_open()
        going.close()
        assert not staying.is_open()
        with pytest.raises(ChannelClosed, match="has ended"):
            staying.receive()
        with pytest.raises(ChannelClosed, match="has ended"):
            staying.send({"op": "sync"})
        staying.close()


def test_node_learns_of_an_end_within_a_frame(ends: tuple[NodeEnd, ProgramEnd]) -> None:
    node, program = ends
    os.write(program._write_fd, encode({"op": "sync"}, b"x" * 100)[:40])
    program.close()
    with pytest.raises(ChannelClosed, match="the ML program has ended"):
        node.receive()


def test_node_gives_up_on_a_program_that_never_comes(paths: tuple[str, str]) -> None:
    node = NodeEnd(*paths)
    assert node.is_open()
    with pytest.raises(TimeoutError, match=r"nothing from the ML program in 0\.1 seconds"):
        node.accept(0.1)
    node.close()


def test_program_that_leaves_after_its_hello(paths: tuple[str, str]) -> None:
    node = NodeEnd(*paths)
    program = ProgramEnd(*paths)
    program.send(HELLO)
    program.close()
    with pytest.raises(ChannelClosed, match="the ML program has ended"):
        node.accept(5)
    node.close()


def test_program_may_come_before_its_node(paths: tuple[str, str]) -> None:
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(ProgramEnd, *paths, 10)
        node = NodeEnd(*paths)
        waiting.result(10).close()
    node.close()


@pytest.mark.parametrize(
    ("made", "said"),
    [(None, "is not there after 0 s"), (os.mkfifo, "has no SL node at its other end after 0 s"), (Path.touch, "is not a FIFO")],
)
def test_program_without_a_node(paths: tuple[str, str], made: object, said: str) -> None:
    if callable(made):
        Path(paths[0]).parent.mkdir()
        made(Path(paths[0]))
    with pytest.raises(ChannelError, match=said):
        ProgramEnd(*paths, timeout=0)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (struct.pack("!IQ", 1 << 30, 0), "is not a frame"),
        (struct.pack("!IQ", 3, 0) + b"{,}", "not JSON"),
        (struct.pack("!IQ", 2, 0) + b"[]", "not an object"),
        (encode({"op": "hello", "protocol": 7}), "speaks protocol 1"),
        (encode({"op": "begin"}), "speaks protocol 1"),
    ],
)
def test_invalid_hello_is_refused(paths: tuple[str, str], sent: bytes, said: str) -> None:
    node = NodeEnd(*paths)
    program = ProgramEnd(*paths)
    os.write(program._write_fd, sent)
    with pytest.raises(ChannelError, match=said):
        node.accept(5)
    node.close()
    program.close()


def test_channel_that_cannot_be_created_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ChannelError, match=r"cannot make the channel .*file: (File exists|Not a directory)"):
        NodeEnd(str(tmp_path / "file" / "request.channel"), str(tmp_path / "file" / "response.channel"))
