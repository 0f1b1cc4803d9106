# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole trainings on loopback: real processes, FIFOs and mutual TLS, the SN's own code."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import numpy as np
import pytest

from tests.integration.lab.loopback_swarm import ROOT, Swarm
from tests.support.lab_certificates import Authority

DIGITS = ROOT / "examples" / "digits" / "model" / "digits.py"
TOY = Path(__file__).with_name("toy_program.py")
LAST_LINE = "SwarmCallback : INFO : All peers and Swarm training rounds finished. Final Swarm model was loaded."
ONE, TWO = Authority("org1.test"), Authority("org2.test")


def options(**given: object) -> str:
    return json.dumps({"minPeers": 2, **given})


def test_four_nodes_learn_what_none_can_alone(tmp_path: Path) -> None:
    with Swarm(tmp_path, ONE) as swarm:
        for index in range(4):
            environ = {"MODEL_DIR": str(tmp_path / "model"), "MIN_PEERS": "4", "MAX_EPOCHS": "10", "NODE_INDEX": str(index), "NODES": "4"}
            swarm.add(DIGITS, ONE.files(tmp_path, "sl"), grace=60, **environ)  # its libraries take long to load on a busy machine
        assert swarm.ended() == [(0, 0)] * 4
        logs = [pair.log("ml") for pair in swarm.pairs]
        assert swarm.client.get("/nodes")["nodes"] == []
    assert all(LAST_LINE in log for log in logs)
    results = [json.loads((tmp_path / "model" / "saved_models" / f"digits-{index}.result.json").read_text()) for index in range(4)]
    assert max(result["accuracy_alone"] for result in results) < 0.6
    assert min(result["accuracy_swarm"] for result in results) >= 0.9
    assert sorted(digit for result in results for digit in result["digits"]) == list(range(10))
    models = [np.load(tmp_path / "model" / "saved_models" / f"digits-{index}.npz") for index in range(4)]
    assert all(np.array_equal(models[0][name], model[name]) for model in models for name in models[0])


@pytest.mark.parametrize(
    ("weights", "given"),
    [
        ([1, 1], {"checkinModelOnTrainEnd": "active"}),
        ([3, 1], {}),
        ([1, 1, 1], {"mergeMethod": "coordmedian", "checkinModelOnTrainEnd": "inactive"}),
    ],
)
def test_all_nodes_end_with_the_same_model(tmp_path: Path, weights: list[int], given: dict[str, str]) -> None:
    with Swarm(tmp_path, ONE) as swarm:
        for index, weight in enumerate(weights):
            answer = options(minPeers=len(weights), nodeWeightage=weight, **given)
            swarm.add(TOY, ONE.files(tmp_path, "sl"), TARGET=str(index), BATCHES=str(2 + index), OPTIONS=answer)
        assert swarm.ended() == [(0, 0)] * len(weights)
        values = {json.loads((pair.directory / "out").read_text()) for pair in swarm.pairs}
    assert len(values) == 1
    assert 0 < values.pop() < len(weights) - 1


def test_training_goes_on_without_a_peer_that_dies(tmp_path: Path) -> None:
    with Swarm(tmp_path, ONE) as swarm:
        for index in range(3):
            dies = {"DIE_AFTER": "2"} if index == 2 else {}
            swarm.add(TOY, ONE.files(tmp_path, "sl"), 60, TARGET=str(index), BATCHES="5", OPTIONS=options(), **dies)
        codes = swarm.ended()
        logs = [pair.log("sl") for pair in swarm.pairs]
    assert codes == [(0, 0), (0, 0), (1, 9)]
    assert "the ML program has ended in round 3; see the log of the ML container" in logs[2]


def test_a_slow_peer_catches_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarmlab.sn.TICK_SECONDS", 0.1)
    with Swarm(tmp_path, ONE) as swarm:
        for index in range(3):
            pause = "8" if index == 2 else "0"
            swarm.add(TOY, ONE.files(tmp_path, "sl"), 1, TARGET=str(index), BATCHES="3", OPTIONS=options(), PAUSE=pause)
        codes = swarm.ended()
        values = {json.loads((pair.directory / "out").read_text()) for pair in swarm.pairs}
        slow = swarm.pairs[2].log("sl")
    assert codes == [(0, 0)] * 3
    assert len(values) == 1
    assert re.search("Round 2 went on without this node; it goes on with round [6-9]", slow)


def test_training_survives_a_leader_that_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarmlab.contracts.DEAD_AFTER_SECONDS", 8.0)  # i-am-alive comes every 3 s, later on a busy machine
    with Swarm(tmp_path, ONE) as swarm:
        for index in range(3):
            swarm.add(TOY, ONE.files(tmp_path, "sl"), TARGET=str(index), BATCHES="100", OPTIONS=options())
        killed = swarm.pairs[0]
        killed.wait_for("sl", "this node leads")
        killed.sl.kill()
        codes = swarm.ended()
    assert codes == [(-signal.SIGKILL, 1), (0, 0), (0, 0)]
    assert "SwarmCallback : ERROR : the SL node has ended" in killed.log("ml")


def test_stopped_node_releases_everything(tmp_path: Path) -> None:
    waiting = tmp_path / "waiting.py"
    waiting.write_text("import time\ntime.sleep(60)\n")
    with Swarm(tmp_path, ONE) as swarm:
        pair = swarm.add(waiting, ONE.files(tmp_path, "sl"))
        pair.wait_for("sl", "Started I-am-Alive thread")
        assert [node["type"] for node in swarm.client.get("/nodes")["nodes"]] == ["sl"]
        pair.sl.terminate()
        assert pair.sl.wait(10) == 0
        assert swarm.client.get("/nodes")["nodes"] == []
    assert json.loads((tmp_path / "licenses.json").read_text()) == {}


def test_node_names_everything_that_is_missing(tmp_path: Path) -> None:
    with Swarm(tmp_path, ONE) as swarm:
        empty = dict.fromkeys(("THIS_NODE_IP", "SN_NODE_IP", "SL_REQUEST_CHANNEL", "SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_IP"), "")
        pair = swarm.add(TOY, empty, OPTIONS=options(), TARGET="0")
        assert pair.sl.wait(30) == 1
    for name in empty:
        assert f"{name} " in pair.log("sl")


def test_training_fails_when_too_few_are_left(tmp_path: Path) -> None:
    with Swarm(tmp_path, ONE) as swarm:
        for index in range(2):
            dies = {"DIE_AFTER": "2"} if index == 1 else {}
            swarm.add(TOY, ONE.files(tmp_path, "sl"), 2, TARGET=str(index), BATCHES="5", OPTIONS=options(), **dies)
        codes = swarm.ended()
        logs, other = [swarm.pairs[0].log(which) for which in ("sl", "ml")], swarm.address(2)
    assert codes == [(1, 1), (1, 9)]
    for log in logs:
        assert "round 3: 1 peers are left, and at least 2 (minPeers) must take part. Missing: " in log
        assert f"at {other}:30305 (the ML program has ended in round 3)" in log


def test_peers_that_do_not_trust_each_other_report_it(tmp_path: Path) -> None:
    with Swarm(tmp_path, ONE, TWO) as swarm:
        answer = options(minPeers=3)
        for index in range(2):
            swarm.add(TOY, ONE.files(tmp_path, "sl"), 3, TARGET=str(index), OPTIONS=answer)
        (tmp_path / "two").mkdir()
        stranger = TWO.files(tmp_path / "two", "sl")
        with Path(stranger["SWARM_ID_CACERT"]).open("ab") as file:
            file.write((tmp_path / "sl-cacert.pem").read_bytes())
        swarm.add(TOY, stranger, 3, TARGET="2", OPTIONS=answer)
        codes = swarm.ended()
        logs, stranger_at = [pair.log("sl") + pair.log("ml") for pair in swarm.pairs], swarm.address(3)
    assert codes == [(1, 1)] * 3
    # Who finds out first leaves, and the others say what it found: a certificate that is not valid here, or an own that is not valid there.
    reason = r"do not trust each other: SL node at .*(its certificate is not valid here|the other side does not hold the trust bundle)"
    assert [bool(re.search(reason, log)) for log in logs] == [True] * 3
    assert all(f"SL node at {stranger_at}:30305" in log for log in logs[:2])
