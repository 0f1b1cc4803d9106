#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: spire_server
short_description: Manage a SPIRE Server
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Deploys a SPIRE Server and waits until it is healthy.
  - In 2.x it is SPIRE's own image, in 0.3.0 the platform's.
  - A server becomes one of the same or the next minor release of SPIRE. Any other image is refused, and the server that runs goes on.
extends_documentation_fragment:
  - swarm.learning.container
  - swarm.learning.engine
options:
  config:
    description:
      - Configuration of the server on the host.
      - "In 2.x: a directory, mounted read-only at C(/opt/spire/conf/server), or one file in it."
      - "In 0.3.0: a file, mounted read-only at its own path and passed as C(-config)."
      - When a file of it is newer than the container's start, the container is restarted.
    type: path
  return_bundle:
    description: Whether to return the server's trust bundle, as M(swarm.learning.spire_bundle) does with a task of its own.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: The SPIRE Server of this organisation is healthy
  swarm.learning.spire_server:
    name: spire-server
    config: /etc/spire/server
    volumes:
      - /var/lib/spire-server:/opt/spire/data/server
    publish:
      - "8081:8081"
      - "8443:8443"
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
bundle:
  description: The server's trust bundle in SPIFFE format, as JSON text. Empty when no server runs, as in check mode before the first run.
  returned: with O(return_bundle)
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._component.arguments import CONTAINER, RESULT
from ..module_utils._component.converge import run
from ..module_utils._spire.server import server_facts
from ..module_utils._spire.upgrade import check

OPTIONS = {
    "config": {"type": "path"},
    **RESULT,
}


def main() -> None:
    """Run the module."""
    arguments = {**CONTAINER, **OPTIONS}
    run(AnsibleModule(arguments, supports_check_mode=True, no_log=True), "spire_server", server_facts, check)


if __name__ == "__main__":
    main()
