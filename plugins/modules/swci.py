#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swci
short_description: Manage the Swarm Learning Command Interface (SWCI)
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Deploys the command interface (SWCI) and waits until it has started.
  - The container runs its init script and ends with the script if that contains EXIT. Set O(auto_remove=false) to keep the log.
  - Without a script it shows its prompt, which you reach with C(docker attach), or serves its REST API on O(web_port).
extends_documentation_fragment:
  - swarm.learning.container
  - swarm.learning.engine
  - swarm.learning.license_server
  - swarm.learning.identity
  - swarm.learning.spire_agent
  - swarm.learning.attributes.sdk
options:
  usr_dir:
    description: Directory on the host with the init script and the task files, mounted into the container.
    type: path
  init_script_name:
    description: Name of the init script, directly in O(usr_dir).
    type: str
  web_port:
    description: Port at which SWCI serves its REST API instead of the prompt. Not in release 0.3.0.
    type: int
  web_address:
    description: IP address of the host at which O(web_port) is published. Without it, all of its addresses, as with the platform's script.
    type: str
  script_wait:
    description:
      - Whether to wait for the end of the script, for at most O(wait_timeout), and to return its output.
      - The task fails if the script fails.
      - This needs the container's log to be kept, see O(auto_remove).
    type: bool
    default: false
seealso:
  - module: swarm.learning.swop
"""

EXAMPLES = r"""
- name: Run the script of the command interface
  swarm.learning.swci:
    name: swci-1
    usr_dir: /srv/swarm/swci
    init_script_name: swci-init
    apls_ip: 172.1.1.1
    socket_path: spire-agent-socket:api.sock
    auto_remove: false
    env:
      swarm_node_type: swci
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
  sample: ["create swci-1", "start swci-1"]
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
  sample: {"Name": "/swci-1"}
identity:
  description:
    - Identity that the SPIRE Agent inside the node keeps, with its key, in a mounted directory of the host.
    - Empty if the agent keeps none, or one that has expired.
  returned: in release 0.3.0
  type: dict
  sample: {"spiffe_id": "spiffe://swarm.learning/spire/agent/join_token/…", "expires_at": 1795312800}
distrusts_server:
  description: Whether, according to the log of a node that has ended, its agent no longer trusts the SPIRE Server.
  returned: in release 0.3.0
  type: bool
refused_token:
  description: SHA-256 of a node's join token if, according to the log of the ended node, the SPIRE Server refused it. Otherwise empty.
  returned: in release 0.3.0
  type: str
needs_join_token:
  description:
    - Whether, according to the log of a node that has ended or keeps restarting, its agent cannot be attested as it is.
    - Such a node is re-created with a new join token.
  returned: in release 0.3.0
  type: bool
output:
  description: Output of the script, line by line, with secrets masked.
  returned: with O(script_wait=true), and not in check mode
  type: list
  elements: str
  sample: ["SWCI:1 > LIST NODES"]
"""

from typing import TYPE_CHECKING, Any

from ..module_utils._component.converge import run
from ..module_utils._component.specifications import SPECIFICATIONS
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._platform.script import output
from ..module_utils._spire.agent import node_facts

if TYPE_CHECKING:
    from ..module_utils._container.engine import Engine
    from ..module_utils._container.host import Host

SCRIPT_SECONDS = 7200  # as long as SWCI itself waits for a taskrunner


def main() -> None:
    """Run the module."""
    module = QuietModule(SPECIFICATIONS["swci"], supports_check_mode=True)

    def said(engine: Engine, host: Host, params: dict[str, Any], inspect: dict[str, Any] | None) -> dict[str, Any]:
        facts = node_facts(engine, host, params, inspect)
        if params["script_wait"] and inspect and not module.check_mode:
            facts["output"] = output(engine, inspect, params["wait_timeout"] or SCRIPT_SECONDS)
        return facts

    run(module, "swci", said)


if __name__ == "__main__":
    main()
