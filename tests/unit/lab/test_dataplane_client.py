# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client's wheel: options, both platforms' callbacks against an SL node with prepared answers, and the file that pip installs."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from swarmlab.channel import ChannelClosed, NodeEnd, pack, unpack

sys.path.insert(0, str(Path(__file__).parents[3] / "lab" / "client"))

import swarmlearning.callback as client
from swarmlearning import pyt, tf

ROOT = Path(__file__).parents[3]
LAST_LINE = "All peers and Swarm training rounds finished. Final Swarm model was loaded."


class KerasLike:
    """Two arrays, and a validation loss that the test sets."""

    def __init__(self) -> None:
        self.weights = [np.zeros((2, 2)), np.zeros(2)]
        self.losses: list[float] = []

    def get_weights(self) -> list[np.ndarray]:
        return self.weights

    def set_weights(self, weights: list[np.ndarray]) -> None:
        self.weights = weights

    def evaluate(self, _inputs: Any, _targets: Any, batch_size: int | None, verbose: int) -> list[float]:
        assert (batch_size, verbose) == (8, 0)
        return [self.losses.pop(0), 0.9]


class TorchLike:
    def __init__(self) -> None:
        self.state = {"layer.weight": np.zeros(3)}

    def state_dict(self) -> dict[str, np.ndarray]:
        return self.state

    def load_state_dict(self, state: dict[str, np.ndarray]) -> None:
        self.state = state


@pytest.fixture(name="node")
def _node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NodeEnd]:
    for way in ("REQUEST", "RESPONSE"):
        monkeypatch.setenv(f"SL_{way}_CHANNEL", str(tmp_path / f"{way.lower()}.channel"))
    node = NodeEnd(str(tmp_path / "request.channel"), str(tmp_path / "response.channel"))
    yield node
    node.close()
    for channel in client._channels.values():
        channel.close()
    client._channels.clear()


def swarm_of_two(node: NodeEnd) -> list[dict[str, Any]]:
    """Answer as an SL node whose other peer's parameters are all 2 (so merging gives the mean with it): what was asked."""
    asked = []
    node.accept(10)
    node.send({"ok": True, "uid": "sl"})
    try:
        while True:
            header, payload = node.receive()
            asked.append(header)
            answer = {"ok": True, "round": len(asked) - 1, "leader": "sl-2", "peers": ["sl-1", "sl-2"]}
            merged = pack({name: (value + 2) / 2 for name, value in unpack(payload)[0].items()}) if payload else b""
            node.send(answer, merged)
    except ChannelClosed:
        return asked


def hang_up() -> None:
    for channel in client._channels.values():
        channel.close()
    client._channels.clear()


def test_keras_callback(node: NodeEnd, caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("test")
    caplog.set_level(logging.INFO, "test")
    model = KerasLike()
    callback = tf.SwarmCallback(syncFrequency=2, minPeers=2, nodeWeightage=5, trainingContract="mine", totalEpochs=1, logger=logger)
    with ThreadPoolExecutor() as pool:
        answering = pool.submit(swarm_of_two, node)
        callback.set_model(model)
        callback.set_params({"epochs": 1})
        callback.on_train_begin({})
        for batch in range(5):
            callback.on_batch_end(batch, {"loss": 0.1})
        callback.on_epoch_end(0, {})
        callback.on_train_end({})
        hang_up()
        asked = answering.result(10)
    assert asked == [
        {"op": "begin", "contract": "mine", "min_peers": 2, "merge_method": "mean"},
        {"op": "sync", "weight": 5, "epoch": 0, "total_epochs": 1},
        {"op": "sync", "weight": 5, "epoch": 0, "total_epochs": 1},
        {"op": "end", "weight": 5, "checkin": "snapshot"},
    ]
    assert [weight.tolist() for weight in model.weights] == [[[1.75, 1.75], [1.75, 1.75]], [1.75, 1.75]]
    assert caplog.messages[-1] == LAST_LINE


def test_pytorch_callback_and_its_log(node: NodeEnd, capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("SwarmCallback").handlers.clear()
    model = TorchLike()
    callback = pyt.SwarmCallback(syncFrequency=1, minPeers=1, model=model)
    with ThreadPoolExecutor() as pool:
        answering = pool.submit(swarm_of_two, node)
        callback.on_train_begin()
        callback.on_batch_end()
        callback.on_epoch_end(0)
        callback.on_train_end()
        hang_up()
        answering.result(10)
    assert model.state["layer.weight"].tolist() == [1.5] * 3
    assert capsys.readouterr().out.rstrip().endswith(f" : SwarmCallback : INFO : {LAST_LINE}")


def test_adaptive_sync_follows_the_validation_loss(node: NodeEnd) -> None:
    model = KerasLike()
    model.losses = [0.9, 0.5, 0.7]
    options = {"useAdaptiveSync": True, "adsValData": ([0], [0]), "adsValBatchSize": 8}
    callback = tf.SwarmCallback(syncFrequency=2, minPeers=1, **options)
    frequencies = []
    with ThreadPoolExecutor() as pool:
        answering = pool.submit(swarm_of_two, node)
        callback.set_model(model)
        callback.on_train_begin()
        while model.losses:
            callback.on_batch_end(0)
            frequencies.append(callback.frequency)
        hang_up()
        answering.result(10)
    assert frequencies == [2, 2, 2, 4, 4, 4, 4, 2]


@pytest.mark.parametrize(
    ("frequency", "base", "before", "loss", "following"),
    [(8, 8, None, 1.0, 8), (8, 8, 1.0, 0.9, 16), (32, 8, 1.0, 0.9, 32), (8, 8, 1.0, 1.0, 4), (2, 8, 1.0, 1.1, 2), (1, 1, 1.0, 1.1, 1)],
)
def test_adapt(frequency: int, base: int, before: float | None, loss: float, following: int) -> None:
    assert client.adapt(frequency, base, before, loss) == following


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"minPeers": 2}, "needs the option syncFrequency"),
        ({"syncFrequency": 1}, "needs the option minPeers"),
        ({"syncFrequency": 0, "minPeers": 2}, "syncFrequency=0 is not a whole number of batches, 1 or more"),
        ({"syncFrequency": True, "minPeers": 2}, "syncFrequency=True is not"),
        ({"syncFrequency": 1, "minPeers": "2"}, "minPeers='2' is not a whole number"),
        ({"syncFrequency": 1, "minPeers": 2, "nodeWeightage": 101}, "nodeWeightage=101 is not a number from 1 to 100"),
        ({"syncFrequency": 1, "minPeers": 2, "checkinModelOnTrainEnd": "late"}, "is not snapshot, active or inactive"),
        ({"syncFrequency": 1, "minPeers": 2, "mergeMethod": "median"}, "is not mean, coordmedian or geomedian"),
        ({"syncFrequency": 1, "minPeers": 2, "mlPlatform": "JAX"}, "is not TF, KERAS or PYTORCH"),
        ({"syncFrequency": 1, "minPeers": 2, "useAdaptiveSync": True}, "useAdaptiveSync=True needs adsValData"),
        ({"syncFrequency": 1, "minPeers": 2, "min_peers": 2}, "has no option min_peers; it has syncFrequency, minPeers"),
    ],
)
def test_wrong_options_are_named(given: dict[str, Any], said: str) -> None:
    with pytest.raises((TypeError, ValueError), match=said):
        pyt.SwarmCallback(**given)


def test_refusal_of_the_node_ends_the_program_with_the_reason(node: NodeEnd) -> None:
    def refuse() -> None:
        node.accept(10)
        node.send({"ok": True})
        node.receive()
        node.send({"ok": False, "error": "only 1 of at least 2 peers"})

    with ThreadPoolExecutor() as pool:
        pool.submit(refuse)
        with pytest.raises(pyt.SwarmError, match="only 1 of at least 2 peers"):
            pyt.SwarmCallback(syncFrequency=1, minPeers=2, model=TorchLike()).on_train_begin()


def test_program_without_a_node_gets_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SL_REQUEST_CHANNEL", raising=False)
    callback = pyt.SwarmCallback(syncFrequency=1, minPeers=2, model=TorchLike())
    with pytest.raises(pyt.SwarmError, match="SL_REQUEST_CHANNEL"):
        callback.on_train_begin()
    with pytest.raises(pyt.SwarmError, match=r"sync before on_train_begin\(\)"):
        callback.on_batch_end()


@pytest.mark.parametrize("spelling", ["True", "true", "TRUE"])
def test_program_in_loopback_needs_no_node_and_keeps_its_model(monkeypatch: pytest.MonkeyPatch, spelling: str) -> None:
    monkeypatch.delenv("SL_REQUEST_CHANNEL", raising=False)
    monkeypatch.setenv("SWARM_LOOPBACK", spelling)
    with pytest.raises(ValueError, match="syncFrequency=0"):  # options are checked all the same
        pyt.SwarmCallback(syncFrequency=0, minPeers=2)
    model = TorchLike()
    callback = pyt.SwarmCallback(syncFrequency=1, minPeers=2, model=model)
    callback.on_train_begin()
    callback.on_batch_end()
    callback.on_epoch_end(0)
    callback.on_train_end()
    assert model.state["layer.weight"].tolist() == [0] * 3


def test_the_wheel_installs_and_is_the_same_every_time(tmp_path: Path) -> None:
    for place in ("one", "two"):
        subprocess.run([sys.executable, ROOT / "lab" / "client" / "wheel_backend.py", tmp_path / place], check=True)
    wheels = [tmp_path / place / "swarmlearning-2.3.0-py3-none-any.whl" for place in ("one", "two")]
    assert wheels[0].read_bytes() == wheels[1].read_bytes()
    with zipfile.ZipFile(wheels[0]) as archive:
        assert archive.read("swarmlearning/channel.py") == (ROOT / "lab" / "standins" / "swarmlab" / "channel.py").read_bytes()
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-index", "--no-deps", "--quiet"]
    subprocess.run([*pip, "--target", tmp_path / "site", wheels[0]], check=True)
    code = "import json, swarmlearning.tf as m; print(json.dumps([m.__file__, m.SwarmCallback.platform]))"
    out = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(tmp_path / "site")}, check=True, capture_output=True)
    assert json.loads(out.stdout) == [str(tmp_path / "site" / "swarmlearning" / "tf.py"), "TF"]
