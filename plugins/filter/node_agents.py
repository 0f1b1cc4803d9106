# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: node_agents
short_description: Get the files of the SPIRE Agents inside nodes of release 0.3.0
version_added: 1.0.0
author: The swarm.learning authors (@swarm-learning)
description:
  - Generates each node's SPIRE Agent configuration, for SPIRE 0.12 with the workload attestor C(swarm), a join token and keys on disk.
positional: checksums
options:
  _input:
    description: Nodes, each with its C(name) and C(image). A node with a C(config) of its own gets no configuration.
    type: list
    elements: dict
    required: true
  checksums:
    description:
      - The plugin's SHA-256 by image, as M(swarm.learning.spire_plugin) returns it.
      - An empty checksum (in check mode, if the image has not been pulled) is written as a placeholder.
    type: dict
    required: true
  directory:
    description: Directory on the host in which each node gets its own directory.
    type: str
    required: true
  trust_domain:
    description: Trust domain of the agents.
    type: str
    required: true
  server_address:
    description: Address of the SPIRE Server.
    type: str
    required: true
  server_port:
    description: Port of the SPIRE Server.
    type: int
    default: 8081
  log_level:
    description: Log level of the agents.
    type: str
    default: INFO
"""

EXAMPLES = r"""
- name: Write the configuration of the agents
  swarm.learning.swarm_files: "{{ [{'name': 'sn-1', 'image': image}] | swarm.learning.node_agents({image: sum}, **settings) }}"
"""

RETURN = r"""
_value:
  description: C(directories) and C(files), as M(swarm.learning.swarm_files) takes them.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def node_agents(nodes: list[dict[str, Any]], checksums: dict[str, str], directory: str, **settings: Any) -> dict[str, list[dict[str, Any]]]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _node_agent

    try:
        return _node_agent.files(nodes, checksums, directory, settings)
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"node_agents": node_agents}
