# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: installed_collections
short_description: Find a collection and those that it depends on
version_added: 1.0.0
author: The swarm.learning authors (@swarm-learning)
description:
  - Finds the directories of installed collections on the machine that runs Ansible.
options:
  _input:
    description: Name of the collection.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show where the collections are
  ansible.builtin.debug:
    msg: "{{ 'swarm.learning' | swarm.learning.installed_collections }}"
"""

RETURN = r"""
_value:
  description: Directories, the collection's own first.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any


def installed_collections(name: str) -> Any:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _bundle

    return _bundle.collections(name)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"installed_collections": installed_collections}
