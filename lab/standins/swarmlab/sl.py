# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SL: the Swarm Learning node beside an ML program.

Ends when the ML program does: with 0 after a training that all finished, else with 1 and the reason as the last line.
"""

from __future__ import annotations

import argparse
import functools
import socket
import uuid
from collections.abc import Mapping

from swarmlab.channel import ChannelClosed, ChannelError, NodeEnd, pack, unpack
from swarmlab.environment import SERVICE_PORT, Settings, address, read
from swarmlab.identity import obtain
from swarmlab.licence import Licence
from swarmlab.merging import MergeError
from swarmlab.node import Node
from swarmlab.peers import Peers, Store
from swarmlab.process import Refusal, log, run
from swarmlab.program import CHANNELS, Program
from swarmlab.training import Here, Merged, Plan, Training, TrainingFailed
from swarmlab.web import Client, Failed, Server, Unreachable

FS_PORT = 30305
PROGRAM_SECONDS = 600.0  # an ML container may have a large image to load first


class Session:
    """What one ML program asks for, over the channel."""

    def __init__(self, channel: NodeEnd, here: Here):
        self._channel, self._here = channel, here
        self._training: Training | None = None
        self._finished = False

    def serve(self) -> None:
        """Answer the ML program until it ends. Raises Refusal when the training failed, ChannelClosed when ML ended too early."""
        try:
            self._serve()
        except (Refusal, ChannelError, SystemExit) as problem:
            if self._training and not self._finished:
                self._training.leave("it was stopped" if isinstance(problem, SystemExit) else str(problem))
            raise

    def _serve(self) -> None:
        hello = self._channel.accept(PROGRAM_SECONDS)
        log("SL").info("The ML program is here (%s)", hello.get("platform") or "platform not named")
        self._channel.send({"ok": True, "uid": self._here.node.uid})
        while True:
            try:
                header, payload = self._channel.receive()
            except ChannelClosed:
                if self._finished:
                    log("SL").info("The ML program has ended")
                    return
                raise self._gone() from None
            try:
                answer, data = self._answer(header, payload)
            except ChannelClosed:
                raise
            except (TrainingFailed, MergeError, ChannelError, Failed, Unreachable) as problem:
                self._channel.send({"ok": False, "error": str(problem)})
                raise Refusal(f"the training failed: {problem}") from problem
            self._channel.send({"ok": True, **answer}, data)

    def _gone(self) -> ChannelClosed:
        where = f"in round {self._training.number}" if self._training else "before its training began"
        return ChannelClosed(f"{self._channel.other} has ended {where}")

    def _check(self) -> None:
        if not self._channel.is_open():
            raise self._gone()

    def _answer(self, header: dict, payload: bytes) -> tuple[dict, bytes]:
        operation = header.get("op")
        if operation == "begin":
            plan = Plan(header["contract"], header["min_peers"], header["merge_method"])
            self._finished = False
            self._training = Training(self._here, plan, self._check)
            names = self._training.begin()
            log("SL").info("Training of %s begins in round %d with %s", plan.contract, self._training.number, ", ".join(names))
            return {"round": self._training.number, "peers": names}, b""
        if operation not in ("sync", "end") or self._training is None or self._finished:
            raise ChannelError(f"{operation!r} is not to be asked now")
        params = unpack(payload)[0]
        if operation == "sync":
            merged = self._training.round(params, header["weight"])
            log("SL").info("Round %d is merged (epoch %s of %s)", merged.number, header["epoch"], header["total_epochs"] or "unknown")
        else:
            log("SL").info("The ML program has ended its local training; it is %s until all have", header["checkin"])
            merged = self._training.finish(params, header["weight"], header["checkin"])
            self._finished = True
            log("SL").info("All peers have ended; round %d made the final model", merged.number)
        return self._told(merged), pack(merged.params)

    @staticmethod
    def _told(merged: Merged) -> dict:
        return {"round": merged.number, "leader": merged.leader, "peers": merged.peers}


def _serve(session: Session, program: Program | None) -> None:
    """Serve the ML program to its end: this node's own, or that of the container beside it. Raises Refusal."""
    try:
        if program:
            program.start()
        session.serve()
        if program:
            program.end()
    except TimeoutError as problem:
        raise Refusal(f"the ML program did not come: {problem}") from problem
    except ChannelError as problem:
        if program:
            program.end()
        raise Refusal(f"{problem}; {'what it said stands above' if program else 'see the log of the ML container'}") from problem
    finally:
        if program:
            program.stop()


def main(
    environ: Mapping[str, str],
    listen: tuple[str, int] = ("0.0.0.0", FS_PORT),
    settings: Settings | None = None,
    program: Program | None = None,
) -> None:
    """Run the node to its end. Raises Refusal with the reason why it cannot go on.

    Without settings, with those of 2.x in the environment. A `program` is run by this node, and not in a container beside it.
    """
    settings = settings or read("sl", environ)
    own_host, own_port = address(settings.text("host_ip"), settings.number("sl_fs_port"), settings.text("sl_fs_service"), SERVICE_PORT)
    own = f"{own_host}:{own_port}"
    sn_host, sn_port = address(settings.text("sn_ip"), settings.number("sn_api_port"), settings.text("sn_api_service"), SERVICE_PORT)
    try:
        # First of all, for ML may be quicker than a licence and an identity.
        channel = NodeEnd(*CHANNELS.values()) if program else NodeEnd(settings.text("request_channel"), settings.text("response_channel"))
    except ChannelError as problem:
        raise Refusal(str(problem)) from problem
    identity = obtain("sl", environ)
    licence = Licence(settings, "sl")
    licence.acquire()
    store, server, node = Store(), None, None
    try:
        try:
            server = Server(listen[1], store.routes(), identity, host=listen[0]).start()
        except OSError as problem:
            raise Refusal(f"cannot serve on {listen[0]}:{listen[1]}: {problem.strerror}") from problem
        log("SL").info("Serving parameters on port: %d, known to the others as %s", server.port, own)
        sn = Client(identity, sn_host, sn_port, "SN node")
        node = Node(sn, type="sl", uid=uuid.uuid4().hex, name=socket.gethostname(), host_ip=own_host, port=own_port)
        node.enrol()
        session = Session(channel, Here(sn, node, own, store, Peers(identity), settings.number("full_quorum_seconds")))
        _serve(session, program)
    finally:
        if node:
            node.leave()
        if server:
            server.stop()
        licence.release()
        channel.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="sl", description="Swarm Learning node; everything but this is in the environment")
    parser.add_argument("--listen", default=f"0.0.0.0:{FS_PORT}", metavar="ADDRESS:PORT", help="where to serve (default %(default)s)")
    listen_host, listen_port = parser.parse_args().listen.rsplit(":", 1)
    run("SL", functools.partial(main, listen=(listen_host, int(listen_port))))
