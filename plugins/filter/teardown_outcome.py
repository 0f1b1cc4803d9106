# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: teardown_outcome
short_description: Report what is left of a platform after its teardown
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Compares what was removed from a host with what is on it now.
positional: containers, removable, kept
options:
  _input:
    description: Containers that were removed, as M(swarm.learning.swarm_stop) returns them.
    type: list
    elements: dict
    required: true
  containers:
    description: Containers of any platform that are on the host now, in the same form.
    type: list
    elements: dict
    required: true
  removable:
    description: What else of the platform is on the host now and may be removed, as M(swarm.learning.swarm_teardown) returns it.
    type: list
    elements: dict
    required: true
  kept:
    description: What else is on the host now and has to be kept, as M(swarm.learning.swarm_teardown) returns it.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show that nothing is left
  ansible.builtin.debug:
    msg: "{{ [{'kind': 'container', 'name': 'sn-1'}] | swarm.learning.teardown_outcome([], [], []) }}"
"""

RETURN = r"""
_value:
  description: >-
    C(left), what still exists although it was removed, and C(kept), what had to be kept, with its reason.
  type: dict
"""

from collections.abc import Callable
from typing import Any


def teardown_outcome(
    stopped: list[dict[str, str]], containers: list[dict[str, str]], removable: list[dict[str, str]], kept: list[dict[str, str]]
) -> dict[str, list[str]]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _teardown

    return _teardown.outcome(stopped, containers, removable, kept)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"teardown_outcome": teardown_outcome}
