# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook `stop` is about the whole platform, and says so where a training is named. Ansible evaluates the message in any case."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
INVENTORY = "swarm_sn: { hosts: { host-1: { ansible_connection: local, ansible_python_interpreter: /nowhere/python } } }\n"


@pytest.mark.parametrize(("arguments", "refused"), [((), False), (("-etraining=one",), True)])
def test_a_training_by_name_is_refused(tmp_path, arguments, refused):
    (tmp_path / "hosts.yml").write_text(INVENTORY, encoding="utf-8")
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "hosts.yml", "swarm.learning.stop", "--check", *arguments]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)
    output = " ".join((done.stdout + done.stderr).split())
    assert "'training' is undefined" not in output
    assert ("end one with training_abort" in output) is refused
