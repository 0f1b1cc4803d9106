# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SwarmCallback for PyTorch: the program calls its methods. Any model with state_dict() and load_state_dict() will do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from swarmlearning.callback import SwarmCallbackBase, SwarmError

__all__ = ["SwarmCallback", "SwarmError"]


class SwarmCallback(SwarmCallbackBase):
    """See SwarmCallbackBase; the option `model` is required."""

    platform = "PYTORCH"

    def get_parameters(self) -> dict[str, Any]:
        return {name: _array(value) for name, value in self.trained.state_dict().items()}

    def set_parameters(self, parameters: Mapping[str, Any]) -> None:
        own = self.trained.state_dict()
        self.trained.load_state_dict({name: _like(own[name], value) for name, value in parameters.items()})

    def on_train_begin(self) -> None:
        self.train_begin()

    def on_batch_end(self, batch: int | None = None) -> None:
        self.batch_end()

    def on_epoch_end(self, epoch: int | None = None) -> None:
        self.epoch_end(epoch)

    def on_train_end(self) -> None:
        self.train_end()


def _array(value: Any) -> Any:
    return value.detach().cpu().numpy() if hasattr(value, "detach") else value


def _like(own: Any, value: Any) -> Any:
    """A numpy array as what the model has: a tensor of the same type and device, or the array."""
    if not hasattr(own, "detach"):
        return value
    import torch

    return torch.as_tensor(value, dtype=own.dtype, device=own.device)
