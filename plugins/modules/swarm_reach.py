#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_reach
short_description: Try connections between hosts, before anything listens there
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Listens for a short time on ports of a host on which nothing listens yet, and makes connections from a host to others.
  - To try the ports between hosts, call the module with O(listen) on all hosts, then with O(connect) on all hosts, then with O(end).
  - The listener is a process without files. It ends after O(seconds), even if the playbook is interrupted.
extends_documentation_fragment:
  - swarm.learning.engine
  - swarm.learning.attributes
options:
  listen:
    description: TCP ports to listen on. Ports on which something listens already are left alone, and reported in RV(busy).
    type: list
    elements: int
    default: []
  seconds:
    description: Seconds after which the listener ends by itself.
    type: int
    default: 120
  token:
    description: Any text by which O(end) finds the listener that O(listen) has started.
    type: str
    default: preflight
  connect:
    description: Connections to make, all at the same time.
    type: list
    elements: dict
    default: []
    suboptions:
      address:
        description: Address or name of the other host.
        type: str
        required: true
      port:
        description: TCP port.
        type: int
        required: true
      https:
        description: Whether to check that TLS is spoken on the port, unless it is answered by a listener of this module.
        type: bool
        default: false
  connect_timeout:
    description: Seconds to wait for each connection.
    type: float
    default: 3
  network:
    description:
      - Docker network from which to make the connections as well, if a container runs in it.
      - No container is started for this.
    type: str
    default: ''
  end:
    description: End the listener with the same O(token).
    type: bool
    default: false
requirements:
  - Python 3.9 or newer on the host that runs the module
attributes:
  check_mode:
    support: full
    description: This module changes nothing that lasts.
  diff_mode:
    support: none
    description: This module changes nothing that lasts.
  idempotent:
    support: full
    description: This module changes nothing that lasts.
seealso:
  - module: swarm.learning.swarm_preflight
"""

EXAMPLES = r"""
- name: Listen where the SN is going to listen
  swarm.learning.swarm_reach:
    listen: [30303, 30304]

- name: Connect to the SN of the other host
  swarm.learning.swarm_reach:
    connect:
      - { address: 172.2.2.2, port: 30303 }
      - { address: 172.2.2.2, port: 30304 }
  register: __reached

- name: End the listener
  swarm.learning.swarm_reach:
    end: true
"""

RETURN = r"""
listening:
  description: Ports that the module listens on now.
  returned: with O(listen)
  type: list
  elements: int
busy:
  description: Ports on which something listened already.
  returned: with O(listen)
  type: list
  elements: int
refused:
  description: Ports that the user may not listen on.
  returned: with O(listen)
  type: list
  elements: int
connections:
  description: Result of each connection, in the order of O(connect).
  returned: with O(connect)
  type: list
  elements: dict
  contains:
    address:
      description: The value from O(connect).
      type: str
    port:
      description: The value from O(connect).
      type: int
    state:
      description: One of V(open), V(refused), V(timeout), V(unreachable) and V(unresolved).
      type: str
    seconds:
      description: How long it took to connect.
      type: float
    large:
      description: Whether large packets pass in both directions. Only if a listener of this module answers.
      type: bool
    https:
      description: Whether TLS is spoken there. Only if O(connect[].https) is V(true) and something other than this module answers.
      type: bool
inside:
  description:
    - RV(connections) as seen from within O(network), with the name of the C(container) whose network it is.
    - The name is empty if no container runs there.
  returned: with O(connect)
  type: dict
"""

from typing import Any

from ..module_utils._component.arguments import ENGINE
from ..module_utils._container.least_python import check_python
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._preflight import listener, reach

TARGET = {
    "address": {"type": "str", "required": True},
    "port": {"type": "int", "required": True},
    "https": {"type": "bool", "default": False},
}
OPTIONS = {
    "listen": {"type": "list", "elements": "int", "default": []},
    "seconds": {"type": "int", "default": 120},
    "token": {"type": "str", "default": "preflight", "no_log": False},
    "connect": {"type": "list", "elements": "dict", "default": [], "options": TARGET},
    "connect_timeout": {"type": "float", "default": 3},
    "network": {"type": "str", "default": ""},
    "end": {"type": "bool", "default": False},
}


def main() -> None:
    module = QuietModule({**ENGINE, **OPTIONS}, supports_check_mode=True)
    check_python(module)
    p = module.params
    found: dict[str, Any] = {**listener.start(p["listen"], p["seconds"], p["token"])} if p["listen"] else {}
    if p["connect"]:
        found["connections"] = reach.connections(p["connect"], p["connect_timeout"])
        found["inside"] = reach.from_inside(p)
    if p["end"]:
        listener.end(p["token"])
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
