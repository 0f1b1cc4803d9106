# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: sl_images
short_description: Add the image of each SL node
description:
  - Adds the image to each SL node that does not name one. In release 0.3.0 the image depends on the node's ML platform.
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
positional: release
options:
  _input:
    description: SL nodes, each a mapping with options of M(swarm.learning.sl).
    type: list
    elements: dict
    required: true
  release:
    description: Release of the platform.
    type: str
    required: true
  registry:
    description: Host of a mirror that replaces the vendor's registry.
    type: str
    default: ''
  image:
    description: Image of all nodes that do not name their own.
    type: str
    default: ''
  platform:
    description: ML platform of nodes that do not name theirs, V(TF) or V(PYT) (case-insensitive). Defaults to V(TF).
    type: str
    default: ''
"""

EXAMPLES = r"""
- name: Show which image a node runs
  ansible.builtin.debug:
    msg: "{{ [{'name': 'sl-1'}] | swarm.learning.sl_images('0.3.0', platform='PYT') }}"
"""

RETURN = r"""
_value:
  description: The SL nodes, each with C(image).
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def sl_images(
    nodes: list[dict[str, Any]], release: object, registry: str = "", image: str = "", platform: str = ""
) -> list[dict[str, Any]]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _images

    try:
        return _images.of_sl_nodes(nodes, str(release), registry, image, platform)
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"sl_images": sl_images}
