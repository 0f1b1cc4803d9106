#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_training_join
short_description: Let SWOPs take part in a training that is in progress
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Asks the platform, by a SWCI container that is running, which SWOPs run the task that a taskrunner has, and assigns it to those of O(swops) that
    do not. The others go on as before.
  - Does nothing if the taskrunner has another task than O(tasks), or none.
  - The SWOP starts its SL and ML containers at once, so the ML image must be on its host.
  - Releases 2.2.0 and later.
extends_documentation_fragment:
  - swarm.learning.engine
  - swarm.learning.swci_sn
  - swarm.learning.attributes.sdk
options:
  name:
    description: Name of the SWCI container.
    type: str
    required: true
  taskrunner:
    description: Taskrunner that has the task.
    type: str
    default: defaulttaskbb.taskdb.sml.hpe
  tasks:
    description: Names of the tasks in which the SWOPs are to take part, if the taskrunner has one of them.
    type: list
    elements: str
    required: true
  swops:
    description: Names of the SWOP containers that are to take part, on any host.
    type: list
    elements: str
    required: true
  retry:
    description:
      - Assign the task to O(swops) also if they run it already. A SWOP all of whose nodes have failed tries again, while the others go on.
      - The platform refuses it for a SWOP that has a node which has not failed.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: A SWOP that the SN does not know yet is taken for one that would take part.
  diff_mode:
    support: none
    description: RV(joined) says which SWOPs take part from now on.
  idempotent:
    support: partial
    description: With O(retry=true) the task is always assigned.
seealso:
  - module: swarm.learning.swci_command
  - module: swarm.learning.swarm_training_info
"""

EXAMPLES = r"""
- name: Let the SWOP of a new host take part in the training
  swarm.learning.swarm_training_join:
    name: swci-1
    tasks: [cifar10-run-1a2b3c4d]
    swops: [swop-1, swop-2, swop-3]
"""

RETURN = r"""
task:
  description: The one of O(tasks) that is running. Empty if none is.
  returned: success
  type: str
joined:
  description: Names of the SWOPs that were called into the task, or would be in check mode.
  returned: success
  type: list
  elements: str
absent:
  description: Which SWOPs could not be called, and why, in sentences.
  returned: success
  type: list
  elements: str
"""


from ..module_utils._component.arguments import ENGINE
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._platform import containers, join, swci

OPTIONS = {
    "name": {"type": "str", "required": True},
    "taskrunner": {"type": "str", "default": "defaulttaskbb.taskdb.sml.hpe"},
    "tasks": {"type": "list", "elements": "str", "required": True},
    "swops": {"type": "list", "elements": "str", "required": True},
    "retry": {"type": "bool", "default": False},
    **swci.PLACE,
}


def main() -> None:
    """Run the module."""
    containers.run(QuietModule({**ENGINE, **OPTIONS}, supports_check_mode=True), join.run)


if __name__ == "__main__":
    main()
