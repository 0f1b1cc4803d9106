# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run costs the controller: wall time and CPU, beside a play of one ping in the same run, and a large inventory that is only checked."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab import playbook_runner, training
from tools import bench_spire
from tools.cases import Case

ROUNDS = 3
ORGANISATIONS = 50
PING = [{"hosts": "all", "gather_facts": False, "tasks": [{"ansible.builtin.ping": {}}]}]
DERIVE = [
    {
        "hosts": "all",
        "gather_facts": False,
        "tasks": [{"ansible.builtin.import_role": {"name": "swarm.learning.swarm", "tasks_from": "validate"}}],
    }
]


@dataclass(frozen=True)
class Cost:
    """Seconds of a command: on the wall, and of the CPU with all processes that it waited for."""

    wall: float
    cpu: float


def cost(*arguments: str) -> Cost:
    """The Cost of `ansible-playbook` with these arguments. Raises SystemExit with what it printed when it fails."""
    command = [str(playbook_runner.BIN / "ansible-playbook"), *arguments]
    with tempfile.TemporaryFile() as said:
        begun = time.monotonic()
        process = subprocess.Popen(command, cwd=playbook_runner.ROOT, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)
        _pid, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"{' '.join(command)} failed\n{said.read().decode()}")
    return Cost(wall, usage.ru_utime + usage.ru_stime)


def median(costs: Sequence[Cost]) -> Cost:
    """The median of each."""
    return Cost(statistics.median(one.wall for one in costs), statistics.median(one.cpu for one in costs))


def quiet(case: Case, hosts: Sequence[training.Host]) -> tuple[Cost, Cost, int]:
    """(a play of one ping, `site` with nothing to do: medians of rounds in turn; spire-server commands of such a run on all hosts)."""
    with tempfile.TemporaryDirectory() as directory:
        book = _written(Path(directory) / "ping.json", PING)
        pings, sites, executed = [], [], 0
        for _round in range(ROUNDS):
            pings.append(cost("-i", case.inventory, book))
            since = time.time()
            sites.append(cost("-i", case.inventory, "swarm.learning.site"))
            executed = bench_spire.executions(hosts, since, time.time())
    return median(pings), median(sites), executed


def inventory(count: int) -> dict:
    """An inventory of so many organisations, each with a host of its own that has everything; nobody is ever connected to."""
    names = [f"host-{number}" for number in range(1, count + 1)]
    hosts = {
        name: {"ansible_host": f"192.0.2.{number}", "swarm_trust_domain": f"org{number}.example", "sn_sentinel": number == 1}
        for number, name in enumerate(names, 1)
    }
    every = {"hosts": {name: {} for name in names}}
    groups = {f"swarm_{component}": every for component in ("spire_server", "spire_agent", "sn", "swop")}
    return {"all": {"hosts": hosts, "children": {"swarm_apls": {"hosts": {names[0]: {}}}, **groups}}}


def derivation() -> Cost:
    """The cost of checking a large inventory and deriving the site from it."""
    with tempfile.TemporaryDirectory() as directory:
        hosts = _written(Path(directory) / "hosts.json", inventory(ORGANISATIONS))
        return median([cost("-i", hosts, _written(Path(directory) / "derive.json", DERIVE)) for _round in range(ROUNDS)])


def _written(path: Path, content: object) -> str:
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)
