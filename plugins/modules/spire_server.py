#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: spire_server
short_description: Manage a SPIRE Server
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Deploys a SPIRE Server and waits until it is healthy.
  - Releases 2.x use SPIRE's own image, release 0.3.0 uses the platform's.
  - A server can be changed to the same or the next minor release of SPIRE. Any other image is refused, and the running server is kept.
extends_documentation_fragment:
  - swarm.learning.container
  - swarm.learning.engine
  - swarm.learning.attributes.sdk
options:
  config:
    description:
      - Path of the server's configuration on the host.
      - "In 2.x: a directory, mounted read-only at C(/opt/spire/conf/server), or one file in it."
      - "In 0.3.0: a file, mounted read-only at its own path and passed as C(-config)."
      - If one of its files is newer than the container's start, the container is restarted.
    type: path
  return_bundle:
    description: Whether to return the server's trust bundle, which M(swarm.learning.spire_bundle) returns in a separate task.
    type: bool
    default: false
seealso:
  - module: swarm.learning.spire_agent
  - module: swarm.learning.spire_bundle
  - module: swarm.learning.spire_entry
  - module: swarm.learning.spire_info
"""

EXAMPLES = r"""
- name: Deploy the SPIRE Server of this organisation
  swarm.learning.spire_server:
    name: spire-server
    config: /etc/spire/server
    volumes:
      - /var/lib/spire-server:/opt/spire/data/server
    publish:
      - "8081:8081"
      - "8443:8443"
    restart_policy: unless-stopped
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
  sample: ["create spire-server", "start spire-server"]
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
  sample: {"Name": "/spire-server"}
bundle:
  description: Trust bundle of the server in SPIFFE format, as JSON text. Empty if no server runs, as in check mode before the first run.
  returned: with O(return_bundle)
  type: str
"""


from ..module_utils._component.converge import run
from ..module_utils._component.specifications import SPECIFICATIONS
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._spire.server import server_facts
from ..module_utils._spire.upgrade import check


def main() -> None:
    """Run the module."""
    run(QuietModule(SPECIFICATIONS["spire_server"], supports_check_mode=True), "spire_server", server_facts, check)


if __name__ == "__main__":
    main()
