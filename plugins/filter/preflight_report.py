# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: preflight_report
short_description: Judge what a preflight measured
version_added: 1.0.0
author: The swarm.learning authors (@swarm-learning)
description:
  - Judges what was measured on all hosts, and formats the result for the terminal, for programs and for a browser.
positional: observed
options:
  _input:
    description: As for the filter P(swarm.learning.preflight_plan#filter).
    type: dict
    required: true
  observed:
    description:
      - For each host its C(facts), as RV(swarm.learning.swarm_preflight#module:facts), what M(swarm.learning.swarm_reach) returned there
        (C(reached)), and why it could not be examined (C(problem)).
    type: dict
    required: true
  skip:
    description: Names of checks to leave out.
    type: list
    elements: str
    default: []
  fail_on:
    description: The mildest severity with which the playbook fails, V(error) or V(warning), or V(never).
    type: str
    default: error
"""

EXAMPLES = r"""
- name: Show the result
  ansible.builtin.debug:
    msg: "{{ (preflight_hosts | swarm.learning.preflight_report(preflight_observed)).lines }}"
"""

RETURN = r"""
_value:
  description:
    - C(lines) for the terminal, C(json), C(html), the number of findings in words (C(summary)), and whether the playbook C(fails).
  type: dict
"""

import time
from collections.abc import Callable, Collection
from typing import Any


def preflight_report(
    hosts: dict[str, dict[str, Any]], observed: dict[str, dict[str, Any]], skip: Collection[str] = (), fail_on: str = "error"
) -> dict[str, Any]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils._preflight import judge, plan, report

    described = {name: plan.Host(**host) for name, host in hosts.items()}
    found = judge.judge(described, {name: judge.Observed(**seen) for name, seen in observed.items()}, skip)
    now = time.time()
    return {
        "lines": report.lines(found),
        "json": report.as_json(found, now),
        "html": report.page(found, now),
        "summary": report.counted(found["findings"]),
        "fails": judge.fails(found["findings"], fail_on),
    }


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"preflight_report": preflight_report}
