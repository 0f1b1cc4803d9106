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
    description:
      - Result of the module on each host, by the host's name. A host that did not answer or could not be examined gets a line that says so.
      - Instead of a result, RV(swarm.learning.swarm_info#module:containers) alone will do.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what runs where
  ansible.builtin.debug:
    msg: "{{ {'host-1': info} | swarm.learning.status }}"
"""

RETURN = r"""
_value:
  description: A header, a line for each container, and what is wrong with hosts that could not be examined.
  type: list
  elements: str
"""

import time
from collections.abc import Callable, Mapping
from typing import Any


def status(found: dict[str, Any]) -> list[str]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils._status.lines import lines

    return lines({host: one if isinstance(one, Mapping) else {"containers": one} for host, one in found.items()}, time.time())


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"status": status}
