#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_stop
short_description: Stop the platform on a host
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Stops and removes the platform's containers on a host, those first that depend on others.
  - Without a flag, everything but the License Server is stopped.
  - Containers of one component are stopped at the same time.
  - A SWCI, SL or ML container of this collection that has ended well is left as a record of that, unless its own flag is set.
    Without it the roles C(swci) and C(sl) would do again what was done.
  - Containers are found by the collection's labels and, when the platform's own scripts started them, by their image.
extends_documentation_fragment:
  - swarm.learning.engine
options:
  all:
    description: Everything, the License Server too.
    type: bool
    default: false
  apls:
    description: The License Server.
    type: bool
    default: false
  spire_server:
    description: All SPIRE Servers.
    type: bool
    default: false
  spire_agent:
    description: The SPIRE Agent.
    type: bool
    default: false
  sn:
    description: All Swarm Network nodes.
    type: bool
    default: false
  sl:
    description: All Swarm Learning nodes.
    type: bool
    default: false
  sl_tf:
    description: The Swarm Learning nodes with TensorFlow (release 0.3.0).
    type: bool
    default: false
  sl_pyt:
    description: The Swarm Learning nodes with PyTorch (release 0.3.0).
    type: bool
    default: false
  ml:
    description: The user's ML containers beside SL nodes.
    type: bool
    default: false
  swop:
    description: All Swarm Operators.
    type: bool
    default: false
  swci:
    description: All command interfaces.
    type: bool
    default: false
  keep:
    description: Stop the containers, but do not remove them. Their logs stay with them.
    type: bool
    default: false
  components:
    description:
      - Only these, of what the flags choose.
      - Use this to stop one component at a time across all hosts.
    type: list
    elements: str
    choices: [swci, ml, sl, swop, sn, spire_agent, spire_server, apls]
  network:
    description:
      - Only containers that are in this network, or have something of O(directory) mounted.
      - Without both, all of the platform that is on the host.
    type: str
  directory:
    description: Only containers that have something of this directory of the host mounted, or are in O(network).
    type: path
  log_dir:
    description:
      - Directory on the host that gets the log of each container that is stopped or removed, as C(NAME.log).
      - Secrets are masked, and only the owner can read the files.
    type: path
  stop_timeout:
    description: How long a container may take to stop before it is killed, in seconds.
    type: int
    default: 10
requirements:
  - Docker SDK for Python (C(docker)) 7.1 or newer, and Python 3.9 or newer, on the host that runs the module
attributes:
  check_mode:
    support: full
    description: Says what would be stopped and removed.
  diff_mode:
    support: none
    description: The actions say it all.
  idempotent:
    support: full
    description: What is stopped already is not stopped again.
"""

EXAMPLES = r"""
- name: Everything but the License Server is stopped, and its logs are kept
  swarm.learning.swarm_stop:
    log_dir: /var/log/swarm-learning

- name: The Swarm Learning nodes with PyTorch are stopped, and can be looked at
  swarm.learning.swarm_stop:
    sl_pyt: true
    keep: true
"""

RETURN = r"""
actions:
  description: What was, or in check mode would be, done, in this order.
  returned: always
  type: list
  elements: str
  sample: ["stop swop-1", "remove swop-1"]
components:
  description: The components that there was, or would be, something to do for, in this order.
  returned: always
  type: list
  elements: str
  sample: ["swop"]
logs:
  description: The log files that were, or would be, written.
  returned: always
  type: list
  elements: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._component.arguments import ENGINE
from ..module_utils._platform import containers

FLAGS = ("all", "apls", "spire_server", "spire_agent", "sn", "sl", "sl_tf", "sl_pyt", "ml", "swop", "swci", "keep")


def main() -> None:
    """Run the module."""
    arguments: dict[str, Any] = {flag: {"type": "bool", "default": False} for flag in FLAGS}
    arguments.update(ENGINE, network={"type": "str"}, directory={"type": "path"})
    arguments.update(components={"type": "list", "elements": "str", "choices": list(containers.STOP_ORDER)})
    arguments.update(log_dir={"type": "path"}, stop_timeout={"type": "int", "default": 10})
    containers.run(AnsibleModule(arguments, supports_check_mode=True, no_log=True), containers.stop)


if __name__ == "__main__":
    main()
