# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a training cannot start while others are in progress."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils import _rivals

GPUS = ["GPUs of host-1 (0)"]
LICENCES = [{"server": "172.1.1.1:5814", "has": 4, "own": 3, "others": {"lung": 2}}]


def asked(**in_progress):
    """The loop over the rivals on one host; `one` is the training without a name."""
    return {"results": [{"item": "" if name == "one" else name, "in_progress": state} for name, state in in_progress.items()]}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([], []),
        ([{}, asked(one=False, lung=False)], []),
        ([asked(one=False), asked(one=True)], ["the training of swarm_training is in progress, and needs the same GPUs of host-1 (0)"]),
        ([asked(lung=True)], ["licences for SL nodes: 5 needed (3 of this training and 2 of lung, in progress), but"]),
    ],
)
def test_what_is_in_the_way(found, said):
    site = {"rivals": {"": GPUS, "lung": []}, "rival_licences": LICENCES}
    problems = _rivals.problems(site, found)
    assert len(problems) == len(said)
    assert all(problem.startswith(words) for problem, words in zip(problems, said)), problems
