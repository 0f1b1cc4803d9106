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
positional: missing
options:
  _input:
    description: Result of M(swarm.learning.swarm_support) on each host, by the host's name.
    type: dict
    required: true
  missing:
    description: Names of the hosts from which nothing was collected.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show what the logs say
  ansible.builtin.debug:
    msg: "{{ {'host-1': support_result} | swarm.learning.support_summary(['host-2']) }}"
"""

RETURN = r"""
_value:
  description: The summary, a line for each host and cause.
  type: str
"""

from collections.abc import Callable, Sequence
from typing import Any


def support_summary(results: dict[str, dict[str, Any]], missing: Sequence[str] = ()) -> str:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils._support import summary

    return summary(results, missing)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"support_summary": support_summary}
