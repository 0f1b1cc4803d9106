#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sn
short_description: Manage a Swarm Network (SN) node
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
  - swarm.learning.attributes.sdk
options:
  host_ip:
    description:
      - Address by which the other nodes reach this host.
      - Required. In 2.x, not required if O(sn_api_service) and O(sn_p2p_service) are both set.
    type: str
  sentinel:
    description:
      - Whether this node is the Sentinel.
      - Not in release 0.3.0, where the Sentinel is the node whose O(sentinel_ip) is its own O(host_ip).
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
    description: Port of the API server. The container's own default is 30304.
    type: int
  sn_fs_port:
    description: Port of the file server. Defaults to 30305. Release 0.3.0 only.
    type: int
  sn_p2p_port:
    description: Port for the other SNs. Defaults to 30303.
    type: int
  sn_api_service:
    description:
      - Service of the API server, as C(FQDN[:PORT]). Not in release 0.3.0.
      - From release 2.1.0 on, PORT, or 30304 without it, is published on the host. If O(sn_api_port) is set as well, a service without PORT publishes none.
    type: str
  sn_p2p_service:
    description:
      - Service for the other SNs, as C(FQDN[:PORT]). Not in release 0.3.0.
      - PORT, or 30303 without it, is published on the host. If O(sn_p2p_port) is set as well, a service without PORT publishes none.
    type: str
seealso:
  - module: swarm.learning.apls
  - module: swarm.learning.spire_agent
  - module: swarm.learning.sl
"""

EXAMPLES = r"""
- name: Deploy the Sentinel
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
  description: Whether anything was changed, or would be in check mode.
  returned: always
  type: bool
actions:
  description: Actions that were taken, or would be in check mode, in order.
  returned: always
  type: list
  elements: str
  sample: ["create sn-1", "start sn-1"]
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
  sample: {"Name": "/sn-1"}
identity:
  description:
    - Identity that the SPIRE Agent inside the node keeps, with its key, in a mounted directory of the host.
    - Empty if the agent keeps none, or one that has expired.
  returned: in release 0.3.0
  type: dict
  sample: {"spiffe_id": "spiffe://swarm.learning/spire/agent/join_token/…", "expires_at": 1795312800}
distrusts_server:
  description: Whether, according to the log of a node that has ended, its agent no longer trusts the SPIRE Server.
  returned: in release 0.3.0
  type: bool
refused_token:
  description: SHA-256 of a node's join token if, according to the log of the ended node, the SPIRE Server refused it. Otherwise empty.
  returned: in release 0.3.0
  type: str
needs_join_token:
  description:
    - Whether, according to the log of a node that has ended or keeps restarting, its agent cannot be attested as it is.
    - Such a node is re-created with a new join token.
  returned: in release 0.3.0
  type: bool
"""


from ..module_utils._component.converge import run
from ..module_utils._component.specifications import SPECIFICATIONS
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._spire.agent import node_facts


def main() -> None:
    """Run the module."""
    run(QuietModule(SPECIFICATIONS["sn"], supports_check_mode=True), "sn", node_facts)


if __name__ == "__main__":
    main()
