# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare a module call that changes nothing with community.docker's docker_container and the same options, in one run."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lab import engine, images, playbook_runner, settings
from lab.engine_proxy import unix_proxy
from tools import terminal
from tools.terminal import say

ROUNDS = 8
NAME = "swarm-bench"
OURS, THEIRS = "swarm.learning.sn", "community.docker.docker_container"


def tasks(image: str) -> list[dict]:
    """A first task that creates the container, then both modules in turn with the same options."""
    run = {"name": NAME, "image": image, "entrypoint": ["sleep"], "command": ["infinity"], "hostname": NAME, "pull": "never"}
    ours = {**run, "host_ip": "192.0.2.1", "sentinel": True, "apls_ip": "192.0.2.9", "wait": False}
    environment = {
        "THIS_NODE_IP": "192.0.2.1",
        "SN_I_AM_SENTINEL": "1",
        "SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_IP": "192.0.2.9",
    }
    theirs = {**run, "env": environment, "interactive": True}
    pair = [{"name": "ours", OURS: ours}, {"name": "theirs", THEIRS: theirs}]
    return [{"name": "made", OURS: ours}, *pair * ROUNDS]


def durations(log: Path) -> dict[str, list[float]]:
    """Durations in seconds by task name, from the callback's JSON lines. Raises SystemExit if a task changed something."""
    found: dict[str, list[float]] = {}
    for event in map(json.loads, (line for line in log.read_text(encoding="utf-8").splitlines() if line.startswith("{"))):
        if event["_event"] == "v2_runner_on_ok":
            took = event["task"]["duration"]
            moments = [datetime.fromisoformat(took[end].replace("Z", "+00:00")) for end in ("start", "end")]
            found.setdefault(event["task"]["name"], []).append((moments[1] - moments[0]).total_seconds())
            if event["task"]["name"] != "made" and any(result["changed"] for result in event["hosts"].values()):
                raise SystemExit(f"{event['task']['name']} changed something, so the two modules do not have the same options")
    return found


# Runs a module as Ansible does, in a process without anything else; what it cost goes to standard error.
MEASURED = """
import json, resource, sys, time
from ansible.module_utils import basic
basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = sys.stdin.buffer.read(), "legacy"
from {module} import main
begun = time.monotonic()
try:
    main()
finally:
    cost = dict(seconds=time.monotonic() - begun, kilobytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    print(json.dumps(cost), file=sys.stderr)
"""


@dataclass(frozen=True)
class Call:
    """What one call of a module returned, and what it cost: seconds, and peak memory in MiB."""

    result: dict
    seconds: float
    memory: int


def call(name: str, params: dict) -> Call:
    """Call a module by its full name, in a process of its own. Raises SystemExit with what it printed when it fails."""
    namespace, collection, module = name.split(".")
    program = MEASURED.format(module=f"ansible_collections.{namespace}.{collection}.plugins.modules.{module}")
    asked = json.dumps({"ANSIBLE_MODULE_ARGS": params})
    done = subprocess.run([sys.executable, "-c", program], input=asked, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name} failed\n{done.stdout}{done.stderr}")
    cost = json.loads(done.stderr.splitlines()[-1])
    return Call(json.loads(done.stdout.splitlines()[-1]), cost["seconds"], cost["kilobytes"] // 1024)


def cost(name: str, params: dict) -> tuple[int, int]:
    """(engine API calls, peak memory in MiB) of one call of a module."""
    with tempfile.TemporaryDirectory() as directory:
        way = unix_proxy("/var/run/docker.sock", Path(directory)).start()
        called = call(name, {**params, "docker_host": way.address})
        way.close()
    return len(way.requests), called.memory


@dataclass(frozen=True)
class Measured:
    """The median duration of a task in seconds, and the engine API calls of a call of its module."""

    seconds: float
    calls: int


def module_call() -> tuple[Measured, Measured]:
    """Print the duration of both and their ratio, and the engine API calls and memory of each; (ours, theirs)."""
    client = engine.ensure()
    image = images.base(client)
    log = settings.STATE / "bench/module.jsonl"
    with tempfile.TemporaryDirectory() as directory:
        play = Path(directory) / "bench.json"
        play.write_text(
            json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks(image)}]), encoding="utf-8"
        )
        try:
            run = playbook_runner.run(
                str(play), ["-i", "localhost,", "-e", "ansible_python_interpreter={{ ansible_playbook_python }}"], lambda *unused: None, log
            )
            ours, theirs = tasks(image)[1:3]
            costs = [cost(OURS, ours[OURS]), cost(THEIRS, theirs[THEIRS])] if not run.status else []
        finally:
            for container in client.containers.list(all=True, filters={"name": f"^{NAME}$"}):
                container.remove(force=True)
    if run.status:
        raise SystemExit("\n".join(run.failures) + run.stderr)
    medians = {name: statistics.median(seconds) for name, seconds in durations(log).items() if name != "made"}
    say(terminal.bold("A module call that changes nothing"))
    rows = [
        (name, f"{median:.2f} s", str(calls), f"{memory} MiB")
        for (name, median), (calls, memory) in zip(((OURS, medians["ours"]), (THEIRS, medians["theirs"])), costs, strict=True)
    ]
    terminal.table(("module", "median", "engine calls", "peak memory"), rows, right=(1, 2, 3))
    say(f"ratio {medians['ours'] / medians['theirs']:.2f}")
    return Measured(medians["ours"], costs[0][0]), Measured(medians["theirs"], costs[1][0])
