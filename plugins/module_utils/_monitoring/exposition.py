# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples as text in Prometheus' exposition format, version 0.0.4 (private to the collection, pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


class Metric(NamedTuple):
    """What a metric is: `gauge` or `counter`, and what it says in a sentence."""

    kind: str
    help: str


class Sample(NamedTuple):
    """One value of a metric, in its base unit."""

    name: str
    labels: Mapping[str, str]
    value: float


def render(metrics: Mapping[str, Metric], samples: Iterable[Sample]) -> str:
    """The text of a metrics file: the metrics that have samples, in the order of `metrics`. Raises KeyError for a sample of another metric."""
    of_metric: dict[str, list[Sample]] = {name: [] for name in metrics}
    for sample in samples:
        of_metric[sample.name].append(sample)
    lines = []
    for name, found in of_metric.items():
        if found:
            lines += [f"# HELP {name} {metrics[name].help}", f"# TYPE {name} {metrics[name].kind}", *map(_line, found)]
    return "".join(f"{line}\n" for line in lines)


def _line(sample: Sample) -> str:
    labels = ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in sample.labels.items())
    return f"{sample.name}{{{labels}}} {_number(sample.value)}" if labels else f"{sample.name} {_number(sample.value)}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
