# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: drift_review
short_description: Find the hosts that are not as wanted
description:
  - Puts together what M(swarm.learning.swarm_drift) has returned on all hosts, and compares what SPIRE Servers and Agents on different hosts trust.
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
positional: variables
options:
  _input:
    description: Names of the hosts.
    type: list
    elements: str
    required: true
  variables:
    description: >-
      Variables of the hosts, by the host's name, with the result of M(swarm.learning.swarm_drift) as C(drift_result), the host's part of the
      site as C(swarm_site_host), and what its engine says of itself as C(swarm_engine).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what is to be done
  ansible.builtin.debug:
    msg: "{{ ansible_play_hosts | swarm.learning.drift_review(hostvars) }}"
"""

RETURN = r"""
_value:
  description:
    - C(differing), for each host that is not as wanted, the reasons, in words.
    - C(warnings), what may not work with the hosts' engines.
    - C(as_wanted), the groups to which all hosts belong now, so that P(swarm.learning.pending#filter) leaves out what is as wanted.
      C(swarm_as_wanted) if no host differs; otherwise one for each part that starts before the first that differs on any host,
      C(swarm_identity_as_wanted), C(swarm_sn_as_wanted) and C(swarm_training_as_wanted).
  type: dict
"""

from collections.abc import Callable
from typing import Any


def drift_review(hosts: list[str], variables: Any) -> dict[str, Any]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _drift

    answers = {host: variables[host]["drift_result"] for host in hosts}
    models = {host: variables[host]["swarm_site_host"] for host in hosts}
    engines = {host: variables[host]["swarm_engine"]["host_info"] for host in hosts}
    warnings = [
        f"{host}: {warning}" for host in hosts for warning in _drift.warnings(engines[host], models[host], variables[host]["group_names"])
    ]
    return {**_drift.review(hosts, answers, models), "warnings": warnings}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"drift_review": drift_review}
