# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The channel between an ML program and its SL node: two FIFOs, and what is said over them.

This file is the protocol's only description and only implementation; the client's wheel carries the same file (a symbolic
link in the checkout).

Opening. SL makes SL_RESPONSE_CHANNEL, then SL_REQUEST_CHANNEL (mode 0666: ML runs as another user), and opens the request
channel for reading. ML opens the request channel for writing, which the kernel allows only while SL reads it, then the
response channel for reading, and says `hello`. Only then SL opens the response channel for writing, so neither side ever
blocks in open(). Whoever goes away closes both: the other's next read or write raises ChannelClosed.

Frame. `!IQ` header length and payload length, a JSON object (UTF-8), then the payload: empty, or model parameters as .npz.

    ML asks                                                      SL answers {"ok": true, …} or {"ok": false, "error": text}
    {"op": "hello", "protocol": 1, "platform"}                   uid
    {"op": "begin", "contract", "min_peers", "merge_method"}     round, peers (names)
    {"op": "sync", "weight", "epoch", "total_epochs"} + params   round, leader, peers + the merged params
    {"op": "end", "weight", "checkin"} + params                  round, leader, peers + the final params

`end` is answered when all peers have ended. After it ML may `begin` again, or go: that is the clean end.
"""

from __future__ import annotations

import errno
import io
import json
import os
import select
import stat
import struct
import time

PROTOCOL = 1
FRAME = struct.Struct("!IQ")
HEADER_LIMIT = 1 << 20
PAYLOAD_LIMIT = 1 << 34
RETRY_SECONDS = 0.1


class ChannelError(Exception):
    """The channel cannot be used: no FIFO, no permission, a frame that is none."""


class ChannelClosed(ChannelError):
    """The other end has gone."""


def pack(params, meta=None):
    """Parameters (ordered mapping of name to numpy array) and a JSON-able `meta` as the bytes of an .npz file.

    Raises ChannelError for an array of Python objects: those would need pickle, which no peer accepts.
    """
    import numpy

    arrays = {}
    for index, (name, value) in enumerate(params.items()):
        array = numpy.asarray(value)
        if array.dtype.hasobject:
            raise ChannelError(f"parameter {name!r} is of type object; only arrays of numbers can be shared")
        arrays[f"p{index}"] = array
    arrays["meta"] = numpy.frombuffer(json.dumps({"names": list(params), "meta": meta or {}}).encode(), dtype=numpy.uint8)
    buffer = io.BytesIO()
    numpy.savez(buffer, **arrays)
    return buffer.getvalue()


def unpack(data):
    """The (params, meta) of `pack`. Raises ChannelError when the bytes are not such a file."""
    import zipfile

    import numpy

    try:
        with numpy.load(io.BytesIO(data), allow_pickle=False) as archive:
            described = json.loads(archive["meta"].tobytes())
            return {name: archive[f"p{index}"] for index, name in enumerate(described["names"])}, described["meta"]
    except (ValueError, KeyError, EOFError, OSError, TypeError, zipfile.BadZipFile) as problem:
        raise ChannelError(f"these {len(data)} bytes are not model parameters: {problem}") from problem


def encode(header, payload=b""):
    """One frame as bytes."""
    text = json.dumps(header).encode()
    return FRAME.pack(len(text), len(payload)) + text + payload


class Channel:
    """One end of the channel, of whichever side. `other` names the other side in errors."""

    def __init__(self, read_fd, write_fd, other):
        self._read_fd, self._write_fd, self.other = read_fd, write_fd, other

    def send(self, header, payload=b""):
        """Write one frame; raises ChannelClosed when nobody reads."""
        if self._write_fd is None:
            raise ChannelError(f"{self.other} has not said hello")
        data = memoryview(encode(header, payload))
        try:
            while data:
                data = data[os.write(self._write_fd, data) :]
        except BrokenPipeError:
            raise ChannelClosed(f"{self.other} has ended") from None

    def receive(self, timeout=None):
        """Read one frame, waiting at most `timeout` seconds for its first byte: (header, payload).

        Raises ChannelClosed when the other side has gone, ChannelError for a bad frame, TimeoutError.
        """
        header_size, payload_size = FRAME.unpack(self._read(FRAME.size, timeout))
        if header_size > HEADER_LIMIT or payload_size > PAYLOAD_LIMIT:
            raise ChannelError(f"{self.other} sent what is not a frame (sizes {header_size} and {payload_size})")
        try:
            header = json.loads(self._read(header_size))
        except ValueError as problem:
            raise ChannelError(f"{self.other} sent a header that is not JSON: {problem}") from problem
        if not isinstance(header, dict):
            raise ChannelError(f"{self.other} sent a header that is not an object")
        return header, self._read(payload_size)

    def _read(self, size, timeout=None):
        poll = select.poll()
        poll.register(self._read_fd, select.POLLIN)
        chunks = bytearray()
        while len(chunks) < size:
            if not poll.poll(None if timeout is None else timeout * 1000):
                raise TimeoutError(f"nothing from {self.other} in {timeout:g} seconds")
            timeout = None
            chunk = os.read(self._read_fd, min(size - len(chunks), 1 << 20))
            if not chunk:
                raise ChannelClosed(f"{self.other} has ended")
            chunks += chunk
        return bytes(chunks)

    def is_open(self):
        """Whether the other side is still there, without taking anything from the channel."""
        poll = select.poll()
        poll.register(self._read_fd, 0)
        return not any(event & select.POLLHUP for fd, event in poll.poll(0))

    def close(self):
        for fd in (self._read_fd, self._write_fd):
            if fd is not None:
                os.close(fd)
        self._read_fd = self._write_fd = None


class NodeEnd(Channel):
    """SL's end: makes the FIFOs at once, and takes one ML program."""

    def __init__(self, request_path, response_path):
        self._response_path = response_path
        try:
            for path in (request_path, response_path):
                os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
                if os.path.lexists(path):
                    os.unlink(path)
            for path in (response_path, request_path):
                os.mkfifo(path)
                os.chmod(path, 0o666)
            read_fd = os.open(request_path, os.O_RDONLY | os.O_NONBLOCK)
        except OSError as problem:
            raise ChannelError(f"cannot make the channel {problem.filename}: {problem.strerror}") from problem
        super().__init__(read_fd, None, "the ML program")

    def accept(self, timeout):
        """Wait at most `timeout` seconds for ML's hello and return its header."""
        header = self.receive(timeout)[0]
        if header.get("op") != "hello" or header.get("protocol") != PROTOCOL:
            raise ChannelError(f"{self.other} began with {header}; this node speaks protocol {PROTOCOL}")
        try:
            self._write_fd = os.open(self._response_path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as problem:
            if problem.errno == errno.ENXIO:
                raise ChannelClosed(f"{self.other} has ended") from None
            raise ChannelError(f"cannot open the channel {self._response_path}: {problem.strerror}") from problem
        os.set_blocking(self._write_fd, True)
        return header


class ProgramEnd(Channel):
    """ML's end: waits for SL to be there, then asks and is answered."""

    def __init__(self, request_path, response_path, timeout=120.0):
        write_fd = self._open_request(request_path, timeout)
        os.set_blocking(write_fd, True)
        read_fd = os.open(response_path, os.O_RDONLY | os.O_NONBLOCK)
        super().__init__(read_fd, write_fd, "the SL node")

    @staticmethod
    def _open_request(path, timeout):
        deadline = time.monotonic() + timeout
        while True:
            try:
                fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError as problem:
                if problem.errno not in (errno.ENOENT, errno.ENXIO):
                    raise ChannelError(f"cannot open the channel {path}: {problem.strerror}") from problem
                if time.monotonic() > deadline:
                    reason = "is not there" if problem.errno == errno.ENOENT else "has no SL node at its other end"
                    raise ChannelError(f"the channel {path} {reason} after {timeout:g} s; see the log of the SL container") from problem
                time.sleep(RETRY_SECONDS)
            else:
                if stat.S_ISFIFO(os.fstat(fd).st_mode):
                    return fd
                os.close(fd)
                raise ChannelError(f"the channel {path} is not a FIFO")

    def ask(self, header, payload=b""):
        """Send a request and return its (answer, payload). Raises ChannelError with SL's reason when it refuses."""
        self.send(header, payload)
        answer, data = self.receive()
        if not answer.get("ok"):
            raise ChannelError(answer.get("error") or f"the SL node refused {header.get('op')}")
        return answer, data
