# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of `make bench` that decide something."""

import sys

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import stages
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model

from lab import playbook_runner
from tools import bench_controller
from tools.bench_controller import Cost


def test_median():
    assert bench_controller.median([Cost(1, 9), Cost(3, 8), Cost(2, 1)]) == Cost(2, 8)


def test_large_inventory_is_one_that_a_site_accepts():
    tree = bench_controller.inventory(5)["all"]
    groups = {name: list(group["hosts"]) for name, group in tree["children"].items()}
    read = model.read(tree["hosts"], {"all": list(tree["hosts"]), "ungrouped": [], **groups})
    assert stages.problems(read, lambda path: True) == []
    hosts = model.derive(read)
    assert [len(host["federates_with"]) for host in hosts.values()] == [4] * 5


def test_cost_counts_the_processes_of_a_run(monkeypatch, tmp_path):
    """A quarter of a second of a child's CPU, and none of a sleep."""
    program = tmp_path / "ansible-playbook"
    work = "import time; end = time.process_time() + 0.25\nwhile time.process_time() < end: pass"
    program.write_text(f"#!{sys.executable}\nimport subprocess, sys\nsubprocess.run([sys.executable, '-c', {work!r}], check=True)\n")
    program.chmod(0o755)
    monkeypatch.setattr(playbook_runner, "BIN", tmp_path)
    measured = bench_controller.cost("any.yml")
    assert 0.25 <= measured.cpu < 2
    program.write_text(f"#!{sys.executable}\nprint('the reason'); raise SystemExit(2)\n")
    with pytest.raises(SystemExit, match="the reason"):
        bench_controller.cost("any.yml")
