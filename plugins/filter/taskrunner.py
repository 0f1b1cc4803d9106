# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: taskrunner
short_description: Get the taskrunner of a training
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Returns the name of the taskrunner, as the inventory has it or as it is derived.
positional: name, one
options:
  _input:
    description: Trainings by their names, C(swarm_trainings).
    type: dict
    required: true
  name:
    description: Name of the training. Empty for C(swarm_training).
    type: str
    required: true
  one:
    description: The training without a name, C(swarm_training).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the taskrunner of a training
  ansible.builtin.debug:
    msg: "{{ swarm_trainings | swarm.learning.taskrunner('heart', swarm_training) }}"
"""

RETURN = r"""
_value:
  description: Name of the taskrunner, for example V(heart.taskdb.sml.hpe).
  type: str
"""

from collections.abc import Callable
from typing import Any


def taskrunner(trainings: dict[str, Any], name: str, one: dict[str, Any]) -> str:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils._site import trainings as _trainings

    return _trainings.taskrunner(trainings, name, one)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., str]]:
        return {"taskrunner": taskrunner}
