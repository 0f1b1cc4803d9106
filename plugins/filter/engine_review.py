# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: engine_review
short_description: Check whether the platform works with an engine
description:
  - Finds what does not work with a Docker Engine or Podman, and what may not work, from what the engine reports about itself.
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
options:
  _input:
    description: What the engine reports about itself, as in RV(community.docker.docker_host_info#module:host_info).
    type: dict
    required: true
  spire_version:
    description: Version of the SPIRE Agent that is to run on the host. Empty without one.
    type: str
    default: ''
  components:
    description: What else is to run on the host, such as V(swop).
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show what does not work with this host's engine
  ansible.builtin.debug:
    msg: "{{ {'ServerVersion': '29.1.3'} | swarm.learning.engine_review('1.8.4') }}"
"""

RETURN = r"""
_value:
  description:
    - V(problems) and V(warnings), lists of sentences, V(security_opts), the security options of containers that mount files of the host, and
      V(restart_policy), that of containers that outlast a reboot.
  type: dict
"""

from collections.abc import Callable
from typing import Any


def engine_review(info: dict[str, Any], spire_version: str = "", components: list[str] | None = None) -> dict[str, Any]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _engines

    return _engines.review(info, str(spire_version), components or [])


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"engine_review": engine_review}
