#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_gpus
short_description: Check that containers get the GPUs that nodes ask for
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Starts a container with the GPUs that nodes ask for, once for each kind of request, waits until it ends and removes it.
  - Fails with the nodes, the GPUs, the cause and a remedy if the engine does not give them, the host does not have them, or the driver does
    not work.
  - Works for a Docker Engine with or without a registered NVIDIA runtime, for CDI devices, and for Podman.
  - Nothing of the image is run, except C(true) for AMD. For NVIDIA, the container runs C(nvidia-smi -L), which the driver brings.
extends_documentation_fragment:
  - swarm.learning.engine
  - swarm.learning.attributes
  - swarm.learning.attributes.sdk
options:
  nodes:
    description: Nodes that ask for GPUs.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the node, for the message.
        type: str
        required: true
      gpus:
        description: V(all), a number of GPUs, C(device=0,1), CDI names such as V(nvidia.com/gpu=0), or V(amd).
        type: str
        required: true
  image:
    description: Image of the container. It must be present on the host.
    type: str
    required: true
attributes:
  check_mode:
    support: none
    description: The module is skipped, because it starts a container.
  diff_mode:
    support: none
    description: This module changes nothing that lasts.
  idempotent:
    support: full
    description: This module changes nothing that lasts.
seealso:
  - module: swarm.learning.swarm_preflight
"""

EXAMPLES = r"""
- name: Check that the ML containers of this host will get their GPUs
  swarm.learning.swarm_gpus:
    image: hub.myenterpriselicense.hpe.com/hpe/swarm-learning/swop:2.3.0
    nodes:
      - { name: ml-1, gpus: device=0 }
      - { name: ml-2, gpus: nvidia.com/gpu=1 }
"""

RETURN = r""" # """

from ..module_utils._component.arguments import ENGINE
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._platform import containers, gpus

NODE = {"name": {"type": "str", "required": True}, "gpus": {"type": "str", "required": True}}
OPTIONS = {
    "nodes": {"type": "list", "elements": "dict", "required": True, "options": NODE},
    "image": {"type": "str", "required": True},
}


def main() -> None:
    """Run the module."""
    containers.run(QuietModule({**ENGINE, **OPTIONS}, supports_check_mode=False), gpus.try_all)


if __name__ == "__main__":
    main()
