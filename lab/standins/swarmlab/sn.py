# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Swarm Network node. The Sentinel orders all changes of the shared state; the others hand theirs to it and follow it."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from swarmlab import container_info, environment, identity, storage
from swarmlab.contracts import State
from swarmlab.environment import Settings
from swarmlab.identity import Identity
from swarmlab.licence import Licence
from swarmlab.process import Refusal, log, run
from swarmlab.sn_api import MAX_WAIT_SECONDS, Api, p2p_routes
from swarmlab.state import Store
from swarmlab.web import Client, Failed, Server, Unreachable, distrust

HOME = Path("/platform/swarm/SMLNODE")
API_PORT, P2P_PORT, FS_PORT = 30304, 30303, 30305
ALIVE_SECONDS = 5.0
TICK_SECONDS = 1.0
SENTINEL_SECONDS = 60.0


class Sentinel:
    """Orders the changes itself."""

    def __init__(self, store: Store):
        self.submit = store.apply
        log("blCnt").info("SMLETHNode: Enode list is empty: Node is standalone")
        threading.Thread(target=self._tick, daemon=True).start()

    def _tick(self) -> None:
        while True:
            time.sleep(TICK_SECONDS)
            self.submit("tick", {})


class Member:
    """Follows the Sentinel over its p2p port, and hands changes to it."""

    def __init__(self, store: Store, sentinel: Client):
        self._store, self._sentinel = store, sentinel
        try:
            store.adopt(sentinel.get("/state"))
        except (Unreachable, Failed) as problem:
            raise Refusal(f"cannot join the blockchain: the p2p port that the Sentinel announced does not answer: {problem}") from problem
        log("blCnt").info("SMLETHNode: Enode list: enode://%s:%s", sentinel.host, sentinel.port)
        threading.Thread(target=self._follow, daemon=True).start()

    def submit(self, operation: str, arguments: State) -> State:
        """Have the Sentinel order a change, and wait until it is here. Raises Failed, with 503 when the Sentinel is away."""
        try:
            done: State = self._sentinel.post("/operations", {"operation": operation, "arguments": arguments})
        except Unreachable as away:
            raise Failed(503, f"the Sentinel cannot be asked: {away}") from away
        self._store.wait(done["seq"] - 1, 5)
        return done

    def _follow(self) -> None:
        said = ""
        while True:
            known = self._store.state
            try:
                path = f"/state?after={known['seq']}&chain={known['chain']}&wait={MAX_WAIT_SECONDS}"
                self._store.adopt(self._sentinel.get(path, timeout=MAX_WAIT_SECONDS + 10))
                if said:
                    log("blCnt").info("SMLETHNode: the Sentinel is back")
                said = ""
            except (Unreachable, Failed) as problem:
                if str(problem) != said:
                    said = str(problem)
                    log("blCnt").warning("SMLETHNode: the Sentinel is away: %s", said)
                time.sleep(1)


def find_sentinel(settings: Settings, own: Identity) -> Client:
    """Wait for the Sentinel's API, ask it for its p2p address: a client for that. Raises Refusal."""
    host, port = environment.address(
        settings.text("sentinel_ip"),
        settings.number("sentinel_api_port"),
        settings.text("sentinel_api_service"),
        environment.SERVICE_PORT,
    )
    api = Client(own, host, port, "Sentinel Node")

    def ask(client: Client) -> dict[str, Any]:
        client.get("/is_up")
        enode: dict[str, Any] = client.get("/enode")
        return enode

    log("blCnt").info("Waiting for the Sentinel Node at %s:%s", host, port)
    try:
        try:
            enode = ask(api)
        except Unreachable as problem:
            if distrust(problem):
                raise
            enode = api.retry(ask, SENTINEL_SECONDS)
    except (Unreachable, Failed) as problem:
        raise Refusal(f"Sentinel Node is not up: {problem}. The Sentinel must be started first.") from problem
    log("blCnt").info("Sentinel Node is up")
    return Client(own, enode["host"], enode["port"], "Sentinel Node's p2p")


def listen(port: int, routes: list[Any], own: Identity) -> Server:
    """A server on a port. Raises Refusal when the port is taken."""
    try:
        return Server(port, routes, own)
    except OSError as error:
        raise Refusal(f"port {port} cannot be listened on: {error.strerror}") from error


def serve(settings: Settings, own: Identity, home: Path, p2p_port: int = P2P_PORT) -> tuple[Server, Sentinel | Member, str]:
    """Bring the node up, up to but without the API's first answer: the API's server, the chain, the node's UID."""
    logger = log("blCnt")
    store = Store(home / "state.json")
    sentinel = None if settings["sentinel"] else find_sentinel(settings, own)
    logger.info("SMLETHNode: Starting GETH")
    chain = Member(store, sentinel) if sentinel else Sentinel(store)
    listen(p2p_port, p2p_routes(store, chain.submit, own), own).start()

    uid = own_uid(home)
    api_port = settings.number("sn_api_port") if settings["sn_api_port"] else API_PORT
    host, port = environment.address(settings.text("host_ip"), api_port, settings.text("sn_api_service"), environment.SERVICE_PORT)
    p2p_host, p2p = environment.address(settings.text("host_ip"), settings.number("sn_p2p_port"), settings.text("sn_p2p_service"), P2P_PORT)
    try:
        chain.submit("enrol", {"node": {"type": "sn", "uid": uid, "name": socket.gethostname(), "host_ip": host, "port": port}})
    except Failed as refused:
        raise Refusal(f"cannot enrol: {refused}") from refused
    threading.Thread(target=stay_alive, args=(chain, uid), daemon=True).start()
    logger.info("Started I-am-Alive thread")
    routes = Api(store, chain.submit, uid, {"host": p2p_host, "port": p2p}, container_info.release()).routes()
    if "sn_fs_port" in settings:  # 0.3.0: where the others find a Sentinel
        listen(FS_PORT, routes, own).start()
    server = listen(api_port, routes, own)
    return server, chain, uid


def own_uid(home: Path) -> str:
    """This node's UID, the same after a restart."""
    uid: str = storage.load(home / "uid.json") or uuid.uuid4().hex
    storage.save(home / "uid.json", uid)
    return uid


def stay_alive(chain: Sentinel | Member, uid: str) -> None:
    """Tell the others, for ever, that this node lives. That the Sentinel is away, the follower logs."""
    while True:
        time.sleep(ALIVE_SECONDS)
        with contextlib.suppress(Failed):
            chain.submit("alive", {"uid": uid})


def main(environ: Mapping[str, str], home: Path = HOME, settings: Settings | None = None) -> None:
    """Serve until SIGTERM. Without settings, with those of 2.x in the environment."""
    settings = settings or environment.read("sn", environ)
    log("blCnt").info("Setting up blockchain layer for the swarm node: START")
    licence = Licence(settings, "sn")
    try:
        licence.acquire()
        server, chain, uid = serve(settings, identity.obtain("sn", environ), home)
        log("blCnt").info("Starting SWARM-API-SERVER on port: %s", server.port)
        server.start()
        try:
            signal.pause()
        finally:
            leave(chain, uid)
    finally:
        licence.release()


def leave(chain: Sentinel | Member, uid: str) -> None:
    """Take the node off the list, when that can be done at once: a Sentinel that is away does not hold up the stop."""

    def remove() -> None:
        with contextlib.suppress(Failed):
            chain.submit("remove", {"uid": uid})

    thread = threading.Thread(target=remove, daemon=True)
    thread.start()
    thread.join(0.3)


if __name__ == "__main__":
    run("sn", main)
