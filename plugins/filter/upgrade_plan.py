# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: upgrade_plan
short_description: Find whether and how a platform that runs can be upgraded
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Compares the versions that run with those that the inventory wants.
options:
  _input:
    description: >-
      By host, the C(containers) of M(swarm.learning.swarm_info), the wanted C(release) and version of SPIRE (C(spire)), its C(trust_domain), and
      whether it has the Sentinel (C(has_sentinel)).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Check that the platform can be upgraded
  ansible.builtin.assert:
    that: (ansible_play_hosts | swarm.learning.by_host(hostvars, 'my_versions') | swarm.learning.upgrade_plan).problems == []
"""

RETURN = r"""
_value:
  description:
    - C(problems), why it cannot be upgraded, in sentences.
    - C(lines), what changes on each host.
    - C(organisations), the trust domains in the order of the upgrade.
    - C(earlier), by component, the C(release) and C(image) that it returns to if its upgrade fails.
    - C(unfinished), what is not of the wanted release or not ready, in sentences.
  type: dict
"""

from collections.abc import Callable
from typing import Any


def upgrade_plan(hosts: dict[str, Any]) -> dict[str, Any]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _upgrade

    return {**_upgrade.plan(hosts), "unfinished": _upgrade.unfinished(hosts)}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"upgrade_plan": upgrade_plan}
