# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: files_below
short_description: Get files in a directory as the module swarm_files takes them
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Returns files and their directories, which only their owner can read, from a mapping of names to contents.
positional: directory, file
options:
  _input:
    description: Contents by name. Content that is not a string is written as YAML.
    type: dict
    required: true
  directory:
    description: Directory on the host.
    type: str
    required: true
  file:
    description: With it, each name of the input is a directory in O(directory) that has one file of this name.
    type: str
    default: ''
"""

EXAMPLES = r"""
- name: Show where the profiles are written
  ansible.builtin.debug:
    msg: "{{ {'swop-1': {'groupname': 'swop-1'}} | swarm.learning.files_below('/var/lib/swarm-learning/swop', 'profile.yml') }}"
"""

RETURN = r"""
_value:
  description: C(directories) and C(files), as M(swarm.learning.swarm_files) takes them.
  type: dict
"""

from collections.abc import Callable
from typing import Any


def files_below(contents: dict[str, Any], directory: str, file: str = "") -> dict[str, list[dict[str, str]]]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _files_below

    return _files_below.below(directory, contents, file)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"files_below": files_below}
