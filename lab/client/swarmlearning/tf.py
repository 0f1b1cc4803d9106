# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SwarmCallback for Keras, to be given to fit(). Any model with get_weights() and set_weights() will do."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from swarmlearning.callback import SwarmCallbackBase, SwarmError

__all__ = ["SwarmCallback", "SwarmError"]


class _Plain:
    """What a training loop expects of a callback where there is no Keras."""

    def set_model(self, model: Any) -> None:
        self.model = model

    def set_params(self, params: Mapping[str, Any]) -> None:
        self.params = params


def _keras_callback() -> type:
    for module in ("keras.callbacks", "tensorflow.keras.callbacks"):
        try:
            return importlib.import_module(module).Callback
        except ImportError:
            continue
    return _Plain


class SwarmCallback(SwarmCallbackBase, _keras_callback()):  # type: ignore[misc]
    """See SwarmCallbackBase; fit() gives the model by set_model()."""

    platform = "TF"

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        self.trained = model

    def get_parameters(self) -> dict[str, Any]:
        return {f"weight-{index}": value for index, value in enumerate(self.trained.get_weights())}

    def set_parameters(self, parameters: Mapping[str, Any]) -> None:
        self.trained.set_weights(list(parameters.values()))

    def on_train_begin(self, logs: Any = None) -> None:
        self.train_begin()

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        self.batch_end()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.epoch_end(epoch)

    def on_train_end(self, logs: Any = None) -> None:
        self.train_end()
