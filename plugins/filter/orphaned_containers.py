# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: orphaned_containers
short_description: Find containers that the inventory no longer has
description:
  - Returns the names of the site's containers that this collection created and that are not among the expected ones.
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
positional: expected, network, directory
options:
  _input:
    description: Containers of the host, as in RV(community.docker.docker_host_info#module:containers).
    type: list
    elements: dict
    required: true
  expected:
    description: Names of the containers that the inventory has on the host.
    type: list
    elements: str
    required: true
  network:
    description: The site's Docker network. A container that is not in it, and mounts nothing of O(directory), belongs to another site.
    type: str
    required: true
  directory:
    description: The site's directory on the host.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show what is left of nodes that the inventory no longer has
  ansible.builtin.debug:
    msg: "{{ containers | swarm.learning.orphaned_containers(['sn-1'], 'swarm', '/var/lib/swarm-learning') }}"
  vars:
    containers: []
"""

RETURN = r"""
_value:
  description: Names of the containers, sorted.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any


def orphaned_containers(containers: list[dict[str, Any]], expected: list[str], network: str, directory: str) -> list[str]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils._site import numbers

    return numbers.orphans(containers, expected, network, directory)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"orphaned_containers": orphaned_containers}
