#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_found
short_description: Describe the Swarm Learning containers that others have started on a host
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Returns the platform's containers that its own scripts or hands have started, as options of this collection's modules. Changes nothing.
  - The modules are asked what they would change with these options. What remains, no option describes.
  - SL and ML containers that a SWOP has started belong to it, and are only named.
extends_documentation_fragment:
  - swarm.learning.engine
  - swarm.learning.attributes.sdk
  - swarm.learning.attributes.info
options:
  release:
    description: Release of containers whose image has a tag that is no release, such as V(latest).
    type: str
seealso:
  - module: swarm.learning.swarm_info
"""

EXAMPLES = r"""
- name: Describe what runs on this host
  swarm.learning.swarm_found:
  register: __found
"""

RETURN = r"""
containers:
  description: The License Server, SN, SL, SWOP and SWCI containers of this host.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the container.
      type: str
    component:
      description: Component that it runs, which is also the name of its module.
      type: str
    release:
      description: Its release.
      type: str
    image:
      description: Its image.
      type: str
    state:
      description: State as the engine reports it, such as V(running).
      type: str
    exit_code:
      description: Exit code of its last run.
      type: int
    options:
      description: Options of the module that describe the container, without values that are secret.
      type: dict
    secrets:
      description: Where the options lack a value that is secret, each as option and key.
      type: list
      elements: list
    differs:
      description: What the module would change with these options, and so no option describes.
      type: list
      elements: str
    problem:
      description: Why the container cannot be described at all. Empty if it can.
      type: str
spire_servers:
  description: SPIRE Servers of this host.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the container.
      type: str
    version:
      description: Version of SPIRE.
      type: str
    running:
      description: Whether it runs.
      type: bool
    ours:
      description: Whether this collection made the container.
      type: bool
    port:
      description: Port of the host at which agents reach it. Null if it publishes none.
      type: int
    federation_port:
      description: Port of the host at which other servers fetch its bundle. Null if it publishes none.
      type: int
    trust_domain:
      description: Its trust domain.
      type: str
    entries:
      description: Registration entries of the platform's nodes, each C(node_type), C(spiffe_id), C(parent_id) and C(federates_with).
      type: list
      elements: dict
    aliases:
      description: SPIFFE IDs that stand for an agent too, by the agent's own.
      type: dict
    bundles:
      description: Trust domains whose bundles it has.
      type: list
      elements: str
    problem:
      description: Why it could not be asked. Empty if it could.
      type: str
spire_agents:
  description: SPIRE Agents of this host, each C(name), C(version), C(running), C(ours), C(trust_domain) and C(spiffe_id).
  returned: always
  type: list
  elements: dict
networks:
  description: Networks of the engine.
  returned: always
  type: list
  elements: str
selinux:
  description: Whether the engine confines containers with SELinux.
  returned: always
  type: bool
started_by_swop:
  description: Names of the containers that the SWOPs of this host have started.
  returned: always
  type: list
  elements: str
"""


from ..module_utils._component.arguments import ENGINE
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._platform import containers, found

OPTIONS = {"release": {"type": "str"}}


def main() -> None:
    """Run the module."""
    containers.run(QuietModule({**ENGINE, **OPTIONS}, supports_check_mode=True), found.found)


if __name__ == "__main__":
    main()
