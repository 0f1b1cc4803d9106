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
positional: node_type, trust_domain
options:
  _input:
    description: The results of the module in a loop over the names of the nodes.
    type: list
    elements: dict
    required: true
  node_type:
    description: The kind of the nodes.
    type: str
    choices: [sn, sl, swci]
    required: true
  trust_domain:
    description: The trust domain of the nodes.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show which nodes will start
  ansible.builtin.debug:
    msg: "{{ ([{'item': 'sn-1', 'actions': ['start sn-1']}] | swarm.learning.nodes_to_attest('sn', 'swarm.learning')).keys() }}"
"""

RETURN = r"""
_value:
  description: For each node that will start, changed ones first, its agent as O(swarm.learning.spire_token#module:agents) takes it.
  type: dict
"""

from collections.abc import Callable
from typing import Any


def nodes_to_attest(results: list[dict[str, Any]], node_type: str, trust_domain: str) -> dict[str, dict[str, Any]]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _node_agent

    return _node_agent.to_attest(results, node_type, trust_domain)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, dict[str, Any]]]]:
        return {"nodes_to_attest": nodes_to_attest}
