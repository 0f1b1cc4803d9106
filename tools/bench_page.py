# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/performance.md: what `make bench` measured, beside the aims, and what was found to cost what."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import ansible.release

from lab.playbook_runner import ROOT
from tools.bench_imports import Size

PAGE = ROOT / "docs/performance.md"
HEAD = """<!-- SPDX-FileCopyrightText: The swarm.learning authors -->
<!-- SPDX-License-Identifier: GPL-3.0-or-later -->
<!-- Written by `make bench`. -->
# What a run costs

Measured by `make bench` on {machine}.
Controller, hosts and their engines share that one machine. Compare the ratios, which come from one run, rather than the seconds.
"""
COSTS = """
## What costs what

- **Ansible itself.** For each task and host it forks, collects the host's variables and compiles the task's templates again, whether the task runs or
  is skipped. A run that changes nothing is 11 tasks on the first host and 5 on each other one. Its most expensive one asks the host: there the
  options of all containers are put together, a third of the controller's CPU.
- **Garbage collection.** With Python's collector switched off, a run that changes nothing needs an eighth less CPU. A collection has no place to do so.
- **Loading filters.** To use one filter of a collection, a fork loads all of them, 10 ms, and what that one imports, up to 20 ms more. `site` has
  Ansible load them before the first fork, which takes a seventh off the CPU of a run with two hosts.
- **Packing.** Each different module is packed once a run, in 0.1 to 0.2 s. That grows with the files that it imports, so they import what they use.
- **A module on a host** takes 0.25 s before it does anything. One that asks the engine takes another 0.1 s to import the Docker SDK.
- **spire-server** is a program of 167 MB, and a command of it takes about 0.05 s. A run that changes nothing asks a server for its own bundle, its
  copies of all others, and its entries. No SPIRE command returns two of these, so there are three where organisations federate, and two elsewhere;
  the number of organisations does not matter.
- **What is skipped** is not shown with `display_skipped_hosts = false` in `ansible.cfg`. It costs the same.
"""


@dataclass(frozen=True)
class Figure:
    """One row: what was measured, the value as text, and the aim as text, empty for none."""

    what: str
    value: str
    aim: str = ""


def machine() -> str:
    """The machine that measures, how busy it is with other things, and the Ansible."""
    busy = f"{os.cpu_count()} CPUs ({platform.machine()}) with a load of {os.getloadavg()[0]:.1f} before"
    return f"{busy}, Python {platform.python_version()}, ansible-core {ansible.release.__version__}"


def page(figures: Iterable[Figure], sizes: Mapping[str, Size], measured_on: str) -> str:
    """The page's text."""
    rows = [f"| {one.what} | {one.value} | {one.aim} |" for one in figures]
    modules = [f"| `{name}` | {one.sent} KiB | {one.own} KiB | {one.imports:.0f} ms |" for name, one in sizes.items()]
    table = ["| figure | measured | aim |", "|---|---|---|", *rows]
    loads = [
        "",
        "## What a module call sends and loads",
        "",
        "| module | sent | of the collection, unpacked | imports |",
        "|---|---|---|---|",
    ]
    return "\n".join([HEAD.format(machine=measured_on), *table, *loads, *modules, COSTS])
