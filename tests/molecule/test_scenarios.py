# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each Molecule scenario is one test, so that pytest's closing line speaks for them too."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = sorted(path.parent.name for path in (ROOT / "molecule").glob("*/molecule.yml"))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(scenario, capfd):
    """`molecule test` of the scenario succeeds; what it does is shown as it goes, because it takes minutes."""
    programs = Path(sys.executable).parent
    environment = dict(os.environ, PATH=f"{programs}:{os.environ['PATH']}")  # molecule calls ansible-playbook by its name
    with capfd.disabled():
        done = subprocess.run([programs / "molecule", "test", "--scenario-name", scenario], cwd=ROOT, env=environment, check=False)
    assert done.returncode == 0, f"molecule test --scenario-name {scenario} ended with {done.returncode}; its output is above"
