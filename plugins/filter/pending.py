# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: pending
short_description: Get the hosts of groups that are not as wanted yet
description:
  - Chooses the hosts of a play. If there are none, Ansible does not warn about it.
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
positional: names
options:
  _input:
    description: Ansible's C(groups). Hosts of the group C(swarm_as_wanted), which the role P(swarm.learning.drift#role) fills, are left out, and those
      of C(swarm_identity_as_wanted), C(swarm_sn_as_wanted) and C(swarm_training_as_wanted) where O(names) are groups of that part.
    type: dict
    required: true
  names:
    description:
      - Names of groups, each an argument of its own. A group that does not exist has no hosts.
      - Without any, all groups whose names begin with C(swarm_).
    type: str
"""

EXAMPLES = r"""
- name: Do something on the hosts that are not as wanted yet
  hosts: "{{ groups | swarm.learning.pending('swarm_sn', 'swarm_swop') }}"
  tasks: []
"""

RETURN = r"""
_value:
  description: Names of hosts, or a pattern that matches none.
  type: raw
"""

from collections.abc import Callable
from typing import Any


def pending(groups: dict[str, list[str]], *names: str) -> list[str] | str:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _drift

    return _drift.pending(groups, *names)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"pending": pending}
