# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Merging, as tables: the result of given contributions, and what cannot be merged."""

from __future__ import annotations

import numpy as np
import pytest
from swarmlab.merging import Contribution, MergeError, merge, share


def peers(*weighted: tuple[float, list[float]]) -> list[Contribution]:
    return [Contribution(f"sl-{at}", weight, {"w": np.array(values)}) for at, (weight, values) in enumerate(weighted, 1)]


@pytest.mark.parametrize(
    ("method", "contributions", "merged"),
    [
        ("mean", [(1, [1.0, 2.0])], [1.0, 2.0]),
        ("mean", [(1, [0.0, 2.0]), (1, [2.0, 4.0])], [1.0, 3.0]),
        ("mean", [(3, [0.0, 2.0]), (1, [4.0, 6.0])], [1.0, 3.0]),
        ("mean", [(0, [9.0, 9.0]), (2, [4.0, 6.0])], [4.0, 6.0]),
        ("mean", [(0, [0.0, 2.0]), (0, [2.0, 4.0])], [1.0, 3.0]),
        ("coordmedian", [(1, [1.0, 9.0]), (1, [2.0, 5.0]), (1, [100.0, -70.0])], [2.0, 5.0]),
        ("coordmedian", [(1, [1.0, 9.0]), (1, [3.0, 5.0])], [2.0, 7.0]),
        ("coordmedian", [(5, [1.0, 9.0]), (1, [3.0, 5.0]), (1, [4.0, 6.0])], [1.0, 9.0]),
        ("geomedian", [(1, [0.0, 0.0]), (1, [2.0, 2.0])], [1.0, 1.0]),
        ("geomedian", [(1, [0.0, 0.0]), (1, [0.0, 0.0]), (1, [50.0, 50.0])], [0.0, 0.0]),
        ("geomedian", [(1, [0.0, 1.0]), (1, [0.0, -1.0]), (1, [1.0, 0.0]), (1, [-1.0, 0.0])], [0.0, 0.0]),
    ],
)
def test_merged_values(method: str, contributions: list[tuple[float, list[float]]], merged: list[float]) -> None:
    assert merge(peers(*contributions), method)["w"] == pytest.approx(merged, abs=1e-4)


@pytest.mark.parametrize(
    ("values", "dtype", "merged"),
    [([1, 2], "int64", 2), ([1, 4], "int32", 2), ([0.5, 0.25], "float32", 0.375), ([True, True], "bool", True)],
)
def test_types_stay(values: list[float], dtype: str, merged: float) -> None:
    out = merge([Contribution(str(at), 1, {"n": np.array(value, dtype=dtype)}) for at, value in enumerate(values)])["n"]
    assert (out.dtype, out.shape) == (np.dtype(dtype), ())
    assert out == merged


def test_names_and_shapes_stay_in_order() -> None:
    params = {"b.weight": np.ones((2, 3)), "a": np.zeros(4)}
    for method in ("mean", "coordmedian", "geomedian"):
        out = merge([Contribution("one", 1, params), Contribution("two", 2, params)], method)
        assert [(name, value.shape) for name, value in out.items()] == [("b.weight", (2, 3)), ("a", (4,))]


@pytest.mark.parametrize(
    ("second", "method", "said"),
    [
        ({"w": np.zeros(3)}, "mean", r"'w' has shape \(2,\) at one and \(3,\) at two"),
        ({}, "mean", "'w' of one is unknown to two"),
        ({"w": np.zeros(2), "v": np.zeros(2)}, "mean", "'v' of two is unknown to one"),
        ({"w": np.array([np.nan, 0])}, "mean", "'w' of two is not finite"),
        ({"w": np.zeros(2)}, "average", "'average' is unknown; there are mean, coordmedian, geomedian"),
    ],
)
def test_models_that_cannot_be_merged_are_named(second: dict[str, np.ndarray], method: str, said: str) -> None:
    with pytest.raises(MergeError, match=said):
        merge([Contribution("one", 1, {"w": np.zeros(2)}), Contribution("two", 1, second)], method)


@pytest.mark.parametrize(("checkin", "counts"), [(None, 3.0), ("snapshot", 3.0), ("active", 3.0), ("inactive", 0.0)])
def test_share(checkin: str | None, counts: float) -> None:
    assert share(3, checkin) == counts
