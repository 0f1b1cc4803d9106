# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: preflight_problems
short_description: Find what is wrong with the options of a preflight
version_added: 1.0.0
author: The swarm.learning authors (@swarm-learning)
description:
  - Finds names of checks that do not exist, and an unknown severity.
positional: fail_on
options:
  _input:
    description: Value of C(preflight_skip).
    type: raw
    required: true
  fail_on:
    description: Value of C(preflight_fail_on).
    type: str
    default: error
"""

EXAMPLES = r"""
- name: Check the options
  ansible.builtin.assert:
    that: preflight_skip | swarm.learning.preflight_problems(preflight_fail_on) == []
"""

RETURN = r"""
_value:
  description: Sentences. Empty if nothing is wrong.
  type: list
  elements: str
"""

from collections.abc import Callable, Iterable
from typing import Any


def preflight_problems(skip: Iterable[Any], fail_on: Any = "error") -> list[str]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils._preflight import judge

    return judge.problems(skip, fail_on)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"preflight_problems": preflight_problems}
