# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: nodes_to_attest
short_description: Find the nodes of release 0.3.0 whose SPIRE Agent has to be attested
description:
  - Decides from the results of a node's module in check mode which nodes will start, so that the SPIRE Agent inside them has to be attested.
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
positional: node_type
options:
  _input:
    description: The results of the module, one for each node.
    type: list
    elements: dict
    required: true
  node_type:
    description: The kind of the nodes.
    type: str
    choices: [sn, sl, swci]
    required: true
"""

EXAMPLES = r"""
- name: Show which nodes will start
  ansible.builtin.debug:
    msg: "{{ [{'changed': true}, {'changed': false, 'training': 'finished'}] | swarm.learning.nodes_to_attest('sn') }}"
"""

RETURN = r"""
_value:
  description: Results of the nodes that will start, changed ones first.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any


def nodes_to_attest(results: list[dict[str, Any]], node_type: str) -> list[dict[str, Any]]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _node_agent

    return _node_agent.to_attest(results, node_type)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        return {"nodes_to_attest": nodes_to_attest}
