# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SL nodes that no SWOP starts, and a SWCI with a port or a script of the user's, on the existing platform."""

from __future__ import annotations

import ssl

import pytest

from lab import settings
from tests.integration.site import lab_platform as world

TRAIN, REHEARSE, RETRY = "swarm.learning.train", "swarm.learning.training_rehearse", "swarm.learning.training_retry"
NODES = [(host, name) for host, number in ((world.HOSTS[0], 1), (world.HOSTS[1], 3)) for name in (f"-{number}", f"-{number + 1}")]
SWCIS = ("swci-web", "swci-own")
SCRIPT = """EXIT ON FAILURE
CREATE CONTEXT mine WITH IP 172.30.0.11
SWITCH CONTEXT mine
LIST NODES
EXIT
"""
# All four are waited for, however slowly a busy machine starts them.
PATIENCE = {"SL_WAIT_FOR_FULL_QUORUM_SECONDS": "60"}
MINE = {**world.TRAINING, "image": "digits-by-hand", "epochs": 3, "min_peers": 4, "model_dir": "/tmp/by-hand/model", "sl_env": PATIENCE}
WEB_PORT = 30306


def by_hand(tree):
    """The lab's hosts with SL nodes instead of SWOPs and SWCI."""
    for group in ("swarm_swop", "swarm_swci"):
        tree["children"].pop(group)
    tree["children"]["swarm_sl"] = {"hosts": {"host-1": {}, "host-2": {}}}


@pytest.fixture(scope="module", autouse=True)
def tidy(platform):
    """What these tests bring up is gone for those that come after them."""
    yield
    for host in world.HOSTS:
        host.run("sh", "-c", "docker ps --all --quiet --filter name=^[sm]l-[0-9]$ | xargs --no-run-if-empty docker rm --force --volumes")
        host.run("rm", "-rf", "/tmp/by-hand")
    world.HOSTS[0].run("docker", "rm", "--force", "--volumes", *SWCIS)


def test_a_rehearsal_runs_each_program_alone_and_says_which_fails(tmp_path, log):
    """What a SWOP would start on host-2, and the nodes by hand on host-1, one of which has a wrong setting."""

    def mixed(tree):
        tree["children"]["swarm_swop"]["hosts"].pop("host-1")
        tree["children"]["swarm_sl"] = {"hosts": {"host-1": {}}}
        tree["hosts"]["host-1"]["sl_nodes"] = [{}, {"ml": {"env": {"MAX_EPOCHS": "many"}}}]

    training = {
        **MINE,
        "min_peers": 2,
        "node_env": {"NODE_INDEX": "{index}", "NODES": "6"},
    }  # the nodes by hand are the fifth and the sixth
    before = world.containers()
    outcome = world.play(log, *world.inventory(tmp_path, mixed, {"swarm_training": training}), book=REHEARSE)
    assert outcome.run.status != 0
    [lines] = [result["msg"] for _host, task, result in outcome.results() if task == "Show how the ML programs have run"]
    verdicts = sorted(line.split()[:3] for line in lines if line.startswith("host-") and " ml-" in line and ": " not in line)
    states = sorted((host, state) for host, _name, state in verdicts)
    assert states == [("host-1", "failed"), ("host-1", "finished"), ("host-2", "finished"), ("host-2", "finished")], lines
    assert "MAX_EPOCHS=many is not a whole number of 1 or more" in lines
    assert world.containers() == before
    for host, name, state in verdicts:
        found = world.HOSTS[host == "host-2"].run("find", f"/var/lib/swarm-learning/rehearsal/{name}", "-name", "*.npz")
        assert bool(found) == (state == "finished")
    assert not world.HOSTS[0].run("find", MINE["model_dir"], "-name", "*.npz")


def test_a_training_from_its_start_to_the_models_on_the_controller(tmp_path, log):
    models = tmp_path / "models"
    arguments = world.inventory(tmp_path, by_hand, {"swarm_training": MINE, "sl_fetch_dir": str(models)})
    world.worked(world.play(log, *arguments, book=TRAIN))
    answer = [line for line in log.read_text(encoding="utf-8").splitlines() if line.startswith("host-")]
    assert {line.partition(":")[0] for line in answer if ": finished, loss " in line} == {"host-1", "host-2"}, answer
    found = sorted(str(path.relative_to(models)) for path in models.rglob("*.npz"))
    assert found == [f"host-{1 + number // 2}{MINE['model_dir']}/saved_models/digits-{number}.npz" for number in range(4)]

    before = world.containers()
    again = world.worked(world.play(log, *arguments, "--tags", "sl"))
    assert (again.changed, world.containers()) == ({"host-1": 0, "host-2": 0}, before)


def test_first_failed_node_ends_the_wait(tmp_path, log):
    """And the models of the training before are where they were put aside."""

    def broken(tree):
        by_hand(tree)
        tree["hosts"]["host-2"]["sl_nodes"] = [{}, {"ml": {"env": {"MAX_EPOCHS": "many"}}}]

    outcome = world.play(log, *world.inventory(tmp_path, broken, {"swarm_training": MINE, "sl_fetch_dir": ""}), book=TRAIN)
    assert outcome.run.status != 0
    for words in ("container ml-4 ended with exit code 1", "MAX_EPOCHS=many is not a whole number"):
        assert words in outcome.said
    kept = world.HOSTS[0].run("ls", MINE["model_dir"]).split()
    assert [name.partition(".")[0] for name in kept if name.startswith("saved_models.")] == ["saved_models"]

    # One that is not there, as after a start that was interrupted, is started. The others wait for the one that failed: made again with the right
    # setting, it takes part, and they all come to the end.
    right = world.inventory(tmp_path / "right", by_hand, {"swarm_training": MINE, "sl_fetch_dir": ""})
    world.HOSTS[1].run("docker", "rm", "--force", "--volumes", "ml-3", "sl-3")
    before = world.containers()
    watched = world.play(log, *right, book=TRAIN)
    assert "container ml-4 ended with exit code 1" in watched.said
    [report] = [result["msg"] for _host, task, result in watched.results() if task == "Report that a training is in progress"]
    assert (
        "is in progress, and is waited for: ml-1, ml-2 train, and ml-3, ml-4 do not. Started late, as they were not started with it: sl-3."
        in report
    )
    after = world.containers()
    assert {name for name in after if after[name] != before.get(name)} == {("host-2", "sl-3"), ("host-2", "ml-3")}
    before = after
    refused = world.play(log, *right, "-e", "sl_retry=sl-3", book=RETRY)
    assert "no node that failed is meant: on host-2, sl-3 is running" in refused.said
    world.worked(world.play(log, *right, "-e", "sl_retry=host-2", book=RETRY))
    after = world.containers()
    assert {name for name in before if after[name] != before[name]} == {("host-2", "sl-4"), ("host-2", "ml-4")}
    world.worked(world.play(log, *right, "--tags", "wait", book=TRAIN))


def test_gpu_on_a_host_without_gpus_is_refused(tmp_path, log):
    before = world.containers()
    outcome = world.play(log, *world.inventory(tmp_path, by_hand, {"swarm_training": {**MINE, "gpus": "0"}}), book=TRAIN)
    assert "sl-1, sl-2: gpus device=0: the engine gives containers no NVIDIA GPUs" in outcome.said
    assert world.containers() == before


def test_swci_script_is_run_to_its_end_and_shown(tmp_path, log):
    own = {"swci_name": "swci-own", "swci_script": SCRIPT, "swci_tasks": {}, "swci_script_wait": True, "swci_dir": "/tmp/by-hand/swci"}
    own["swarm_interrupt_training"] = True  # of the test before, whose nodes wait for the one that failed
    arguments = ["-i", str(world.LAB), *world.extra(tmp_path, own), "--tags", "swci"]
    outcome = world.worked(world.play(log, *arguments))
    [said] = [result["output"] for _host, task, result in outcome.results() if task == "Run the script of the SWCI"]
    assert any(line.startswith("SN,") for line in said), said
    assert world.worked(world.play(log, *arguments)).changes() == []


def test_swci_serves_its_api_at_its_port(tmp_path, log):
    own = {
        "swci_name": "swci-web",
        "swci_script": "",
        "swci_tasks": {},
        "swci_web_port": WEB_PORT,
        "swci_dir": "/tmp/by-hand/web",
        "swci_web_address": settings.host_ip(1),
    }
    arguments = ["-i", str(world.LAB), *world.extra(tmp_path, own), "--tags", "swci"]
    world.worked(world.play(log, *arguments))
    assert "BEGIN CERTIFICATE" in ssl.get_server_certificate((settings.host_ip(1), WEB_PORT), timeout=10)
    assert world.worked(world.play(log, *arguments)).changes() == []
