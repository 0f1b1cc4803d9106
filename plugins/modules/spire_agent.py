#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: spire_agent
short_description: Manage a SPIRE Agent
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Deploys this host's SPIRE Agent (releases 2.x) and waits until it is attested and serves its Workload API.
  - The engine's socket is mounted at C(/var/run/docker.sock), and Podman's at C(/run/podman/podman.sock) too.
extends_documentation_fragment:
  - swarm.learning.container
  - swarm.learning.engine
options:
  config:
    description: Configuration file of the agent on the host, mounted read-only at C(/opt/spire/conf/agent).
    type: path
  config_dir:
    description:
      - Directory with the agent's configuration on the host, mounted read-only at C(/opt/spire/conf/agent).
      - When a configuration file in it is newer than the container's start, the container is restarted.
    type: path
  server_address:
    description: Address of the SPIRE Server. Wins over the configuration.
    type: str
  server_port:
    description: Port of the SPIRE Server. Wins over the configuration.
    type: int
  trust_domain:
    description: Trust domain. Wins over the configuration.
    type: str
  trust_bundle:
    description: File with the SPIRE Server's trust bundle in PEM, mounted read-only at its own path.
    type: path
  join_token:
    description:
      - Join token, for an agent that is not attested yet.
      - It is handed over as the environment variable C(SPIRE_JOIN_TOKEN), so the configuration says
        C(join_token = "${SPIRE_JOIN_TOKEN}") and O(command) has C(-expandEnv).
      - It never decides whether the container changes; it is used when the agent must be attested.
    type: str
  socket_dir:
    description: Volume, or directory on the host, that gets the Workload API's socket. Mounted at C(/tmp/spire-agent/public).
    type: str
  server_bundle:
    description:
      - The bundle that the SPIRE Server has now, as M(swarm.learning.spire_bundle) returns it.
      - A running agent whose copy lacks a CA of it is given some seconds to fetch that. When it finds then that it does not trust the
        server, as after that has lost its keys, it is not attested any more.
    type: str
    default: ''
"""

EXAMPLES = r"""
- name: The SPIRE Agent of this host is attested
  swarm.learning.spire_agent:
    name: spire-agent
    config_dir: /etc/spire/agent
    command: ["-expandEnv"]
    join_token: "{{ token }}"
    socket_dir: spire-agent-socket
    volumes:
      - /var/lib/spire-agent:/opt/spire/data/agent
    restart_policy: unless-stopped
"""

RETURN = r"""
changed:
  description: Whether something was, or in check mode would be, changed.
  returned: always
  type: bool
actions:
  description: What was, or in check mode would be, done, in this order.
  returned: always
  type: list
  elements: str
  sample: ["create sn-1", "start sn-1"]
container:
  description: What the engine's inspect says of the container, secrets masked. Empty when there is none.
  returned: always
  type: dict
  sample: {"Name": "/sn-1"}
attested:
  description: Whether it runs and its health check says that it is attested and serves.
  returned: when O(state=started)
  type: bool
identity:
  description:
    - Identity that the agent keeps, with its key, in a directory of the host that is mounted.
    - Empty where it keeps none, or one that has expired.
  returned: when O(state=started)
  type: dict
  contains:
    spiffe_id:
      description: SPIFFE ID of the agent.
      type: str
    expires_at:
      description: When it expires, in seconds since the epoch. A running agent renews it at half of its life.
      type: int
distrusts_server:
  description: Whether the log of an agent that is not attested says that it does not trust its server any more.
  returned: when O(state=started)
  type: bool
refused_token:
  description: SHA-256 of its join token, when the log of an agent that is not attested says that the server refused it. Else empty.
  returned: when O(state=started)
  type: str
needs_join_token:
  description:
    - Whether the agent must be given a join token, because it is not attested and cannot attest itself with what it keeps on the host.
    - Whether its server still knows what it keeps, M(swarm.learning.spire_token) finds out.
  returned: when O(state=started)
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._component.arguments import COMPARED, CONTAINER
from ..module_utils._component.converge import run
from ..module_utils._spire.agent import agent_facts

OPTIONS = {
    "config": {"type": "path"},
    "config_dir": {"type": "path"},
    "server_address": {"type": "str"},
    "server_port": {"type": "int"},
    "trust_domain": {"type": "str"},
    "trust_bundle": {"type": "path"},
    "join_token": {"type": "str", "no_log": True},
    "socket_dir": {"type": "str"},
}


def main() -> None:
    """Run the module."""
    arguments = {**CONTAINER, **OPTIONS, **COMPARED}
    run(AnsibleModule(arguments, supports_check_mode=True, no_log=True), "spire_agent", agent_facts)


if __name__ == "__main__":
    main()
