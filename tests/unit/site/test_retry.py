# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which nodes of a training that goes on are made again, and what is refused in which words."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils import _retry

MODELS = {
    "host-1": [{"name": "sl-1", "ml": {"name": "ml-1"}}, {"name": "sl-2", "ml": {}}],
    "host-2": [{"name": "sl-3", "ml": {"name": "ml-3"}}, {"name": "sl-4", "ml": {"name": "ml-4"}}],
    "host-3": [],
}
CLASSIC = {"host-1": [{"name": "sl-1"}, {"name": "sl-2"}]}


def host(**states):
    """A host's containers by their names, with their states; those that run train."""
    return {
        "nodes": [
            {
                "name": name.replace("_", "-"),
                "component": "ml" if "ml" in name else "sl",
                "state": state,
                "trains": state == "running",
            }
            for name, state in states.items()
        ]
    }


RUNS = host(sl_1="running", ml_1="running", sl_2="running", sl_2_ml="running")
FOUND = {"host-1": RUNS, "host-2": host(sl_3="running", ml_3="running", sl_4="failed", ml_4="failed"), "host-3": host()}


@pytest.mark.parametrize("wanted", ["host-2", "sl-4", "ml-4"])
def test_what_failed_is_meant_by_its_host_or_one_of_its_names(wanted):
    assert _retry.plan(wanted, FOUND, MODELS, []) == {"host": "host-2", "nodes": ["sl-4"], "problem": ""}


AGAIN = {
    "an SL node whose program waits for it": (host(sl_3="failed", ml_3="running"), ["sl-3"]),
    "a program whose SL node still runs": (host(sl_3="running", ml_3="failed"), ["sl-3"]),
    "one that was killed": (host(sl_3="stopped", ml_3="stopped"), ["sl-3"]),
    "both of a host": (host(sl_3="failed", ml_3="failed", sl_4="failed", ml_4="failed"), ["sl-3", "sl-4"]),
    "not one whose SL node was stopped after its end": (host(sl_3="stopped", ml_3="finished"), []),
}


@pytest.mark.parametrize(("there", "names"), AGAIN.values(), ids=AGAIN)
def test_nodes_that_are_made_again(there, names):
    assert _retry.plan("host-2", {"host-1": RUNS, "host-2": there}, MODELS, [])["nodes"] == names


def timed(there, **times):
    """A host's containers with `created/ended` of some by their names; the others were created at 5 and have not ended."""
    for node in there["nodes"]:
        node["created"], _slash, node["ended"] = times.get(node["name"].replace("-", "_"), "5/").partition("/")
    return there


NOT_STARTED = {
    "no container": (timed(host()), ["sl-3", "sl-4"]),
    "never started": (timed(host(sl_3="running", ml_3="running", sl_4="none", ml_4="none")), ["sl-4"]),
    "the last training's": (timed(host(ml_3="finished", ml_4="running"), ml_3="1/4"), ["sl-3"]),
    "failed in this training": (timed(host(ml_3="running", ml_4="failed"), ml_4="5/6"), []),
}


@pytest.mark.parametrize(("there", "names"), NOT_STARTED.values(), ids=NOT_STARTED)
def test_nodes_that_an_interrupted_start_has_left_out(there, names):
    found = {"host-1": timed(RUNS), "host-2": there, "host-3": host()}
    assert _retry.unstarted(found, MODELS) == {"host-1": [], "host-2": names, "host-3": []}


def test_without_a_training_no_node_is_left_out():
    assert _retry.unstarted({"host-1": timed(host(sl_1="finished", ml_1="finished"))}, {"host-1": MODELS["host-1"]}) == {"host-1": []}


def test_in_release_0_3_0_the_node_is_the_program():
    found = {"host-1": host(sl_1="failed", sl_2="running")}
    assert _retry.plan("sl-1", found, CLASSIC, []) == {"host": "host-1", "nodes": ["sl-1"], "problem": ""}


REFUSED = {
    "nothing": (
        "",
        FOUND,
        "sl_retry is not set, expected a host that trains, or an SL node of a host of swarm_sl: host-1 (sl-1, sl-2); host-2 (sl-3, sl-4); host-4",
    ),
    "an unknown host": ("host-9", FOUND, "sl_retry is host-9, expected a host that trains"),
    "a host without nodes": ("host-3", FOUND, "sl_retry is host-3, expected a host that trains"),
    "one that trains": ("sl-3", FOUND, "no node that failed is meant: on host-2, sl-3 is running"),
    "one that was never started": ("sl-3", {**FOUND, "host-2": host()}, "sl-3 was never started"),
    "one that has finished": ("sl-3", {**FOUND, "host-2": host(sl_3="finished", ml_3="finished")}, "sl-3 is finished"),
    "one of a training that has ended": (
        "sl-4",
        {**FOUND, "host-1": host(), "host-2": host(sl_4="failed", ml_4="failed")},
        "no node trains any more",
    ),
    "a host that does not answer": ("host-2", {**FOUND, "host-2": {"unreachable": True}}, "host-2 does not answer"),
}


@pytest.mark.parametrize(("wanted", "found", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(wanted, found, words):
    assert words in _retry.plan(wanted, found, MODELS, ["host-4"])["problem"]


BY_SWOP = {
    "all failed": (host(a_ml_1="failed", a_ml_2="stopped"), True, ""),
    "all failed, and the SWOP has put them away": (host(), True, ""),
    "one trains": (host(a_ml_1="failed", a_ml_2="running"), True, "on host-4, a-ml-2 still trains, and a SWOP can only try again"),
    "one has finished": (host(a_ml_1="failed", a_ml_2="finished"), True, "on host-4, a-ml-2 has finished"),
    "a release without TARGET": (host(a_ml_1="failed"), False, "before release 2.2.0 SWCI cannot have one SWOP try again"),
    "no answer": ({"unreachable": True}, True, "host-4 does not answer"),
}


@pytest.mark.parametrize(("there", "has_target", "words"), BY_SWOP.values(), ids=BY_SWOP)
def test_the_nodes_of_a_swop_are_made_again_as_a_whole(there, has_target, words):
    plan = _retry.plan("host-4", {**FOUND, "host-4": there}, MODELS, ["host-4"], has_target)
    assert (plan["host"], plan["nodes"]) == ("host-4", [])
    assert (words in plan["problem"]) if words else plan["problem"] == ""


def test_nothing_is_made_again_when_nobody_trains():
    found = {"host-1": host(), "host-4": host(a_ml_1="failed")}
    assert "no node trains any more" in _retry.plan("host-4", found, {}, ["host-4"])["problem"]
