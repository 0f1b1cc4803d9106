# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: images_to_bundle
short_description: List the images that a bundle gets
version_added: 1.0.0
author: The swarm.learning authors (@swarm-learning)
description:
  - Lists what the hosts of a site run, each image once, with the host whose login it is pulled with and its name in the bundle.
positional: variables
options:
  _input:
    description: Names of the hosts.
    type: list
    elements: str
    required: true
  variables:
    description: C(hostvars). What is read of a host is C(swarm_site_host).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the images that a bundle gets
  ansible.builtin.debug:
    msg: "{{ ansible_play_hosts | swarm.learning.images_to_bundle(hostvars) }}"
"""

RETURN = r"""
_value:
  description: For each host a list of C(reference) and C(file).
  type: dict
"""

from collections.abc import Callable
from typing import Any


def images_to_bundle(hosts: list[str], variables: Any) -> Any:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _bundle

    return _bundle.wanted(hosts, {host: variables[host]["swarm_site_host"] for host in hosts})


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"images_to_bundle": images_to_bundle}
