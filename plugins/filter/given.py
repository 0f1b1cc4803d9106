# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: given
short_description: Drop empty values from a mapping
version_added: 1.0.0
author: The swarm.learning authors (@swarm-learning)
description:
  - Leaves out keys whose value is null, an empty string, an empty list or an empty mapping, so that a module's own default applies.
options:
  _input:
    description: A mapping of options.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show a node's options without its empty port
  ansible.builtin.debug:
    msg: "{{ {'name': 'sn-1', 'sn_api_port': ''} | swarm.learning.given }}"
"""

RETURN = r"""
_value:
  description: The mapping without empty values.
  type: dict
"""

from collections.abc import Callable
from typing import Any


def given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None and value not in ("", [], {})}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"given": given}
