# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role `monitoring` on a machine that systemd runs: its timer writes the metrics, and nothing is left when it is turned off."""

from __future__ import annotations

import json
import os
import time

import pytest
import yaml

from lab import images, playbook_runner
from tests.support.monitoring_site import SITE

NAME = f"swarm-test-{os.getpid()}-systemd"
METRICS = "/var/lib/node_exporter/swarm_learning.prom"
UNITS = "ls /etc/systemd/system | grep swarm; ls /etc/systemd/system/timers.target.wants | grep swarm; ls /var/lib/swarm-learning /var/lib/node_exporter"
HOST = {
    "ansible_connection": "community.docker.docker",
    "ansible_host": NAME,
    "ansible_python_interpreter": "/usr/bin/python3",
    "monitoring_interval": 1,
    "swarm_site_host": {"monitoring": SITE, "user_paths": []},
    "swarm_engine": {"host_info": {"DockerRootDir": "/var/lib"}},
}
RIGHTS = {  # as the lab's hosts have them: not every machine can give all capabilities
    "cap_add": ["ALL"],
    "cap_drop": ["SYS_RESOURCE"],
    "security_opt": ["seccomp=unconfined", "apparmor=unconfined"],
    "cgroupns": "private",
    "tmpfs": {"/run": "", "/run/lock": ""},
}
PLAY = {"hosts": "all", "gather_facts": False, "roles": [{"role": "swarm.learning.monitoring"}]}


@pytest.fixture
def machine(docker_client):
    """A container in which systemd has started."""
    image = images.systemd(docker_client, images.base(docker_client))
    made = docker_client.containers.run(image, name=NAME, detach=True, **RIGHTS)
    try:
        made.exec_run(["timeout", "30", "systemctl", "is-system-running", "--wait"])
        yield made
    finally:
        made.remove(force=True)


def said(machine, command):
    return machine.exec_run(["sh", "-c", command]).output.decode()


def apply(place, *arguments, wanted):
    """Changes of the role, task by task."""
    (place / "inventory.yml").write_text(
        yaml.safe_dump({"all": {"hosts": {"box": {**HOST, "swarm_monitoring": wanted}}}}), encoding="utf-8"
    )
    (place / "play.yml").write_text(yaml.safe_dump([PLAY]), encoding="utf-8")
    log = place / "log.jsonl"
    outcome = playbook_runner.run(str(place / "play.yml"), ["-i", str(place / "inventory.yml"), *arguments], lambda event, run: None, log)
    assert outcome.status == 0, "\n".join(outcome.failures) or outcome.stderr
    events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines() if line.startswith("{")]
    done = [(one["task"]["name"].rpartition(" : ")[2], one["hosts"]["box"]) for one in events if one["_event"] == "v2_runner_on_ok"]
    return [task for task, result in done if result.get("changed")]


def until(is_so, what):
    end = time.monotonic() + 15
    while not is_so():
        assert time.monotonic() < end, what
        time.sleep(0.2)


def test_a_timer_writes_the_metrics_until_it_is_turned_off(machine, tmp_path):
    write = ["Write the program that writes the host's metrics", "Have systemd run the program regularly"]
    assert apply(tmp_path, "--check", wanted=True) == write[:1]  # a timer that does not exist yet cannot be started
    assert apply(tmp_path, wanted=True) == write
    until(lambda: "swarm_engine_up 0" in said(machine, f"cat {METRICS}"), said(machine, "journalctl --unit swarm-learning-metrics"))
    first = said(machine, f"stat --format %Y {METRICS}")
    until(lambda: said(machine, f"stat --format %Y {METRICS}") != first, "it runs once only")
    assert said(machine, "systemd-analyze verify swarm-learning-metrics.timer swarm-learning-metrics.service 2>&1") == ""
    assert apply(tmp_path, wanted=True) == []

    assert apply(tmp_path, wanted=False) == ["Stop the timer", "Remove the program, its timer and the metrics"]
    assert said(machine, UNITS).split() == ["/var/lib/node_exporter:", "/var/lib/swarm-learning:"]
    assert said(machine, "systemctl list-units --all --plain --no-legend 'swarm-learning*'") == ""
