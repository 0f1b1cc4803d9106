#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sn
short_description: Manage a Swarm Network node
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Deploys a Swarm Network (SN) node and waits until its API server has started.
extends_documentation_fragment:
  - swarm.learning.container
  - swarm.learning.engine
  - swarm.learning.license_server
  - swarm.learning.identity
  - swarm.learning.spire_agent
options:
  host_ip:
    description: Address by which the other nodes reach this host. Required, in 2.x only when not both services are given.
    type: str
  sentinel:
    description: Whether this is the Sentinel. Not in release 0.3.0, where the Sentinel's O(sentinel_ip) is its own O(host_ip).
    type: bool
    default: false
  sentinel_ip:
    description: Address of the Sentinel.
    type: str
  sentinel_fs_port:
    description: Port of the Sentinel's file server. Release 0.3.0 only.
    type: int
  sentinel_api_port:
    description: Port of the Sentinel's API server. Not in release 0.3.0.
    type: int
  sentinel_api_service:
    description: Service of the Sentinel's API server, as C(FQDN[:PORT]). Not in release 0.3.0.
    type: str
  sn_api_port:
    description: Port of the API server, 30304 in the container's own default.
    type: int
  sn_fs_port:
    description: Port of the file server, 30305 by default. Release 0.3.0 only.
    type: int
  sn_p2p_port:
    description: Port for the other SNs, 30303 by default.
    type: int
  sn_api_service:
    description: Service of the API server, as C(FQDN[:PORT]). Not in release 0.3.0.
    type: str
  sn_p2p_service:
    description: Service for the other SNs, as C(FQDN[:PORT]). Not in release 0.3.0.
    type: str
"""

EXAMPLES = r"""
- name: The Sentinel is up
  swarm.learning.sn:
    name: sn-1
    host_ip: 172.1.1.1
    sentinel: true
    sn_api_port: 30304
    sn_p2p_port: 30303
    apls_ip: 172.1.1.1
    socket_path: spire-agent-socket:api.sock
    env:
      swarm_node_type: sn
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
identity:
  description:
    - Identity that the SPIRE Agent inside the node keeps, with its key, in a directory of the host that is mounted.
    - Empty where it keeps none, or one that has expired.
  returned: in release 0.3.0
  type: dict
  sample: {"spiffe_id": "spiffe://swarm.learning/spire/agent/join_token/…", "expires_at": 1795312800}
distrusts_server:
  description: Whether the log of a node that has ended says that its agent does not trust the SPIRE Server any more.
  returned: in release 0.3.0
  type: bool
refused_token:
  description: SHA-256 of its join token, when the log of a node that has ended says that the SPIRE Server refused it. Else empty.
  returned: in release 0.3.0
  type: str
needs_join_token:
  description:
    - Whether the log of a node that has ended, or that is restarted again and again, says that its agent cannot be attested as it is.
    - Such a node is re-created with a new join token.
  returned: in release 0.3.0
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._component.arguments import CLASSIC_AGENT, CONTAINER, IDENTITY, LICENSE_SERVER
from ..module_utils._component.converge import run
from ..module_utils._spire.agent import node_facts

OPTIONS = {
    "host_ip": {"type": "str"},
    "sentinel": {"type": "bool", "default": False},
    "sentinel_ip": {"type": "str"},
    "sentinel_fs_port": {"type": "int"},
    "sentinel_api_port": {"type": "int"},
    "sentinel_api_service": {"type": "str"},
    "sn_api_port": {"type": "int"},
    "sn_fs_port": {"type": "int"},
    "sn_p2p_port": {"type": "int"},
    "sn_api_service": {"type": "str"},
    "sn_p2p_service": {"type": "str"},
}


def main() -> None:
    """Run the module."""
    arguments = {**CONTAINER, **LICENSE_SERVER, **IDENTITY, **CLASSIC_AGENT, **OPTIONS}
    run(AnsibleModule(arguments, supports_check_mode=True, no_log=True), "sn", node_facts)


if __name__ == "__main__":
    main()
