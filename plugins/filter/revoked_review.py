# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: revoked_review
short_description: Find what is left of an organisation or host that was revoked
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Compares what was revoked with what the SPIRE Servers and nodes that stay say of themselves.
positional: hosts
options:
  _input:
    description: What was revoked, C(revoked) of P(swarm.learning.site#filter).
    type: dict
    required: true
  hosts:
    description: >-
      By host, C(server), the result of M(swarm.learning.spire_info) or empty, C(containers) of M(swarm.learning.swarm_info), and C(since), when
      whom the host's containers trust has changed last, in seconds since the epoch, or 0.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show which nodes still trust the organisation
  ansible.builtin.debug:
    msg: "{{ (swarm_site_revoked | swarm.learning.revoked_review({'host-1': {'server': {}, 'containers': [], 'since': 0}})).holding }}"
"""

RETURN = r"""
_value:
  description:
    - C(left), what SPIRE Servers still have of it, in sentences.
    - C(holding), nodes that trust it until they are started again, with the host before their names.
    - C(lines), a report.
  type: dict
"""

from collections.abc import Callable
from typing import Any


def revoked_review(revoked: dict[str, Any], hosts: dict[str, Any]) -> dict[str, list[str]]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _revoked

    return _revoked.review(revoked, hosts)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"revoked_review": revoked_review}
