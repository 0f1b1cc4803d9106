#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_backup
short_description: Write an encrypted archive of what the platform keeps on a host
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Archives the directory with the platform's files and the platform's volumes, such as the ledgers of SN nodes, into one encrypted file.
  - License Servers, SN nodes and SPIRE Agents are paused while their files are read, usually for some seconds. A training goes on meanwhile.
    The datastore of a SPIRE Server is copied by SQLite, without a pause.
  - A datastore on a database server, O(datastore), is dumped by the database's own programs, from one consistent view. Servers that share it
    are archived with one dump, in the archive of one of their hosts.
  - The file is encrypted by the program C(age), which must be installed on the host, for O(recipients). Only the holder of one of
    their identities can read it; the host itself cannot.
extends_documentation_fragment:
  - swarm.learning.engine
  - swarm.learning.datastore
  - swarm.learning.attributes.sdk
options:
  path:
    description: File to write. An existing file is replaced once the new archive is complete. The file gets the owner of its directory.
    type: path
    required: true
  directory:
    description: Directory with the platform's files.
    type: path
    required: true
  volumes:
    description: Names of the volumes to archive. Volumes that do not exist are left out.
    type: list
    elements: str
    default: []
  keep:
    description: Paths in O(directory) that belong to the user, such as data and models. These paths are left out.
    type: list
    elements: path
    default: []
  recipients:
    description: Public keys for which the archive is encrypted, as C(age-keygen) prints them, or SSH public keys.
    type: list
    elements: str
    required: true
  trust_domain:
    description: Trust domain of the host. M(swarm.learning.swarm_restore) checks it.
    type: str
    required: true
  host:
    description: Name of the host in the inventory. M(swarm.learning.swarm_restore) checks it.
    type: str
    required: true
  release:
    description: Release of the platform, such as V(2.3.0). M(swarm.learning.swarm_restore) reports it.
    type: str
    required: true
requirements:
  - C(age) on the host that runs the module
attributes:
  check_mode:
    support: full
    description: Reports what would be archived and which containers would be paused.
  diff_mode:
    support: none
    description: See RV(parts) instead.
  idempotent:
    support: none
    description: Each run writes a new archive.
seealso:
  - module: swarm.learning.swarm_restore
"""

EXAMPLES = r"""
- name: Back up a host
  swarm.learning.swarm_backup:
    path: /srv/backups/host-1.age
    directory: /var/lib/swarm-learning
    volumes: [sn-1-smlnode, apls-volume]
    recipients: [age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p]
    trust_domain: hospital.example
    host: host-1
    release: 2.3.0
"""

RETURN = r"""
parts:
  description: The directory, volumes and database that were archived.
  returned: success
  type: list
  elements: str
  sample: [/var/lib/swarm-learning, sn-1-smlnode]
paused:
  description: Containers that were paused while their files were read.
  returned: success
  type: list
  elements: str
  sample: [sn-1, spire-agent]
paused_seconds:
  description: How long the containers in RV(paused) were paused, in seconds.
  returned: success
  type: float
  sample: 1.4
size:
  description: Size of the archive in bytes.
  returned: success
  type: int
  sample: 104857
sha256:
  description: SHA-256 of the archive, in hex.
  returned: success
  type: str
"""


from ..module_utils._component.arguments import ENGINE
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._platform import backup, containers, database

OPTIONS = {
    "path": {"type": "path", "required": True},
    "directory": {"type": "path", "required": True},
    "datastore": database.DATASTORE,
    "volumes": {"type": "list", "elements": "str", "default": []},
    "keep": {"type": "list", "elements": "path", "default": []},
    "recipients": {"type": "list", "elements": "str", "required": True},
    "trust_domain": {"type": "str", "required": True},
    "host": {"type": "str", "required": True},
    "release": {"type": "str", "required": True},
}


def main() -> None:
    """Run the module."""
    containers.run(QuietModule({**ENGINE, **OPTIONS}, supports_check_mode=True), backup.backup)


if __name__ == "__main__":
    main()
