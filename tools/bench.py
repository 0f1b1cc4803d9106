# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make bench`: how fast the collection is, with all figures measured in one run.

A complete run writes them to docs/performance.md.

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
from tools import bench_controller, bench_imports, bench_module, bench_page, bench_spire, demo, terminal
from tools.bench_page import Figure
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


def bring_up(case: Case, hosts: Sequence[training.Host]) -> Figure:
    """Measure `site` on hosts that have the images, by phase, and compare it with the floor."""
    demo.lab("empty")
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
    ratio = f"{terminal.duration(seconds)}, {seconds / total:.0f} times the containers' own time ({terminal.duration(total)})"
    return Figure(f"bring-up on {len(hosts)} hosts that have the images", ratio, "≤ 6 times")


def quiet(case: Case, hosts: Sequence[training.Host]) -> list[Figure]:
    """Measure a run that changes nothing beside a play of one ping."""
    ping, run, executed = bench_controller.quiet(case, hosts)
    servers = sum(any(one["Name"] == "/spire-server" for one in host.containers()) for host in hosts)
    rows = [(what, f"{one.wall:.1f} s", f"{one.cpu:.1f} s") for what, one in (("a play of one ping", ping), ("site, nothing to do", run))]
    say(terminal.bold("A run that changes nothing: the controller"))
    terminal.table(("run", "wall", "CPU"), [*rows, ("ratio", f"{run.wall / ping.wall:.1f}", f"{run.cpu / ping.cpu:.1f}")], right=(1, 2))
    many = f"{len(hosts)} hosts"
    return [
        Figure(f"no-change run of {many}, wall, against a play of one ping", _times(run.wall, ping.wall), "≤ 3 times"),
        Figure(f"no-change run of {many}, controller's CPU, against the same", _times(run.cpu, ping.cpu), "≤ 3 times"),
        Figure("spire-server commands of a no-change run, for each server", f"{executed / max(servers, 1):.0f}", "≤ 2"),
    ]


def _times(value: float, against: float) -> str:
    return f"{value:.1f} s against {against:.1f} s: {value / against:.1f} times"


def without_hosts() -> tuple[list[Figure], dict[str, bench_imports.Size]]:
    """Measure what needs no lab: a large inventory, a module call beside docker_container, and what modules send and load."""
    derived = bench_controller.derivation()
    many = f"{bench_controller.ORGANISATIONS} organisations derived and checked"
    say(f"{many}: {derived.wall:.1f} s, CPU {derived.cpu:.1f} s")
    ours, theirs = bench_module.module_call()
    sizes = bench_imports.sizes()
    say(terminal.bold("What a module call sends and loads"))
    rows = [(name, f"{one.sent} KiB", f"{one.own} KiB", f"{one.imports:.0f} ms") for name, one in sizes.items()]
    terminal.table(("module", "sent", "own source", "imports"), rows, right=(1, 2, 3))
    called = f"{ours.seconds:.2f} s against {theirs.seconds:.2f} s: {ours.seconds / theirs.seconds:.2f} times"
    figures = [
        Figure(f"{many}, no host touched", f"{derived.wall:.1f} s", "≤ 10 s"),
        Figure("module call that changes nothing, against `docker_container`", called, "≤ 1.0 times"),
        Figure("engine calls of it", f"{ours.calls}, `docker_container` {theirs.calls}", "≤ 3"),
    ]
    return figures, sizes


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
    parser.add_argument("--without-lab", action="store_true", help="only what needs no hosts of the lab; the page is not written")
    parser.add_argument("--case", choices=CASES, default=DEFAULT, help="which set-up, as for `make demo`")
    options = parser.parse_args(arguments)
    case = CASES[options.case]
    if options.cold:
        cache = settings.CACHE.with_name("swarm-learning-cold")
        say(f"make demo, cold: {terminal.duration(timed('make', 'demo', XDG_CACHE_HOME=str(cache)))}")
    if options.demo:
        timed(sys.executable, "-m", "lab", "down")
        say(f"make demo, warm: {terminal.duration(timed(sys.executable, '-m', 'tools.demo', options.case))}")
    machine = bench_page.machine()
    alone, sizes = without_hosts()
    if options.without_lab:
        return 0
    hosts = demo.bring_up(options.case, case)
    deployed = bring_up(case, hosts)
    training.follow(hosts, demo.PAIRS_PER_HOST * sum(map(demo.trains, hosts)), demo.TRAINING_SECONDS, lambda nodes: None)
    no_change(case, hosts)
    figures = [*quiet(case, hosts), deployed, *alone]
    bench_spire.many_entries()
    bench_page.PAGE.write_text(bench_page.page(figures, sizes, machine), encoding="utf-8")
    say(f"{bench_page.PAGE.relative_to(playbook_runner.ROOT)} written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
