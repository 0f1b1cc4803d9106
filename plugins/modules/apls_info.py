#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: apls_info
short_description: Find out whether the License Servers answer
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Connects from this host to the License Server, and to the second one of a redundant pair, and reads the certificate that each shows.
  - The License Server has no documented interface for programs. Features, their capacity, how much is in use and when a licence expires are
    therefore not returned. Read them in its web interface, https://ADDRESS:5814/autopass, under License Management.
  - A License Server without the platform's licences answers too. Nodes report this in their logs, as error 6002 or 304.
extends_documentation_fragment:
  - swarm.learning.attributes
  - swarm.learning.attributes.info
options:
  apls_ip:
    description: Address or name of the License Server.
    type: str
    required: true
  apls_port:
    description: Port of the License Server.
    type: int
    default: 5814
  secondary_apls_ip:
    description: Address or name of the second License Server. Leave out if there is only one.
    type: str
    default: ''
  secondary_apls_port:
    description: Port of the second License Server.
    type: int
    default: 5814
  timeout:
    description: Seconds to wait for each connection, and for each answer.
    type: float
    default: 5
requirements:
  - Python 3.9 or newer on the host that runs the module
seealso:
  - module: swarm.learning.apls
  - module: swarm.learning.swarm_reach
"""

EXAMPLES = r"""
- name: Look at both License Servers from this host
  swarm.learning.apls_info:
    apls_ip: 172.1.1.1
    secondary_apls_ip: 172.2.2.2
  register: __license_servers

- name: Check that both answer
  ansible.builtin.assert:
    that: __license_servers.servers | rejectattr('answers', 'eq', 'yes') | length == 0
"""

RETURN = r"""
servers:
  description: What was found of each License Server, in the order of the options.
  returned: always
  type: list
  elements: dict
  contains:
    address:
      description: Address or name from the options.
      type: str
    port:
      description: Port from the options.
      type: int
    answers:
      description:
        - V(yes) if HTTPS is spoken there.
        - V(no) if nothing listens there, or what listens does not speak HTTPS.
        - V(unknown) if this host does not reach it. Its containers may, for example if only they can resolve the name.
      type: str
      sample: "yes"
    state:
      description: Result of the connection, one of V(open), V(refused), V(timeout), V(unreachable) and V(unresolved).
      type: str
      sample: open
    problem:
      description: What is wrong, in words. Empty if it answers.
      type: str
      sample: "License Server 172.1.1.1:5814: nothing listens there"
    remedy:
      description: What to do. Empty if it answers.
      type: str
      sample: start the License Server, or correct its address and port
    web_interface:
      description: Whether the web interface is there, at C(/autopass). If not, what answers may not be a License Server.
      type: bool
      sample: true
    certificate:
      description:
        - The certificate that the server shows, which it makes itself by default. Empty without HTTPS.
        - Whether nodes check it is not documented.
      type: dict
      contains:
        expires:
          description: When it expires, in UTC. Empty if that cannot be read.
          type: str
          sample: "2036-11-26 08:00 UTC"
        sha256:
          description: Its SHA-256 fingerprint in hexadecimal.
          type: str
"""

from ..module_utils._container.least_python import check_python
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._platform import license_server

OPTIONS = {
    "apls_ip": {"type": "str", "required": True},
    "apls_port": {"type": "int", "default": 5814},
    "secondary_apls_ip": {"type": "str", "default": ""},
    "secondary_apls_port": {"type": "int", "default": 5814},
    "timeout": {"type": "float", "default": 5},
}


def main() -> None:
    """Run the module."""
    module = QuietModule(OPTIONS, supports_check_mode=True)
    check_python(module)
    module.exit_json(**license_server.look(module.params))


if __name__ == "__main__":
    main()
