# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: exported_images
short_description: Describe exported images for the manifest of a bundle
version_added: 1.0.0
author: The swarm.learning authors (@swarm-learning)
description:
  - Takes what M(swarm.learning.swarm_bundle) needs from results of M(community.docker.docker_image_export).
options:
  _input:
    description: Results of a loop over what P(swarm.learning.images_to_bundle#filter) lists for a host.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what was exported
  ansible.builtin.debug:
    msg: "{{ exported.results | swarm.learning.exported_images }}"
"""

RETURN = r"""
_value:
  description: Value for O(swarm.learning.swarm_bundle#module:images).
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any


def exported_images(results: list[dict[str, Any]]) -> Any:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _bundle

    return _bundle.exported(results)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"exported_images": exported_images}
