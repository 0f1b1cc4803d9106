# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports are written where the playbook is run: Ansible itself takes a relative path on the controller from where the playbook is stored."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
INVENTORY = """
swarm_sn:
  hosts:
    host-1: { swarm_trust_domain: org1.example, ansible_connection: local, ansible_python_interpreter: /nowhere/python }
"""


@pytest.mark.parametrize(("arguments", "place"), [((), "status"), (("-estatus_output_dir=reports/mine",), "reports/mine")])
def test_a_report_is_below_the_directory_in_which_the_playbook_is_run(tmp_path, arguments, place):
    (tmp_path / "hosts.yml").write_text(INVENTORY, encoding="utf-8")
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "hosts.yml", "swarm.learning.status", *arguments]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)
    assert sorted(path.name for path in (tmp_path / place).glob("*")) == ["status.html", "status.json"], done.stdout
    assert f"see {tmp_path}/{place}/status.html" in done.stdout
