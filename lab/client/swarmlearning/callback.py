# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the callbacks of both platforms share: options, the talk with the SL node, when to synchronise."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

from swarmlearning.channel import PROTOCOL, ChannelError, ProgramEnd, pack, unpack

REQUEST, RESPONSE = "SL_REQUEST_CHANNEL", "SL_RESPONSE_CHANNEL"
LOOPBACK = "SWARM_LOOPBACK"
LAST_LINE = "All peers and Swarm training rounds finished. Final Swarm model was loaded."
REQUIRED = object()

# Option: (default, what is right, whether a value is). The names and defaults are the platform's.
OPTIONS: dict[str, tuple[Any, str, Any]] = {
    "syncFrequency": (REQUIRED, "a whole number of batches, 1 or more", lambda value: _whole(value) and value >= 1),
    "minPeers": (REQUIRED, "a whole number of peers, 1 or more", lambda value: _whole(value) and value >= 1),
    "useAdaptiveSync": (False, "True or False", lambda value: isinstance(value, bool)),
    "adsValData": (None, "a pair (inputs, targets)", lambda value: value is None or len(value) == 2),
    "adsValBatchSize": (None, "a whole number, 1 or more", lambda value: value is None or (_whole(value) and value >= 1)),
    "checkinModelOnTrainEnd": ("snapshot", "snapshot, active or inactive", lambda value: value in ("snapshot", "active", "inactive")),
    "trainingContract": ("defaultbb.cqdb.sml.hpe", "a name without a slash", lambda value: bool(value) and "/" not in value),
    "nodeWeightage": (1, "a number from 1 to 100", lambda value: isinstance(value, (int, float)) and 1 <= value <= 100),
    "mlPlatform": (None, "TF, KERAS or PYTORCH", lambda value: value is None or str(value).upper() in ("TF", "KERAS", "PYTORCH")),
    "mergeMethod": ("mean", "mean, coordmedian or geomedian", lambda value: value in ("mean", "coordmedian", "geomedian")),
    "logger": (None, "a logging.Logger", lambda value: value is None or hasattr(value, "info")),
    "totalEpochs": (None, "a whole number, 1 or more", lambda value: value is None or (_whole(value) and value >= 1)),
    "model": (None, "the model that is trained", lambda value: True),
}

# One channel a process: SL takes its end for the end of the program, so it stays open between trainings.
_channels: dict[str, ProgramEnd] = {}


class SwarmError(RuntimeError):
    """The swarm's training cannot go on; the text is the SL node's."""


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def options(given: Mapping[str, Any]) -> dict[str, Any]:
    """All options with their values. Raises TypeError for an unknown or missing one, ValueError for a wrong value."""
    unknown = [name for name in given if name not in OPTIONS]
    if unknown:
        raise TypeError(f"SwarmCallback has no option {', '.join(unknown)}; it has {', '.join(OPTIONS)}")
    values = {}
    for name, (default, right, is_right) in OPTIONS.items():
        value = given.get(name, default)
        if value is REQUIRED:
            raise TypeError(f"SwarmCallback needs the option {name}: {right}")
        if not is_right(value):
            raise ValueError(f"SwarmCallback: {name}={value!r} is not {right}")
        values[name] = value
    if values["useAdaptiveSync"] and values["adsValData"] is None:
        raise ValueError("SwarmCallback: useAdaptiveSync=True needs adsValData, a pair (inputs, targets)")
    return values


def adapt(frequency: int, base: int, before: float | None, loss: float) -> int:
    """The next number of batches between merges: twice as many while the merged model gets better, half as many when not.

    It stays between a quarter and four times the `base` that the user gave.
    """
    if before is None:
        return frequency
    wanted = frequency * 2 if loss < before else frequency // 2
    return max(1, base // 4, min(wanted, base * 4))


def default_logger() -> logging.Logger:
    """The logger `SwarmCallback` on standard output, in the platform's form."""
    logger = logging.getLogger("SwarmCallback")
    if not logger.handlers:
        handler = logging.StreamHandler(sys.stdout)
        formatter = logging.Formatter("%(asctime)s : %(name)s : %(levelname)s : %(message)s")
        formatter.converter = time.gmtime
        handler.setFormatter(formatter)
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
    return logger


class SwarmCallbackBase:
    """Synchronises a model with the swarm. A platform's class says how parameters get out of the model and in again.

    Options by keyword, see OPTIONS. `logger` is the attribute to change the log level with. All methods raise SwarmError.
    """

    platform = ""

    def __init__(self, **given: Any):
        super().__init__()
        self.options = options(given)
        self.logger = self.options["logger"] or default_logger()
        self.trained = self.options["model"]
        self.frequency = self.options["syncFrequency"]
        self._loopback = os.environ.get(LOOPBACK, "").lower() == "true"
        self._channel: ProgramEnd | None = None
        self._batches = 0
        self._epoch = 0
        self._loss: float | None = None

    def get_parameters(self) -> dict[str, Any]:
        """The model's parameters: ordered mapping of name to numpy array."""
        raise NotImplementedError

    def set_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Put parameters of the same names and shapes into the model."""
        raise NotImplementedError

    def train_begin(self) -> None:
        """Connect to the SL node and wait until at least minPeers are there; with SWARM_LOOPBACK, do nothing of the swarm, now and later."""
        if self.trained is None:
            raise SwarmError("SwarmCallback has no model: give it as the option model")
        self._batches, self._epoch, self.frequency, self._loss = 0, 0, self.options["syncFrequency"], None
        if self._loopback:
            self.logger.info("%s is set: training without the swarm", LOOPBACK)
            return
        self._channel = self._connect()
        contract, least = self.options["trainingContract"], self.options["minPeers"]
        self.logger.info("Starting training: contract %s, sync every %d batches, at least %d peers", contract, self.frequency, least)
        answer = self._ask({"op": "begin", "contract": contract, "min_peers": least, "merge_method": self.options["mergeMethod"]})[0]
        self.logger.info("Training begins in round %d with %s", answer["round"], ", ".join(answer["peers"]))

    def batch_end(self) -> None:
        """Count a batch; after every syncFrequency of them merge with the peers."""
        self._batches += 1
        if self._loopback or self._batches < self.frequency:
            return
        self._batches = 0
        answer = self._merge({"op": "sync", "epoch": self._epoch, "total_epochs": self.options["totalEpochs"]})
        self.logger.info("Round %d: merged the models of %s; leader %s", answer["round"], ", ".join(answer["peers"]), answer["leader"])
        loss = self._measured()
        if self.options["useAdaptiveSync"]:
            self._adapt(loss)

    def epoch_end(self, epoch: int | None) -> None:
        """Note that an epoch is over (`epoch` counts from 0)."""
        self._epoch = self._epoch + 1 if epoch is None else epoch + 1

    def train_end(self) -> None:
        """Wait until all peers have ended, and load the final model."""
        if self._loopback:
            self.logger.info("Local training has ended")
            return
        self.logger.info("Local training has ended; waiting for the peers")
        answer = self._merge({"op": "end", "checkin": self.options["checkinModelOnTrainEnd"]})
        self.logger.info("Round %d was the last one, with %s; leader %s", answer["round"], ", ".join(answer["peers"]), answer["leader"])
        self.logger.info(LAST_LINE)

    def _merge(self, header: dict[str, Any]) -> dict[str, Any]:
        answer, payload = self._ask({**header, "weight": self.options["nodeWeightage"]}, pack(self.get_parameters()))
        self.set_parameters(unpack(payload)[0])
        return answer

    def _measured(self) -> float:
        """The loss of the merged model on the program's adsValData, in the log in the platform's words; 0 without data or a model that can be asked."""
        if self.options["adsValData"] is None or not hasattr(self.trained, "evaluate"):
            return 0.0
        inputs, targets = self.options["adsValData"]
        result = self.trained.evaluate(inputs, targets, batch_size=self.options["adsValBatchSize"], verbose=0)
        loss = float(result[0] if isinstance(result, (list, tuple)) else result)
        self.logger.info("Calculated local loss using merged parameters = %s", loss)
        return loss

    def _adapt(self, loss: float) -> None:
        if not hasattr(self.trained, "evaluate"):
            raise SwarmError("useAdaptiveSync needs a model with evaluate(inputs, targets, batch_size=…, verbose=0), as Keras has it")
        self.frequency = adapt(self.frequency, self.options["syncFrequency"], self._loss, loss)
        self._loss = loss
        self.logger.info("The next sync is after %d batches", self.frequency)

    def _connect(self) -> ProgramEnd:
        missing = [name for name in (REQUEST, RESPONSE) if not os.environ.get(name)]
        if missing:
            raise SwarmError(f"{' and '.join(missing)} not set: this program runs beside an SL node, which shares its channel by them")
        path = os.environ[REQUEST]
        if path not in _channels:
            try:
                channel = ProgramEnd(path, os.environ[RESPONSE])
                channel.ask({"op": "hello", "protocol": PROTOCOL, "platform": self.options["mlPlatform"] or self.platform})
            except ChannelError as problem:
                self._fail(problem)
            _channels[path] = channel
        return _channels[path]

    def _ask(self, header: dict[str, Any], payload: bytes = b"") -> tuple[dict[str, Any], bytes]:
        if self._channel is None:
            raise SwarmError(f"{header['op']} before on_train_begin()")
        try:
            return self._channel.ask(header, payload)
        except ChannelError as problem:
            self._fail(problem)

    def _fail(self, problem: Exception) -> Any:
        self.logger.error("%s", problem)
        raise SwarmError(str(problem)) from problem
