# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: held_report
short_description: Report what a run left undone because a training is in progress
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Collects what the modules of the nodes left undone because of O(swarm.learning.swop#module:hold), and whether a script waits.
positional: variables
options:
  _input:
    description: Hosts, in the order of the report.
    type: list
    elements: str
    required: true
  variables:
    description: Variables of the hosts, as in C(hostvars).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Report what waits for the end of the training
  ansible.builtin.debug:
    msg: "{{ ansible_play_hosts | swarm.learning.held_report(hostvars) }}"
"""

RETURN = r"""
_value:
  description: Lines. Empty if nothing was left undone.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any


def held_report(hosts: list[str], variables: Any) -> list[str]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils._held import report

    return report(hosts, variables)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"held_report": held_report}
