# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Merging: what the leader of a round does with the peers' parameters. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

METHODS = ("mean", "coordmedian", "geomedian")
WEISZFELD_STEPS = 50
WEISZFELD_TOLERANCE = 1e-7


class MergeError(ValueError):
    """The peers' parameters do not belong together; the text names the peer and the parameter."""


@dataclass(frozen=True)
class Contribution:
    """What one peer brings to a round: `params` is an ordered mapping of name to numpy array, `weight` its nodeWeightage."""

    peer: str
    weight: float
    params: Any


def share(weight, checkin):
    """The weight with which a peer takes part. `checkin` is None while it trains; one that is `inactive` after that counts nothing."""
    return 0.0 if checkin == "inactive" else float(weight)


def check(contributions):
    """Raise MergeError unless all peers have the same parameters in the same shapes."""
    first = contributions[0]
    for other in contributions[1:]:
        for name in dict.fromkeys([*first.params, *other.params]):
            if name not in first.params or name not in other.params:
                owner, without = (first, other) if name in first.params else (other, first)
                raise MergeError(f"parameter {name!r} of {owner.peer} is unknown to {without.peer}: all peers must train the same model")
            shapes = first.params[name].shape, other.params[name].shape
            if shapes[0] != shapes[1]:
                raise MergeError(f"parameter {name!r} has shape {shapes[0]} at {first.peer} and {shapes[1]} at {other.peer}")


def merge(contributions, method="mean"):
    """One model out of a non-empty list of Contributions: a mapping of name to array, of the first peer's types.

    Weight 0 leaves a peer out, unless all have it: then they count alike. Raises MergeError for models that differ, an
    unknown method and numbers that are not finite.
    """
    import numpy

    if method not in METHODS:
        raise MergeError(f"merge method {method!r} is unknown; there are {', '.join(METHODS)}")
    check(contributions)
    for each in contributions:
        for name, value in each.params.items():
            if not numpy.isfinite(value).all():
                raise MergeError(f"parameter {name!r} of {each.peer} is not finite: its training has diverged")
    counted = [each for each in contributions if each.weight > 0] or contributions
    weights = numpy.array([each.weight for each in counted], dtype=numpy.float64)
    weights = weights / weights.sum() if weights.sum() > 0 else numpy.full(len(counted), 1 / len(counted))
    stacks = {name: numpy.stack([numpy.asarray(each.params[name], dtype=numpy.float64) for each in counted]) for name in counted[0].params}
    merged = {"mean": _mean, "coordmedian": _coordinate_median, "geomedian": _geometric_median}[method](stacks, weights)
    return {name: _as_type(value, counted[0].params[name].dtype) for name, value in merged.items()}


def _as_type(value, dtype):
    import numpy

    return (numpy.rint(value) if dtype.kind in "iub" else value).astype(dtype)


def _mean(stacks, weights):
    import numpy

    return {name: numpy.tensordot(weights, stack, axes=1) for name, stack in stacks.items()}


def _coordinate_median(stacks, weights):
    """Weighted median of every coordinate: the mean of the lower and the upper one, as the plain median of an even number."""
    import numpy

    merged = {}
    for name, stack in stacks.items():
        order = numpy.argsort(stack, axis=0)
        ordered = numpy.take_along_axis(stack, order, axis=0)
        reached = numpy.cumsum(weights[order], axis=0)
        lower = numpy.argmax(reached >= 0.5 - 1e-12, axis=0)
        upper = numpy.argmax(reached > 0.5 + 1e-12, axis=0)
        merged[name] = sum(numpy.take_along_axis(ordered, at[None], axis=0)[0] for at in (lower, upper)) / 2
    return merged


def _geometric_median(stacks, weights):
    """The model whose weighted sum of distances to the peers' models is least (Weiszfeld's iteration)."""
    import numpy

    points = numpy.concatenate([stack.reshape(len(weights), -1) for stack in stacks.values()], axis=1)
    centre = weights @ points
    for _step in range(WEISZFELD_STEPS):
        distances = numpy.maximum(numpy.linalg.norm(points - centre, axis=1), 1e-12)
        pull = weights / distances
        following = (pull / pull.sum()) @ points
        moved = numpy.linalg.norm(following - centre)
        centre = following
        if moved <= WEISZFELD_TOLERANCE * (1 + numpy.linalg.norm(centre)):
            break
    merged, start = {}, 0
    for name, stack in stacks.items():
        size = stack[0].size
        merged[name] = centre[start : start + size].reshape(stack.shape[1:])
        start += size
    return merged
