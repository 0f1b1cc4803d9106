# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: retry_plan
short_description: Find which failed SL nodes of a training are made again
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Decides by the output of M(swarm.learning.swarm_training_info) of all hosts of a training that goes on.
positional: found, nodes, swops, has_target
options:
  _input:
    description: A host, or an SL node by its name or by that of its ML container.
    type: str
    required: true
  found:
    description: Result of the module on each host, by the host's name.
    type: dict
    required: true
  nodes:
    description: SL nodes of each host that no SWOP starts, by the host's name, as C(sl_nodes) of the site's model has them.
    type: dict
    required: true
  swops:
    description: Hosts whose nodes a SWOP starts.
    type: list
    elements: str
    required: true
  has_target:
    description: Whether the release's SWCI can assign a task to one SWOP.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Show why nothing can be made again
  ansible.builtin.debug:
    msg: "{{ ('sl-1' | swarm.learning.retry_plan({'host-1': info}, {'host-1': [{'name': 'sl-1', 'ml': {'name': 'ml-1'}}]}, [])).problem }}"
"""

RETURN = r"""
_value:
  description: C(host), C(nodes) (the names of its SL nodes that are made again; empty where its SWOP does it) and C(problem), why they cannot, which is
    empty if they can.
  type: dict
"""

from collections.abc import Callable
from typing import Any


def retry_plan(
    wanted: str, found: dict[str, dict[str, Any]], nodes: dict[str, list[dict[str, Any]]], swops: list[str], has_target: bool = True
) -> dict[str, Any]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _retry

    return _retry.plan(wanted, found, nodes, swops, has_target)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"retry_plan": retry_plan}
