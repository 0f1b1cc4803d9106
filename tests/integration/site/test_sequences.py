# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that are cut short, begun in the middle or limited: the next whole run brings everything to where one whole run would."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest

from tests.integration.site import lab_platform as world

LAB = ("-i", str(world.LAB))
WHAT_IS_ASKED = ("Binds", "Mounts", "PortBindings", "RestartPolicy", "NetworkMode", "Memory", "ExtraHosts", "SecurityOpt", "PidMode")
REPLACES = "learning.swarm.replaces"  # which container it was re-created for
ENDS_SECONDS = 30
FILES = r"cd /var/lib/swarm-learning && find . -name data -prune -o -type f -exec sha256sum {} + | sort"


def state():
    """What a run decides on each host: its containers with what was asked for, whether they run, and the files."""
    found = {}
    for host in world.HOSTS:
        found[host.name, "files"] = host.run("sh", "-c", FILES)
        for one in host.containers():
            labels = {name: value for name, value in one["Config"]["Labels"].items() if name != REPLACES}
            asked = [sorted(one["Config"]["Env"]), labels, *(one["HostConfig"].get(name) for name in WHAT_IS_ASKED)]
            found[host.name, one["Name"]] = (one["State"]["Running"], json.dumps(asked, sort_keys=True))
    return found


def interrupted(task, *arguments):
    """Run site, and press Ctrl-C when it begins with a task."""
    command = [world.playbook_runner.BIN / "ansible-playbook", world.SITE, *arguments]
    environment = {**os.environ, "ANSIBLE_FORCE_COLOR": "0", "PYTHONUNBUFFERED": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=world.ROOT, env=environment, start_new_session=True, **pipes) as process:
        seen = next((line for line in process.stdout if line.startswith("TASK [") and task in line), None)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does it, to all of its processes
        try:
            process.wait(ENDS_SECONDS)
        except subprocess.TimeoutExpired:  # a run that does not end by itself is interrupted all the more
            process.kill()
    assert seen, f"there was no task {task}"


@pytest.mark.usefixtures("platform")
def test_whatever_came_before_a_whole_run_ends_where_one_does(tmp_path, log):
    whole = state()
    changed = world.inventory(tmp_path, lambda tree: tree["hosts"]["host-2"].update(swop_env={"NASTY": "1"}, sn_env={"NASTY": "1"}))

    interrupted("Start the SWOPs", *changed, "--tags", "swop", "--limit", "host-2")
    refused = world.play(log, *changed, "--start-at-task", "Write the SWOPs' profiles")
    assert refused.run.status != 0
    assert "run the whole playbook instead of --start-at-task" in refused.said

    world.worked(world.play(log, *LAB))
    after = state()
    assert {name: (whole[name], after.get(name)) for name in whole if whole[name] != after.get(name)} == {}
    assert set(after) == set(whole)
