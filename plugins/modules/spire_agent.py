#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: spire_agent
short_description: Manage the SPIRE Agent of a host
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Deploys this host's SPIRE Agent (releases 2.x) and waits until it is attested and serves its Workload API.
  - The engine's socket is mounted at C(/var/run/docker.sock), and with Podman also at C(/run/podman/podman.sock).
extends_documentation_fragment:
  - swarm.learning.container
  - swarm.learning.engine
  - swarm.learning.attributes.sdk
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
    description: Address of the SPIRE Server. Takes precedence over the configuration.
    type: str
  server_port:
    description: Port of the SPIRE Server. Takes precedence over the configuration.
    type: int
  trust_domain:
    description: Trust domain of the agent. Takes precedence over the configuration.
    type: str
  trust_bundle:
    description: File with the SPIRE Server's trust bundle in PEM, mounted read-only at its own path.
    type: path
  join_token:
    description:
      - Join token, for an agent that is not attested yet.
      - The token is passed as the environment variable C(SPIRE_JOIN_TOKEN), so the configuration must contain
        C(join_token = "${SPIRE_JOIN_TOKEN}") and O(command) must contain C(-expandEnv).
      - Changing this option never causes the container to be re-created. The token is used only when the agent must be attested.
    type: str
  socket_dir:
    description: Volume, or directory on the host, for the Workload API's socket. Mounted at C(/tmp/spire-agent/public).
    type: str
  server_bundle:
    description:
      - The current trust bundle of the SPIRE Server, as M(swarm.learning.spire_bundle) returns it.
      - A running agent whose copy lacks a CA of this bundle is given some seconds to fetch it. An agent that then does not trust the
        server, for example after the server has lost its keys, counts as not attested.
    type: str
    default: ''
seealso:
  - module: swarm.learning.spire_server
  - module: swarm.learning.spire_token
"""

EXAMPLES = r"""
- name: Deploy the SPIRE Agent of this host
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
  description: Whether anything was changed, or would be in check mode.
  returned: always
  type: bool
actions:
  description: Actions that were taken, or would be in check mode, in order.
  returned: always
  type: list
  elements: str
  sample: ["create spire-agent", "start spire-agent"]
held:
  description: Actions that were left undone because O(hold) is V(true) and a container is running.
  returned: always
  type: list
  elements: str
ansible_facts:
  description: The same as RV(held), by the name C(swarm_held_COMPONENT_NAME), for a report at the end of a play.
  returned: if something was left undone
  type: dict
container:
  description: Output of the engine's inspect for the container, with secrets masked. Empty if the container does not exist.
  returned: always
  type: dict
  sample: {"Name": "/spire-agent"}
attested:
  description: Whether the agent runs and its health check reports that it is attested and serves its Workload API.
  returned: when O(state=started)
  type: bool
identity:
  description:
    - Identity that the agent keeps, with its key, in a mounted directory of the host.
    - Empty if the agent keeps none, or one that has expired.
  returned: when O(state=started)
  type: dict
  contains:
    spiffe_id:
      description: SPIFFE ID of the agent.
      type: str
    expires_at:
      description: When the identity expires, in seconds since the epoch. A running agent renews it at half of its lifetime.
      type: int
distrusts_server:
  description: Whether, according to its log, an agent that is not attested no longer trusts its server.
  returned: when O(state=started)
  type: bool
refused_token:
  description: SHA-256 of the join token if, according to the log of an agent that is not attested, the server refused it. Otherwise empty.
  returned: when O(state=started)
  type: str
needs_join_token:
  description:
    - Whether the agent needs a join token, because it is not attested and cannot attest itself with what it keeps on the host.
    - Use M(swarm.learning.spire_token) to find out whether the server still knows the identity that the agent keeps.
  returned: when O(state=started)
  type: bool
"""


from ..module_utils._component.converge import run
from ..module_utils._component.specifications import SPECIFICATIONS
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._spire.agent import agent_facts


def main() -> None:
    """Run the module."""
    run(QuietModule(SPECIFICATIONS["spire_agent"], supports_check_mode=True), "spire_agent", agent_facts)


if __name__ == "__main__":
    main()
