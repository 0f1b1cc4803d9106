# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One node's part in the training of one contract: come in, take part in rounds, end together with the others.

The SN keeps the order (who is in, who leads a round); parameters go directly between SL nodes. What travels with them
({"name", "weight", "ended", "method"} with a peer's own, {"leader", "peers", "final"} with merged ones) tells everybody that a
round was the last: the one in which all that were there had ended.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from swarmlab.channel import pack, unpack
from swarmlab.merging import Contribution, merge, share
from swarmlab.node import SN_SECONDS, Node
from swarmlab.peers import Distrusted, Peers, Store
from swarmlab.process import log
from swarmlab.web import Client, Failed, Unreachable

WATCH_SECONDS = 2.0  # how long the SN may hold an answer back; how soon a vanished ML program is noticed
PATIENCE = 10  # peers that are to come in have this many times full_quorum_seconds
RETRY_SECONDS = 0.5
SN_NOT_READY = 503
ANOTHER_LEADS = 409


class TrainingFailed(Exception):
    """The training cannot go on; the text names the peer or number that is missing and why."""


@dataclass(frozen=True)
class Here:
    """This node: its SN, what it serves at `address` (HOST:PORT), and how long it waits for peers that are slow (seconds)."""

    sn: Client
    node: Node
    address: str
    store: Store
    peers: Peers
    full_quorum_seconds: float


@dataclass(frozen=True)
class Plan:
    """What the ML program asked for."""

    contract: str
    min_peers: int
    method: str


@dataclass(frozen=True)
class Merged:
    """A round's outcome; `params` maps names to numpy arrays, `peers` are the names of those that took part."""

    number: int
    params: Mapping[str, Any]
    leader: str
    peers: list[str]
    final: bool


class Training:
    """`check` is called while waiting, and raises when there is nobody left to train for."""

    def __init__(self, here: Here, plan: Plan, check: Callable[[], None]):
        self._sn, self._node, self._address = here.sn, here.node, here.address
        self._store, self._peers, self._grace = here.store, here.peers, here.full_quorum_seconds
        self._plan, self._check = plan, check
        self._path = f"/contracts/{plan.contract}"
        self._known: dict[str, dict[str, Any]] = {}
        self._probed: set[str] = set()
        self._counted = 0.0
        self._short_since: float | None = None
        self.number = 0
        self._log = log("SL")

    def begin(self) -> list[str]:
        """Check in and wait for the peers: their names. Raises TrainingFailed: too few, or one that cannot be trusted."""
        self._check_in()
        plan, started, said = self._plan, time.monotonic(), 0

        def gathered(contract: dict[str, Any]) -> list[dict[str, Any]] | None:
            nonlocal said
            for peer in self._live(contract):
                self._probe(peer)
            live, waited = self._live(contract), time.monotonic() - started
            wanted = max(plan.min_peers, contract["expected"])
            if len(live) != said:
                self._log.info("%d peers have checked in to %s, waiting for %d", len(live), plan.contract, wanted)
                said = len(live)
            if len(live) >= wanted or (len(live) >= plan.min_peers and waited > self._grace):
                return live
            missing = self._missing(live)
            # Who was here and went will hardly come back; who has not come yet may have far to go.
            if waited > self._grace * (1 if missing else PATIENCE):
                there = ", ".join(map(self._name, live))
                raise TrainingFailed(
                    f"only {len(live)} of at least {plan.min_peers} peers (minPeers) are in {plan.contract} after {waited:.0f} s:"
                    f" {there}. {self._why(missing) or 'The logs of the other SL nodes say why they did not come.'}"
                )
            return None

        return [self._name(peer) for peer in self._observe(self._path, gathered)]

    def round(self, params: Mapping[str, Any], weight: float, checkin: str | None = None) -> Merged:
        """Bring parameters to the current round and return what came out of it. Raises TrainingFailed, MergeError.

        `weight` is the nodeWeightage; `checkin` is set once local training has ended (checkinModelOnTrainEnd).
        """
        data = None
        while data is None:
            number = self.number
            own = {"name": self._node.name, "weight": share(weight, checkin), "ended": checkin is not None, "method": self._plan.method}
            self._store.put("params", self._plan.contract, number, pack(params, own))
            state = self._post(f"/rounds/{number}", weight=weight, min_peers=self._plan.min_peers)
            self._counted = time.monotonic()
            state = self._decided(state) or self._observe(f"{self._path}/rounds/{number}", self._decided, state["seq"])
            if state["merged_by"]:
                data = self._take(number, state)
            elif state["leader"] == self._node.uid:
                data = self._lead(number, state["members"])
            if data is None:
                self._catch_up()
        self._store.put("merged", self._plan.contract, number, data)
        self.number = number + 1
        merged, told = unpack(data)
        return Merged(number, merged, told["leader"], told["peers"], told["final"])

    def finish(self, params: Mapping[str, Any], weight: float, checkin: str) -> Merged:
        """Local training has ended: go on taking part until all have, and return the final round."""
        current = params
        while True:
            merged = self.round(current, weight, checkin)
            if merged.final:
                break
            current = merged.params if checkin == "active" else params
        self._post("/done")
        deadline = time.monotonic() + self._grace

        def all_done(contract: dict[str, Any]) -> bool | None:
            rest = [self._name(peer) for peer in self._live(contract) if peer["uid"] != self._node.uid]
            if rest and time.monotonic() > deadline:
                self._log.warning("%s did not say that the final model was loaded", ", ".join(rest))
            return True if not rest or time.monotonic() > deadline else None

        self._observe(self._path, all_done)
        return merged

    def leave(self, why: str) -> None:
        """Give up, and let the others know why, if that can be done at once."""
        try:
            self._sn.call("POST", f"{self._path}/left", {"uid": self._node.uid, "why": why}, timeout=1.0)
        except (Unreachable, Failed) as problem:
            self._log.warning("Leaving: %s", problem)

    # What the SN says

    def _post(self, path: str, **body: Any) -> Any:
        body["uid"] = self._node.uid
        return self._patiently(lambda: self._sn.post(self._path + path, body))

    def _patiently(self, ask: Callable[[], Any]) -> Any:
        """Ask the SN, which may be away for a moment, or may have lost its Sentinel for one (503)."""
        deadline, said = time.monotonic() + SN_SECONDS, ""
        while True:
            try:
                return ask()
            except (Unreachable, Failed) as problem:
                if (isinstance(problem, Failed) and problem.status != SN_NOT_READY) or time.monotonic() > deadline:
                    raise
                if str(problem) != said:
                    said = str(problem)
                    self._log.warning("%s. Trying for %.0f s", said, SN_SECONDS)
            self._check()
            time.sleep(RETRY_SECONDS)

    def _check_in(self) -> None:
        plan = self._plan
        answer = self._post(
            "/checkin", name=self._node.name, address=self._address, min_peers=plan.min_peers, full_quorum_seconds=self._grace
        )
        self.number = answer["round"]

    def _catch_up(self) -> None:
        """Go to the round that is open: the peers did not wait for this node."""
        before = self.number
        self._check_in()
        self._log.warning("Round %d went on without this node; it goes on with round %d", before, self.number)
        if self.number <= before:
            raise TrainingFailed(f"round {before} is over, and the SN node says that round {self.number} is open: was the contract reset?")

    def _observe(self, path: str, decide: Callable[[dict[str, Any]], Any], after: int = -1) -> Any:
        """Ask for a state of the SN, newer than `after`, until `decide` makes something of it."""
        while True:
            state = self._patiently(functools.partial(self._sn.get, f"{path}?after={after}&wait={WATCH_SECONDS:g}"))
            found = decide(state)
            if found is not None:
                return found
            after = state["seq"]
            self._check()

    def _contract(self) -> dict[str, Any]:
        state: dict[str, Any] = self._patiently(functools.partial(self._sn.get, self._path))
        return state

    def _live(self, contract: dict[str, Any]) -> list[dict[str, Any]]:
        self._known.update({peer["uid"]: peer for peer in contract["peers"]})
        return [peer for peer in contract["peers"] if peer["alive"] and not peer["done"]]

    def _missing(self, live: list[dict[str, Any]]) -> list[dict[str, Any]]:
        there = {peer["uid"] for peer in live}
        return [peer for uid, peer in self._known.items() if uid not in there and not peer["done"]]

    def _decided(self, state: dict[str, Any]) -> dict[str, Any] | None:
        if state["merged_by"] or state["leader"] == self._node.uid or state["open"] > state["round"]:
            self._short_since = None
            return state
        if time.monotonic() - self._counted > WATCH_SECONDS:
            self._counted = time.monotonic()
            self._enough(self._contract())
        return None

    def _enough(self, contract: dict[str, Any]) -> None:
        live = self._live(contract)
        if len(live) + sum(peer["done"] for peer in contract["peers"]) >= self._plan.min_peers:
            self._short_since = None
            return
        self._short_since = self._short_since or time.monotonic()
        if time.monotonic() - self._short_since > self._grace:
            raise TrainingFailed(
                f"round {self.number}: {len(live)} peers are left, and at least {self._plan.min_peers} (minPeers) must take part."
                f" {self._why(self._missing(live))}"
            )

    # What the other SL nodes say

    @staticmethod
    def _name(peer: Mapping[str, Any]) -> str:
        return f"{peer['name']} at {peer['address']}"

    def _known_as(self, member: dict[str, Any]) -> dict[str, Any]:
        """A round's member with its name, also when it checked in after this node's last look at the contract."""
        if member["uid"] not in self._known:
            self._live(self._contract())
        return {**self._known.get(member["uid"], {}), **member}

    def _why(self, missing: list[dict[str, Any]]) -> str:
        told = []
        for peer in missing:
            why = peer["left"] or "it answers, and has left the training"
            if not peer["left"]:
                try:
                    self._peers.probe(peer["address"])
                except (Distrusted, Unreachable, Failed) as problem:
                    why = str(problem)
            told.append(f"{self._name(peer)} ({why})")
        return f"Missing: {'; '.join(told)}" if told else ""

    def _probe(self, peer: dict[str, Any]) -> None:
        """Find out once, and before the training, whether a peer can be talked to."""
        if peer["uid"] == self._node.uid or peer["uid"] in self._probed:
            return
        self._probed.add(peer["uid"])
        try:
            self._peers.probe(peer["address"])
        except Distrusted as problem:
            raise self._distrusted(peer, problem) from problem
        except (Unreachable, Failed) as problem:
            self._log.warning("Peer %s: %s", self._name(peer), problem)

    def _distrusted(self, peer: dict[str, Any], problem: Distrusted) -> TrainingFailed:
        return TrainingFailed(f"round {self.number}: {self._name(peer)} and this node do not trust each other: {problem}")

    def _fetch(self, kind: str, number: int, peer: dict[str, Any]) -> tuple[bytes | None, str]:
        """Parameters, or None and why not."""
        try:
            return self._peers.fetch(peer["address"], kind, self._plan.contract, number), ""
        except Distrusted as problem:
            raise self._distrusted(peer, problem) from problem
        except (Unreachable, Failed) as problem:
            return None, str(problem)

    def _lead(self, number: int, members: list[dict[str, Any]]) -> bytes | None:
        """Merge the members' parameters, without those that vanish now, and return them packed; None when another was quicker."""
        contributions: dict[str, Contribution] = {}
        ended, methods, lost = [], {}, []
        for member in map(self._known_as, members):
            data, why = self._fetch_from_member(number, member)
            if data is None:
                lost.append(f"{self._name(member)} ({why})")
                self._log.warning("Round %d goes on without %s", number, lost[-1])
                continue
            params, told = unpack(data)
            contributions[member["uid"]] = Contribution(told["name"], told["weight"], params)
            ended.append(told["ended"])
            methods[told["method"]] = told["name"]
        if len(contributions) < self._plan.min_peers:
            raise TrainingFailed(
                f"round {number}: parameters of {len(contributions)} peers, and at least {self._plan.min_peers} (minPeers) must take part."
                f" Missing: {'; '.join(lost) or 'none that had reported'}"
            )
        if len(methods) > 1:
            told = ", ".join(f"{name} has {method}" for method, name in methods.items())
            raise TrainingFailed(f"round {number}: the peers do not agree on mergeMethod: {told}")
        waiting = {peer["uid"] for peer in self._live(self._contract())}
        final = all(ended) and waiting <= set(contributions)
        brought = list(contributions.values())
        merged = merge(brought, self._plan.method)
        names = [contribution.peer for contribution in brought]
        self._log.info("Round %d: this node leads, and merged the models of %s", number, ", ".join(names))
        data = pack(merged, {"leader": self._node.name, "peers": names, "final": final})
        self._store.put("merged", self._plan.contract, number, data)
        try:
            self._post(f"/rounds/{number}/merged")
        except Failed as problem:
            if problem.status != ANOTHER_LEADS:
                raise
            self._log.warning("Round %d: %s", number, problem)
            return None
        return data

    def _fetch_from_member(self, number: int, member: dict[str, Any]) -> tuple[bytes | None, str]:
        if member["uid"] == self._node.uid:
            return self._store.get("params", self._plan.contract, str(number)), ""
        deadline = time.monotonic() + self._grace
        while True:
            data, why = self._fetch("params", number, member)
            if data is not None:
                return data, ""
            if time.monotonic() > deadline or member["uid"] not in {peer["uid"] for peer in self._live(self._contract())}:
                return None, why
            self._check()
            time.sleep(RETRY_SECONDS)

    def _take(self, number: int, state: dict[str, Any]) -> bytes | None:
        """Fetch the merged parameters from the leader, or from another that has taken them; None when no peer that lives has them."""
        self._known.update({member["uid"]: self._known_as(member) for member in state["members"]})
        others = [peer for uid, peer in self._known.items() if uid != self._node.uid]
        others.sort(key=lambda peer: peer["uid"] != state["merged_by"])
        deadline = time.monotonic() + self._grace
        while True:
            reasons = {}
            for peer in others:
                data, why = self._fetch("merged", number, peer)
                if data is not None:
                    return data
                reasons[peer["uid"]] = f"{self._name(peer)}: {why}"
            alive = {peer["uid"] for peer in self._contract()["peers"] if peer["alive"]}
            if all("no merged of" in reason for uid, reason in reasons.items() if uid in alive):
                return None
            if time.monotonic() > deadline:
                raise TrainingFailed(f"round {number} has been merged, and nobody gives the result. {'; '.join(reasons.values())}")
            self._check()
            time.sleep(RETRY_SECONDS)
