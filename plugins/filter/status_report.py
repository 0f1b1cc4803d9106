# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: status_report
short_description: Format the state of the platform for programs and for a browser
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Combines the output of M(swarm.learning.swarm_info) and M(swarm.learning.swarm_training_info) for several hosts.
positional: trainings, organisations
options:
  _input:
    description: Result of M(swarm.learning.swarm_info) on each host, by the host's name.
    type: dict
    required: true
  trainings:
    description: Result of M(swarm.learning.swarm_training_info) on each host, by the host's name.
    type: dict
    required: true
  organisations:
    description: Trust domain of each host, by the host's name.
    type: dict
    required: true
seealso:
  - plugin: swarm.learning.status
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Write the state of this host as a page
  ansible.builtin.copy:
    content: "{{ ({'host-1': info} | swarm.learning.status_report({'host-1': training_info}, {'host-1': 'a.org'})).html }}"
    dest: status.html
    mode: "0644"
"""

RETURN = r"""
_value:
  description: C(json) and C(html), the texts of the two files, and the number of errors and warnings in words (C(summary)).
  type: dict
"""

import time
from collections.abc import Callable
from typing import Any


def status_report(found: dict[str, Any], trainings: dict[str, Any], organisations: dict[str, str]) -> dict[str, str]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils._status import report, site

    state = site.site(found, trainings, organisations, time.time())
    return {"json": report.as_json(state), "html": report.page(state), "summary": report.counted(state)}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"status_report": status_report}
