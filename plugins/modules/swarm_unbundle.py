#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_unbundle
short_description: Check a bundle, and extract files from it
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Reads a bundle that M(swarm.learning.swarm_bundle) wrote to its end. It is refused if a single byte differs from what was written.
  - The checksum finds damage, not an attacker who writes a bundle of his own. Compare the SHA-256 of the whole file for that.
extends_documentation_fragment:
  - swarm.learning.attributes
options:
  path:
    description: The bundle.
    type: path
    required: true
  files:
    description: Files or directories of the bundle. It is refused if it lacks one.
    type: list
    elements: str
    default: []
  dest:
    description: Directory below which to write O(files). Without it, nothing is written.
    type: path
attributes:
  check_mode:
    support: full
    description: Writes nothing.
  diff_mode:
    support: none
    description: See RV(files) instead.
  idempotent:
    support: none
    description: Files are written again.
seealso:
  - module: swarm.learning.swarm_bundle
"""

EXAMPLES = r"""
- name: Check the bundle
  swarm.learning.swarm_unbundle:
    path: /srv/swarm-bundle.tar
"""

RETURN = r"""
images:
  description: Images in the bundle, with the keys of O(swarm.learning.swarm_bundle#module:images).
  returned: success
  type: list
  elements: dict
files:
  description: Files that O(files) chose.
  returned: success
  type: list
  elements: str
"""


from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._platform import bundle

OPTIONS = {
    "path": {"type": "path", "required": True},
    "files": {"type": "list", "elements": "str", "default": []},
    "dest": {"type": "path"},
}


def main() -> None:
    """Run the module."""
    bundle.run(QuietModule(OPTIONS, supports_check_mode=True), bundle.unpack)


if __name__ == "__main__":
    main()
