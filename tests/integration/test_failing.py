# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""If the new container cannot be started, the previous one runs again, and the message says why and what to do."""

import re
import socket
import time

import pytest

from tests.support.module_runner import IMAGE, SN_UP, Failed, free_port, run

READY = ["--say", SN_UP]


def failing(module, **params):
    """What a module says that fails."""
    with pytest.raises(Failed) as failed:
        run(module, **params)
    return str(failed.value)


def as_before(world, component, before):
    """Assert that the container is the one that was there, runs, and nothing is left over."""
    now = world.inspect(component)
    assert (now["Id"], now["State"]["Status"]) == (before["Id"], "running")
    assert [name for name in world.containers() if name.endswith(".previous")] == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"entrypoint": ["/gone"]}, "starting container .*/gone"),
        ({"command": ["--say", "on my way", "--die", "0.3"]}, r"ended with exit code 3 before it was ready\n.*last lines.*\non my way"),
        ({"command": ["--say", "hello"], "wait_timeout": 1}, r"is running, but there was no log line /.*/ within 1 s\n.*last.*\nhello"),
        ({"devices": ["/dev/shm:/dev/x"]}, "not a device node"),
    ],
    ids=["no such program", "dies", "never ready", "no device"],
)
def test_a_failing_container_is_explained(world, options, says):
    params = world.params("sn")
    before = run("sn", **params)["container"]
    said = failing("sn", **{**params, **options})
    assert re.search(says, said), said
    assert said.endswith(f"Container {params['name']} was restored to its previous state.")
    as_before(world, "sn", before)
    assert run("sn", **params)["changed"] is False


def test_dies_after_two_seconds(world):
    """It was up, the wait is over; the next run finds it dead, and starts it."""
    params = world.params("sn", command=[*READY, "--die", "1"])
    made = run("sn", **params)["container"]["Id"]
    world.client.api.wait(made)
    assert run("sn", check=True, **params)["actions"] == [f"start {params['name']}"]
    again = run("sn", **params)
    assert (again["actions"], again["container"]["Id"]) == ([f"start {params['name']}"], made)


def test_port_in_use_by_another_container(world):
    port = free_port()
    holder = world.make("holder", ports={"80/tcp": port})
    params = world.params("sn")
    before = run("sn", **params)["container"]
    said = failing("sn", **params, publish=[f"{port}:80"])
    assert f"port {port} is in use by container {holder.name}; stop it, or choose a different port" in said
    as_before(world, "sn", before)


def test_port_in_use_by_a_process(world):
    with socket.create_server(("0.0.0.0", 0)) as server:
        port = server.getsockname()[1]
        said = failing("sn", **world.params("sn"), publish=[f"{port}:80"])
    assert re.search(rf"port {port} is in use by process \d+ \(.+\); choose a different port", said), said
    assert world.containers() == {}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"network": "gone"}, "network gone does not exist; create it first (community.docker.docker_network)"),
        ({"image": "swarm-test/gone:1", "pull": "never"}, "image swarm-test/gone:1 does not exist on this host, and pull is never; load"),
        ({"image": "127.0.0.1:1/gone:1"}, "pulling 127.0.0.1:1/gone:1"),
    ],
    ids=["network", "image", "registry"],
)
def test_nothing_is_touched_before_everything_needed_exists(world, options, says):
    params = world.params("sn")
    before = run("sn", **params)["container"]
    assert says in failing("sn", **{**params, **options})
    assert world.inspect("sn")["State"]["StartedAt"] == before["State"]["StartedAt"]


def test_first_container_that_cannot_start_leaves_nothing(world):
    failing("sn", **world.params("sn", entrypoint=["/gone"]))
    assert world.containers() == {}


def test_first_container_that_is_not_ready_is_kept_for_inspection(world):
    params = world.params("sn", command=["--say", "hello"])
    assert "hello" in failing("sn", **params, wait_timeout=1)
    assert world.status("sn") == "running"
    assert "/ within 3 s" in failing("sn", **params, wait_timeout=3), "the next run waits too"
    assert "/ within 1 s" in failing("sn", **params, wait_timeout=1), "and so does one after that time"
    assert run("sn", **params, wait=False)["changed"] is False


def test_auto_removed_container_comes_back(world):
    params = world.params("swci")
    run("swci", **params)
    said = failing("swci", **{**params, "entrypoint": ["/gone"]})
    assert said.endswith(f"Container {params['name']} was restored to its previous state.")
    back = world.inspect("swci")
    assert (back["State"]["Status"], back["HostConfig"]["AutoRemove"]) == ("running", True)
    assert run("swci", **params, state="absent")["changed"] is True


def test_auto_removed_container_is_stopped(world):
    params = world.params("swci")
    run("swci", **params)
    assert run("swci", **params, state="stopped")["changed"] is True
    assert run("swci", **params, state="stopped")["changed"] is False
    assert world.status("swci") == "created"


# --- SL and ML are one thing ------------------------------------------------------------------------------------------------


def test_pair_is_created_completely_or_not_at_all(world):
    params = world.params("sl")
    failing("sl", **{**params, "ml": {**params["ml"], "entrypoint": ["/gone"]}})
    assert world.containers() == {}


def test_pair_comes_back_whole(world):
    params = world.params("sl")
    before = run("sl", **params)["container"]
    ml = world.inspect("ml")
    said = failing("sl", **{**params, "ml": {**params["ml"], "entrypoint": ["/gone"]}})
    assert f"Container {params['name']} was restored" in said
    assert f"Container {params['ml']['name']} was restored" in said
    as_before(world, "sl", before)
    as_before(world, "ml", ml)
    assert run("sl", **params)["changed"] is False


def test_incomplete_pair_is_completed(world):
    params = world.params("sl")
    run("sl", **params)
    world.client.containers.get(params["ml"]["name"]).remove(force=True)
    assert run("sl", **params)["changed"] is True
    assert world.inspect("ml")["HostConfig"]["VolumesFrom"] == [world.id("sl")]
    world.client.containers.get(params["name"]).remove(force=True, v=True)
    assert run("sl", **params)["changed"] is True
    assert world.inspect("ml")["HostConfig"]["VolumesFrom"] == [world.id("sl")]
    assert run("sl", **params)["changed"] is False


def test_order_of_a_pair(world):
    params = world.params("sl")
    sl, ml = params["name"], params["ml"]["name"]
    assert run("sl", **params)["actions"] == [f"create {sl}", f"create {ml}", f"start {sl}", f"start {ml}"]
    stopped = run("sl", **params, state="stopped")
    assert stopped["actions"] == [f"stop {ml}", f"stop {sl}"]
    assert run("sl", **params)["actions"] == [f"start {sl}", f"start {ml}"]
    world.client.containers.get(ml).stop(timeout=0)
    assert run("sl", **params)["actions"] == [f"start {ml}"]
    assert run("sl", name=sl, ml={"name": ml}, state="absent")["actions"] == [f"stop {ml}", f"remove {ml}", f"stop {sl}", f"remove {sl}"]


def test_ml_that_is_no_longer_wanted(world):
    params = world.params("sl")
    params["ml"]["name"] = world.name("sl-ml")
    run("sl", **params)
    alone = run("sl", **{key: value for key, value in params.items() if key != "ml"})
    assert alone["changed"] is True
    assert set(world.containers()) == {params["name"]}
    assert "SL_REQUEST_CHANNEL" not in str(alone["container"]["Config"]["Env"])


def test_container_with_the_name_of_an_ml_is_left_alone(world):
    params = {key: value for key, value in world.params("sl").items() if key != "ml"}
    world.make("sl-ml")
    run("sl", **params)
    assert run("sl", **params)["changed"] is False
    assert world.status("sl-ml") == "running"


# --- what a failure says -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "cause", "remedy"),
    [
        ("Error code: 6002, message: Unable to connect to server", "the License Server does not answer", "check apls_ip and apls_port"),
        ("acquireLicense: 304 tokens with capacity 1 is not available", "all licences are in use", "becomes free after 30 minutes"),
        ("errUidNotMatchingWithEnroll", "two nodes use the same port or host name", "give each node its own"),
    ],
)
def test_known_text_ends_the_wait_at_once(world, line, cause, remedy):
    began = time.monotonic()
    said = failing("sn", **world.params("sn", command=["--say", "SMLETHNode: Starting GETH", "--say", line]))
    assert time.monotonic() - began < 20
    assert "is running, but will not become ready" in said
    assert f"It means: {cause}" in said
    assert remedy in said
    assert f"The last lines of its log:\nSMLETHNode: Starting GETH\n{line}" in said


def test_exit_of_the_container_ends_the_wait_at_once(world):
    began = time.monotonic()
    said = failing("sn", **world.params("sn", command=["--say", "no identity issued", "--die", "0.3"]))
    assert time.monotonic() - began < 20
    assert "It means: the SPIRE Agent has no registration entry for this container; check the entry's selector" in said


def test_restart_by_its_policy_counts_as_a_death(world):
    said = failing("sn", **world.params("sn", command=["--say", "x", "--die", "0.2"], restart_policy="always"))
    assert "before it was ready" in said


def test_secrets_are_masked(world):
    secret, token = "hunter2-hunter2", "0f8fad5b-d9cb-469f-a165-70867728950e"
    params = world.params("sn", env={"DB_PASSWORD": secret})
    said = failing("sn", **{**params, "command": ["--say", f"got {secret}", "--say", f"joining with {token}", "--die", "0.3"]})
    assert "got ********\njoining with ********" in said
    assert secret not in said
    shown = run("sn", **params)
    assert "DB_PASSWORD=********" in shown["container"]["Config"]["Env"]
    changed = run("sn", check=True, **{**params, "env": {"DB_PASSWORD": "another-one"}})
    assert changed["diff"] == {"before": "env.DB_PASSWORD: ********\n", "after": "env.DB_PASSWORD: ******** (another)\n"}
    assert secret not in str(shown) + str(changed)


def test_join_token_is_no_state(world):
    params = world.params("sn", "0.3.0")
    made = run("sn", **params, join_token="t-0123456789", server_address="192.0.2.7")
    assert "t-0123456789" not in str(made)
    assert "t-0123456789" in world.inspect("sn")["Config"]["Cmd"]
    assert run("sn", **params, server_address="192.0.2.7")["changed"] is False
    assert run("sn", **params, join_token="t-another", server_address="192.0.2.7")["changed"] is False


# --- absent -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["running", "paused", "stopped"])
def test_absent(world, state):
    container = world.make("sn", command=READY)
    if state == "paused":
        container.pause()
    if state == "stopped":
        container.stop(timeout=0)
    assert run("sn", name=container.name, state="absent", stop_timeout=1)["changed"] is True
    assert world.containers() == {}
    assert run("sn", name=container.name, state="absent")["changed"] is False


def test_absent_removes_what_an_interrupted_run_left(world):
    params = world.params("sn")
    world.make("sn.previous", command=READY)
    assert run("sn", name=params["name"], state="absent", stop_timeout=1)["changed"] is True
    assert world.containers() == {}


def test_recreate(world):
    params = world.params("sn")
    made = run("sn", **params)["container"]["Id"]
    assert run("sn", check=True, **params, recreate=True)["changed"] is True
    assert run("sn", **params, recreate=True)["container"]["Id"] != made


def test_diff_of_a_first_one(world):
    assert run("sn", check=True, **world.params("sn"))["diff"]["after"] == f"image: {IMAGE}\nstate: running\n"


def test_ml_that_fails_while_sl_comes_up(world):
    params = world.params("sl", command=["--late", "1", "--listen", "30305"])
    params["ml"] |= {"entrypoint": ["sh", "-c"], "command": ["echo no module named torch; exit 1"]}
    said = failing("sl", **params)
    assert re.search(r"ended with exit code 1 before it was ready\n.*\nno module named torch", said), said
    assert run("sl", **{**params, "ml": {**params["ml"], "command": ["echo done"]}})["changed"] is True
