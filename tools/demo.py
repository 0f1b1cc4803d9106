# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make demo`: deploy and train from nothing on simulated hosts, and report each step."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from lab import playbook_runner, settings, training
from tools import terminal
from tools.cases import CASES, DEFAULT, Case, listing
from tools.terminal import say

PAIRS_PER_HOST = 2
TRAINING_SECONDS = 900
STATUS = settings.STATE / "demo/status"
ONE_CHANGE = {"sn_options": {"memory": "2g"}}


class DemoError(Exception):
    """Why the demo cannot continue; its text is all that the user sees."""


def lab(*command: str) -> None:
    """Run one command of the lab and show its output."""
    with subprocess.Popen(
        [sys.executable, "-m", "lab", *command], cwd=playbook_runner.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout:
            say(terminal.dim(f"  {line.rstrip()}"))
    if process.returncode:
        raise DemoError(f"python -m lab {' '.join(command)} failed with status {process.returncode}; its output is above")


def bring_up(name: str, case: Case) -> list[training.Host]:
    """Bring the lab's hosts up. If another case ran there, the lab is taken down first, as that case's servers and nodes do not fit."""
    last = settings.STATE / "demo/case"
    if last.exists() and last.read_text(encoding="utf-8") != name:
        lab("down")
    last.parent.mkdir(parents=True, exist_ok=True)
    last.write_text(name, encoding="utf-8")
    count = max(case.hosts, settings.host_count(os.environ.get("LAB_HOSTS")))
    lab("up", "--hosts", str(count), *(word for images in case.lab for word in ("--with", images)))
    made = [settings.docker_host(number) for number in range(1, count + 1)]
    if settings.PODMAN.name in case.lab:
        made.append(settings.PODMAN)
    return [training.Host(host.name, host.container) for host in made]


def deploy(name: str, case: Case, *arguments: str) -> playbook_runner.Run:
    """Run a playbook on the case's hosts, and print a line for each play when it is done. Raises DemoError."""

    def show(event: str, run: playbook_runner.Run) -> None:
        if event == "play" and len(run.plays) > 1:
            terminal.entry(run.plays[-2].name, run.plays[-2].seconds)
        elif event == "task":
            terminal.passing(f"    {run.plays[-1].tasks[-1]}")
        elif event == "end" and not run.failures:
            terminal.entry(run.plays[-1].name, run.plays[-1].seconds)

    log = settings.STATE / "demo" / f"{Path(name).name}.jsonl"
    run = playbook_runner.run(name, ["-i", case.inventory, *arguments], show, log)
    terminal.passing("")
    if run.status:
        problems = "\n\n".join(run.failures) or run.stderr.strip()
        raise DemoError(f"ansible-playbook {name} failed with status {run.status}\n\n{problems}\n\nIts full output: {log}")
    hosts = len(run.stats)
    say(terminal.dim(f"  {run.total('changed')} changes on {hosts} hosts, {run.total('ok')} tasks"))
    return run


def trains(host: training.Host) -> bool:
    """Whether SL nodes are started on the host, by a SWOP or by hand."""
    components = {(container["Config"]["Labels"] or {}).get("learning.swarm.component") for container in host.containers()}
    return not components.isdisjoint({"swop", "sl"})


def watch(hosts: Sequence[training.Host], expected: int) -> None:
    """Follow the ML containers to the end of the training, and print a line for each one that has finished."""
    start = time.monotonic()
    reported: set[str] = set()

    def show(nodes: list[training.Node]) -> None:
        for node in nodes:
            if node.finished and node.id not in reported:
                reported.add(node.id)
                terminal.entry(f"{node.name} on {node.host.name}", time.monotonic() - start)
                say(terminal.dim(f"    {node.last_line}"))
        working = [f"{node.name}: {node.line}" for node in nodes if not node.finished]
        terminal.passing("    " + (working[0] if working else f"{len(nodes)} of {expected} ML containers have started"))

    training.follow(hosts, expected, TRAINING_SECONDS, show)
    terminal.passing("")


def summary(clock: terminal.Clock, case: Case, run: playbook_runner.Run, hosts: Sequence[training.Host]) -> None:
    """Print how well each node learned, what runs where, how long it took, and what to try next."""
    say()
    say(terminal.bold("What each node recognises"))
    rows = [
        (
            f"ml-{result['node'] + 1}",
            host.name,
            " ".join(map(str, result["digits"])),
            percent(result["accuracy_alone"]),
            percent(result["accuracy_swarm"]),
        )
        for host in hosts
        for result in training.results(host)
    ]
    terminal.table(("node", "host", "digits it has", "alone", "with the swarm"), rows, right=(3, 4))
    say()
    say(terminal.bold("What runs where"))
    rows = [
        (host.name, container["Name"].lstrip("/"), container["Config"]["Image"], container["State"]["Status"])
        for host in hosts
        for container in sorted(host.containers(), key=lambda container: (not container["State"]["Running"], container["Name"]))
    ]
    terminal.table(("host", "container", "image", "state"), rows)
    say()
    say(terminal.bold("How long it took"))
    terminal.table(("phase", "time"), [(title, terminal.duration(seconds)) for title, seconds in clock.phases], right=(1,))
    slowest = sorted(run.plays, key=lambda play: play.seconds, reverse=True)[:3]
    say(terminal.dim("  the longest plays: " + ", ".join(f"{play.name} {terminal.duration(play.seconds)}" for play in slowest)))
    say()
    say(terminal.bold("Try next"))
    site = f"ansible-playbook -i {case.inventory} swarm.learning.site"
    for command, why in (
        (f"{site} --check --diff", "reports that nothing is left to change"),
        (f"{site} --check --diff -e '{json.dumps(ONE_CHANGE)}'", "previews a change: a limit on the memory of the SN nodes"),
        ("make demo-down", "removes everything that the demo made"),
    ):
        say(f"  {command}")
        say(terminal.dim(f"      {why}"))
    say(terminal.dim("\n  (ansible-playbook is in .venv/bin)"))


def percent(share: float) -> str:
    """A share as text: 0.974 is `97 %`."""
    return f"{round(share * 100)} %"


def run(name: str) -> None:
    """Run the whole demo of a case. Raises DemoError, TrainingError, or ValueError if LAB_HOSTS is not a number."""
    case, clock = CASES[name], terminal.Clock()
    say(terminal.bold(f"Swarm Learning: {case.title}"))
    with clock.phase("Start the lab: engine, real SPIRE, images, registry, hosts"):
        hosts = bring_up(name, case)
    if case.before:
        with clock.phase(f"Set up what the organisation has already: ansible-playbook {case.before}"):
            deploy(case.before, case)
    with clock.phase("Deploy the platform: ansible-playbook swarm.learning.site"):
        result = deploy("swarm.learning.site", case)
    hosts = [host for host in hosts if host.name in result.stats]
    with clock.phase("Train"):
        watch(hosts, PAIRS_PER_HOST * sum(map(trains, hosts)))
    with clock.phase("Look at it: ansible-playbook swarm.learning.status"):
        deploy("swarm.learning.status", case, "-e", f"status_output_dir={STATUS}")
    summary(clock, case, result, hosts)
    say(f"\nAll of this as a page: {STATUS / 'status.html'}")


def main(arguments: Sequence[str]) -> int:
    """The process's exit status."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("case", nargs="?", default=DEFAULT, help="which set-up to show (make demo CASE=…)")
    name = parser.parse_args(arguments).case
    if name not in CASES:
        say(f"unknown CASE {name!r}; expected one of\n{listing()}")
        return 2
    try:
        run(name)
    except (DemoError, training.TrainingError, ValueError) as error:
        terminal.passing("")
        say(f"\n{terminal.red('The demo failed.')}\n{error}")
        return 1
    except KeyboardInterrupt:
        say("\ninterrupted; make demo continues from here, make demo-down removes everything")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
