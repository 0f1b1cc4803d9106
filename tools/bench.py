# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make bench`: how fast the collection is, with all figures measured in one run.

The floor of a deployment is the time that the containers themselves need, from each one's start to the log line that says that it is ready,
added up along the chain of dependencies. Whatever a deployment takes beyond that is due to the collection.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ansible_collections.swarm.learning.plugins.module_utils._releases import RELEASES

from lab import playbook_runner, settings, training
from tools import bench_module, bench_spire, demo, terminal
from tools.cases import CASES, DEFAULT, Case
from tools.terminal import say

# The critical path: components of one group may start at the same time, and a group needs the one before it.
PATH = (("apls",), ("spire_server",), ("spire_agent",), ("sentinel",), ("sn",), ("swop", "sl"), ("swci",))
LISTENS = re.compile(r"(?i)listening|serving|ready|started")


def readiness(host: training.Host, container: dict) -> float:
    """Seconds from a container's start to its ready line."""
    component = container["Config"]["Labels"]["learning.swarm.component"]
    signals = {components[component].ready.log for components in RELEASES.values() if component in components} - {""}
    ready = re.compile("|".join(signals)) if signals else LISTENS
    log = host.run("sh", "-c", 'docker logs --timestamps "$1" 2>&1', "sh", container["Id"])
    started = training.moment(container["State"]["StartedAt"])
    said = [training.moment(line) for line in log.splitlines() if ready.search(line)]
    return next((at - started for at in said if at >= started), 0.0)


def floor(hosts: Sequence[training.Host]) -> list[tuple[str, float]]:
    """The critical path: (what, seconds), the slowest of each group."""
    slowest: dict[str, float] = {}
    for host in hosts:
        for container in host.containers():
            labels = container["Config"]["Labels"] or {}
            component = labels.get("learning.swarm.component")
            if component in (None, "ml"):
                continue
            group = "sentinel" if "SN_I_AM_SENTINEL=1" in container["Config"]["Env"] else component
            slowest[group] = max(slowest.get(group, 0.0), readiness(host, container))
    return [(group, slowest[group]) for groups in PATH for group in groups if group in slowest]


def forget(hosts: Sequence[training.Host]) -> None:
    """Remove everything from the hosts except their images."""
    for host in hosts:
        host.run(
            "sh",
            "-c",
            "docker ps --all --quiet | xargs --no-run-if-empty docker rm --force --volumes"
            " && docker volume ls --quiet | xargs --no-run-if-empty docker volume rm"
            " && docker network prune --force && rm -rf /var/lib/swarm-learning /tmp/spire",
        )


def log_of(name: str) -> Path:
    """Path of the JSON lines of a run."""
    return settings.STATE / f"bench/{name}.jsonl"


def site(case: Case, name: str, *arguments: str) -> tuple[playbook_runner.Run, float]:
    """Run the playbook `site` on the lab; return its report and its duration in seconds. Raises SystemExit."""
    start = time.monotonic()
    run = playbook_runner.run("swarm.learning.site", ["-i", case.inventory, *arguments], lambda *unused: None, log_of(name))
    if run.status:
        raise SystemExit(f"site ({name}) failed\n" + "\n".join(run.failures) + run.stderr)
    return run, time.monotonic() - start


def timed(*command: str, **environment: str) -> float:
    """Duration of a command in seconds; its output is not shown."""
    start = time.monotonic()
    subprocess.run(command, cwd=playbook_runner.ROOT, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **environment})
    return time.monotonic() - start


def bring_up(case: Case, hosts: Sequence[training.Host]) -> None:
    """Measure `site` on hosts that have the images, by phase, and compare it with the floor."""
    forget(hosts)
    if case.before:
        demo.deploy(case.before, case)
    since = time.time()
    run, seconds = site(case, "bring-up")
    executed = bench_spire.executions(hosts, since, time.time())
    path = floor(hosts)
    total = sum(needed for _what, needed in path)
    say(terminal.bold("Deployment: site on hosts that have the images"))
    terminal.table(("phase", "time"), [(play.name, terminal.duration(play.seconds)) for play in run.plays], right=(1,))
    say(terminal.bold("Floor: from the containers' start to readiness"))
    terminal.table(("container", "time"), [(what, terminal.duration(needed)) for what, needed in path], right=(1,))
    say(f"deployment {terminal.duration(seconds)}, floor {terminal.duration(total)}, ratio {seconds / total:.2f}")
    if "spire_agent" in dict(path):
        bench_spire.first_identity(hosts[0], log_of("bring-up"))
    say(f"spire-server commands: {executed}")


def no_change(case: Case, hosts: Sequence[training.Host]) -> None:
    """Measure `site` when nothing is left to do, in normal and in check mode."""
    for name, arguments in (("no change", ()), ("no change, --check --diff", ("--check", "--diff"))):
        since = time.time()
        run, seconds = site(case, name.replace(" ", "-").replace(",", ""), *arguments)
        executed = bench_spire.executions(hosts, since, time.time())
        tasks = max(host["ok"] for host in run.stats.values())
        counts = f"at most {tasks} tasks per host, {executed} spire-server commands, {run.total('changed')} changes"
        say(f"{name}: {terminal.duration(seconds)}, {counts}")


def main(arguments: Sequence[str]) -> int:
    """The process's exit status."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--demo", action="store_true", help="also time `make demo` without a lab but with everything cached")
    parser.add_argument("--cold", action="store_true", help="also time `make demo` with an empty cache, which takes many minutes")
    parser.add_argument("--case", choices=CASES, default=DEFAULT, help="which set-up, as for `make demo`")
    options = parser.parse_args(arguments)
    case = CASES[options.case]
    if options.cold:
        cache = settings.CACHE.with_name("swarm-learning-cold")
        say(f"make demo, cold: {terminal.duration(timed('make', 'demo', XDG_CACHE_HOME=str(cache)))}")
    if options.demo:
        timed(sys.executable, "-m", "lab", "down")
        say(f"make demo, warm: {terminal.duration(timed(sys.executable, '-m', 'tools.demo', options.case))}")
    hosts = demo.bring_up(options.case, case)
    bring_up(case, hosts)
    training.follow(hosts, demo.PAIRS_PER_HOST * sum(map(demo.trains, hosts)), demo.TRAINING_SECONDS, lambda nodes: None)
    no_change(case, hosts)
    bench_module.module_call()
    bench_spire.many_entries()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
