# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's programs, run as a user runs them."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAMS = Path(sys.executable).parent


def ansible(directory, program, *arguments, **environment):
    """Run one of Ansible's programs in `directory`, where it meets no configuration of ours."""
    command = [PROGRAMS / program, *map(str, arguments)]
    done = subprocess.run(command, cwd=directory, env={**os.environ, **environment}, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
