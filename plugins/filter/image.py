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
  - Looks up the image of a component in the platform's releases.
positional: release, registry, spire_version, platform
options:
  _input:
    description: Name of the component, for example V(sn).
    type: str
    required: true
  release:
    description: Release of the platform.
    type: str
    required: true
  registry:
    description: Mirror that replaces the registry's host. The path after the host stays the same.
    type: str
    default: ''
  spire_version:
    description: Tag of the upstream SPIRE images in releases 2.x. If empty, the release's own tag.
    type: str
    default: ''
  platform:
    description: ML platform, V(TF) or V(PYT), if it determines the image (V(sl) of release 0.3.0).
    type: str
    default: ''
"""

EXAMPLES = r"""
- name: Show the image of a Swarm Network node
  ansible.builtin.debug:
    msg: "{{ 'sn' | swarm.learning.image('2.3.0', 'mirror.example.com:5000') }}"
"""

RETURN = r"""
_value:
  description: Reference of the image, for example V(mirror.example.com:5000/hpe/swarm-learning/sn:2.3.0).
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
