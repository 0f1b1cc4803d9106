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
  - Creates a join token on a SPIRE Server for an agent that needs one, or with O(agents) for each agent that needs one.
  - An agent needs no token as long as it keeps an identity that the server knows, has not banned, and that has not expired.
  - Afterwards, O(state=used) removes what earlier tokens of the same agent have left on the server.
extends_documentation_fragment:
  - swarm.learning.engine
  - swarm.learning.attributes.sdk
options:
  name:
    description: Name of the SPIRE Server's container on this host.
    type: str
    default: spire-server
  spiffe_id:
    description:
      - Additional SPIFFE ID of the agent. It is the parent of the agent's registration entries.
      - Required without O(agents), except to remove (V(absent)) a single agent by its O(agent_id) when the agent shares this ID with others.
    type: str
  state:
    description:
      - V(present) creates a token if the agent needs one.
      - >-
        V(used) is for an agent that is attested. It removes agents and alias entries of its earlier tokens from the server, and the token
        that was kept in O(token_dir). Nothing is removed as long as no agent with that O(spiffe_id) is attested.
      - >-
        V(absent) is for an agent that will not come back. It removes everything that its tokens have left, and the agent itself. Without
        O(spiffe_id), it removes the agent O(agent_id) and what is directly below it.
    type: str
    choices: [present, used, absent]
    default: present
  agent_id:
    description:
      - SPIFFE ID of the identity that the agent keeps on its host, RV(swarm.learning.spire_agent#module:identity.spiffe_id).
      - Without it, the agent has no identity and needs a token.
      - With another O(state) than V(present), the identity that the agent had before.
    type: str
  distrusts_server:
    description:
      - Whether the agent does not trust this server, RV(swarm.learning.spire_agent#module:distrusts_server).
      - In that case the server's CA has been replaced, and the identity that the agent keeps is useless.
    type: bool
    default: false
  refused_token:
    description: Digest of a token that must not be handed out again, RV(swarm.learning.spire_agent#module:refused_token).
    type: str
    default: ''
  agents:
    description:
      - Several agents, in place of O(spiffe_id), O(agent_id), O(distrusts_server) and O(refused_token). All other options apply to every agent.
      - What the server knows of all of them is read once. If an agent fails, the module fails and names the agent.
      - With O(token_dir), no two agents may have the same O(agents[].spiffe_id).
    type: list
    elements: dict
    suboptions:
      spiffe_id:
        description: Additional SPIFFE ID of this agent, the parent of its registration entries. See O(spiffe_id).
        type: str
      agent_id:
        description: SPIFFE ID of the identity that this agent keeps on its host. Empty if it keeps none. See O(agent_id).
        type: str
      distrusts_server:
        description: Whether this agent does not trust the server. See O(distrusts_server).
        type: bool
        default: false
      refused_token:
        description: Digest of a token that must not be handed out to this agent again. See O(refused_token).
        type: str
        default: ''
  ttl:
    description: Lifetime of the unused token, in seconds. At least 60.
    type: int
    default: 600
  token_dir:
    description:
      - Directory on the host in which a token that was handed out is kept until it is used or expires, one file (0600) per agent.
      - The directory is created with mode 0700 if it does not exist.
      - Without O(token_dir), every call for an agent that needs a token creates another one.
    type: path
attributes:
  check_mode:
    support: full
    description: Reports whether a token would be created or anything would be removed, and creates and removes nothing.
  diff_mode:
    support: none
    description: Nothing to show.
  idempotent:
    support: partial
    description: A token can be used only once. With O(token_dir), the same one is handed out until it is used or expires.
seealso:
  - module: swarm.learning.spire_agent
  - module: swarm.learning.spire_info
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

- name: Get join tokens for several agents
  swarm.learning.spire_token:
    agents:
      - spiffe_id: spiffe://org1.swarm.learning/swarm/agent/host-1
      - spiffe_id: spiffe://org1.swarm.learning/swarm/agent/host-2
    token_dir: /var/lib/swarm-learning/tokens
  register: __tokens
  no_log: true

# … start the agents with these tokens …

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
  returned: when O(state=present), without O(agents)
  type: bool
reason:
  description: Why the agent needs a token, or why not.
  returned: when O(state=present), without O(agents)
  type: str
  sample: the agent keeps no identity
token:
  description: The join token. Keep it out of logs with C(no_log). Empty if none is needed, and in check mode.
  returned: when O(state=present), without O(agents)
  type: str
expires_at:
  description: When the unused token expires, in seconds since the epoch.
  returned: when O(state=present), without O(agents)
  type: int
evicted:
  description: SPIFFE IDs of the agents that were evicted, or would be in check mode.
  returned: when O(state) is V(used) or V(absent), without O(agents)
  type: list
  elements: str
results:
  description: One result for each of O(agents), in their order, with its C(spiffe_id), C(agent_id), C(changed) and the values above.
  returned: with O(agents)
  type: list
  elements: dict
"""


from ..module_utils._component.arguments import ENGINE
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._spire import server, tokens

AGENT = {
    "spiffe_id": {"type": "str"},
    "agent_id": {"type": "str"},
    "distrusts_server": {"type": "bool", "default": False},
    "refused_token": {"type": "str", "default": "", "no_log": False},
}
OPTIONS = {
    "name": {"type": "str", "default": "spire-server"},
    "state": {"type": "str", "choices": ["present", "used", "absent"], "default": "present"},
    **AGENT,
    "agents": {"type": "list", "elements": "dict", "options": AGENT},
    "ttl": {"type": "int", "default": 600},
    "token_dir": {"type": "path", "no_log": False},
}


def main() -> None:
    """Run the module."""
    module = QuietModule(
        {**ENGINE, **OPTIONS},
        supports_check_mode=True,
        mutually_exclusive=[("agents", "spiffe_id"), ("agents", "agent_id")],
    )
    server.run(module, tokens.token, tokens.check_token)


if __name__ == "__main__":
    main()
