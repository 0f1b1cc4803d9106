# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: rival_problems
short_description: Find why a training cannot start while others are in progress
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Compares what is in progress with the GPUs that trainings share, and with the licences that there are.
positional: found
options:
  _input:
    description: What is derived for a host, C(swarm_site_host).
    type: dict
    required: true
  found:
    description: For each host, the registered loop of M(swarm.learning.swarm_training_info) over the names of the rivals.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Check that no other training has what this one needs
  ansible.builtin.assert:
    that: swarm_site_host | swarm.learning.rival_problems([__asked]) | length == 0
"""

RETURN = r"""
_value:
  description: Sentences. None if nothing is in the way.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any


def rival_problems(site: dict[str, Any], found: list[dict[str, Any]]) -> list[str]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _rivals

    return _rivals.problems(site, found)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"rival_problems": rival_problems}
