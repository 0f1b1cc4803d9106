# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: questions
short_description: Ask whether containers are as wanted
description:
  - Makes of the options of containers the questions that M(swarm.learning.swarm_drift) takes.
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
positional: module, below, otherwise
options:
  _input:
    description: Complete options of the containers' module, by the containers' names.
    type: dict
    required: true
  module:
    description: Name of the module, such as V(sn). Further keyword arguments are options that all of the containers have.
    type: str
    required: true
  below:
    description: Options whose value is a directory of the container's name, with the directory that it is in. A container's own option wins.
    type: dict
    default: {}
  otherwise:
    description: Options of the containers that do not have them.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show what is asked
  ansible.builtin.debug:
    msg: "{{ {'apls': {'release': '2.3.0'}} | swarm.learning.questions('apls') }}"
"""

RETURN = r"""
_value:
  description: A question for each container.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any


def questions(
    containers: dict[str, dict[str, Any]],
    module: str,
    below: dict[str, str] | None = None,
    otherwise: dict[str, Any] | None = None,
    **also: Any,
) -> list[dict[str, Any]]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _drift

    return _drift.questions(containers, module, below, otherwise, **also)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        return {"questions": questions}
