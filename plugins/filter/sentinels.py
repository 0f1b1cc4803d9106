# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: sentinels
short_description: Find the Sentinels among SN nodes
description:
  - Returns the names of the nodes that are Sentinels. In release 0.3.0 such a node names its own address as the Sentinel's.
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
options:
  _input:
    description: Complete options by node, as P(swarm.learning.node_options#filter) returns them.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show which node is the Sentinel
  ansible.builtin.debug:
    msg: "{{ {'sn-1': {'sentinel': true}, 'sn-2': {}} | swarm.learning.sentinels }}"
"""

RETURN = r"""
_value:
  description: Names of the Sentinels.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any


def sentinels(nodes: dict[str, dict[str, Any]]) -> list[str]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _node_options

    return _node_options.sentinels(nodes)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"sentinels": sentinels}
