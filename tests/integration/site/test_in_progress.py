# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A training in progress: site leaves it alone unless it may interrupt it, and its state can be shown and the training ended."""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.integration.site import lab_platform as world
from tests.integration.site.alerting import MONITORED, OF_TRAINING, Prometheus, gathering, node_exporter, undone

STATUS, ABORT, TRAIN = "swarm.learning.training_status", "swarm.learning.training_abort", "swarm.learning.train"
REHEARSE, RETRY = "swarm.learning.training_rehearse", "swarm.learning.training_retry"
LONG, LONGER = 4000, 4001  # epochs: longer than the test
WITHIN = 120  # seconds


def epochs(tmp_path, number, swops=("host-1", "host-2"), **variables):
    """The lab's inventory with a training of so many epochs, these hosts with SWOPs, and more variables of host-2."""
    place = tmp_path / f"{number}-{len(swops)}-{len(variables)}"
    training = {"swarm_training": {**world.TRAINING, "epochs": number}}

    def change(tree):
        tree["hosts"]["host-2"].update(variables)
        tree["children"]["swarm_swop"] = {"hosts": dict.fromkeys(swops)}

    return world.inventory(place, change, training)


def programs():
    """ML containers that run, by host."""
    return {(host.name, name) for host in world.HOSTS for name in world.running(host) if "-ml-" in name}


def wait(reached):
    """Wait until something is so of the programs that run."""
    end = time.monotonic() + WITHIN
    while not reached():
        assert time.monotonic() < end, (programs(), world.log_of(world.HOSTS[0], "swci-1"))
        time.sleep(1)
    world.restrain_programs()


def said(outcome, task):
    """What a task shows, as one text."""
    return json.dumps([result.get("msg") for _host, name, result in outcome.results() if name == task])


@pytest.fixture(name="changed", scope="module")
def _changed(tmp_path_factory):
    """Another training than the first, and another SN."""
    return epochs(tmp_path_factory.mktemp("changed"), LONGER, sn_env={"SN_LOG_LEVEL": "DEBUG"})


@pytest.mark.usefixtures("platform")
def test_a_host_that_is_added_takes_part_in_the_training_that_is_in_progress(tmp_path, log):
    added = world.HOSTS[1]
    added.run("docker", "rm", "--force", "swop-2")
    added.run("sh", "-c", 'docker rmi --force "$(docker image inspect --format "{{.Id}}" user-env-digits)"')
    world.worked(world.play(log, *epochs(tmp_path, LONG, swops=("host-1",))))
    wait(lambda: len(programs()) == world.PAIRS // 2)
    before = world.containers()

    joined = world.worked(world.play(log, *epochs(tmp_path, LONG)))
    wait(lambda: len(programs()) == world.PAIRS)
    after = world.containers()
    assert {one: after[one] for one in before} == before
    assert "swop-2: called into the task" in said(joined, "Report which SWOPs take part in the training from now on")

    [failing] = [name for host, name in programs() if host == added.name and name.endswith("-ml-0")]
    retry = [*epochs(tmp_path / "retry", LONG), "-e", f"sl_retry={added.name}"]
    refused = world.play(log, *retry, book=RETRY)
    assert "still trains, and a SWOP can only try again when all of its nodes have failed" in refused.said
    added.run("sh", "-c", "docker kill $(docker ps --quiet --filter name=-ml-)")
    wait(lambda: len(programs()) == world.PAIRS // 2)
    world.worked(world.play(log, *retry, book=RETRY))
    wait(lambda: len(programs()) == world.PAIRS)
    assert (added.name, failing) not in programs()
    assert {one: world.containers()[one] for one in before} == before
    after = world.containers()

    again = world.worked(world.play(log, *epochs(tmp_path / "again", LONG)))
    assert (again.changes(), world.containers()) == ([], after)


@pytest.mark.usefixtures("platform")
def test_another_training_runs_at_the_same_time(tmp_path, log):
    """The one of the test before goes on."""
    before = world.containers()
    second = {**world.TRAINING, "model_dir": "/tmp/spire/second/model", "hosts": ["host-1", "host-2"], "peers_per_host": 1}
    second.pop("name")
    models = tmp_path / "models"
    arguments = ["-i", str(world.LAB), *world.extra(tmp_path, {"swarm_trainings": {"second": second}, "sl_fetch_dir": str(models)})]
    named = [*arguments, "-e", "training=second"]

    unknown = world.play(log, *arguments, "-e", "training=third", book=TRAIN)
    assert "there is no training third in swarm_trainings, which has second" in unknown.said

    done = world.worked(world.play(log, *named, book=TRAIN))
    assert done.statistics["swarm_training"]["verdict"] == "finished"
    assert len({path.name for path in models.rglob("*.npz")}) == world.PAIRS // 2
    after = world.containers()
    assert {one: after.get(one) for one in before} == before
    assert {name for _host, name in after.keys() - before.keys()} >= {"second-swop-1", "second-swop-2", "second-swci"}

    again = world.worked(world.play(log, *named, book=TRAIN))
    assert {task for _host, task in again.changes()} <= {"Fetch a model", "Write how the training ended"}
    assert world.containers() == after

    world.worked(world.play(log, *named, book=ABORT))
    assert world.containers() == before


@pytest.mark.usefixtures("platform")
def test_a_training_is_left_alone_until_the_explicit_word(log, changed):
    """The one that the test before has started."""
    before = world.containers()

    held = world.worked(world.play(log, *changed))
    assert world.containers() == before
    report = said(held, "Report what waits for the end of the training")
    for left in ("-ml-", "create sn-2", "run the new script of swci-1", "swarm_interrupt_training"):
        assert left in report

    shown = said(world.worked(world.play(log, "-i", str(world.LAB), book=STATUS)), "Show how the training is going")
    assert "training: running" in shown
    assert "RUNNING; peers: 4 active" in shown

    refused = world.play(log, "-i", str(world.LAB), book=REHEARSE)
    assert "is this program in a training; wait until its training has ended" in refused.said
    assert world.containers() == before

    world.worked(world.play(log, *changed, "-e", "swarm_interrupt_training=true"))
    after = world.containers()
    assert after["host-2", "sn-2"] != before["host-2", "sn-2"]
    assert after["host-1", "swci-1"][0] != before["host-1", "swci-1"][0]
    wait(lambda: len(programs() - {one for one in programs() if one in before}) == world.PAIRS)


@pytest.mark.usefixtures("platform")
def test_alerts_of_a_training_fire_by_their_causes(tmp_path, log):
    """On the one that the test before has started."""
    one, two = world.HOSTS
    names = [min(name for name in world.running(host) if "-ml-" in name) for host in world.HOSTS]
    world.worked(world.play(log, "-i", str(world.LAB), *world.extra(tmp_path, MONITORED), "--tags", "monitoring"))
    with ExitStack() as stack:
        for host in world.HOSTS:
            stack.enter_context(node_exporter(host))
        stack.enter_context(gathering(one, two))
        prometheus = stack.enter_context(Prometheus(tmp_path / "prometheus", OF_TRAINING))
        began = "query?query=swarm_training_peers"
        prometheus.until(lambda firing: len(prometheus.ask(began)["result"]) >= world.PAIRS, "rounds of all programs")
        prometheus.until(lambda firing: not firing, "nothing has happened")
        two.run("docker", "kill", names[1], names[1].replace("-ml-", "-sl-"))
        prometheus.until(lambda firing: "SwarmTrainingPeersMissing" in firing, "a peer is lost")
        stack.enter_context(undone(one, f"docker pause {names[0]}", f"docker unpause {names[0]}"))
        prometheus.until(lambda firing: set(OF_TRAINING) <= firing, "a program stands still")
    world.worked(world.play(log, "-i", str(world.LAB), "--tags", "monitoring"))


@pytest.mark.usefixtures("platform")
def test_an_aborted_training_leaves_the_hosts_clean_and_is_not_started_again(log, changed):
    """The one that the test before has left, with a pair less."""
    assert len(programs()) == world.PAIRS - 1
    world.worked(world.play(log, "-i", str(world.LAB), book=ABORT))
    names = {name for _host, name in world.containers()}
    assert not {name for name in names if "-ml-" in name or "-sl-" in name or name == "swci-1"}
    assert {"sn-1", "sn-2", "swop-1", "swop-2"} <= names
    assert "training: none" in said(world.worked(world.play(log, "-i", str(world.LAB), book=STATUS)), "Show how the training is going")

    world.worked(world.play(log, *changed))
    assert not programs()


@pytest.mark.usefixtures("platform")
def test_a_training_of_swops_is_waited_for_and_its_models_fetched(tmp_path, log):
    world.worked(world.play(log, "-i", str(world.LAB), "-e", "swarm_interrupt_training=true"))  # whatever the tests before have left
    models = tmp_path / "models"
    waited = world.worked(world.play(log, "-i", str(world.LAB), "-e", f"sl_fetch_dir={models}", book=TRAIN))
    assert len({path.name for path in models.rglob("*.npz")}) == world.PAIRS
    assert {task for _host, task in waited.changes()} == {"Fetch a model", "Write how the training ended"}
    ended = json.loads((models / "training.json").read_text(encoding="utf-8"))
    assert waited.statistics["swarm_training"] == ended
    assert {ended["verdict"], *(host["verdict"] for host in ended["hosts"].values())} == {"finished"}
    for model in (model for host in ended["hosts"].values() for model in host["models"]):
        assert hashlib.sha256(Path(model["file"]).read_bytes()).hexdigest() == model["sha256"]
    assert sum(len(host["models"]) for host in ended["hosts"].values()) == len([path for path in models.rglob("*") if path.is_file()]) - 1
    world.trained()
    before = world.containers()
    again = world.worked(world.play(log, "-i", str(world.LAB), "-e", f"sl_fetch_dir={models}", book=TRAIN))
    assert (again.changes(), world.containers()) == ([], before)
