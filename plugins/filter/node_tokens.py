# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: node_tokens
short_description: Get what nodes of release 0.3.0 need so that their SPIRE Agents are attested
description:
  - Finds in the results of M(swarm.learning.spire_token) which nodes need a join token and a bundle, and which files their agents must not keep.
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
positional: answers, directory, bundle
options:
  _input:
    description: Agents by node, as P(swarm.learning.nodes_to_attest#filter) returns them.
    type: dict
    required: true
  answers:
    description: Results of M(swarm.learning.spire_token) for these agents, in their order.
    type: list
    elements: dict
    required: true
  directory:
    description: Directory on the host in which each node has its own directory.
    type: str
    required: true
  bundle:
    description: Trust bundle of the SPIRE Server as SPIFFE JSON. Empty in check mode if there is no server yet.
    type: str
    default: ''
"""

EXAMPLES = r"""
- name: Show which nodes need a join token
  ansible.builtin.debug:
    msg: "{{ (agents | swarm.learning.node_tokens(answers, '/var/lib/swarm-learning/agents')).tokens.keys() }}"
  vars:
    agents:
      sn-1: { agent_id: "", distrusts_server: false }
    answers:
      - { needed: true, token: 01234567-89ab-cdef-0123-456789abcdef }
"""

RETURN = r"""
_value:
  description: >-
    C(tokens), join tokens by node; C(bundles), files as M(swarm.learning.swarm_files) takes them; and C(stale), paths of files to delete.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def node_tokens(agents: dict[str, dict[str, Any]], answers: list[dict[str, Any]], directory: str, bundle: str = "") -> dict[str, Any]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _node_agent

    try:
        return _node_agent.handed_out(agents, answers, directory, bundle)
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"node_tokens": node_tokens}
