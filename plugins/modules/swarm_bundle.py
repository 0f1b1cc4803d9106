#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_bundle
short_description: Write one file with everything that hosts without a way out need
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Packs the files of a directory and the archives of installed collections, with a manifest of their checksums, a list of the software
    (CycloneDX 1.5), and a checksum of the whole at the end.
  - The same content makes the same bytes. A bundle is replaced when the new one is complete, and only if it differs.
extends_documentation_fragment:
  - swarm.learning.attributes
options:
  path:
    description: The bundle to write.
    type: path
    required: true
  directory:
    description: Directory whose files are packed, under their names below it. Each is removed when it is packed.
    type: path
    required: true
  collections:
    description: Directories of the installed collections to pack, this collection's own first.
    type: list
    elements: path
    required: true
  images:
    description: What the manifest says about each image.
    type: list
    elements: dict
    default: []
    suboptions:
      reference:
        description: The image, as the inventory names it.
        type: str
        required: true
      file:
        description: Its archive, below O(directory).
        type: str
        required: true
      id:
        description: ID of the image in the engine that saved it.
        type: str
        required: true
      digests:
        description: Digests under which registries have the image.
        type: list
        elements: str
        default: []
      architecture:
        description: Architecture of the processors for which it was built.
        type: str
        required: true
attributes:
  check_mode:
    support: none
    description: What would be written is known only when it is packed.
  diff_mode:
    support: none
    description: See RV(files) instead.
  idempotent:
    support: full
    description: A bundle with the same content is not replaced.
seealso:
  - module: swarm.learning.swarm_unbundle
"""

EXAMPLES = r"""
- name: Write the bundle
  swarm.learning.swarm_bundle:
    path: /srv/swarm-bundle.tar
    directory: /srv/staged
    collections:
      - /usr/share/ansible/collections/ansible_collections/swarm/learning
"""

RETURN = r"""
sha256:
  description: SHA-256 of the bundle.
  returned: success
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
size:
  description: Size of the bundle in bytes.
  returned: success
  type: int
  sample: 5368709120
files:
  description: Files that the bundle has, without its manifest.
  returned: success
  type: list
  elements: str
  sample: [collections/swarm-learning-1.0.0.tar.gz, sbom.cdx.json]
"""


from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._platform import bundle

IMAGE = {
    "reference": {"type": "str", "required": True},
    "file": {"type": "str", "required": True},
    "id": {"type": "str", "required": True},
    "digests": {"type": "list", "elements": "str", "default": []},
    "architecture": {"type": "str", "required": True},
}
OPTIONS = {
    "path": {"type": "path", "required": True},
    "directory": {"type": "path", "required": True},
    "collections": {"type": "list", "elements": "path", "required": True},
    "images": {"type": "list", "elements": "dict", "default": [], "options": IMAGE},
}


def main() -> None:
    """Run the module."""
    bundle.run(QuietModule(OPTIONS), bundle.pack)


if __name__ == "__main__":
    main()
