#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_training_info
short_description: Gather information about the training on a host
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Reads the SL and ML containers of a host and their logs. If a SWCI is running on the host, asks it for the state of the taskrunner.
  - Reports whether a training is in progress, how far it is, and why its first failed container failed.
extends_documentation_fragment:
  - swarm.learning.engine
  - swarm.learning.attributes.sdk
  - swarm.learning.attributes.info
options:
  taskrunner:
    description: Taskrunner to ask for.
    type: str
    default: defaulttaskbb.taskdb.sml.hpe
  training:
    description: Name of a training of C(swarm_trainings), to look only at what takes part in it. If empty, at what takes part in C(swarm_training).
      Without it, at all.
    type: str
seealso:
  - module: swarm.learning.swarm_training
  - module: swarm.learning.swci_command
"""

EXAMPLES = r"""
- name: Get the state of the training
  swarm.learning.swarm_training_info:
  register: __training

- name: Check that no training is in progress
  ansible.builtin.assert:
    that: not __training.in_progress
"""

RETURN = r"""
in_progress:
  description: Whether an ML program or a task of the taskrunner is running.
  returned: success
  type: bool
reasons:
  description: What is running, in words. Empty if RV(in_progress) is V(false).
  returned: success
  type: list
  elements: str
nodes:
  description: SL and ML containers of the host, without those that had ended before its last training began.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the container.
      type: str
    hostname:
      description: Host name of the container, which it has in common with the one that a SWOP starts in its place.
      type: str
    component:
      description: V(sl) or V(ml).
      type: str
    state:
      description: V(none), V(running), V(finished), V(failed) or V(stopped), from outside.
      type: str
    trains:
      description: Whether an ML program is running in the container.
      type: bool
    created:
      description: When the container was created, as the engine says it.
      type: str
    ended:
      description: When it ended. Empty while it runs.
      type: str
    round:
      description: Last round whose models were merged. 0 if the log does not contain it.
      type: int
    epoch:
      description: Epoch of that round. 0 if the log does not contain it.
      type: int
    epochs:
      description: Number of epochs. 0 if the log does not contain it.
      type: int
    peers:
      description: Number of peers that train together. 0 if the log does not contain it.
      type: int
    loss:
      description:
        - Last loss that the program measured with a merged model. Null if the log does not contain it.
        - The platform's client measures it if the program gives its SwarmCallback C(adsValData), and for PyTorch C(lossFunction).
      type: float
    losses:
      description: The same of the last rounds, as far as they are in the last 200 lines of the log.
      type: list
      elements: float
    line:
      description: Last line of the log.
      type: str
taskrunner:
  description: State of the taskrunner. Empty without a SWCI that is running on the host.
  returned: success
  type: dict
  contains:
    name:
      description: Name of the taskrunner.
      type: str
    swci:
      description: Name of the SWCI container that was asked.
      type: str
    task:
      description: Name of its task. Empty without a task.
      type: str
    state:
      description: State of the task, such as V(RUNNING), V(COMPLETE) or V(ERROR). Empty if the SWCI could not be asked.
      type: str
    active:
      description: Number of active peers.
      type: int
    completed:
      description: Number of peers that have completed.
      type: int
    failed:
      description: Number of peers that have failed.
      type: int
    problem:
      description: Why the SWCI could not be asked.
      type: str
failure:
  description: Last log lines of the first container that failed, with cause and remedy where known. Empty if none failed.
  returned: success
  type: str
"""


from ..module_utils._component.arguments import ENGINE
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._platform import containers, training_info

OPTIONS = {"taskrunner": {"type": "str", "default": "defaulttaskbb.taskdb.sml.hpe"}, "training": {"type": "str"}}


def main() -> None:
    """Run the module."""
    containers.run(QuietModule({**ENGINE, **OPTIONS}, supports_check_mode=True), training_info.info)


if __name__ == "__main__":
    main()
