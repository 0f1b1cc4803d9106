# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The smallest ML program: a "model" of one number that every batch pulls towards TARGET. Dies after DIE_AFTER batches, if
set; sleeps PAUSE seconds before its second batch, if set."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import numpy as np
from swarmlearning.pyt import SwarmCallback


class Model:
    def __init__(self) -> None:
        self.value = np.zeros(1)

    def state_dict(self) -> dict[str, np.ndarray]:
        return {"value": self.value}

    def load_state_dict(self, state: dict[str, np.ndarray]) -> None:
        self.value = state["value"]


def main() -> None:
    model, target = Model(), float(os.environ["TARGET"])
    swarm = SwarmCallback(syncFrequency=1, model=model, **json.loads(os.environ["OPTIONS"]))
    swarm.on_train_begin()
    for batch in range(int(os.environ.get("BATCHES", "3"))):
        if str(batch) == os.environ.get("DIE_AFTER"):
            os._exit(9)
        if batch == 1:
            time.sleep(float(os.environ.get("PAUSE", "0")))
        model.value = model.value + (target - model.value) / 2
        swarm.on_batch_end()
    swarm.on_epoch_end(0)
    swarm.on_train_end()
    Path(os.environ["OUT"]).write_text(json.dumps(float(model.value[0])))


if __name__ == "__main__":
    main()
