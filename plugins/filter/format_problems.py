# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: format_problems
short_description: Check a SWOP profile or a task definition
version_added: 1.0.0
author: The swarm.learning authors (@swarm-learning)
description:
  - Checks keys, types, lengths and choices of a document as SWOP and SWCI do, but before anything is started.
positional: what, release
options:
  _input:
    description: The profile or the task definition.
    type: dict
    required: true
  what:
    description: The kind of document.
    type: str
    choices: [profile, task]
    required: true
  release:
    description:
      - Release of the SWOP that reads the profile.
      - Without it, profiles of all releases of the platform are accepted. Those before 2.0.0 have no C(service) in C(apisrv.locator).
    type: str
    default: ''
"""

EXAMPLES = r"""
- name: Check that SWOP can read the profile
  ansible.builtin.assert:
    that: profile | swarm.learning.format_problems('profile') == []
"""

RETURN = r"""
_value:
  description: The problems of the document, as sentences. Empty if there are none.
  type: list
  elements: str
"""

import datetime
import functools
from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def format_problems(document: Any, what: str, release: str = "") -> list[str]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils._checks import formats, secrets

    checks: dict[str, Callable[[Any], list[str]]]
    checks = {"profile": functools.partial(formats.profile_problems, release=release), "task": formats.task_problems}
    if what not in checks:
        raise AnsibleFilterError(f"format_problems: unknown kind of document {what!r}; expected profile or task")
    return secrets.hidden(checks[what](formats.plain(document, kept=(datetime.date,))), secrets.secrets(document))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"format_problems": format_problems}
