#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swci_command
short_description: Run a SWCI command
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Runs one command of the Swarm Learning Command Interface in a SWCI container that is running, in a session of its own.
  - Asks the platform first, with a C(GET) or C(LIST) command, whether there is anything to do. C(RESET CONTRACT) and C(APPEND TASK BODY)
    have no such question and are always run.
  - Releases 2.x only.
extends_documentation_fragment:
  - swarm.learning.engine
  - swarm.learning.attributes.sdk
options:
  name:
    description: Name of the SWCI container.
    type: str
    required: true
  command:
    description:
      - The command, such as V(CREATE CONTRACT my.contract). Paths are relative to the SWCI's user directory.
      - Commands that only matter within a session, such as C(CREATE CONTEXT), C(CD) and C(SLEEP), and those that wait are refused.
    type: str
    required: true
  sn_ip:
    description: Address of the SN to ask. Without it and O(sn_api_service), the SN that the SWCI's init script names.
    type: str
  sn_api_port:
    description: Port of the API server of the SN. Defaults to 30304.
    type: int
  sn_api_service:
    description: Service of the API server of the SN, as C(FQDN[:PORT]).
    type: str
attributes:
  check_mode:
    support: full
    description: Commands that only look are run in check mode, too.
  diff_mode:
    support: none
    description: The platform does not say what a command will change.
  idempotent:
    support: partial
    description: C(RESET CONTRACT) and C(APPEND TASK BODY) always run.
seealso:
  - module: swarm.learning.swci
"""

EXAMPLES = r"""
- name: Create a training contract
  swarm.learning.swci_command:
    name: swci-1
    command: CREATE CONTRACT heart.study

- name: Ask for the state of the taskrunner
  swarm.learning.swci_command:
    name: swci-1
    command: GET TASKRUNNER STATUS defaulttaskbb.taskdb.sml.hpe
  register: __taskrunner

- name: Show its state
  ansible.builtin.debug:
    var: __taskrunner.fields.task_state
"""

RETURN = r"""
output:
  description: Lines that the command printed. Empty if there was nothing to do, and in check mode for a command that changes something.
  returned: success
  type: list
  elements: str
fields:
  description: Values of lines such as C(TASK_STATE) C(:) C(RUNNING) in RV(output), by name in lower case.
  returned: success
  type: dict
commands:
  description: Commands that were run, or would be in check mode, without questions.
  returned: success
  type: list
  elements: str
"""


from ..module_utils._component.arguments import ENGINE
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._platform import containers, swci

OPTIONS = {
    "name": {"type": "str", "required": True},
    "command": {"type": "str", "required": True},
    "sn_ip": {"type": "str"},
    "sn_api_port": {"type": "int"},
    "sn_api_service": {"type": "str"},
}


def main() -> None:
    """Run the module."""
    containers.run(QuietModule({**ENGINE, **OPTIONS}, supports_check_mode=True), swci.run)


if __name__ == "__main__":
    main()
