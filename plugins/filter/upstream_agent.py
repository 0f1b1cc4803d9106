# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: upstream_agent
short_description: Get the variables of the SPIRE Agent that lets a server below another get its CA
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Derives the variables of the role C(spire_agent) for the upstream server's agent on the host of a server below it.
options:
  _input:
    description: >-
      What the role C(spire_server) knows, C(host), C(swarm_dir), C(agent) (the name of the host's own agent), C(release), C(version),
      C(trust_domain), C(upstream), C(address), C(port), C(agent_id), C(container) and C(token_dir).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the name of the agent
  ansible.builtin.debug:
    msg: "{{ (server | swarm.learning.upstream_agent).name }}"
"""

RETURN = r"""
_value:
  description: The variables without their prefix C(spire_agent_).
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def upstream_agent(server: dict[str, Any]) -> dict[str, Any]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _upstream_agent

    try:
        return _upstream_agent.variables(server)
    except TypeError as error:
        raise AnsibleFilterError(f"upstream_agent: {error}") from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"upstream_agent": upstream_agent}
