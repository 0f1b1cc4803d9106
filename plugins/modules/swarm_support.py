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
  - Passwords, join tokens, private keys and what looks like a setting of a secret are masked; files of keys, tokens and certificates are left out.
extends_documentation_fragment:
  - swarm.learning.engine
options:
  path:
    description: File to write. Its owner becomes that of the directory in which it is.
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
    description: Log lines of the last so many seconds are collected.
    type: int
    default: 86400
  max_size:
    description: Of each container's log, at most so many bytes are collected, the last ones.
    type: int
    default: 20000000
  secrets:
    description: Texts to mask wherever they appear, in addition to the secrets of the containers.
    type: list
    elements: str
    default: []
requirements:
  - Docker SDK for Python (C(docker)) 7.1 or newer, and Python 3.9 or newer, on the host that runs the module
attributes:
  check_mode:
    support: full
    description: Names the containers whose logs would be collected.
  diff_mode:
    support: none
    description: See RV(containers) instead.
  idempotent:
    support: none
    description: Each run collects what is known then.
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
      description: Name of the container in whose log it was found.
      type: str
    cause:
      description: What it means and what helps.
      type: str
size:
  description: Size of the archive in bytes.
  returned: success
  type: int
  sample: 104857
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._component.arguments import ENGINE
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
    containers.run(AnsibleModule({**ENGINE, **OPTIONS}, supports_check_mode=True), support.support)


if __name__ == "__main__":
    main()
