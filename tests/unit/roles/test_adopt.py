# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the inventory cannot be written, `adopt` says so before it asks any host."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def adopt(directory, **variables):
    """The exit status and the output of the playbook for a host that nobody reaches."""
    extra = [f"-e{name}={value}" for name, value in variables.items()]
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "192.0.2.1,", "swarm.learning.adopt", *extra]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections")}
    done = subprocess.run(command, cwd=directory, env=environment, check=False, capture_output=True, text=True)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "adopt_dir is required: a directory on this machine for the inventory"),
        ("full", "has hosts.yml already. Choose another directory"),
        ("full/hosts.yml/below", "hosts.yml/below cannot be written on the controller"),
    ],
)
def test_refused(tmp_path, given, words):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/hosts.yml").write_text("all:\n", encoding="utf-8")
    status, output = adopt(tmp_path, **({"adopt_dir": given} if given else {}))
    assert status != 0
    assert words in output
    assert "UNREACHABLE" not in output
    assert (tmp_path / "full/hosts.yml").read_text(encoding="utf-8") == "all:\n"
