#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_support
short_description: Collect logs and settings of a host's platform, without secrets
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Writes logs, settings and SPIRE's view of the platform's containers, and facts of host and engine, into one compressed tar file. File names
    are those of the platform's own C(swarmLogCollector.sh).
  - Passwords, join tokens, private keys and settings that look like secrets are masked; files of keys, tokens and certificates are left out.
extends_documentation_fragment:
  - swarm.learning.engine
  - swarm.learning.attributes.sdk
options:
  path:
    description: File to write. The file gets the owner of its directory.
    type: path
    required: true
  name:
    description: Directory inside the archive, such as V(swarm_logs_host-1).
    type: str
    required: true
  directory:
    description: Directory with the platform's files.
    type: path
    required: true
  since:
    description: How far back log lines are collected, in seconds.
    type: int
    default: 86400
  max_size:
    description: Largest part of each container's log that is collected, in bytes. The end of the log is kept.
    type: int
    default: 20000000
  secrets:
    description: Texts to mask wherever they appear, in addition to the secrets of the containers.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    support: full
    description: Names the containers whose logs would be collected.
  diff_mode:
    support: none
    description: See RV(containers) instead.
  idempotent:
    support: none
    description: Each run writes a new archive.
seealso:
  - module: swarm.learning.swarm_info
"""

EXAMPLES = r"""
- name: Collect what helps to find a fault
  swarm.learning.swarm_support:
    path: /tmp/swarm_logs_host-1.tar.gz
    name: swarm_logs_host-1
    directory: /var/lib/swarm-learning
"""

RETURN = r"""
containers:
  description: Containers whose logs and settings were collected.
  returned: success
  type: list
  elements: str
  sample: [sn-1, swop-1]
causes:
  description: Known causes that the logs show.
  returned: success
  type: list
  elements: dict
  contains:
    container:
      description: Name of the container in whose log the cause was found.
      type: str
    cause:
      description: What the log means and what helps.
      type: str
size:
  description: Size of the archive in bytes.
  returned: success
  type: int
  sample: 104857
"""


from ..module_utils._component.arguments import ENGINE
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._platform import containers, support

OPTIONS = {
    "path": {"type": "path", "required": True},
    "name": {"type": "str", "required": True},
    "directory": {"type": "path", "required": True},
    "since": {"type": "int", "default": 86400},
    "max_size": {"type": "int", "default": 20_000_000},
    "secrets": {"type": "list", "elements": "str", "default": [], "no_log": True},
}


def main() -> None:
    """Run the module."""
    containers.run(QuietModule({**ENGINE, **OPTIONS}, supports_check_mode=True), support.support)


if __name__ == "__main__":
    main()
