#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_preflight
short_description: Measure a host for Swarm Learning
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Measures the facts of a host that decide whether the platform can run there, such as memory, disks, clock, engine, networks,
    name resolution, ports in use, and whether the registry serves the images.
  - Nothing is changed and nothing is judged. The role P(swarm.learning.preflight#role) judges.
extends_documentation_fragment:
  - swarm.learning.engine
  - swarm.learning.attributes
  - swarm.learning.attributes.info
options:
  controller_time:
    description: The controller's time in seconds since the epoch. Without it, the clocks are not compared.
    type: float
    default: 0
  directory:
    description: Directory in which the platform keeps its files on the host.
    type: path
    default: /var/lib/swarm-learning
  directories:
    description: Directories that must exist, each with the user who must be able to read it.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Path of the directory.
        type: path
        required: true
      user:
        description: User who must be able to read the directory, as C(name-or-uid[:group-or-gid]). If empty, it only has to exist.
        type: str
        default: ''
  disks:
    description: Directories for whose content there must be space, whether they exist yet or not.
    type: list
    elements: path
    default: []
  names:
    description: Names that must be resolved.
    type: list
    elements: str
    default: []
  ports:
    description: TCP ports of which to find out who listens on them.
    type: list
    elements: int
    default: []
  images:
    description: Images whose registry to ask for their digests. Nothing is pulled.
    type: list
    elements: str
    default: []
  registry:
    description: Registry, as the images name it, for which O(registry_username) and O(registry_password) are.
    type: str
    default: ''
  registry_username:
    description: User name at the registry. Without it, the login that the host has is used.
    type: str
    default: ''
  registry_password:
    description: Password at the registry.
    type: str
    default: ''
requirements:
  - Python 3.9 or newer on the host that runs the module
  - Docker SDK for Python (C(docker)) for facts about the engine
seealso:
  - module: swarm.learning.swarm_reach
  - module: swarm.learning.swarm_info
"""

EXAMPLES = r"""
- name: Measure the host
  swarm.learning.swarm_preflight:
    controller_time: "{{ now(utc=true).timestamp() }}"
    names: [registry.example.com]
    ports: [30303, 30304]
  register: __measured
"""

RETURN = r"""
facts:
  description:
    - What was measured, by subject, such as C(memory), C(disks), C(engine) and C(registry).
    - What cannot be seen is left out.
  returned: always
  type: dict
"""


from ..module_utils._component.arguments import ENGINE
from ..module_utils._container.least_python import check_python
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._preflight import observe

REQUIRED_DIRECTORY = {"path": {"type": "path", "required": True}, "user": {"type": "str", "default": ""}}
OPTIONS = {
    "controller_time": {"type": "float", "default": 0},
    "directory": {"type": "path", "default": "/var/lib/swarm-learning"},
    "directories": {"type": "list", "elements": "dict", "default": [], "options": REQUIRED_DIRECTORY},
    "disks": {"type": "list", "elements": "path", "default": []},
    "names": {"type": "list", "elements": "str", "default": []},
    "ports": {"type": "list", "elements": "int", "default": []},
    "images": {"type": "list", "elements": "str", "default": []},
    "registry": {"type": "str", "default": ""},
    "registry_username": {"type": "str", "default": ""},
    "registry_password": {"type": "str", "default": "", "no_log": True},
}


def main() -> None:
    module = QuietModule({**ENGINE, **OPTIONS}, supports_check_mode=True)
    check_python(module)
    module.exit_json(changed=False, facts=observe.facts(module.params))


if __name__ == "__main__":
    main()
