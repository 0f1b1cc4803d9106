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
  - Formats the output of M(swarm.learning.swarm_info) for several hosts as aligned lines.
options:
  _input:
    description: Value of RV(swarm.learning.swarm_info#module:containers) on each host, by the host's name.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what runs where
  ansible.builtin.debug:
    msg: "{{ {'host-1': info.containers} | swarm.learning.status }}"
"""

RETURN = r"""
_value:
  description: A header, and a line for each container.
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
