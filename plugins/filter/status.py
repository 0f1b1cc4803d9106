# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: status
short_description: Format a table of what runs where
version_added: 1.0.0
author: The swarm.learning authors (@swarm-learning)
description:
  - Makes aligned lines of what M(swarm.learning.swarm_info) says of several hosts.
options:
  _input:
    description: What RV(swarm.learning.swarm_info#module:containers) is on each host, by the host's name.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: What runs where is shown
  ansible.builtin.debug:
    msg: "{{ {'host-1': info.containers} | swarm.learning.status }}"
"""

RETURN = r"""
_value:
  description: A head, and a line for each container.
  type: list
  elements: str
"""

import time
from collections.abc import Callable
from typing import Any


def status(found: dict[str, list[dict[str, Any]]]) -> list[str]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils._status import table

    return table(found, time.time())


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"status": status}
