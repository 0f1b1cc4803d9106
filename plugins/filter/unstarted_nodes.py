# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: unstarted_nodes
short_description: Find the SL nodes that an interrupted start of a training has left out
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Returns the nodes that were never started, or whose program had ended before the training began that goes on.
positional: nodes
options:
  _input:
    description: Result of M(swarm.learning.swarm_training_info) on each host, by the host's name.
    type: dict
    required: true
  nodes:
    description: SL nodes of each host that no SWOP starts, by the host's name, as C(sl_nodes) of the site's model has them.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show which nodes are started late
  ansible.builtin.debug:
    msg: "{{ {'host-1': info} | swarm.learning.unstarted_nodes({'host-1': [{'name': 'sl-1', 'ml': {'name': 'ml-1'}}]}) }}"
"""

RETURN = r"""
_value:
  description: Names of the SL nodes by the host's name. Without a training that goes on, there are none.
  type: dict
"""

from collections.abc import Callable
from typing import Any


def unstarted_nodes(found: dict[str, dict[str, Any]], nodes: dict[str, list[dict[str, Any]]]) -> dict[str, list[str]]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _retry

    return _retry.unstarted(found, nodes)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"unstarted_nodes": unstarted_nodes}
