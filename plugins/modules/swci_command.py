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
  - Runs one command of the Swarm Learning Command Interface in a SWCI container that is running, in a session of its own, or by the REST interface of
    a SWCI in web mode (O(web_url)), from any machine that reaches it.
  - Asks the platform first, with a C(GET) or C(LIST) command, whether there is anything to do. C(RESET CONTRACT) and C(APPEND TASK BODY)
    have no such question and are always run.
  - Releases 2.x only.
extends_documentation_fragment:
  - swarm.learning.engine
  - swarm.learning.swci_sn
  - swarm.learning.attributes.sdk
options:
  name:
    description: Name of the SWCI container. Required without O(web_url).
    type: str
  web_url:
    description:
      - Address of the REST interface, such as V(https://swci.example.org:30306). Needs no Docker Engine and no Docker SDK.
      - Its contexts are shared by all who use it. With O(sn_ip) or O(sn_api_service) the command runs in a context V(swarm.learning), which stays the
        current one; without them, in the one that is the current one.
    type: str
  web_ca_path:
    description: With O(web_url), file of the CA certificates that its certificate is verified with.
    type: path
  web_client_cert:
    description: With O(web_url), file of the certificate to show to a SWCI that asks for one.
    type: path
  web_client_key:
    description: With O(web_url), file of the key of O(web_client_cert).
    type: path
  web_validate_certs:
    description: With O(web_url), whether to verify its certificate. Identities of SPIRE have no host name and cannot be verified here.
    type: bool
    default: true
  command:
    description:
      - The command, such as V(CREATE CONTRACT my.contract). Paths are relative to the SWCI's user directory.
      - With O(web_url), the file of C(CREATE TASK FROM) is one on the host that runs the module. It is uploaded first.
      - Commands that only matter within a session, such as C(CREATE CONTEXT), C(CD) and C(SLEEP), and those that wait are refused.
    type: str
    required: true
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

- name: Register a task by the REST interface, from the controller
  swarm.learning.swci_command:
    web_url: http://swci.example.org:30306
    sn_ip: 192.0.2.12
    command: CREATE TASK FROM tasks/build.yaml
  delegate_to: localhost

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
from ..module_utils._platform import containers, swci, swci_web

OPTIONS = {
    "name": {"type": "str"},
    "web_url": {"type": "str"},
    "web_ca_path": {"type": "path"},
    "web_client_cert": {"type": "path"},
    "web_client_key": {"type": "path", "no_log": False},  # a path
    "web_validate_certs": {"type": "bool", "default": True},
    "command": {"type": "str", "required": True},
    **swci.PLACE,
}


def main() -> None:
    """Run the module."""
    module = QuietModule({**ENGINE, **OPTIONS}, supports_check_mode=True, required_one_of=[("name", "web_url")])
    if not module.params["web_url"]:
        containers.run(module, swci.run)
    try:
        module.exit_json(**swci_web.run(module.params, module.check_mode))
    except (OSError, ValueError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
