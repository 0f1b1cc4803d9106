# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: gpu_review
short_description: Check whether an engine can give containers GPUs
description:
  - Checks whether the containers of a Docker Engine or Podman can have NVIDIA GPUs and keep them, from what the engine reports about itself.
  - The module M(swarm.learning.swarm_gpus) checks it by starting a container.
positional: nodes
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
options:
  _input:
    description: What the engine reports about itself, as in RV(community.docker.docker_host_info#module:host_info).
    type: dict
    required: true
  nodes:
    description: Nodes that ask for GPUs, each with C(name) and C(gpus). Those with AMD GPUs need nothing of the engine.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show whether containers of this host can have GPUs
  ansible.builtin.debug:
    msg: "{{ {'Runtimes': {'runc': {}}} | swarm.learning.gpu_review([{'name': 'ml-1', 'gpus': 'all'}]) }}"
"""

RETURN = r"""
_value:
  description: V(problem) and V(warning), sentences that are empty if there is nothing to report.
  type: dict
"""

from collections.abc import Callable
from typing import Any


def gpu_review(info: dict[str, Any], nodes: list[dict[str, str]]) -> dict[str, str]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _gpus

    return _gpus.review(info) if _gpus.of_nvidia(nodes) else {"problem": "", "warning": ""}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, str]]]:
        return {"gpu_review": gpu_review}
