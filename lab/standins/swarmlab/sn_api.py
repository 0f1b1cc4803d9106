# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an SN node answers on its API port and on its p2p port."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from swarmlab import contracts, state
from swarmlab.contracts import State
from swarmlab.identity import Identity
from swarmlab.process import Refusal
from swarmlab.state import Store
from swarmlab.web import Answer, Failed, Request, Route

MAX_WAIT_SECONDS = 20.0

Submit = Callable[[str, State], State]


def field(body: dict[str, Any], name: str, kind: type | tuple[type, ...], default: Any = None) -> Any:
    """``body[name]``, which must be of ``kind`` when there is no default. Raises Failed (400)."""
    value = body.get(name, default)
    if not isinstance(value, kind) and not (value is None and default is None and name in ("peers", "target")):
        raise Failed(400, f"{name} is missing" if value is None else f"{name} is {value!r}: that is not of the right type")
    return value


def waited(store: Store, request: Request) -> State:
    """The state to answer a GET from: ``?after=SEQ&wait=SECONDS`` waits for the next change."""
    if "after" not in request.query:
        return store.state
    try:
        after, seconds = int(request.query["after"]), float(request.query.get("wait", MAX_WAIT_SECONDS))
    except ValueError as error:
        raise Failed(400, f"after and wait are numbers: {error}") from error
    return store.wait(after, max(0.0, min(seconds, MAX_WAIT_SECONDS)), request.query.get("chain"))


class Api:
    """The API of one SN: reads from its copy of the state, hands changes to ``submit``."""

    def __init__(self, store: Store, submit: Submit, uid: str, enode: dict[str, Any], release: str):
        self._store, self._submit, self._uid, self._enode, self._release = store, submit, uid, enode, release

    def routes(self) -> list[Route]:
        """What is served on the API port."""
        return [
            ("GET", "/is_up", lambda request: "OK"),
            ("GET", "/version", lambda request: {"version": self._release}),
            ("GET", "/enode", lambda request: self._enode),
            ("GET", "/nodes", self._nodes),
            ("POST", "/nodes", self._enrol),
            ("POST", "/nodes/*/alive", lambda request: self._do("alive", uid=request.arguments[0])),
            ("DELETE", "/nodes/*", lambda request: self._do("remove", uid=request.arguments[0])),
            *self._task_routes(),
            *self._contract_routes(),
        ]

    def _do(self, operation: str, **arguments: Any) -> State:
        done = self._submit(operation, arguments)
        return {"seq": done["seq"], **done["answer"]}

    # Nodes

    def _nodes(self, request: Request) -> Answer:
        now = waited(self._store, request)
        return {
            "seq": now["seq"],
            "nodes": [{**node, "live": contracts.is_alive(now, uid, time.time())} for uid, node in now["nodes"].items()],
        }

    def _enrol(self, request: Request) -> Answer:
        node = request.json()
        return self._do("enrol", node={**node, "parent_uid": node.get("parent_uid") or self._uid})

    # Tasks and taskrunners

    def _task_routes(self) -> list[Route]:
        def named(operation: str) -> Callable[[Request], Answer]:
            return lambda request: self._do(operation, name=request.arguments[0])

        return [
            ("GET", "/tasks", lambda request: {"tasks": {name: task["finalized"] for name, task in self._store.state["tasks"].items()}}),
            ("POST", "/tasks", self._create_task),
            ("GET", "/tasks/*", lambda request: state.get_task(self._store.state, request.arguments[0])),
            ("DELETE", "/tasks/*", named("delete_task")),
            ("POST", "/tasks/*/body", self._append_body),
            ("POST", "/tasks/*/finalize", named("finalize_task")),
            ("GET", "/taskrunners", lambda request: {"taskrunners": sorted(self._store.state["taskrunners"])}),
            ("POST", "/taskrunners", lambda request: self._do("create_runner", name=field(request.json(), "name", str))),
            ("GET", "/taskrunners/*", self._runner),
            ("POST", "/taskrunners/*/reset", named("reset_runner")),
            ("POST", "/taskrunners/*/assign", self._assign),
            ("POST", "/taskrunners/*/claim", self._claim),
            ("POST", "/taskrunners/*/peers/*", self._report_peer),
        ]

    def _append_body(self, request: Request) -> Answer:
        body = request.json()
        return self._do("append_body", name=request.arguments[0], idx=field(body, "idx", int), line=field(body, "line", str))

    def _create_task(self, request: Request) -> Answer:
        from swarmlab.tasks import validate, validate_head

        task = request.json()
        try:
            task = validate_head(task, "the request's body") if task.get("Body") == {} else validate(task, "the request's body")
        except Refusal as refusal:
            raise Failed(400, str(refusal)) from refusal
        return self._do("create_task", task=task)

    def _runner(self, request: Request) -> Answer:
        now = waited(self._store, request)
        runner = state.get_runner(now, request.arguments[0])
        return {"seq": now["seq"], "name": request.arguments[0], "status": state.status(runner), **runner}

    def _assign(self, request: Request) -> Answer:
        body = request.json()
        task, peers, target = field(body, "task", str), field(body, "peers", int), field(body, "target", str)
        return self._do("assign", name=request.arguments[0], task=task, peers=peers, target=target)

    def _claim(self, request: Request) -> Answer:
        body = request.json()
        run, swop, peers = field(body, "run", str), field(body, "swop", str), field(body, "peers", list)
        return self._do("claim", name=request.arguments[0], run=run, swop=swop, peers=peers)

    def _report_peer(self, request: Request) -> Answer:
        name, index = request.arguments
        body = request.json()
        peer = {"index": number(index), "status": field(body, "status", str), "detail": field(body, "detail", str, "")}
        return self._do("report", name=name, run=field(body, "run", str), peer=peer)

    # Contracts

    def _contract_routes(self) -> list[Route]:
        return [
            ("GET", "/contracts", lambda request: {"contracts": sorted(self._store.state["contracts"])}),
            ("POST", "/contracts", lambda request: self._do("create_contract", name=field(request.json(), "name", str))),
            ("GET", "/contracts/*", self._contract),
            ("DELETE", "/contracts/*", lambda request: self._do("reset_contract", name=request.arguments[0])),
            ("POST", "/contracts/*/checkin", self._checkin),
            ("GET", "/contracts/*/rounds/*", self._round),
            ("POST", "/contracts/*/rounds/*", self._report_round),
            ("POST", "/contracts/*/rounds/*/merged", self._merged),
            ("POST", "/contracts/*/done", self._done),
            ("POST", "/contracts/*/left", self._left),
        ]

    def _contract(self, request: Request) -> Answer:
        return contracts.show(waited(self._store, request), request.arguments[0], time.time())

    def _checkin(self, request: Request) -> Answer:
        name, body = request.arguments[0], request.json()
        peer = {"uid": field(body, "uid", str), "address": field(body, "address", str), "min_peers": field(body, "min_peers", int)}
        peer["grace"] = field(body, "full_quorum_seconds", (int, float), 30)
        return {**contracts.show(self._store.state, name, time.time()), **self._do("checkin", name=name, peer=peer)}

    def _round(self, request: Request) -> Answer:
        return contracts.show_round(waited(self._store, request), request.arguments[0], number(request.arguments[1]))

    def _report_round(self, request: Request) -> Answer:
        name, body = request.arguments[0], request.json()
        self._do(
            "report_round",
            name=name,
            number=number(request.arguments[1]),
            uid=field(body, "uid", str),
            weight=field(body, "weight", (int, float)),
        )
        return contracts.show_round(self._store.state, name, number(request.arguments[1]))

    def _merged(self, request: Request) -> Answer:
        name, round_number = request.arguments
        return self._do("merged", name=name, number=number(round_number), uid=field(request.json(), "uid", str))

    def _done(self, request: Request) -> Answer:
        return self._do("done", name=request.arguments[0], uid=field(request.json(), "uid", str))

    def _left(self, request: Request) -> Answer:
        body = request.json()
        return self._do("left", name=request.arguments[0], uid=field(body, "uid", str), why=field(body, "why", str))


def number(text: str) -> int:
    """A number in a path. Raises Failed (400)."""
    if not (text.isascii() and text.isdigit()):
        raise Failed(400, f"{text} is not a number")
    return int(text)


def p2p_routes(store: Store, submit: Submit, identity: Identity) -> list[Route]:
    """What SN nodes ask each other on the p2p port: the state after a change, and to order a change."""

    def only_sn(request: Request) -> None:
        if identity.spiffe and not request.peer.endswith("/sn"):
            raise Failed(403, f"{request.peer} is not an SN node")

    def replicate(request: Request) -> Answer:
        only_sn(request)
        return waited(store, request)

    def order(request: Request) -> Answer:
        only_sn(request)
        body = request.json()
        return submit(field(body, "operation", str), field(body, "arguments", dict))

    return [("GET", "/state", replicate), ("POST", "/operations", order)]
