# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""For programs that end within seconds: `make test` has all of Python's garbage collections looked through less often.

Ansible forks for every task of every host, and each fork looked through all objects of its parent again and again: a tenth of all CPU.
"""

import gc

gc.set_threshold(100_000, 50, 100)
