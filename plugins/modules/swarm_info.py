#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_info
short_description: Gather information about Swarm Learning containers on a host
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Lists the platform's containers on a host, whether they are ready, and when their identity expires.
  - Containers are found by the collection's labels and, when the platform's own scripts started them, by their image.
  - With O(days), reports identities of the nodes that expire before the training ends, and how to renew them.
extends_documentation_fragment:
  - swarm.learning.engine
  - swarm.learning.attributes.sdk
  - swarm.learning.attributes.info
options:
  components:
    description: Report only these components. Without it, all components.
    type: list
    elements: str
    choices: [apls, spire_server, spire_agent, reverse_proxy, sn, sl, ml, swop, swci]
  days:
    description: Number of days from now for which identities must last.
    type: float
  x509_svid_ttl:
    description:
      - Lifetime of the SVIDs of the nodes on this host, such as V(336h).
      - The SVID of a node without a port cannot be seen. This option is used to calculate when it expires at the earliest.
    type: str
seealso:
  - module: swarm.learning.spire_info
  - module: swarm.learning.swarm_stop
"""

EXAMPLES = r"""
- name: Gather information about this host's containers
  swarm.learning.swarm_info:
  register: __swarm

- name: Check that every SN is ready
  ansible.builtin.assert:
    that: __swarm.containers | selectattr('component', 'eq', 'sn') | rejectattr('ready') | length == 0
"""

RETURN = r"""
containers:
  description: The platform's containers on this host.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the container.
      type: str
    component:
      description: Component that the container runs, such as V(sn). V(ml) stands for a user's ML container.
      type: str
    release:
      description: Release of the component. Empty if it is unknown.
      type: str
    image:
      description: Image of the container.
      type: str
    image_id:
      description: ID of the image that the container was created from. It stays the same if the image's tag moves to another image.
      type: str
    digest:
      description: Digest by which a registry knows this image. Empty for an image that was built on this host or is no longer there.
      type: str
    state:
      description: State of the container as the engine reports it, such as V(running).
      type: str
    ready:
      description: Whether the container runs and has given its ready signal since its last start.
      type: bool
    health:
      description: Result of the container's health check, V(healthy), V(unhealthy) or V(starting). Empty without a health check.
      type: str
    ports:
      description: Ports that the container publishes.
      type: list
      elements: str
    networks:
      description: IP address of the container in each of its networks, by the network's name. Empty if it does not run.
      type: dict
    started_at:
      description: When the container was last started, in seconds since the epoch. Null if it never was.
      type: int
    finished_at:
      description: When the container last ended, in seconds since the epoch. Null if it never has.
      type: int
    uptime:
      description: How long the container has run, in seconds.
      type: int
    restarts:
      description: How often the engine has restarted the container.
      type: int
    exit_code:
      description: Exit code of a container that does not run.
      type: int
    identity:
      description: SPIFFE ID (C(spiffe_id)) and expiry (C(expires_at), in seconds since the epoch) of the container's certificate.
      type: dict
problems:
  description: Identities of nodes that expire within O(days). Empty without O(days).
  returned: always
  type: list
  elements: dict
  contains:
    what:
      description: V(node).
      type: str
    name:
      description: Name of the container.
      type: str
    expires_at:
      description: When the identity expires, or may expire, in seconds since the epoch.
      type: int
    problem:
      description: What is wrong.
      type: str
    remedy:
      description: How to renew the identity.
      type: str
"""


from ..module_utils._component.arguments import ENGINE
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._platform import containers

OPTIONS = {
    "days": {"type": "float"},
    "x509_svid_ttl": {"type": "str"},
    "components": {
        "type": "list",
        "elements": "str",
        "choices": ["apls", "spire_server", "spire_agent", "reverse_proxy", "sn", "sl", "ml", "swop", "swci"],
    },
}


def main() -> None:
    """Run the module."""
    containers.run(QuietModule({**ENGINE, **OPTIONS}, supports_check_mode=True), containers.info)


if __name__ == "__main__":
    main()
