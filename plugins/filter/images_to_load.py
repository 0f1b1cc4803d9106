# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: images_to_load
short_description: List the images that some host lacks
version_added: 1.0.0
author: The swarm.learning authors (@swarm-learning)
description:
  - Compares the images that hosts run with those that their engines have.
positional: variables
options:
  _input:
    description: Names of the hosts.
    type: list
    elements: str
    required: true
  variables:
    description: C(hostvars). What is read of a host is C(swarm_site_host), and C(swarm_engine.images), if the engine was asked.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the images that are not on all hosts
  ansible.builtin.debug:
    msg: "{{ ansible_play_hosts | swarm.learning.images_to_load(hostvars) }}"
"""

RETURN = r"""
_value:
  description: References, each one once.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any


def images_to_load(hosts: list[str], variables: Any) -> Any:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _bundle

    models = {host: variables[host]["swarm_site_host"] for host in hosts}
    return _bundle.missing(hosts, models, {host: variables[host].get("swarm_engine", {}).get("images", []) for host in hosts})


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"images_to_load": images_to_load}
