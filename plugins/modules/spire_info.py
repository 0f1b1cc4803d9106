#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: spire_info
short_description: Gather information about a SPIRE Server
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Lists the agents, registration entries and trust bundles of a SPIRE Server, and when they expire.
  - With O(days), reports what of it expires before the training ends, and how to renew it.
extends_documentation_fragment:
  - swarm.learning.engine
options:
  name:
    description: Name of the SPIRE Server's container on this host.
    type: str
    default: spire-server
  days:
    description: How many days from now identity must last.
    type: float
  default_x509_svid_ttl:
    description: Life of the SVID of an entry without a life of its own, as the server's configuration has it, such as V(168h).
    type: str
    default: 1h
  token_dir:
    description:
      - Directory on this host in which M(swarm.learning.spire_token) keeps join tokens until they are used.
      - With it, says which of them nobody has used, and never what they are.
    type: path
  synchronized:
    description:
      - SPIFFE IDs of agents. Waits until each has fetched from the server what it hands out, so that it knows what was changed before.
      - An agent asks every 5 seconds unless it is told otherwise.
      - It is the server's audit log that tells, which SPIRE has from 1.0 on, where C(audit_log_enabled) is set.
    type: list
    elements: str
    default: []
  wait_timeout:
    description: For how many seconds to wait for the agents of O(synchronized) at most.
    type: float
    default: 15
requirements:
  - Docker SDK for Python (C(docker)) 7.1 or newer, and Python 3.9 or newer, on the host that runs the module
attributes:
  check_mode:
    support: full
    description: It changes nothing.
  diff_mode:
    support: none
    description: It changes nothing.
  idempotent:
    support: full
    description: It changes nothing.
"""

EXAMPLES = r"""
- name: It is known what the SPIRE Server has
  swarm.learning.spire_info:
    days: 14
    default_x509_svid_ttl: 336h
  register: __spire

- name: Identity outlives the training
  ansible.builtin.assert:
    that: __spire.problems | length == 0
    fail_msg: "{{ __spire.problems | map(attribute='problem') | join('; ') }}"
"""

RETURN = r"""
synchronized:
  description: Those of O(synchronized) that have fetched what they hand out since the module was called.
  returned: always
  type: list
  elements: str
trust_domain:
  description: The server's own trust domain.
  returned: always
  type: str
authorities:
  description: The CAs in the server's own bundle. The newest may not sign yet.
  returned: always
  type: list
  elements: dict
  contains:
    not_before:
      description: From when on it is valid, in seconds since the epoch.
      type: int
    expires_at:
      description: When it expires, in seconds since the epoch.
      type: int
    tainted:
      description: Whether it is marked as not to be trusted.
      type: bool
agents:
  description: The agents that the server has attested.
  returned: always
  type: list
  elements: dict
  contains:
    spiffe_id:
      description: SPIFFE ID.
      type: str
    expires_at:
      description: When its identity expires, in seconds since the epoch. A running agent renews it at half of its life.
      type: int
    banned:
      description: Whether it is banned.
      type: bool
    attestation_type:
      description: How it was attested, such as V(join_token).
      type: str
entries:
  description: The registration entries, agents' aliases among them.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: The entry's own ID.
      type: str
    spiffe_id:
      description: SPIFFE ID.
      type: str
    parent_id:
      description: SPIFFE ID that it hangs below; that of an agent that is yet to come ends in V(unused), and not in its join token.
      type: str
    selectors:
      description: Selectors of the entry, each as C(TYPE:VALUE).
      type: list
      elements: str
    federates_with:
      description: Trust domains whose bundles the workload gets too.
      type: list
      elements: str
    dns_names:
      description: DNS names in the SVID.
      type: list
      elements: str
    x509_svid_ttl:
      description: Life of its SVIDs in seconds; 0 for the server's default.
      type: int
    expires_at:
      description: When the entry itself ends, in seconds since the epoch; 0 for never.
      type: int
bundles:
  description: The bundles of other trust domains that the server has.
  returned: always
  type: list
  elements: dict
  contains:
    trust_domain:
      description: The other trust domain.
      type: str
    expires_at:
      description: When the last of its CAs expires, in seconds since the epoch.
      type: int
tokens:
  description: The join tokens in O(token_dir) that nobody has used. Empty without O(token_dir).
  returned: always
  type: list
  elements: dict
  contains:
    spiffe_id:
      description: SPIFFE ID that the agent for which the token was made is to get beside its own.
      type: str
    expires_at:
      description: When the token expires, or has expired, in seconds since the epoch.
      type: int
problems:
  description: What ends before O(days) are over, and agents that have not used their tokens. Empty without O(days).
  returned: always
  type: list
  elements: dict
  contains:
    what:
      description: V(authority), V(svid), V(bundle), V(agent) or V(token).
      type: str
    name:
      description: Trust domain or SPIFFE ID.
      type: str
    expires_at:
      description: When it ends, in seconds since the epoch.
      type: int
    problem:
      description: What is wrong.
      type: str
    remedy:
      description: How it is renewed.
      type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._component.arguments import ENGINE
from ..module_utils._spire import info, server

OPTIONS = {
    "name": {"type": "str", "default": "spire-server"},
    "days": {"type": "float"},
    "default_x509_svid_ttl": {"type": "str", "default": "1h"},
    "token_dir": {"type": "path", "no_log": False},
    "synchronized": {"type": "list", "elements": "str", "default": []},
    "wait_timeout": {"type": "float", "default": 15},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule({**ENGINE, **OPTIONS}, supports_check_mode=True, no_log=True)
    server.run(module, info.info, info.check_info)


if __name__ == "__main__":
    main()
