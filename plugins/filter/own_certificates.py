# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: own_certificates
short_description: Derive and check the certificates of hosts whose role works alone
description:
  - Reads and checks the certificates on the controller that C(swarm_certificates) of each host names.
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
positional: hosts, component
options:
  _input:
    description: Ansible's C(hostvars). Each host has the fact C(swarm_resolved).
    type: dict
    required: true
  hosts:
    description: Names of the hosts.
    type: list
    elements: str
    required: true
  component:
    description: Component whose nodes get the certificates.
    type: str
    choices: [sn, sl, swop, swci]
    required: true
"""

EXAMPLES = r"""
- name: Show what is wrong with the certificates
  ansible.builtin.debug:
    msg: "{{ (hostvars | swarm.learning.own_certificates(ansible_play_hosts, 'sn')).problems }}"
"""

RETURN = r"""
_value:
  description:
    - C(problems), sentences that say what is wrong.
    - C(hosts), for each host C(identity), its module options by component, and C(certificates), which files are copied. Empty if there are problems.
    - C(requests), the certificates that must be created for a trial, before anything else.
  type: dict
"""

import time
from collections.abc import Callable
from typing import Any


def own_certificates(hostvars: dict[str, Any], hosts: list[str], component: str) -> dict[str, Any]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils._site import alone

    return alone.derive(hostvars, hosts, component, time.time())


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"own_certificates": own_certificates}
