# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: moved_nodes
short_description: Find hosts whose nodes run under other numbers than the site gives them
description:
  - Compares the nodes that run on hosts with those that the site model gives them.
  - They differ after a host was removed from the inventory, or inserted before others.
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
- name: Show which hosts run nodes under other numbers
  ansible.builtin.debug:
    msg: "{{ ansible_play_hosts | swarm.learning.moved_nodes(hostvars) }}"
"""

RETURN = r"""
_value:
  description: Hosts whose nodes run under other numbers.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any


def moved_nodes(hosts: list[str], hostvars: Any) -> list[str]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils._site import numbers

    def containers(host: str) -> Any:
        return hostvars[host].get("swarm_engine", {}).get("containers", [])

    return [host for host in hosts if numbers.moved(hostvars[host]["swarm_site_host"], containers(host))]


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"moved_nodes": moved_nodes}
