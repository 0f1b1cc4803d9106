# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each Molecule scenario is one test, so that pytest's closing line speaks for them too.

`default` is the last and leaves its platform, with which tests/integration/site goes on. Not `classic`: tests/integration/classic has the same
inventory deployed, and ends its training with the scenario's own `verify`.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = sorted({path.parent.name for path in (ROOT / "molecule").glob("*/molecule.yml")} - {"classic"})
TAIL = 80  # lines of Molecule's output that a failure shows


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(scenario, capfd):
    """`molecule test` of the scenario succeeds. Its steps are shown as they go, because they take minutes; the rest is kept."""
    programs = Path(sys.executable).parent
    environment = dict(os.environ, PATH=f"{programs}:{os.environ['PATH']}", NO_COLOR="1")  # molecule calls ansible-playbook by name
    log = ROOT / f"tests/output/molecule-{scenario}.log"
    log.parent.mkdir(exist_ok=True)
    command = [programs / "molecule", "test", "--scenario-name", scenario]
    begun = time.monotonic()
    with (
        capfd.disabled(),
        log.open("w", encoding="utf-8") as kept,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as molecule,
    ):
        print()
        for line in molecule.stdout:
            kept.write(line)
            if line.startswith(("INFO", "WARNING", "ERROR", "CRITICAL")):
                print(f"  {time.monotonic() - begun:6.1f} s  {line.rstrip()}", flush=True)
    answer = log.read_text(encoding="utf-8").splitlines()
    assert molecule.returncode == 0, f"{log} has all of it; its last lines:\n" + "\n".join(answer[-TAIL:])
