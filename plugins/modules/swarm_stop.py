#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_stop
short_description: Stop the platform's containers on a host
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Stops and removes the platform's containers on a host, first those that depend on others.
  - Without a flag, everything but the License Server is stopped.
  - Containers of one component are stopped at the same time.
  - A SWCI, SL or ML container of this collection that has ended successfully is kept as a record of that, unless its own flag is set.
    Without the record, the roles C(swci) and C(sl) would repeat what was done.
  - Containers are found by the collection's labels and, when the platform's own scripts started them, by their image.
extends_documentation_fragment:
  - swarm.learning.engine
  - swarm.learning.attributes.sdk
options:
  all:
    description: Stop everything, including the License Server.
    type: bool
    default: false
  apls:
    description: Stop the License Server.
    type: bool
    default: false
  spire_server:
    description: Stop all SPIRE Servers.
    type: bool
    default: false
  spire_agent:
    description: Stop the SPIRE Agent.
    type: bool
    default: false
  reverse_proxy:
    description: Stop the reverse proxy.
    type: bool
    default: false
  sn:
    description: Stop all Swarm Network nodes.
    type: bool
    default: false
  sl:
    description: Stop all Swarm Learning nodes.
    type: bool
    default: false
  sl_tf:
    description: Stop the Swarm Learning nodes with TensorFlow (release 0.3.0).
    type: bool
    default: false
  sl_pyt:
    description: Stop the Swarm Learning nodes with PyTorch (release 0.3.0).
    type: bool
    default: false
  ml:
    description: Stop the user's ML containers beside SL nodes.
    type: bool
    default: false
  swop:
    description: Stop all Swarm Operators.
    type: bool
    default: false
  swci:
    description: Stop all command interfaces.
    type: bool
    default: false
  keep:
    description: Stop the containers, but do not remove them. They keep their logs.
    type: bool
    default: false
  training:
    description: Stop only what takes part in this training of C(swarm_trainings), or if empty, what takes part in none of them.
    type: str
  components:
    description:
      - Stop only those of these components that the flags choose.
      - Use this to stop one component at a time across all hosts.
    type: list
    elements: str
    choices: [swci, ml, sl, swop, sn, reverse_proxy, spire_agent, spire_server, apls]
  network:
    description:
      - Stop only this collection's containers that are in one of these networks, or mount something from O(directory).
      - SL and ML containers that this collection's SWOPs started have no label. They are known by the host names in the SWOPs' profiles.
      - Without both options, all of the platform's containers on the host are stopped, whoever made them.
    type: list
    elements: str
  directory:
    description: Stop only this collection's containers that mount something from this directory of the host, or are in O(network).
    type: path
  names:
    description: Names of containers that belong to this platform although others have started them. With O(network) or O(directory), they are stopped too.
    type: list
    elements: str
    default: []
  log_dir:
    description:
      - Directory on the host to which the log of each container that is stopped or removed is written, as C(NAME.log).
      - Secrets are masked, and only the owner can read the files.
    type: path
  stop_timeout:
    description: Seconds that a container may take to stop before it is killed.
    type: int
    default: 10
attributes:
  check_mode:
    support: full
    description: Reports what would be stopped and removed, and changes nothing.
  diff_mode:
    support: none
    description: See RV(actions) instead.
  idempotent:
    support: full
    description: Containers that are already stopped are not stopped again.
seealso:
  - module: swarm.learning.swarm_info
  - module: swarm.learning.swarm_teardown
"""

EXAMPLES = r"""
- name: Stop everything but the License Server, and keep the logs
  swarm.learning.swarm_stop:
    log_dir: /var/log/swarm-learning

- name: Stop the Swarm Learning nodes with PyTorch, and keep their containers
  swarm.learning.swarm_stop:
    sl_pyt: true
    keep: true
"""

RETURN = r"""
actions:
  description: Actions that were taken, or would be in check mode, in order.
  returned: always
  type: list
  elements: str
  sample: ["stop swop-1", "remove swop-1"]
removed:
  description: Containers that were removed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  contains:
    kind:
      description: Always V(container).
      type: str
    name:
      description: Name of the container.
      type: str
components:
  description: Components for which actions were taken, or would be in check mode, in order.
  returned: always
  type: list
  elements: str
  sample: ["swop"]
logs:
  description: Log files that were written, or would be in check mode.
  returned: always
  type: list
  elements: str
"""

from typing import Any

from ..module_utils._component.arguments import ENGINE
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._platform import containers, stop

FLAGS = ("all", "apls", "spire_server", "spire_agent", "reverse_proxy", "sn", "sl", "sl_tf", "sl_pyt", "ml", "swop", "swci", "keep")


def main() -> None:
    """Run the module."""
    arguments: dict[str, Any] = {flag: {"type": "bool", "default": False} for flag in FLAGS}
    arguments.update(ENGINE, training={"type": "str"}, network={"type": "list", "elements": "str"}, directory={"type": "path"})
    arguments.update(components={"type": "list", "elements": "str", "choices": list(containers.STOP_ORDER)})
    arguments.update(names={"type": "list", "elements": "str", "default": []})
    arguments.update(log_dir={"type": "path"}, stop_timeout={"type": "int", "default": 10})
    containers.run(QuietModule(arguments, supports_check_mode=True), stop.stop)


if __name__ == "__main__":
    main()
