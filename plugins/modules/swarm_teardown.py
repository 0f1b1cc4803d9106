#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_teardown
short_description: Remove what the platform leaves on a host
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Removes a network, volumes and directories of the platform from a host. Stop the platform first with M(swarm.learning.swarm_stop).
  - Anything used by other containers, pre-existing networks, and user data are kept.
extends_documentation_fragment:
  - swarm.learning.engine
  - swarm.learning.attributes.sdk
options:
  network:
    description: Network of the platform's containers. It is removed only if its labels say that this collection created it.
    type: str
  volumes:
    description:
      - Names of the volumes to remove.
      - Volumes that this collection created to show a directory below O(directory), for the ML image of a training, are removed in any case.
    type: list
    elements: str
    default: []
  labelled:
    description: Those of O(volumes) that are removed only if their labels say that this collection created them.
    type: list
    elements: str
    default: []
    version_added: "1.0.0"
  directory:
    description: Directory with the platform's files. The directory itself is removed if nothing is left in it.
    type: path
    required: true
  children:
    description: Names of the files and directories to remove from O(directory).
    type: list
    elements: str
    default: []
  names:
    description: Names of containers that belong to this platform although others have started them. What only they use may be removed.
    type: list
    elements: str
    default: []
  keep:
    description: Paths that belong to the user. Nothing that contains them is removed.
    type: list
    elements: path
    default: []
attributes:
  check_mode:
    support: full
    description: Reports what would be removed, as if the platform's containers were already gone.
  diff_mode:
    support: none
    description: See RV(actions) instead.
  idempotent:
    support: full
    description: What is already gone is not removed again.
seealso:
  - module: swarm.learning.swarm_stop
"""

EXAMPLES = r"""
- name: Remove everything that the platform leaves on a host
  swarm.learning.swarm_teardown:
    network: swarm
    volumes: [sn-1-smlnode, spire-agent-socket]
    directory: /var/lib/swarm-learning
    children: [spire-agent, swop]
    keep: [/srv/swarm/cifar10/model]
"""

RETURN = r"""
actions:
  description: Actions that were taken, or would be in check mode.
  returned: always
  type: list
  elements: str
  sample: ["remove network swarm"]
removed:
  description: What was removed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  contains:
    kind:
      description: V(network), V(volume) or V(directory).
      type: str
    name:
      description: Name of the network or volume, or path of the directory.
      type: str
kept:
  description: What was kept.
  returned: always
  type: list
  elements: dict
  contains:
    kind:
      description: V(network), V(volume) or V(directory).
      type: str
    name:
      description: Name of the network or volume, or path of the directory.
      type: str
    reason:
      description: Why it was kept.
      type: str
agents:
  description:
    - SPIFFE IDs of the SPIRE Agents inside nodes of release 0.3.0 that keep an identity in C(agents) in O(directory), before it is removed.
    - Use M(swarm.learning.spire_token) to remove them from the SPIRE Server.
  returned: always
  type: list
  elements: str
  sample: ["spiffe://swarm.learning/spire/agent/join_token/…"]
"""


from ..module_utils._component.arguments import ENGINE
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._platform import containers, teardown

OPTIONS = {
    "network": {"type": "str"},
    "volumes": {"type": "list", "elements": "str", "default": []},
    "labelled": {"type": "list", "elements": "str", "default": []},
    "directory": {"type": "path", "required": True},
    "children": {"type": "list", "elements": "str", "default": []},
    "names": {"type": "list", "elements": "str", "default": []},
    "keep": {"type": "list", "elements": "path", "default": []},
}


def main() -> None:
    """Run the module."""
    containers.run(QuietModule({**ENGINE, **OPTIONS}, supports_check_mode=True), teardown.teardown)


if __name__ == "__main__":
    main()
