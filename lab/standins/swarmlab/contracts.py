# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Training contracts: who takes part, whose parameters are ready in a round, and who leads it.

Operations on the shared state, pure but for changing the state that they are given. Times are epoch seconds.
"""

from __future__ import annotations

from typing import Any

from swarmlab.web import Failed

State = dict[str, Any]

DEFAULT = "defaultbb.cqdb.sml.hpe"
DEAD_AFTER_SECONDS = 15.0
ROUNDS_KEPT = 3


def new() -> State:
    """A contract that nobody has joined."""
    return {"round": 1, "peers": {}, "rounds": {}, "last_merged": None}


def is_alive(state: State, uid: str, now: float) -> bool:
    """Whether a node was heard of lately."""
    return uid in state["nodes"] and now - state["nodes"][uid]["alive"] < DEAD_AFTER_SECONDS


def get(state: State, name: str) -> State:
    """The contract. Raises Failed (404)."""
    if name not in state["contracts"]:
        raise Failed(404, f"contract {name} is not there; there are: {', '.join(sorted(state['contracts']))}")
    contract: State = state["contracts"][name]
    return contract


def create(state: State, _now: float, name: str) -> State:
    """CREATE CONTRACT. Raises Failed (409)."""
    if name in state["contracts"]:
        raise Failed(409, f"contract {name} is there already")
    state["contracts"][name] = new()
    return {}


def reset(state: State, _now: float, name: str) -> State:
    """RESET CONTRACT: as if nobody had ever joined."""
    get(state, name)
    state["contracts"][name] = new()
    return {}


def checkin(state: State, now: float, name: str, peer: State) -> State:
    """An SL joins: ``peer`` has uid, address, min_peers and grace (seconds). Raises Failed when it is not enrolled so."""
    uid, address, min_peers = peer["uid"], peer["address"], peer["min_peers"]
    contract = get(state, name)
    node = state["nodes"].get(uid)
    if node is None or not is_alive(state, uid, now):
        raise Failed(409, f"errUidNotMatchingWithEnroll: CHECKIN NOT ALLOWED for {uid}: it is not enrolled")
    enrolled = f"{node['host_ip']}:{node['port']}"
    if address != enrolled:
        raise Failed(409, f"errUidNotMatchingWithEnroll: CHECKIN NOT ALLOWED for {uid}: it enrolled as {enrolled}, not as {address}")
    if min_peers < 1:
        raise Failed(400, f"minPeers is {min_peers}, it must be 1 or more")
    contract["peers"][uid] = {
        "name": node["name"],
        "address": address,
        "min_peers": min_peers,
        "grace": peer["grace"],
        "done": False,
        "left": "",
    }
    return {"round": contract["round"]}


def report(state: State, now: float, name: str, number: int, *, uid: str, weight: float) -> State:
    """A peer's parameters for a round are ready to be fetched. Too late is no error: that peer takes the merged model."""
    contract = get(state, name)
    if uid not in contract["peers"]:
        raise Failed(409, f"CHECKIN NOT ALLOWED for {uid}: it has not checked in to {name} (was the contract reset?)")
    if number > contract["round"]:
        raise Failed(409, f"round {number} of {name} is not open yet, round {contract['round']} is")
    if not weight > 0:
        raise Failed(400, f"the weight is {weight}, it must be above 0")
    if number == contract["round"]:
        if not any(is_alive(state, each["uid"], now) for each in contract["rounds"].get(str(number), {"ready": []})["ready"]):
            # Those who had reported have gone, their leader too: an earlier training was ended in this round.
            contract["rounds"][str(number)] = {"ready": [], "first": now, "leader": None, "merged_by": None, "members": []}
        current = contract["rounds"][str(number)]
        # Of those that come too late for a leader another is taken when it dies.
        if all(each["uid"] != uid for each in current["ready"]):
            current["ready"].append({"uid": uid, "address": contract["peers"][uid]["address"], "weight": weight})
            lead(state, now, contract)
    return {}


def merged(state: State, _now: float, name: str, number: int, uid: str) -> State:
    """The leader has merged the round: the next one opens. Raises Failed (409) when somebody else leads."""
    contract = get(state, name)
    current = contract["rounds"].get(str(number))
    if current is None or current["leader"] != uid:
        leader = current["leader"] if current else None
        raise Failed(409, f"{uid} does not lead round {number} of {name}, {leader or 'nobody'} does")
    if current["merged_by"] is None:
        current["merged_by"] = uid
        contract["round"] = number + 1
        contract["last_merged"] = {"round": number, "merged_by": uid, "address": contract["peers"][uid]["address"]}
        for old in [key for key in contract["rounds"] if int(key) <= number - ROUNDS_KEPT]:
            del contract["rounds"][old]
    return {}


def done(state: State, now: float, name: str, uid: str) -> State:
    """A peer has trained to its end; the others need not wait for it."""
    contract = get(state, name)
    if uid not in contract["peers"]:
        raise Failed(409, f"{uid} has not checked in to {name}")
    contract["peers"][uid]["done"] = True
    lead(state, now, contract)
    return {}


def left(state: State, _now: float, name: str, uid: str, why: str) -> State:
    """A peer gives up; the others can say why it is missing. Raises Failed (409)."""
    contract = get(state, name)
    if uid not in contract["peers"]:
        raise Failed(409, f"{uid} has not checked in to {name}")
    contract["peers"][uid]["left"] = why
    return {}


def lead(state: State, now: float, contract: State) -> None:
    """Pick the open round's leader, when it is due: the peer whose report completes the quorum.

    Quorum: every live peer that is not done has reported, and with those that are done they are min_peers (the most that
    any of them asks); or min_peers have reported and the others had their grace since the first report. A leader that
    died before it merged gives way to another of the members.
    """
    current = contract["rounds"].get(str(contract["round"]))
    if current is None or current["merged_by"] is not None:
        return
    alive = {uid for uid in contract["peers"] if is_alive(state, uid, now)}
    ready = [each for each in current["ready"] if each["uid"] in alive]
    if current["leader"] in alive or not ready:
        return
    if current["leader"] is None:
        finished = {uid for uid in alive if contract["peers"][uid]["done"]}
        everybody = alive - finished <= {each["uid"] for each in ready}
        needed = max(contract["peers"][uid]["min_peers"] for uid in alive)
        late = now - current["first"] >= max(contract["peers"][uid]["grace"] for uid in alive)
        if not (everybody and len(ready) + len(finished) >= needed) and not (late and len(ready) >= needed):
            return
    current["leader"] = ready[-1]["uid"]
    current["members"] = ready


def tick(state: State, now: float) -> State:
    """What time alone changes: grace that has passed, leaders that died."""
    for contract in state["contracts"].values():
        lead(state, now, contract)
    return {}


def show_round(state: State, name: str, number: int) -> State:
    """A round, as peers ask for it."""
    contract = get(state, name)
    empty: State = {"ready": [], "leader": None, "merged_by": None, "members": []}
    current = contract["rounds"].get(str(number), empty)
    return {"seq": state["seq"], "round": number, "open": contract["round"], **{key: current[key] for key in empty}}


def expected(state: State) -> int:
    """How many peers the one training that runs was assigned to, less those that failed; 0 when there is none or more than one.

    A training's peers start at different moments: this is for whom the first ones wait.
    """
    runs = [runner for runner in state["taskrunners"].values() if runner["task"]]
    runs = [runner for runner in runs if state["tasks"][runner["task"]]["definition"]["TaskType"] == "RUN_SWARM"]
    if len(runs) != 1:
        return 0
    wanted: int = runs[0]["wanted"]
    return wanted - sum(peer["status"] == "FAILED" for peer in runs[0]["peers"])


def show(state: State, name: str, now: float) -> State:
    """A contract, as peers and SWCI ask for it."""
    contract = get(state, name)
    peers = [
        {"uid": uid, **{key: peer[key] for key in ("name", "address", "min_peers", "done", "left")}, "alive": is_alive(state, uid, now)}
        for uid, peer in contract["peers"].items()
    ]
    told = {"seq": state["seq"], "name": name, "round": contract["round"], "last_merged": contract["last_merged"]}
    return {**told, "peers": peers, "expected": expected(state)}
