# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: by_host
short_description: Gather a variable of several hosts
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Returns what a variable is on each of some hosts, in their order.
positional: variables, name, default
options:
  _input:
    description: Names of the hosts.
    type: list
    elements: str
    required: true
  variables:
    description: Ansible's C(hostvars).
    type: dict
    required: true
  name:
    description: Name of the variable.
    type: str
    required: true
  default:
    description: Value for hosts that do not have the variable. Without it, such a host is an error.
    type: raw
"""

EXAMPLES = r"""
- name: Show the trust domain of each host
  ansible.builtin.debug:
    msg: "{{ ansible_play_hosts | swarm.learning.by_host(hostvars, 'swarm_trust_domain', 'swarm.learning') }}"
"""

RETURN = r"""
_value:
  description: The variable's value by the host's name.
  type: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def by_host(hosts: Iterable[str], variables: Mapping[str, Mapping[str, Any]], name: str, default: Any = None) -> dict[str, Any]:
    hosts = list(hosts)
    missing = [host for host in hosts if default is None and name not in variables[host]]
    if missing:
        raise AnsibleFilterError(f"by_host: {', '.join(missing)} has no variable {name}")
    return {host: variables[host].get(name, default) for host in hosts}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"by_host": by_host}
