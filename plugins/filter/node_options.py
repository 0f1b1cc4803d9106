# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: node_options
short_description: Merge the options of containers from where they are set
description:
  - Returns the complete options of a component's module for each container, from the variables of its role and an item of its list of nodes.
  - A later layer takes precedence, option by option; C(env) and C(labels) are merged key by key. The layers are O(facts), O(own) and O(env),
    O(options), the container itself, and last what makes a node what it is, such as its C(swarm_node_type).
  - Options that end up empty are left out, so that the module's own default applies.
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
positional: component
options:
  _input:
    description: The containers, each with its C(name) and the options that are set for it alone.
    type: list
    elements: dict
    required: true
  component:
    description: The module whose options they are.
    type: str
    choices: [apls, spire_server, spire_agent, sn, sl, swop, swci]
    required: true
  own:
    description: Options from the role's own variables, such as O(own.release).
    type: dict
    required: true
    suboptions:
      release:
        description: Release of the platform.
        type: str
        required: true
  env:
    description: Additional environment variables, such as C(sn_env).
    type: dict
    default: {}
  options:
    description: Any other options, such as C(sn_options).
    type: dict
    default: {}
  facts:
    description: What the collection knows of the host, the fact C(swarm_node_facts).
    type: dict
    default: {}
  agents:
    description: In release 0.3.0, what is known of the SPIRE Agents inside the nodes, the fact C(node_agent_facts).
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show the options of a node
  ansible.builtin.debug:
    msg: "{{ [{'name': 'sn-1', 'memory': '4g'}] | swarm.learning.node_options('sn', own={'release': '2.3.0', 'sn_api_port': 30304}) }}"
"""

RETURN = r"""
_value:
  description: The complete options by the name of the container, in the order of the input.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def node_options(nodes: list[dict[str, Any]], component: str, **layers: dict[str, Any]) -> dict[str, dict[str, Any]]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _node_options

    facts, agents = layers.pop("facts", {}), layers.pop("agents", {})
    try:
        variables = _node_options.Variables(**layers)
        return _node_options.complete(component, nodes, variables, _node_options.Facts(**facts), _node_options.AgentInside(**agents))
    except (TypeError, ValueError) as error:  # the first for a layer or a fact that there is none of
        raise AnsibleFilterError(f"node_options: {error}") from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"node_options": node_options}
