#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: spire_plugin
short_description: Get the checksum of the workload attestor plugin in an image
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - In release 0.3.0 a SPIRE Agent runs inside each SN, SL and SWCI, with a plugin that identifies the kind of node that asks.
  - The agent's configuration contains the plugin's checksum. This module reads it from the image that will run.
  - >-
    The file is read from a container of that image, running or not. Without one, a container is created for it, never started, and
    removed.
extends_documentation_fragment:
  - swarm.learning.engine
  - swarm.learning.attributes.sdk
options:
  images:
    description: Full references of images. An image that is not present on the host is pulled.
    type: list
    elements: str
    required: true
  path:
    description: Path of the plugin in the images.
    type: str
    default: /spire/bin/spire-swarm-plugin
attributes:
  check_mode:
    support: full
    description: An image that is not present on the host is not pulled, and has an empty checksum.
  diff_mode:
    support: none
    description: Nothing to show.
  idempotent:
    support: full
    description: Once the images are present, this module changes nothing.
seealso:
  - module: swarm.learning.sn
  - module: swarm.learning.sl
  - module: swarm.learning.swci
"""

EXAMPLES = r"""
- name: Get the checksum of the plugin in the SN's image
  swarm.learning.spire_plugin:
    images: [hub.myenterpriselicense.hpe.com/hpe_eval/swarm-learning/sn:0.3.0]
  register: __plugin
"""

RETURN = r"""
checksums:
  description: The plugin's SHA-256 in hex, by image. Empty in check mode for an image that is not present on the host.
  returned: always
  type: dict
  sample: {"example.com/sn:0.3.0": "1f4ebd50d3df02bfc101d54d0d799f14357e798d44941ab2ab537f52819884dd"}
"""


from ..module_utils._component.arguments import ENGINE
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._spire import plugin_checksum

OPTIONS = {
    "images": {"type": "list", "elements": "str", "required": True},
    "path": {"type": "str", "default": "/spire/bin/spire-swarm-plugin"},
}


def main() -> None:
    """Run the module."""
    plugin_checksum.run(QuietModule({**ENGINE, **OPTIONS}, supports_check_mode=True))


if __name__ == "__main__":
    main()
