# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A training with a further run, files for the build, downloads, and a taskrunner of its own."""

from __future__ import annotations

import functools
import hashlib
import http.server
import threading

import pytest

from lab import settings
from tests.integration.site import lab_platform as world

GATEWAY = settings.host_ip(1).rpartition(".")[0] + ".1"  # this machine, as the lab's hosts see it
DATA = b"digits that every site needs\n"


@pytest.fixture(name="served")
def _served(tmp_path):
    """The address of a directory with one file."""
    (tmp_path / "served").mkdir()
    (tmp_path / "served/extra.txt").write_bytes(DATA)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path / "served")
    server = http.server.ThreadingHTTPServer((GATEWAY, 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://{GATEWAY}:{server.server_port}"
    server.shutdown()


@pytest.mark.usefixtures("platform")
def test_a_further_run_and_what_the_hosts_get(tmp_path, log, served):
    given = world.TRAINING
    (tmp_path / "context").mkdir()
    (tmp_path / "context/note.txt").write_text("from the controller\n", encoding="utf-8")
    download = {"url": f"{served}/extra.txt", "path": "/tmp/spire/data/extra.txt", "sha256": hashlib.sha256(DATA).hexdigest()}
    training = {
        **given,
        "epochs": 2,
        "taskrunner": "ward.tasks",
        "build": [*given["build"], "COPY note.txt /note.txt"],
        "build_context": str(tmp_path / "context"),
        "downloads": [download],
        "runs": [{"name": "again", "epochs": 3}],
    }
    arguments = world.inventory(tmp_path, lambda tree: None, {"swarm_training": training})
    world.worked(world.play(log, *arguments, "-e", "swarm_interrupt_training=true"))
    assert world.ended("swci-1") == 0
    said = world.log_of(world.HOSTS[0], "swci-1")
    assert said.count("TASKRUNNER COMPLETE : ward.tasks") == 3, said
    assert "TASK ASSIGNED : digits-again-" in said
    for host in world.HOSTS:
        assert host.run("cat", "/tmp/spire/data/extra.txt") == DATA.decode()
        assert host.run("docker", "run", "--rm", "--entrypoint", "cat", given["image"], "/note.txt") == "from the controller\n"
    assert world.worked(world.play(log, *arguments)).changed == {"host-1": 0, "host-2": 0}
    world.worked(world.play(log, "-i", str(world.LAB), "-e", "swarm_interrupt_training=true"))  # what the tests after this one want
    world.trained()
