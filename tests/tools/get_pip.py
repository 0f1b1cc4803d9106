# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for get-pip where its download is out of reach: Python's own ensurepip, then pip itself for the version asked for.

sanity.py copies this file to where ansible-test looks for get-pip. Both steps are processes of their own, because ensurepip
switches pip's configuration off for the process that it runs in.
"""

import subprocess
import sys

subprocess.run([sys.executable, "-m", "ensurepip"], check=True, stdout=subprocess.DEVNULL)
arguments = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *arguments], check=True)
