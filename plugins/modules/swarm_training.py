#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_training
short_description: Wait for the end of a training and show its progress
version_added: "1.1.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Follows the logs of a host's SL nodes, and of the ML containers beside them, until all of them have finished the training.
  - Shows their round, epoch and number of peers on the way, as far as these are in their logs.
  - Fails as soon as one of them fails, on this host or on another of the same task, with the last lines of its log and what they mean.
extends_documentation_fragment:
  - swarm.learning.engine
options:
  nodes:
    description: The SL nodes of this host.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the SL container.
        type: str
        required: true
      ml:
        description: Name of the ML container beside it. Empty where the ML program runs inside the SL container (release 0.3.0).
        type: str
        default: ''
  wait_timeout:
    description: How long the training may last, in seconds.
    type: int
    default: 604800
  step:
    description: Seconds between progress reports. Managed by the action plugin; do not set it.
    type: int
    default: 5
requirements:
  - Docker SDK for Python (C(docker)) 7.1 or newer, and Python 3.9 or newer, on the host that runs the module
attributes:
  check_mode:
    support: full
    description: It changes nothing, and does not wait.
  diff_mode:
    support: none
    description: It changes nothing.
  idempotent:
    support: full
    description: It changes nothing.
"""

EXAMPLES = r"""
- name: Wait for the end of the training
  swarm.learning.swarm_training:
    nodes:
      - name: sl-1
        ml: ml-1
"""

RETURN = r"""
nodes:
  description: How far each node is.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the SL container.
      type: str
    state:
      description: V(none), V(running), V(finished) or V(failed).
      type: str
    round:
      description: The last round whose models were merged. 0 where the logs do not tell.
      type: int
    epoch:
      description: The epoch of that round. 0 where the logs do not tell.
      type: int
    epochs:
      description: How many epochs there are. 0 where the logs do not tell.
      type: int
    peers:
      description: With how many peers the node trains, itself among them. 0 where the logs do not tell.
      type: int
    line:
      description: The last line of its logs.
      type: str
finished:
  description: Whether all of them have ended as a training ends.
  returned: success
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._component.arguments import ENGINE
from ..module_utils._platform import training

NODE = {"name": {"type": "str", "required": True}, "ml": {"type": "str", "default": ""}}
OPTIONS = {
    "nodes": {"type": "list", "elements": "dict", "required": True, "options": NODE},
    "wait_timeout": {"type": "int", "default": 604800},
    "step": {"type": "int", "default": 5},
}


def main() -> None:
    """Run the module."""
    training.run(AnsibleModule({**ENGINE, **OPTIONS}, supports_check_mode=True, no_log=True))


if __name__ == "__main__":
    main()
