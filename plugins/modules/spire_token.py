#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: spire_token
short_description: Create a join token for a SPIRE Agent that needs one
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Creates a join token on a SPIRE Server if the agent needs one.
  - An agent needs none as long as it keeps an identity that the server knows, has not banned, and that has not expired.
  - Afterwards, O(state=used) removes what earlier tokens of the same agent have left on the server.
extends_documentation_fragment:
  - swarm.learning.engine
options:
  name:
    description: Name of the SPIRE Server's container on this host.
    type: str
    default: spire-server
  spiffe_id:
    description:
      - SPIFFE ID that the agent gets beside its own, under which its registration entries hang.
      - Required, but for an agent that shares it with others and is to be V(absent), alone, by its O(agent_id).
    type: str
  state:
    description:
      - V(present), the agent has a token if it needs one.
      - >-
        V(used), the agent is attested, so agents and alias entries of its earlier tokens are removed from the server, and so is the token
        that was kept in O(token_dir). Nothing is removed as long as no agent of that O(spiffe_id) is attested.
      - >-
        V(absent), the agent will not come back, so all that its tokens have left is removed, the agent itself too. Without O(spiffe_id),
        that is the agent O(agent_id) and what hangs directly below it.
    type: str
    choices: [present, used, absent]
    default: present
  agent_id:
    description:
      - SPIFFE ID of the identity that the agent keeps on its host, RV(swarm.learning.spire_agent#module:identity.spiffe_id).
      - Without it the agent has none, and needs a token. With another O(state) than V(present), the one that it had before.
    type: str
  distrusts_server:
    description:
      - Whether the agent does not trust this server, RV(swarm.learning.spire_agent#module:distrusts_server).
      - The server has another CA than before then, and what the agent keeps is of no use.
    type: bool
    default: false
  refused_token:
    description: Digest of a token that is not to be handed out again, RV(swarm.learning.spire_agent#module:refused_token).
    type: str
    default: ''
  ttl:
    description: Life of the unused token, in seconds. At least 60.
    type: int
    default: 600
  token_dir:
    description:
      - Directory on this host in which a token that was handed out is kept until it is used or expires, in a file (0600) an agent.
      - It is made with mode 0700 when it is not there. Without it every call for an agent that needs a token makes another one.
    type: path
requirements:
  - Docker SDK for Python (C(docker)) 7.1 or newer, and Python 3.9 or newer, on the host that runs the module
attributes:
  check_mode:
    support: full
    description: Says whether a token would be made, and makes none; whether anything would be removed, and removes nothing.
  diff_mode:
    support: none
    description: There is nothing to show.
  idempotent:
    support: partial
    description: A token is used once. With O(token_dir), the same one is handed out until it is used or expires.
"""

EXAMPLES = r"""
- name: Find what the agent of this host keeps
  swarm.learning.spire_agent:
    name: spire-agent
    config_dir: /etc/spire/agent
    volumes: ["/var/lib/spire-agent:/opt/spire/data/agent"]
  check_mode: true
  register: __agent

- name: Get a join token for the agent of this host if it needs one
  swarm.learning.spire_token:
    spiffe_id: spiffe://org1.swarm.learning/swarm/agent/host-1
    agent_id: "{{ __agent.identity.spiffe_id | default('') }}"
    distrusts_server: "{{ __agent.distrusts_server }}"
    refused_token: "{{ __agent.refused_token }}"
    token_dir: /var/lib/swarm-learning/tokens
  delegate_to: spire-host
  register: __token
  no_log: true

# … the agent is started with it …

- name: Remove what earlier agents of this host have left
  swarm.learning.spire_token:
    spiffe_id: spiffe://org1.swarm.learning/swarm/agent/host-1
    agent_id: "{{ __agent.identity.spiffe_id | default('') }}"
    token_dir: /var/lib/swarm-learning/tokens
    state: used
  delegate_to: spire-host
"""

RETURN = r"""
needed:
  description: Whether the agent needs a token.
  returned: when O(state=present)
  type: bool
reason:
  description: Why, or why not.
  returned: when O(state=present)
  type: str
  sample: the agent keeps no identity
token:
  description: The join token. Keep it out of logs with C(no_log). Empty when none is needed, and in check mode.
  returned: when O(state=present)
  type: str
expires_at:
  description: When the unused token expires, in seconds since the epoch.
  returned: when O(state=present)
  type: int
evicted:
  description: SPIFFE IDs of the agents that were, or would be, evicted.
  returned: when O(state) is V(used) or V(absent)
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._component.arguments import ENGINE
from ..module_utils._spire import server

OPTIONS = {
    "name": {"type": "str", "default": "spire-server"},
    "spiffe_id": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "used", "absent"], "default": "present"},
    "agent_id": {"type": "str"},
    "distrusts_server": {"type": "bool", "default": False},
    "refused_token": {"type": "str", "default": "", "no_log": False},
    "ttl": {"type": "int", "default": 600},
    "token_dir": {"type": "path", "no_log": False},
}


def main() -> None:
    """Run the module."""
    named = [("state", state, ["spiffe_id"]) for state in ("present", "used")] + [("state", "absent", ["spiffe_id", "agent_id"], True)]
    module = AnsibleModule({**ENGINE, **OPTIONS}, supports_check_mode=True, no_log=True, required_if=named)
    server.run(module, server.token, server.check_token)


if __name__ == "__main__":
    main()
