# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples become text as Prometheus reads it."""

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._monitoring.exposition import Metric, Sample, render

METRICS = {"up": Metric("gauge", "Whether it is."), "seen_total": Metric("counter", "How often.")}
UP = "# HELP up Whether it is.\n# TYPE up gauge\n"
SEEN = "# HELP seen_total How often.\n# TYPE seen_total counter\n"


@pytest.mark.parametrize(
    ("samples", "text"),
    [
        ([], ""),
        ([Sample("up", {}, True)], f"{UP}up 1\n"),
        ([Sample("up", {"name": "sn-1", "kind": "sn"}, 0)], f'{UP}up{{name="sn-1",kind="sn"}} 0\n'),
        ([Sample("up", {"name": 'a"b\\c\nd'}, 1)], f'{UP}up{{name="a\\"b\\\\c\\nd"}} 1\n'),
        ([Sample("up", {}, 1795958324.5)], f"{UP}up 1795958324.5\n"),
        ([Sample("up", {}, 75730575360)], f"{UP}up 75730575360\n"),
        (
            [Sample("seen_total", {"n": "1"}, 2), Sample("up", {}, 1), Sample("seen_total", {"n": "2"}, 3)],
            f'{UP}up 1\n{SEEN}seen_total{{n="1"}} 2\nseen_total{{n="2"}} 3\n',
        ),
    ],
)
def test_text(samples, text):
    assert render(METRICS, samples) == text


def test_unknown_metric_is_an_error():
    with pytest.raises(KeyError):
        render(METRICS, [Sample("down", {}, 1)])
