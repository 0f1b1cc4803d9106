# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the progress of the SL nodes of one host from their logs (private to the collection)."""

from __future__ import annotations

import queue
import re
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._component.translate import sidecar_name
from .._container.engine import Engine, EngineError
from .._container.masking import mask
from .._container.readiness import run_began, with_log
from .._container.requirements import check_sdk
from .._container.spec import secrets_of

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

# The line with which every ML program reports that its training has finished; more lines may follow it.
END = re.compile(r"All peers and Swarm training rounds finished")
END_TAIL = 1000
TAIL = 200  # lines to read first from a running node, enough to contain the last merge
OTHER_TAIL = 3  # lines of the second container's log when the first one failed
LAST_WORDS = 10  # seconds that the second container of a pair has to end after the first
_SIGNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b[Rr]ound (?P<round>\d+) is merged(?: \(epoch (?P<epoch>\d+) of (?P<epochs>\d+)\))?",
        r"\b[Rr]ound (?P<round>\d+): merged the models of (?P<names>[^;]+)",
        r"begins in round \d+ with (?P<names>[^;]+)",
        r"\b(?P<peers>\d+) peers have checked in",
    )
)
# The platform's client writes it after each merge, and 0 where the program has given it no adsValData to measure with.
_LOSS = re.compile(r"Calculated local loss using merged parameters = (?:tensor\()?(?P<loss>-?\d[\d.]*(?:[eE][-+]?\d+)?)")


class TrainingFailed(Exception):
    """A node's training failed; the text has the last lines of its log and known causes."""


@dataclass
class Node:
    """One SL node: its name, its containers (SL, and ML beside it in 2.x), and what its logs have said so far."""

    name: str
    containers: list[str]
    seen: dict[str, float] = field(default_factory=dict)
    line: str = ""
    state: str = "running"

    def hear(self, line: str) -> None:
        """Process a line of the log; an empty one says nothing."""
        if not line.strip():
            return
        self.seen.update(signs(line))
        self.line = line

    def as_result(self) -> dict[str, Any]:
        """The node as the module returns it."""
        unknown = {"round": 0, "epoch": 0, "epochs": 0, "peers": 0, "loss": None}
        return {"name": self.name, "state": self.state, "line": self.line, **unknown, **self.seen}


def signs(line: str) -> dict[str, float]:
    """round, epoch, epochs, peers and loss, as numbers, as far as a line of a log has them."""
    found: dict[str, float] = {}
    for pattern in _SIGNS:
        match = pattern.search(line)
        for name, text in (match.groupdict() if match else {}).items():
            if text is not None:
                key = "peers" if name == "names" else name
                found[key] = len(text.split(",")) if name == "names" else int(text)
    for loss in losses(line):
        found["loss"] = loss
    return found


def losses(log: str) -> list[float]:
    """What a program that has merged its model measured with the merged one, in the order of its log."""
    found = (float(match["loss"].rstrip(".")) for match in _LOSS.finditer(log))
    return [loss for loss in found if loss]


def outcome(engine: Engine, inspects: list[dict[str, Any]]) -> str:
    """`none` (never started), `running`, `finished` (ended as a training ends) or `failed`, of the containers of one node."""
    states = [inspect["State"] for inspect in inspects if inspect]
    if any(state.get("Running") for state in states):
        return "running"
    if not states or any(state["Status"] == "created" for state in states):
        return "none"
    if any(state.get("ExitCode") for state in states) or not END.search(engine.log_tail(inspects[-1]["Id"], END_TAIL)):
        return "failed"
    return "finished"


def node_outcome(engine: Engine, params: dict[str, Any], inspect: dict[str, Any] | None) -> str:
    """The same, of the SL node that the module `sl` has these parameters for: of the container whose log has the ML program's lines."""
    beside = engine.inspect(sidecar_name(params)) if params["ml"] else None
    return outcome(engine, [one for one in (inspect, beside) if one])


def run(module: AnsibleModule) -> None:
    """Look at the nodes of `module.params` until they have ended, or for `step` seconds, and end the module."""
    check_sdk(module)
    params = module.params
    nodes = [Node(given["name"], [name for name in (given["name"], given["ml"]) if name]) for given in params["nodes"]]
    try:
        _Look(Engine(params), nodes).follow(params["step"])
    except (EngineError, TrainingFailed) as error:
        module.fail_json(msg=str(error), nodes=[node.as_result() for node in nodes], lost=_lost(nodes))
    finished = all(node.state == "finished" for node in nodes)
    module.exit_json(changed=False, nodes=[node.as_result() for node in nodes], finished=finished, trains=not finished, lost=0)


def _lost(nodes: list[Node]) -> int:
    return sum(node.state in ("failed", "none") for node in nodes)


class _Look:
    """Watches some nodes: follows their logs, and checks each node as soon as it ends."""

    def __init__(self, engine: Engine, nodes: list[Node]) -> None:
        self.engine, self.nodes = engine, nodes
        self.heard: queue.Queue[tuple[Node, str | None]] = queue.Queue()

    def follow(self, seconds: float) -> None:
        """Follow the nodes until all have ended well, or for some seconds. Raises TrainingFailed for the first that fails."""
        deadline = time.monotonic() + seconds
        for node in self.nodes:
            for inspect in self._inspects(node):
                self._listen(node, inspect, TAIL)
        while "running" in self._states():
            if self._hear(deadline) is None:
                return

    def _states(self) -> set[str]:
        """The nodes' states, now. Raises TrainingFailed for the first that failed, when all are known."""
        failed = None
        for node in self.nodes:
            try:
                self._settle(node)
            except TrainingFailed as error:
                failed = failed or error
        if failed:
            raise failed
        return {node.state for node in self.nodes}

    def _inspects(self, node: Node) -> list[dict[str, Any]]:
        found: list[Any] = [self.engine.inspect(name) for name in node.containers]
        for name, inspect in zip(node.containers, found):
            if inspect is None:
                raise EngineError(f"container {name} of {node.name} does not exist: start the training first (playbook train)")
        return found

    def _listen(self, node: Node, inspect: dict[str, Any], tail: int) -> None:
        lines, secrets = self.engine.follow(inspect, run_began(inspect), tail), secrets_of(inspect)

        def pass_on() -> None:
            for line in iter(lines.get, None):
                self.heard.put((node, mask(line, secrets)))
            self.heard.put((node, None))

        threading.Thread(target=pass_on, daemon=True).start()

    def _hear(self, deadline: float) -> Node | None:
        """Process the next line; the node whose log has ended, or None at the deadline."""
        while True:
            try:
                node, line = self.heard.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return None
            if line is None:
                return node
            node.hear(line)

    def _settle(self, node: Node) -> str:
        """The node's state, now. Raises TrainingFailed."""
        before, inspects = node.state, self._inspects(node)
        node.state = outcome(self.engine, inspects)
        if node.state == "finished" != before:
            self._read_end(node, inspects[-1])
        failed = [inspect for inspect in inspects if inspect["State"].get("ExitCode") and not inspect["State"].get("Running")]
        if node.state == "running" and failed:
            # The log of the other container of the pair helps, too.
            self._hear(time.monotonic() + LAST_WORDS)
            inspects, node.state = self._inspects(node), "failed"
        if node.state in ("failed", "none"):
            raise TrainingFailed(self._why(node, inspects))
        return node.state

    def _read_end(self, node: Node, inspect: dict[str, Any]) -> None:
        """Process the last lines of a node that has finished, which may not have come through yet."""
        for line in mask(self.engine.log_tail(inspect["Id"], TAIL), secrets_of(inspect)).splitlines():
            node.hear(line)

    def _why(self, node: Node, inspects: list[dict[str, Any]]) -> str:
        ended = [inspect for inspect in inspects if not inspect["State"].get("Running")]
        first = min(ended, key=lambda inspect: (not inspect["State"].get("ExitCode"), inspect["State"].get("FinishedAt", "")))
        name, code = first["Name"].lstrip("/"), first["State"].get("ExitCode")
        how = f"ended with exit code {code}" if first["State"]["Status"] != "created" else "was never started"
        if not code and node.state == "failed":
            how += ", but its log does not say that the training has finished"
        report = with_log(f"the training of {node.name} failed: container {name} {how}", self.engine, first)
        for other in inspects:
            if other is not first:
                tail = mask(self.engine.log_tail(other["Id"], OTHER_TAIL), secrets_of(other))
                report += f"\nThe last lines of {other['Name'].lstrip('/')}:\n{tail or '(none)'}"
        return report
