#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_training
short_description: Wait for the end of a training and show its progress
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Follows the logs of a host's SL nodes, and of the ML containers beside them, until all of them have finished the training.
  - Where SWOPs start the SL nodes, the training ends with the script of the SWCI that started it (O(swci)). A node that fails before does not end
    it, as the others may go on without it.
  - Meanwhile, shows their round, epoch, number of peers and loss, as far as their logs contain them.
  - Fails as soon as one of them fails, on this host or on another of the same task, with the last lines of its log and what they mean. Where the
    script of the SWCI fails, so do all hosts, each with the last log lines of its own first ML container that failed. If enough peers are left
    (O(min_peers)), a host whose nodes still train waits for them first.
extends_documentation_fragment:
  - swarm.learning.engine
  - swarm.learning.attributes.sdk
  - swarm.learning.attributes.info
options:
  nodes:
    description: The SL nodes of this host. If empty, those that its SWOPs have started are shown.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the SL container.
        type: str
        required: true
      ml:
        description: Name of the ML container beside the SL container. Empty if the ML program runs inside the SL container (release 0.3.0).
        type: str
        default: ''
  swci:
    description: Name of the SWCI whose script is the training, on its host. On the other hosts of SWOPs leave it empty.
    type: str
    default: ''
  swci_host:
    description:
      - Host of that SWCI. The other hosts of SWOPs wait as long as this one does; if it takes no part in the play, until their own ML programs have
        ended.
    type: str
    default: ''
  training:
    description: Name of the training in C(swarm_trainings) whose nodes the SWOPs have started. If empty, those of C(swarm_training).
    type: str
    default: ''
  peers:
    description: How many SL nodes train together on all hosts.
    type: int
    default: 0
  min_peers:
    description:
      - How many of them the training needs. While as many are left, those of other hosts are waited for although one has failed. Without it, the
        first failure ends the wait of all.
    type: int
    default: 0
  wait_timeout:
    description: Longest time that the training may take, in seconds.
    type: int
    default: 604800
  step:
    description: Seconds between progress reports. Managed by the action plugin; do not set it.
    type: int
    default: 5
attributes:
  check_mode:
    support: full
    description: This module changes nothing. In check mode it does not wait either.
seealso:
  - module: swarm.learning.sl
  - module: swarm.learning.swarm_info
"""

EXAMPLES = r"""
- name: Wait for the end of the training
  swarm.learning.swarm_training:
    nodes:
      - name: sl-1
        ml: ml-1

- name: Wait for the end of a training of SWOPs, on the host of the SWCI
  swarm.learning.swarm_training:
    swci: swci-1
"""

RETURN = r"""
nodes:
  description: Progress of each node.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the SL container.
      type: str
    state:
      description: State of the training. V(none), V(running), V(finished) or V(failed).
      type: str
    round:
      description: Last round whose models were merged. 0 if the logs do not contain it.
      type: int
    epoch:
      description: Epoch of the last round whose models were merged. 0 if the logs do not contain it.
      type: int
    epochs:
      description: Number of epochs of the training. 0 if the logs do not contain it.
      type: int
    peers:
      description: Number of peers that train together, including this node. 0 if the logs do not contain it.
      type: int
    loss:
      description: Last loss that the program measured with a merged model. Null if the logs do not contain it.
      type: float
    line:
      description: Last line of the node's logs.
      type: str
finished:
  description: Whether all nodes have finished the training.
  returned: success
  type: bool
trains:
  description: Whether an ML program of the host still runs.
  returned: success
  type: bool
lost:
  description: How many of the host's nodes have failed.
  returned: always
  type: int
problem:
  description: Why the script of the SWCI failed, while ML programs of the host still run. Empty otherwise.
  returned: success, without O(nodes)
  type: str
failure:
  description: Last log lines of the first of the SWOPs' ML containers that failed, and what they mean. Empty if none failed.
  returned: always, without O(nodes)
  type: str
verdict:
  description:
    - How the training of the host's nodes ended. V(finished); V(incomplete) if a node failed and the others went on without it; V(failed);
      V(stopped) if the nodes of another host failed; V(running) if it goes on after O(wait_timeout), or in check mode.
  returned: always
  type: str
"""


from ..module_utils._component.arguments import ENGINE
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._platform import swop_training

NODE = {"name": {"type": "str", "required": True}, "ml": {"type": "str", "default": ""}}
OPTIONS = {
    "nodes": {"type": "list", "elements": "dict", "default": [], "options": NODE},
    "swci": {"type": "str", "default": ""},
    "swci_host": {"type": "str", "default": ""},
    "training": {"type": "str", "default": ""},
    "peers": {"type": "int", "default": 0},
    "min_peers": {"type": "int", "default": 0},
    "wait_timeout": {"type": "int", "default": 604800},
    "step": {"type": "int", "default": 5},
}


def main() -> None:
    """Run the module."""
    swop_training.run(QuietModule({**ENGINE, **OPTIONS}, supports_check_mode=True))


if __name__ == "__main__":
    main()
