# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/performance.md: what `make bench` measured, beside the aims, and what was found to cost what."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import ansible

from lab.playbook_runner import ROOT
from tools.bench_imports import Size

PAGE = ROOT / "docs/performance.md"
HEAD = """<!-- SPDX-FileCopyrightText: The swarm.learning authors -->
<!-- SPDX-License-Identifier: GPL-3.0-or-later -->
<!-- Written by `make bench`. -->
# What a run costs

Measured by `make bench` on {machine}. Everything runs on that one machine: controller, hosts and their engines. Compare the ratios, which come
from one run, rather than the seconds.
"""
COSTS = """
## What costs what

- **Ansible itself.** A task costs a fork for each host, the host's variables, and its templates compiled again, about 40 ms of CPU, whether it runs or
  is skipped; a module adds about 0.25 s until it has started on the host.
- **Loading filters.** To use one filter of a collection, a fork loads all of them, 10 ms, and what that one imports, up to 20 ms more. `site` has them
  loaded before the first fork.
- **Packing.** Each different module is packed once a run, about 0.15 s, which grows with the files that it imports: they import what they use.
- **The Docker SDK** is a third of what a module of a container imports, and `ansible.module_utils.basic` another third.
- **spire-server** is a program of 167 MB, and a command of it takes about 0.05 s. A run that changes nothing starts it for the server's own bundle, for its
  copies of all other bundles, and for its entries: SPIRE has no command that tells two of these. It does not grow with the number of organisations.
- **Lists of skipped tasks** cost time on a terminal too: `display_skipped_hosts = false` in `ansible.cfg` leaves them out.
"""


@dataclass(frozen=True)
class Figure:
    """One row: what was measured, the value as text, and the aim as text, empty for none."""

    what: str
    value: str
    aim: str = ""


def machine() -> str:
    """The machine and the Ansible that measured."""
    return f"{os.cpu_count()} CPUs ({platform.machine()}), Python {platform.python_version()}, ansible-core {ansible.release.__version__}"


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
