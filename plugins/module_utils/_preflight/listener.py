# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A temporary listener on ports on which nothing listens yet (private to the collection).

It is a process of its own, which outlives the module that starts it and ends on request, or when its time is over: whatever
happens to the playbook, nothing of it remains.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import threading
import time
from collections.abc import Iterable, Sequence

from .parse import OUR_NAME

GREETING = b"swarm-preflight\n"
DONE = b"done\n"
LARGE = 16384  # bytes: several packets of any network's size, in both directions
_PATIENCE = 5.0  # seconds for one visitor
_BACKLOG = 128


def start(ports: Iterable[int], seconds: int, token: str) -> dict[str, list[int]]:
    """Listen on the ports on which nothing listens: {listening, busy, refused}.

    seconds  after which the listener ends by itself
    token    by which `end` finds it
    busy     ports on which somebody listens; refused: those that this user may not open
    """
    found: dict[str, list[int]] = {"listening": [], "busy": [], "refused": []}
    sockets = []
    for port in ports:
        opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            opened.bind(("0.0.0.0", port))
            opened.listen(_BACKLOG)
        except PermissionError:
            found["refused"].append(port)
        except OSError:
            found["busy"].append(port)
        else:
            found["listening"].append(port)
            sockets.append(opened)
            continue
        opened.close()
    if sockets:
        _in_the_background(sockets, time.monotonic() + seconds, token)
    return found


def end(token: str) -> bool:
    """End the listener with that token, and wait until it has gone; whether there was one."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
        control.settimeout(_PATIENCE)
        try:
            control.connect(_control_name(token))
            control.recv(1)  # it says nothing: its end closes the connection
        except OSError:
            return False
    return True


def _control_name(token: str) -> str:
    return f"\0{OUR_NAME}-{token}"  # in the abstract namespace: no file


def _in_the_background(sockets: Sequence[socket.socket], until: float, token: str) -> None:
    control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    control.bind(_control_name(token))
    control.listen(1)
    everything = [*sockets, control]
    ready, busy = os.pipe()  # its other end closes when the listener has let go of everything
    child = os.fork()
    if child:
        os.close(busy)
        os.waitpid(child, 0)
        os.read(ready, 1)
        os.close(ready)
        for one in everything:
            one.close()
        return
    try:
        os.setsid()
        if os.fork() == 0:
            _detach({busy, *(one.fileno() for one in everything)})
            os.close(busy)
            _serve(sockets, control, until)
    finally:
        os._exit(0)


def _detach(kept: set[int]) -> None:
    """Close everything that the module has open, so that Ansible does not wait for us."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with open("/proc/self/comm", "w", encoding="ascii") as comm:
        comm.write(OUR_NAME)
    os.chdir("/")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) not in kept:
            try:
                os.close(int(name))
            except OSError:
                continue  # the one by which the list was read


def _serve(sockets: Sequence[socket.socket], control: socket.socket, until: float) -> None:
    with selectors.DefaultSelector() as selector:
        for one in (*sockets, control):
            selector.register(one, selectors.EVENT_READ)
        while time.monotonic() < until:
            for key, _events in selector.select(until - time.monotonic()):
                if key.fileobj is control:
                    caller, _name = control.accept()
                    for one in sockets:
                        one.close()
                    caller.close()  # by this, `end` knows that the ports are free
                    return
                visitor, _address = key.fileobj.accept()  # type: ignore[union-attr]
                threading.Thread(target=_answer, args=(visitor,), daemon=True).start()


def _answer(visitor: socket.socket) -> None:
    """Greet, take LARGE bytes, and give as many back."""
    with visitor:
        visitor.settimeout(_PATIENCE)
        try:
            visitor.sendall(GREETING)
            left = LARGE
            while left > 0:
                received = len(visitor.recv(LARGE))
                if not received:
                    return
                left -= received
            visitor.sendall(bytes(LARGE) + DONE)
        except OSError:
            return
