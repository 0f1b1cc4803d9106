# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A round's leader, with an SN node and peers that answer at once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, NoReturn

import numpy as np
import pytest
from swarmlab.channel import pack
from swarmlab.training import Plan, Training, TrainingFailed
from swarmlab.web import Unreachable

OWN = {"uid": "own", "address": "192.0.2.1:30305", "weight": 1}
LATE = {"uid": "late", "address": "192.0.2.2:30305", "weight": 1}
CONTRACT: dict[str, Any] = {
    "seq": 1,
    "peers": [
        {**OWN, "name": "sl-1", "alive": True, "done": False, "left": ""},
        {**LATE, "name": "sl-2", "alive": False, "done": False, "left": ""},
    ],
}


def away(*_asked: Any) -> NoReturn:
    raise Unreachable("nothing listens there")


@pytest.fixture
def training() -> Training:
    """The training of sl-1, whose only other peer is gone."""
    own = pack({"w": np.array([1.0])}, {"name": "sl-1", "weight": 1, "ended": False, "method": "mean"})
    here: Any = SimpleNamespace(
        sn=SimpleNamespace(get=lambda _path: CONTRACT, post=lambda _path, _body: {}),
        node=SimpleNamespace(uid="own", name="sl-1"),
        address=OWN["address"],
        store=SimpleNamespace(get=lambda *_key: own, put=lambda *_item: None),
        peers=SimpleNamespace(fetch=away),
        full_quorum_seconds=0,
    )
    return Training(here, Plan("c", 1, "mean"), lambda: None)


def test_late_member_that_died_is_left_out_by_name(training: Training, caplog: pytest.LogCaptureFixture) -> None:
    """It checked in after the leader's last look at the contract, reported for the round, and was killed."""
    assert training._lead(4, [LATE, OWN]) is not None
    assert "Round 4 goes on without sl-2 at 192.0.2.2:30305 (nothing listens there)" in caplog.text


def test_merged_model_lost_with_its_leader_is_not_waited_for(training: Training) -> None:
    assert training._take(4, {"members": [LATE, OWN], "merged_by": "late"}) is None


def test_unreachable_merged_model_of_a_living_leader_is_an_error(training: Training, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CONTRACT["peers"][1], "alive", True)
    with pytest.raises(TrainingFailed, match=r"round 4 has been merged, and nobody gives the result\. sl-2 at .*nothing listens there"):
        training._take(4, {"members": [LATE, OWN], "merged_by": "late"})
