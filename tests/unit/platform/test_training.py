# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The progress of a training, from logs and from the engine's inspect of the containers."""

import queue

import pytest
from ansible_collections.swarm.learning.plugins.action import swarm_training
from ansible_collections.swarm.learning.plugins.module_utils._platform import training

END = "SwarmCallback : INFO : All peers and Swarm training rounds finished. Final Swarm model was loaded."


@pytest.mark.parametrize(
    ("line", "signs"),
    [
        ("x : swarm.SL : INFO : Round 30 is merged (epoch 3 of 10)", {"round": 30, "epoch": 3, "epochs": 10}),
        ("x : swarm.SL : INFO : Round 30 is merged (epoch 3 of unknown)", {"round": 30}),
        ("x : SwarmCallback : INFO : Round 7: merged the models of sl-1, sl-2, sl-3; leader sl-2", {"round": 7, "peers": 3}),
        ("x : swarm.SL : INFO : Training of c begins in round 1 with sl-1, sl-2", {"peers": 2}),
        ("x : swarm.SL : INFO : 3 peers have checked in to c, waiting for 4", {"peers": 3}),
        ("x : SwarmCallback : INFO : Calculated local loss using merged parameters = 0.4375", {"loss": 0.4375}),
        ("x : SwarmCallback : INFO : Calculated local loss using merged parameters = tensor(2.5e-3, device='cuda:0')", {"loss": 0.0025}),
        ("x : SwarmCallback : INFO : Calculated local loss using merged parameters = 0", {}),
        ("x : SwarmCallback : INFO : Calculated local loss using merged parameters = nan", {}),
        ("Epoch 1/2: loss 0.3, round the corner", {}),
        ("", {}),
    ],
)
def test_signs(line, signs):
    assert training.signs(line) == signs


class Engine:
    """An engine with some containers: name → (state, log)."""

    def __init__(self, containers):
        self.containers = containers

    def inspect(self, name):
        if name not in self.containers:
            return None
        state = {"Running": False, "Status": "exited", "ExitCode": 0, **self.containers[name][0]}
        return {"Id": name, "Name": f"/{name}", "State": state, "Config": {"Env": ["MY_PASSWORD=tell-nobody"]}}

    def log_tail(self, name, lines):
        return self.containers[name][1]

    def follow(self, inspect, since, tail="all"):
        lines = queue.Queue()
        for line in [*self.containers[inspect["Id"]][1].splitlines(), None]:
            lines.put(line)
        return lines


RUNS = {"Running": True, "Status": "running"}
FINISHED = {"sl-1": ({}, "done"), "ml-1": ({}, f"{END}\nsaved")}
FAILED = {
    "sl-1": ({"ExitCode": 1, "FinishedAt": "2026-01-01T00:00:02Z"}, "the SL's reason"),
    "ml-1": ({"ExitCode": 2, "FinishedAt": "2026-01-01T00:00:01Z"}, "Traceback tell-nobody\nCHECKIN NOT ALLOWED"),
}


@pytest.mark.parametrize(
    ("containers", "outcome"),
    [
        ({}, "none"),
        ({"sl-1": ({"Status": "created"}, ""), "ml-1": ({"Status": "created"}, "")}, "none"),
        ({"sl-1": (RUNS, ""), "ml-1": ({"ExitCode": 1}, "")}, "running"),
        (FINISHED, "finished"),
        ({"sl-1": ({}, END)}, "finished"),
        ({"sl-1": ({}, ""), "ml-1": ({}, "ended, but not as a training ends")}, "failed"),
        ({"sl-1": ({"ExitCode": 137}, ""), "ml-1": ({}, END)}, "failed"),
    ],
)
def test_outcome(containers, outcome):
    engine = Engine(containers)
    assert training.outcome(engine, [engine.inspect(name) for name in containers]) == outcome


def look(containers, *names):
    nodes = [training.Node(f"sl-{number}", [f"sl-{number}", f"ml-{number}"]) for number in names or (1,)]
    training._Look(Engine(containers), nodes).follow(0.2)
    return nodes


def test_progress_of_a_training_that_has_ended():
    """Its last lines count, even where the log that is followed has not come through."""

    class Slow(Engine):
        def follow(self, inspect, since, tail="all"):
            return queue.Queue()

    node = training.Node("sl-1", ["sl-1", "ml-1"])
    loss = "Calculated local loss using merged parameters = 0.25"
    training._Look(Slow({**FINISHED, "ml-1": ({}, f"{loss}\n{END}\nsaved")}), [node]).follow(0.2)
    assert (node.state, node.seen["loss"], node.line) == ("finished", 0.25, "saved")


def test_progress_of_a_running_training():
    merged = "Round 3 is merged (epoch 1 of 2)"
    [node] = look({"sl-1": (RUNS, merged), "ml-1": (RUNS, "")})
    assert node.as_result() == {
        "name": "sl-1",
        "state": "running",
        "round": 3,
        "epoch": 1,
        "epochs": 2,
        "peers": 0,
        "loss": None,
        "line": merged,
    }


def test_the_states_of_all_nodes_are_known_when_one_has_failed():
    nodes = [training.Node(f"sl-{number}", [f"sl-{number}", f"ml-{number}"]) for number in (1, 2)]
    ended = {name.replace("1", "2"): how for name, how in FINISHED.items()}
    with pytest.raises(training.TrainingFailed):
        training._Look(Engine({**FAILED, **ended}), nodes).follow(0.2)
    assert [node.state for node in nodes] == ["failed", "finished"]


def test_first_failure_is_reported_with_its_explanation():
    with pytest.raises(training.TrainingFailed) as failure:
        look({**FAILED, "sl-2": (RUNS, ""), "ml-2": (RUNS, "")}, 2, 1)
    answer = str(failure.value)
    assert "the training of sl-1 failed: container ml-1 ended with exit code 2" in answer
    assert "let at most 4 SL nodes use one SN" in answer
    assert "The last lines of sl-1:\nthe SL's reason" in answer
    assert "tell-nobody" not in answer


def test_missing_container_is_named():
    with pytest.raises(training.EngineError, match="container ml-1 of sl-1 does not exist"):
        look({"sl-1": (RUNS, "")})


def test_nodes_with_equal_progress_are_shown_together():
    far = {"state": "running", "round": 7, "epoch": 3, "epochs": 10, "peers": 4, "line": "x"}
    nodes = [{"name": "sl-1", **far, "loss": 0.5}, {"name": "sl-2", **far, "loss": 0.25}, {"name": "sl-3", **far, "epochs": 0, "peers": 0}]
    nodes += [
        {"name": "sl-4", **far, "round": 0, "line": "2026 : swarm.node : INFO : x"},
        {"name": "sl-5", **far, "state": "finished", "loss": 0.125},
    ]
    first = "sl-1, sl-2: round 7, epoch 3 of 10, 4 peers, loss 0.25 to 0.5"
    assert swarm_training.progress(nodes) == f"{first}; sl-3: round 7; sl-4: x; sl-5: finished, loss 0.125"
