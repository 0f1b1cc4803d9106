# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: swci_waits
short_description: Get the variables that set how long a SWCI waits for its tasks
description:
  - A SWCI stops waiting for a task after 120 minutes unless its environment says otherwise, and continues with the next line of its script.
  - This filter returns the environment variables that make a SWCI wait as long as a training may take.
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
options:
  _input:
    description: Release of the platform, such as V(2.3.0).
    type: str
    required: true
  days:
    description: Longest time that a training may take, in days.
    type: float
    required: true
"""

EXAMPLES = r"""
- name: Show how long a SWCI of release 2.3.0 waits for a training of a week
  ansible.builtin.debug:
    msg: "{{ '2.3.0' | swarm.learning.swci_waits(7) }}"
"""

RETURN = r"""
_value:
  description: Environment variables and their values, in minutes. Empty for release 0.3.0, which has no such variables.
  type: dict
"""

import math
from collections.abc import Callable


def swci_waits(release: str, days: float) -> dict[str, str]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..module_utils._releases import SWCI_WAITS

    return dict.fromkeys(SWCI_WAITS.get(str(release), ()), str(math.ceil(float(days) * 24 * 60)))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, str]]]:
        return {"swci_waits": swci_waits}
