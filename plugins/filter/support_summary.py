# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: support_summary
short_description: Summarize what was collected from several hosts
version_added: 1.0.0
author: The swarm.learning authors (@swarm-learning)
description:
  - Formats the results of M(swarm.learning.swarm_support) as a text that names each host's containers and the known causes in their logs.
positional: answering, variables
options:
  _input:
    description: Names of all hosts.
    type: list
    elements: str
    required: true
  answering:
    description: Names of the hosts that have not failed.
    type: list
    elements: str
    required: true
  variables:
    description: Variables of the hosts, by the host's name, with the result of M(swarm.learning.swarm_support) as C(support_result).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what the logs say
  ansible.builtin.debug:
    msg: "{{ ansible_play_hosts_all | swarm.learning.support_summary(ansible_play_hosts, hostvars) }}"
"""

RETURN = r"""
_value:
  description: The summary, a line for each host and cause.
  type: str
"""

from collections.abc import Callable, Sequence
from typing import Any


def support_summary(hosts: Sequence[str], answering: Sequence[str], variables: Any) -> str:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils._support import summary

    return summary(hosts, answering, variables)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"support_summary": support_summary}
