# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: client_volume_due
short_description: Decide whether the volume that the ML image is built from has to be created
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - The volume has to be created if it is missing, or if this collection created it with other options.
positional: name, driver_options
options:
  _input:
    description: Volumes, as M(community.docker.docker_host_info) returns them with its option C(verbose_output).
    type: list
    elements: dict
    required: true
  name:
    description: Name of the volume.
    type: str
    required: true
  driver_options:
    description: Options of the volume's driver.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show whether the volume has to be created
  ansible.builtin.debug:
    msg: "{{ [] | swarm.learning.client_volume_due('sl-cli-lib', {'type': 'none', 'o': 'bind', 'device': '/srv/client'}) }}"
"""

RETURN = r"""
_value:
  description: Whether the volume has to be created.
  type: bool
"""

from collections.abc import Callable
from typing import Any


def client_volume_due(volumes: list[dict[str, Any]], name: str, driver_options: dict[str, str]) -> bool:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _client_volume

    return _client_volume.is_due(volumes, name, driver_options)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"client_volume_due": client_volume_due}
