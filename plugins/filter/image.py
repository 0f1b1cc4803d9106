# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: image
short_description: Get the full reference of a component's image
version_added: 1.0.0
author: The swarm.learning authors (@swarm-learning)
description:
  - Looks the image of a component up in the platform's releases.
positional: release, registry, spire_version, platform
options:
  _input:
    description: The component, for instance V(sn).
    type: str
    required: true
  release:
    description: The platform's release.
    type: str
    required: true
  registry:
    description: A mirror, which takes the place of the registry's host. The path behind it stays.
    type: str
    default: ''
  spire_version:
    description: The tag of the upstream SPIRE images in releases 2.x. The release's own when empty.
    type: str
    default: ''
  platform:
    description: The ML platform, V(TF) or V(PYT), where it decides about the image (V(sl) of release 0.3.0).
    type: str
    default: ''
"""

EXAMPLES = r"""
- name: Which image a Swarm Network node has
  ansible.builtin.debug:
    msg: "{{ 'sn' | swarm.learning.image('2.3.0', 'mirror.example.com:5000') }}"
"""

RETURN = r"""
_value:
  description: The reference, for instance V(mirror.example.com:5000/hpe/swarm-learning/sn:2.3.0).
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def image(component: str, release: object, registry: str = "", spire_version: object = "", platform: str = "") -> str:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils._images import reference

    try:
        return reference(component, str(release), registry, str(spire_version), platform)
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"image": image}
