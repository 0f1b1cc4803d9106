# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories with more SN or SL nodes than there are licences."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import licences as checks
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import stages
from ansible_collections.swarm.learning.plugins.plugin_utils._site import trainings

from tests.support.site_inventory import TRAINING, two_orgs


def found(inventory):
    return stages.problems(inventory, lambda path: True)


def licences(training=None, groups=None, host_2=None, **numbers):
    return two_orgs({"swarm_licenses": numbers}, groups, training, host_2=host_2 or {})


ELSEWHERE = {"swarm_apls_ip": "192.0.2.9"}  # a License Server of the other organisation's own
BY_HAND = {"swarm_sl": ["host-2"]}
ENOUGH = {
    "nothing said": licences(),
    "as many as there are nodes": licences(sn=2, sl=4),
    "only one kind": licences(sl=4),
    "fewer pairs train": licences({"peers": 3}, sl=3),
    "no training": two_orgs({"swarm_licenses": {"sl": 0}, "swarm_training": {}}),
    "a License Server for each organisation": licences(sn=1, sl=2, host_2=ELSEWHERE),
    "another number at another License Server": licences(sn=1, host_2={**ELSEWHERE, "swarm_licenses": {"sn": 2}}),
}
LACKING = {
    "SN": (
        licences(sn=1),
        "licences for SN nodes: 2 needed (host-1, host-2), but the License Server 172.1.1.1:5814 has 1 (swarm_licenses.sn): install more",
    ),
    "SL of the SWOPs": (licences(sl=3), "licences for SL nodes: 4 needed (host-1, host-2), but the License Server 172.1.1.1:5814 has 3"),
    "SL by hand beside them": (licences(sl=5, groups=BY_HAND), "licences for SL nodes: 6 needed (host-1, host-2)"),
    "the pairs that train": (licences({"peers": 3}, sl=2), "licences for SL nodes: 3 needed (host-1, host-2)"),
    "at one of two License Servers": (
        licences(sn=1, host_2={**ELSEWHERE, "swarm_licenses": {"sn": 0}}),
        "licences for SN nodes: 1 needed (host-2), but the License Server 192.0.2.9:5814 has 0",
    ),
    "differing numbers": (
        licences(sn=2, host_2={"swarm_licenses": {"sn": 3}}),
        "swarm_licenses.sn differs (2, 3) on host-1, host-2, which use the same License Server",
    ),
}
INVALID = {
    "no mapping": (
        two_orgs(host_2={"swarm_licenses": 4}),
        "swarm_licenses of host-2: expected a mapping of sn and sl to numbers, got a number",
    ),
    "unknown kind": (two_orgs(host_2={"swarm_licenses": {"sm": 4}}), "swarm_licenses of host-2: unknown key 'sm'"),
    "text": (
        two_orgs(host_2={"swarm_licenses": {"sn": "four"}}),
        "swarm_licenses.sn of host-2: invalid number 'four'; expected for how many",
    ),
    "negative": (two_orgs(host_2={"swarm_licenses": {"sn": -1}}), "swarm_licenses.sn of host-2: invalid number -1"),
    "truth value": (two_orgs(host_2={"swarm_licenses": {"sl": True}}), "swarm_licenses.sl of host-2: invalid number True"),
}


@pytest.mark.parametrize("inventory", ENOUGH.values(), ids=ENOUGH)
def test_there_are_enough(inventory):
    assert found(inventory) == []


@pytest.mark.parametrize(("inventory", "said"), [*LACKING.values(), *INVALID.values()], ids=[*LACKING, *INVALID])
def test_what_is_wrong_is_named(inventory, said):
    sentences = found(inventory)
    assert any(sentence.startswith(said) for sentence in sentences), sentences
    assert len(sentences) == 1, sentences


# Two organisations with two pairs each train in heart, and one of them with one pair in lung; host-2 has SL nodes by hand.
NAMED = {
    "heart": {"hosts": ["host-1", "host-2"], "peers_per_host": 2, "model_dir": "/srv/heart"},
    "lung": {"hosts": ["host-2"], "peers_per_host": 1, "model_dir": "/srv/lung"},
}


def beside(chosen, in_progress, host_2=None, **numbers):
    """What is lacking for a training while others are in progress."""
    named = {name: {**{key: value for key, value in TRAINING.items() if key != "name"}, **own} for name, own in NAMED.items()}
    everywhere = {"swarm_licenses": numbers, "swarm_trainings": named, "swarm_training": {}, "sl_nodes": [{"ml": {"image": "own"}}]}
    whole = two_orgs(everywhere, BY_HAND, host_2=host_2 or {})
    return checks.beyond(checks.rivalry(whole, trainings.select(whole, chosen)), in_progress)


@pytest.mark.parametrize(
    ("chosen", "in_progress", "numbers", "said"),
    [
        ("lung", ["heart"], {"sl": 5}, []),
        ("lung", ["heart"], {}, []),
        ("lung", [], {"sl": 4}, []),
        (
            "lung",
            ["heart"],
            {"sl": 4},
            ["5 needed (1 of this training and 4 of heart, in progress), but the License Server 172.1.1.1:5814 has 4"],
        ),
        (
            "heart",
            ["lung", ""],
            {"sl": 5},
            ["6 needed (4 of this training and 1 of the training of swarm_training, 1 of lung, in progress)"],
        ),
        ("", ["heart"], {"sl": 4}, ["5 needed (1 of this training and 4 of heart, in progress)"]),
        (
            "lung",
            ["heart"],
            {"sl": 2, "host_2": ELSEWHERE},
            ["3 needed (1 of this training and 2 of heart, in progress), but the License Server 192.0.2.9"],
        ),
    ],
)
def test_trainings_at_the_same_time_share_the_licences(chosen, in_progress, numbers, said):
    found = beside(chosen, in_progress, **numbers)
    assert len(found) == len(said), found
    assert all(one.startswith(f"licences for SL nodes: {words}") for one, words in zip(found, said)), found
