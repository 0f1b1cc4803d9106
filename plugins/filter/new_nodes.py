# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: new_nodes
short_description: Find hosts that are to get nodes which do not run yet
description:
  - Compares the nodes that run on hosts with those that the site model gives them.
  - Only nodes that are named by their numbers count, such as C(sn-2).
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
options:
  _input:
    description: Names of hosts.
    type: list
    elements: str
    required: true
  hostvars:
    description: Ansible's C(hostvars).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show which hosts are to get new nodes
  ansible.builtin.debug:
    msg: "{{ ansible_play_hosts | swarm.learning.new_nodes(hostvars) }}"
"""

RETURN = r"""
_value:
  description: Hosts that are to get new nodes.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any


def new_nodes(hosts: list[str], hostvars: Any) -> list[str]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils._site import numbers

    def containers(host: str) -> Any:
        return hostvars[host].get("swarm_engine", {}).get("containers", [])

    return [host for host in hosts if numbers.has_new(hostvars[host]["swarm_site_host"], containers(host))]


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"new_nodes": new_nodes}
