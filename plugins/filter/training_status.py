# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: training_status
short_description: Format the state of a training on several hosts
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Combines the output of M(swarm.learning.swarm_training_info) for several hosts.
positional: organisations
options:
  _input:
    description: Result of the module on each host, by the host's name.
    type: dict
    required: true
  organisations:
    description: Trust domain of each host, by the host's name.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show how the training is going
  ansible.builtin.debug:
    msg: "{{ ({'host-1': info} | swarm.learning.training_status({'host-1': 'a.org'})).lines }}"
"""

RETURN = r"""
_value:
  description:
    - C(result) with C(verdict) (V(none), V(running), V(failing), V(failed) or V(finished)) and C(hosts), the module's results by host.
    - C(lines), the same as text.
  type: dict
"""

from collections.abc import Callable
from typing import Any


def training_status(found: dict[str, dict[str, Any]], organisations: dict[str, str]) -> dict[str, Any]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _training_status

    result = _training_status.result(found, organisations)
    return {"result": result, "lines": _training_status.lines(result)}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"training_status": training_status}
