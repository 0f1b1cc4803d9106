# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: missing_images
short_description: Find the images that a host does not have
version_added: 1.0.0
author: The swarm.learning authors (@swarm-learning)
description:
  - Compares references with the tags and digests that the engine lists.
positional: there, labels
options:
  _input:
    description: References of images.
    type: list
    elements: str
    required: true
  there:
    description:
      - Images that the engine lists, as M(community.docker.docker_host_info) returns it with
        O(community.docker.docker_host_info#module:images=true) and O(community.docker.docker_host_info#module:verbose_output=true).
    type: list
    elements: dict
    required: true
  labels:
    description: Labels that an image must have to count.
    type: dict
"""

EXAMPLES = r"""
- name: Show the images that must still be pulled
  ansible.builtin.debug:
    msg: "{{ ['docker.io/library/debian:trixie'] | swarm.learning.missing_images(engine.images) }}"
"""

RETURN = r"""
_value:
  description: References that the host does not have, each one once.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any


def missing_images(images: list[str], there: list[dict[str, Any]], labels: dict[str, str] | None = None) -> list[str]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils._images import missing

    return missing(images, there, labels)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"missing_images": missing_images}
