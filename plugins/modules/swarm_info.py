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
  - With O(days), reports what the nodes hold that expires before the training ends, and how to renew it.
extends_documentation_fragment:
  - swarm.learning.engine
options:
  components:
    description: Only these components. Without it, all.
    type: list
    elements: str
    choices: [apls, spire_server, spire_agent, sn, sl, ml, swop, swci]
  days:
    description: How many days from now identity must last.
    type: float
  x509_svid_ttl:
    description:
      - Life of the SVIDs that the nodes of this host take, such as V(336h).
      - Nobody sees the SVID of a node without a port. With this it is known how long it lives at least.
    type: str
requirements:
  - Docker SDK for Python (C(docker)) 7.1 or newer, and Python 3.9 or newer, on the host that runs the module
attributes:
  check_mode:
    support: full
    description: It changes nothing.
  diff_mode:
    support: none
    description: It changes nothing.
  idempotent:
    support: full
    description: It changes nothing.
"""

EXAMPLES = r"""
- name: What runs on this host is known
  swarm.learning.swarm_info:
  register: __swarm

- name: Every SN is ready
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
      description: The component, such as V(sn); V(ml) for a user's ML container.
      type: str
    release:
      description: The release. Empty where it is not known.
      type: str
    image:
      description: Image of the container.
      type: str
    state:
      description: The engine's word for its state, such as V(running).
      type: str
    ready:
      description: Whether it runs and has given its ready signal since its last start.
      type: bool
    ports:
      description: The ports that it publishes.
      type: list
      elements: str
    uptime:
      description: How long it has run, in seconds.
      type: int
    restarts:
      description: How often the engine has restarted it.
      type: int
    exit_code:
      description: Exit code of a container that does not run.
      type: int
    identity:
      description: The SPIFFE ID (C(spiffe_id)) and the expiry (C(expires_at), seconds since the epoch) of the certificate that it shows.
      type: dict
problems:
  description: What nodes hold that ends before O(days) are over. Empty without O(days).
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
      description: When what it holds ends, or may end, in seconds since the epoch.
      type: int
    problem:
      description: What is wrong.
      type: str
    remedy:
      description: How it is renewed.
      type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._component.arguments import ENGINE
from ..module_utils._platform import containers

OPTIONS = {
    "days": {"type": "float"},
    "x509_svid_ttl": {"type": "str"},
    "components": {
        "type": "list",
        "elements": "str",
        "choices": ["apls", "spire_server", "spire_agent", "sn", "sl", "ml", "swop", "swci"],
    },
}


def main() -> None:
    """Run the module."""
    containers.run(AnsibleModule({**ENGINE, **OPTIONS}, supports_check_mode=True, no_log=True), containers.info)


if __name__ == "__main__":
    main()
