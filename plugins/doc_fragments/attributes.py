# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What modules can do; a module says itself where it differs."""

    DOCUMENTATION = r"""
attributes:
  action_group:
    description: Use C(group/swarm.learning.swarm) in C(module_defaults) to set defaults for all modules of this collection.
    support: full
    membership:
      - swarm.learning.swarm
"""

    # Modules that use the host's engine.
    SDK = r"""
requirements:
  - Docker SDK for Python (C(docker)) 7.1 or newer, and Python 3.9 or newer, on the host that runs the module
attributes:
  action_group:
    description: Use C(group/swarm.learning.swarm) in C(module_defaults) to set defaults for all modules of this collection.
    support: full
    membership:
      - swarm.learning.swarm
"""

    # Modules that only look.
    INFO = r"""
attributes:
  check_mode:
    support: full
    description: This module changes nothing.
  diff_mode:
    support: none
    description: This module changes nothing.
  idempotent:
    support: full
    description: This module changes nothing.
"""
