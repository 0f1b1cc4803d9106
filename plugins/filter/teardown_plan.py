# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: teardown_plan
short_description: Report what a teardown would remove
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Returns a line for each host, with its trust domain and what would be removed from it.
options:
  _input:
    description: For each host C(trust_domain) and C(removed), as M(swarm.learning.swarm_stop) and M(swarm.learning.swarm_teardown) return it.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what would be removed
  ansible.builtin.debug:
    msg: "{{ {'host-1': {'trust_domain': 'org1', 'removed': [{'kind': 'network', 'name': 'swarm'}]}} | swarm.learning.teardown_plan }}"
"""

RETURN = r"""
_value:
  description: A line for each host.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any


def teardown_plan(hosts: dict[str, dict[str, Any]]) -> list[str]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _teardown

    return _teardown.plan(hosts)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"teardown_plan": teardown_plan}
