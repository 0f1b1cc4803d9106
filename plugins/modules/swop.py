#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swop
short_description: Manage a Swarm Operator (SWOP)
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Deploys a Swarm Operator (SWOP) and waits until it is ready for tasks. Not available in release 0.3.0.
extends_documentation_fragment:
  - swarm.learning.container
  - swarm.learning.engine
  - swarm.learning.license_server
  - swarm.learning.identity
  - swarm.learning.sn_of_node
  - swarm.learning.attributes.sdk
options:
  usr_dir:
    description: Directory on the host with the profile, mounted at C(/platform/swarm/usr).
    type: path
  profile_file_name:
    description: Name of the profile file, directly in O(usr_dir). If it is newer than the container's start, the container is restarted.
    type: str
  docker_socket_file:
    description:
      - The engine's socket, through which SWOP starts SL and ML containers. Not in release 2.0.0.
      - Defaults to C(/var/run/docker.sock), and with Podman to the socket that Podman reports.
    type: path
  docker_group_id:
    description: ID of the group that may use the engine's socket. Defaults to the group that owns the socket.
    type: str
  swop_uid:
    description: User, by name or uid, that the ML containers run as. Defaults to the calling user.
    type: str
seealso:
  - module: swarm.learning.sn
  - module: swarm.learning.swci
"""

EXAMPLES = r"""
- name: Deploy a Swarm Operator
  swarm.learning.swop:
    name: swop-1
    usr_dir: /srv/swarm/swop
    profile_file_name: swop1_profile.yaml
    sn_ip: 172.1.1.1
    apls_ip: 172.1.1.1
    socket_path: spire-agent-socket:api.sock
    env:
      swarm_node_type: swop
"""

RETURN = r"""
changed:
  description: Whether anything was changed, or would be in check mode.
  returned: always
  type: bool
actions:
  description: Actions that were taken, or would be in check mode, in order.
  returned: always
  type: list
  elements: str
  sample: ["create swop-1", "start swop-1"]
held:
  description: Actions that were left undone because O(hold) is V(true) and a container is running.
  returned: always
  type: list
  elements: str
ansible_facts:
  description: The same as RV(held), by the name C(swarm_held_COMPONENT_NAME), for a report at the end of a play.
  returned: if something was left undone
  type: dict
container:
  description: Output of the engine's inspect for the container, with secrets masked. Empty if the container does not exist.
  returned: always
  type: dict
  sample: {"Name": "/swop-1"}
"""


from ..module_utils._component.converge import run
from ..module_utils._component.specifications import SPECIFICATIONS
from ..module_utils._container.quiet_module import QuietModule


def main() -> None:
    """Run the module."""
    run(QuietModule(SPECIFICATIONS["swop"], supports_check_mode=True), "swop")


if __name__ == "__main__":
    main()
