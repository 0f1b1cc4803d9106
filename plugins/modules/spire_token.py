#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: spire_token
short_description: Make a join token on a SPIRE Server
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Makes a join token with which one SPIRE Agent attests itself.
  - Each call makes another token. Ask first whether the agent needs one.
extends_documentation_fragment:
  - swarm.learning.engine
options:
  name:
    description: Name of the SPIRE Server's container on this host.
    type: str
    default: spire-server
  spiffe_id:
    description: SPIFFE ID that the agent gets beside its own, under which its registration entries hang.
    type: str
    required: true
  ttl:
    description: Life of the unused token, in seconds.
    type: int
    default: 600
requirements:
  - Docker SDK for Python (C(docker)) 5.0 or later, on the host that runs the module
attributes:
  check_mode:
    support: full
    description: Says that a token would be made, and makes none.
  diff_mode:
    support: none
    description: There is nothing to show.
  idempotent:
    support: none
    description: A token is used once, so each call makes one.
"""

EXAMPLES = r"""
- name: The agent of this host has a join token
  swarm.learning.spire_token:
    spiffe_id: spiffe://org1.swarm.learning/swarm/agent/host-1
  delegate_to: host-1
  register: __token
  no_log: true
"""

RETURN = r"""
token:
  description: The join token. Keep it out of logs with C(no_log). Empty in check mode.
  returned: always
  type: str
expires_at:
  description: When the unused token expires, in seconds since the epoch.
  returned: always
  type: int
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.swarm.learning.plugins.module_utils import _spire
from ansible_collections.swarm.learning.plugins.module_utils._arguments import ENGINE

OPTIONS = {
    "name": {"type": "str", "default": "spire-server"},
    "spiffe_id": {"type": "str", "required": True},
    "ttl": {"type": "int", "default": 600},
}


def main():
    """Run the module."""
    module = AnsibleModule({**ENGINE, **OPTIONS}, supports_check_mode=True)
    _spire.run(module, _spire.token, _spire.check_token)


if __name__ == "__main__":
    main()
