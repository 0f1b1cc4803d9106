# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: format_problems
short_description: What is wrong with a SWOP profile or a task definition
version_added: 0.1.0
author: The swarm.learning authors (@swarm-learning)
description:
  - Checks keys, types, lengths and choices as SWOP and SWCI do, before anything is started.
positional: what
options:
  _input:
    description: The profile or the task.
    type: dict
    required: true
  what:
    description: Which of the two.
    type: str
    choices: [profile, task]
    required: true
"""

EXAMPLES = r"""
- name: The profile is one that SWOP reads
  ansible.builtin.assert:
    that: profile | swarm.learning.format_problems('profile') == []
"""

RETURN = r"""
_value:
  description: Sentences, none when the document is right.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def format_problems(document: Any, what: str) -> list[str]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils._checks import formats

    checks = {"profile": formats.profile_problems, "task": formats.task_problems}
    if what not in checks:
        raise AnsibleFilterError(f"format_problems checks a profile or a task, not {what!r}")
    return checks[what](formats.plain(document))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"format_problems": format_problems}
