# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: agent_steps
short_description: Decide what a SPIRE Agent needs to be attested
description:
  - Decides which steps the role C(spire_agent) takes, from what the module M(swarm.learning.spire_agent) reports in check mode and from
    what is known of the agent's server.
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
positional: token_needed, situation
options:
  _input:
    description: The result of M(swarm.learning.spire_agent) in check mode.
    type: dict
    required: true
  token_needed:
    description: Whether the agent needs a join token and one was created or given.
    type: bool
    required: true
  situation:
    description:
      - >-
        What else is known, each key true or false: V(unknown), V(shared), V(has_server), V(given_token), V(rewritten), V(news), V(altered),
        V(modern) and V(check_mode).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what an agent needs if it is not attested yet
  ansible.builtin.debug:
    msg: "{{ {'attested': false, 'needs_join_token': true} | swarm.learning.agent_steps(false, {'has_server': true}) }}"
"""

RETURN = r"""
_value:
  description: V(stop), V(bootstrap), V(start), V(recreate), V(clean) and V(wait), each true or false.
  type: dict
"""

from collections.abc import Callable
from typing import Any


def agent_steps(agent: dict[str, Any], token_needed: bool, situation: dict[str, Any]) -> dict[str, bool]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _agent_steps

    return _agent_steps.decide(agent, token_needed, situation)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, bool]]]:
        return {"agent_steps": agent_steps}
