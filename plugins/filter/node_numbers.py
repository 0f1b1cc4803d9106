# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: node_numbers
short_description: Get the numbers of a host's nodes
description:
  - Reads the numbers of SN, SWOP and SL nodes from the names of the containers that this collection created, and the numbers of the
    SL/ML pairs from the profiles of the SWOPs.
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
options:
  _input:
    description: Containers of the host, as in RV(community.docker.docker_host_info#module:containers).
    type: list
    elements: dict
    required: true
  profiles:
    description: SWOP profiles on the host, by the name of the SWOP.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show the numbers of this host's nodes
  ansible.builtin.debug:
    msg: "{{ [{'Names': ['/sn-1'], 'Labels': {'learning.swarm.component': 'sn'}}] | swarm.learning.node_numbers }}"
"""

RETURN = r"""
_value:
  description: Lists of numbers by C(sn), C(swop), C(sl) and C(pairs).
  type: dict
"""

from collections.abc import Callable
from typing import Any


def node_numbers(containers: list[dict[str, Any]], profiles: dict[str, Any] | None = None) -> dict[str, list[int]]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils._site import numbers

    return numbers.running(containers, profiles)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, list[int]]]]:
        return {"node_numbers": node_numbers}
