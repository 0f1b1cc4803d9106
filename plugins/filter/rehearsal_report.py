# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: rehearsal_report
short_description: Format the verdicts of a rehearsal on several hosts
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Combines the output of M(swarm.learning.swarm_rehearsal) for several hosts.
options:
  _input:
    description: Result of the module on each host, by the host's name. Empty for a host on which it did not run.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show how the programs have run
  ansible.builtin.debug:
    msg: "{{ ({'host-1': rehearsal} | swarm.learning.rehearsal_report).lines }}"
"""

RETURN = r"""
_value:
  description:
    - C(result) with C(verdict) (V(finished), V(failed), or V(none) in check mode) and C(hosts), the programs by host.
    - C(lines), the same as text.
  type: dict
"""

from collections.abc import Callable
from typing import Any


def rehearsal_report(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _rehearsal

    result = _rehearsal.result(found)
    return {"result": result, "lines": _rehearsal.lines(result)}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"rehearsal_report": rehearsal_report}
