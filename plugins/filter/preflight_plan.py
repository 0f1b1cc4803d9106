# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: preflight_plan
short_description: Derive what a preflight measures on each host
version_added: 1.0.0
author: The swarm.learning authors (@swarm-learning)
description:
  - Derives which host must reach which address and port, where to listen for the moment, and what else to measure.
options:
  _input:
    description: For each host its C(model) (the fact C(swarm_site_host)), its C(components) and its C(settings).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show who must reach whom
  ansible.builtin.debug:
    msg: "{{ (preflight_hosts | swarm.learning.preflight_plan).links }}"
"""

RETURN = r"""
_value:
  description: C(hosts), what to measure on each host, and C(links), who must reach whom.
  type: dict
"""

from collections.abc import Callable
from typing import Any


def preflight_plan(hosts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils._preflight import plan

    return plan.plan({name: plan.Host(**host) for name, host in hosts.items()})


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"preflight_plan": preflight_plan}
