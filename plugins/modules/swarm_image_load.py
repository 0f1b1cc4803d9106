#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_image_load
short_description: Load an image from an archive where it is missing
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Loads an archive of C(docker save), unless the engine has the image already.
extends_documentation_fragment:
  - swarm.learning.engine
  - swarm.learning.attributes.sdk
options:
  name:
    description: The image that the archive has, with its tag.
    type: str
    required: true
  path:
    description: The archive, on the host. It is not read if the engine has the image.
    type: path
    required: true
attributes:
  check_mode:
    support: full
    description: Does not read the archive.
  diff_mode:
    support: none
    description: An image is there or is not.
  idempotent:
    support: full
    description: An image that is there is not loaded again, even if the archive has another one of the same name.
seealso:
  - module: swarm.learning.swarm_unbundle
  - module: community.docker.docker_image_load
"""

EXAMPLES = r"""
- name: Load the image of the SN nodes
  swarm.learning.swarm_image_load:
    name: registry.hospital.example/hpe/swarm-learning/sn:2.3.0
    path: /srv/images/sn.tar
"""

RETURN = r"""
"""


from ..module_utils._component.arguments import ENGINE
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._platform import containers, image

OPTIONS = {
    "name": {"type": "str", "required": True},
    "path": {"type": "path", "required": True},
}


def main() -> None:
    """Run the module."""
    containers.run(QuietModule({**ENGINE, **OPTIONS}, supports_check_mode=True), image.load)


if __name__ == "__main__":
    main()
