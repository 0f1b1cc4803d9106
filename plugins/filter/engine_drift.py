# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: engine_drift
short_description: Find why a host has to be prepared
description:
  - Compares what an engine has, such as images, networks and the numbers of its nodes, with what the inventory wants.
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
positional: model, network, directory, review
options:
  _input:
    description: Result of M(community.docker.docker_host_info) with all of its lists.
    type: dict
    required: true
  model:
    description: The host's part of the site, C(swarm_site_host).
    type: dict
    required: true
  network:
    description: The network of the site's containers.
    type: str
    required: true
  directory:
    description: The site's directory on the host.
    type: str
    required: true
  review:
    description: What P(swarm.learning.engine_review#filter) returns for the engine.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show why the host has to be prepared
  ansible.builtin.debug:
    msg: "{{ swarm_engine | swarm.learning.engine_drift(swarm_site_host, 'swarm', '/var/lib/swarm-learning', host_review) }}"
"""

RETURN = r"""
_value:
  description: Reasons, in words. Empty if the host is prepared.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any


def engine_drift(engine: dict[str, Any], model: dict[str, Any], network: str, directory: str, review: dict[str, list[str]]) -> list[str]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _drift

    return _drift.of_engine(engine, model, network, directory, review)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"engine_drift": engine_drift}
