# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Killed, or cut off from the engine, at any moment of a change: the next run tidies up and converges."""

from multiprocessing import connection

import pytest

from lab import engine_proxy
from tests.support.module_runner import ENGINE, Failed, run, start

EDIT = {"env": {"ADDED": "1"}}
# What a run asks the engine to do, in this order, when a container has to be re-created.
CHANGE = ["stop", "DELETE previous", "rename", "create", "archive", "start", "DELETE previous"]


def answer(request):
    """A request in short."""
    method, path = request.split("?")[0].split(" ")
    if method == "DELETE":
        return "DELETE previous" if path.endswith(".previous") else "DELETE"
    return path.split("/")[-1]


def converged(world, component, params):
    """The next run ends as it should, and so does the one after it, which changes nothing; nothing is left over."""
    run(component, **params)
    again = run(component, **params)
    assert again["changed"] is False, again["actions"]
    assert "ADDED=1" in world.inspect(component)["Config"]["Env"]
    assert world.status(component) == "running"
    assert [name for name in world.containers() if name.endswith(".previous")] == []


def killed(component, params, directory, moment, when):
    """The changes that were asked for until a module was killed at its change number `moment`, before or after it was handed on."""
    way = engine_proxy.unix_proxy(ENGINE, directory)
    process = start(component, **params, **EDIT, docker_host=way.address)

    def kill(_request):
        if len(way.changes()) == moment + 1:
            process.kill()
            connection.wait([process.sentinel])
            return False
        return True

    setattr(way, when, kill)
    way.start()
    process.join(timeout=60)
    assert process.exitcode == -9
    return way.changes()


MOMENTS = pytest.mark.parametrize("moment", range(len(CHANGE)), ids=lambda n: f"{n}-{CHANGE[n]}".replace(" ", "-"))


@MOMENTS
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed(world, tmp_path, moment, when):
    params = world.params("sn")
    run("sn", **params)
    changes = killed("sn", params, tmp_path, moment, when)
    assert [answer(change) for change in changes] == CHANGE[: moment + 1]
    converged(world, "sn", {**params, **EDIT})


@MOMENTS
def test_engine_disappears(world, moment):
    params = world.params("sn")
    run("sn", **params)
    way = engine_proxy.tcp_proxy(ENGINE)
    way.before = lambda _request: len(way.changes()) <= moment
    way.start()
    with pytest.raises(Failed, match=r"no engine answers at tcp://127\.0\.0\.1:\d+, because .*; start Docker") as failed:
        run("sn", **params, **EDIT, docker_host=way.address)
    assert len(failed.value.result["actions"]) <= moment
    converged(world, "sn", {**params, **EDIT})


@pytest.mark.parametrize("moment", range(1, 14, 3))
def test_pair_killed(world, tmp_path, moment):
    params = world.params("sl")
    run("sl", **params)
    killed("sl", params, tmp_path, moment, "before")
    converged(world, "sl", {**params, **EDIT})
    assert world.inspect("ml")["HostConfig"]["VolumesFrom"] == [world.id("sl")]
    assert world.status("ml") == "running"
