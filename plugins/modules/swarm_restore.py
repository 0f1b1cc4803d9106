#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_restore
short_description: Restore a host's platform from an archive
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Restores the directory and volumes that M(swarm.learning.swarm_backup) archived. Deploy the platform afterwards; its SPIRE Agents and
    SN nodes then continue with their identities and ledgers.
  - The archive is decrypted and checked to its end before anything is touched. An interrupted restore is completed by the next run.
  - Nothing that exists is replaced. The platform's containers must have been removed, and the directory and volumes must be empty.
  - The dump of a database is restored in O(datastore), which must be empty or have the dump's content, unless O(existing_database) says
    otherwise. In PostgreSQL it is restored in one transaction. MySQL has none for tables, so a restore that fails leaves a part.
extends_documentation_fragment:
  - swarm.learning.engine
  - swarm.learning.datastore
  - swarm.learning.attributes.sdk
options:
  path:
    description: The archive, on the host.
    type: path
    required: true
  identity:
    description: Content of an C(age) identity file, with the private key of one of the recipients.
    type: str
    required: true
  directory:
    description: Directory for the platform's files.
    type: path
    required: true
  network:
    description: Network of the platform's containers. Containers in it or with something of O(directory) mounted prevent restoring.
    type: str
  existing_database:
    description: What to do with a database that has other content than the dump, which would be lost.
    type: str
    default: refuse
    choices:
      refuse: Fail, before anything is touched.
      keep: Leave the database as it is, because it was not lost. The rest of the archive is restored.
      replace: Drop all tables of the database and restore the dump.
  trust_domain:
    description: Trust domain of the host. An archive of another one is refused.
    type: str
    required: true
  host:
    description: Name of the host in the inventory. An archive of another one is refused.
    type: str
    required: true
requirements:
  - C(age) on the host that runs the module
attributes:
  check_mode:
    support: full
    description: Checks the whole archive, and whether it could be restored.
  diff_mode:
    support: none
    description: See RV(volumes) and RV(files) instead.
  idempotent:
    support: full
    description: An archive that was restored last is not restored again.
seealso:
  - module: swarm.learning.swarm_backup
"""

EXAMPLES = r"""
- name: Restore a host
  swarm.learning.swarm_restore:
    path: /srv/backups/host-1.age
    identity: "{{ lookup('ansible.builtin.file', '~/backup-identity.txt') }}"
    directory: /var/lib/swarm-learning
    trust_domain: hospital.example
    host: host-1
"""

RETURN = r"""
created:
  description: When the archive was created, in UTC.
  returned: success
  type: str
  sample: "2026-11-28T07:12:00+00:00"
release:
  description: Release of the platform that was archived.
  returned: success
  type: str
  sample: 2.3.0
files:
  description: Number of files in the archive.
  returned: success
  type: int
  sample: 42
datastore:
  description:
    - What happened to the database. V(none) if the archive has no dump. V(unseen) if it was not looked at, because the archive was restored
      before or, in check mode, because the host does not have the image.
    - V(same) if it has the dump's content. V(kept) if it has other content, which is kept. V(restored) if the dump is restored.
  returned: success
  type: str
  sample: restored
volumes:
  description: Volumes in the archive.
  returned: success
  type: list
  elements: str
  sample: [sn-1-smlnode]
"""


from ..module_utils._component.arguments import ENGINE
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._platform import containers, database, restore

OPTIONS = {
    "path": {"type": "path", "required": True},
    "identity": {"type": "str", "required": True, "no_log": True},
    "directory": {"type": "path", "required": True},
    "datastore": database.DATASTORE,
    "network": {"type": "str"},
    "existing_database": {"type": "str", "default": "refuse", "choices": ["refuse", "keep", "replace"]},
    "trust_domain": {"type": "str", "required": True},
    "host": {"type": "str", "required": True},
}


def main() -> None:
    """Run the module."""
    containers.run(QuietModule({**ENGINE, **OPTIONS}, supports_check_mode=True), restore.restore)


if __name__ == "__main__":
    main()
