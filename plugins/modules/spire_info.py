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
  - With O(days), reports which of them expire before the training ends, and how to renew it.
extends_documentation_fragment:
  - swarm.learning.engine
  - swarm.learning.attributes.sdk
  - swarm.learning.attributes.info
options:
  name:
    description: Name of the SPIRE Server's container on this host.
    type: str
    default: spire-server
  days:
    description: Number of days from now for which identities must last.
    type: float
  default_x509_svid_ttl:
    description: Lifetime of the SVIDs of entries without a lifetime of their own, as set in the server's configuration, such as V(168h).
    type: str
    default: 1h
  token_dir:
    description:
      - Directory on the host in which M(swarm.learning.spire_token) keeps join tokens until they are used.
      - With this option, RV(tokens) lists the unused ones. The tokens themselves are never returned.
    type: path
  synchronized:
    description:
      - SPIFFE IDs of agents. The module waits until each of them has fetched its entries from the server, and so has received earlier changes.
      - An agent asks the server every 5 seconds, and the server answers from a cache that it renews every 5 seconds, unless they are
        configured otherwise. What an agent fetches in the first 5 seconds therefore does not count.
      - The fetches are read from the server's audit log, which SPIRE has since 1.0 and writes if C(audit_log_enabled) is set.
    type: list
    elements: str
    default: []
  wait_timeout:
    description: Longest time to wait for the agents in O(synchronized), in seconds.
    type: float
    default: 25
seealso:
  - module: swarm.learning.spire_server
  - module: swarm.learning.swarm_info
"""

EXAMPLES = r"""
- name: Gather information about the SPIRE Server
  swarm.learning.spire_info:
    days: 14
    default_x509_svid_ttl: 336h
  register: __spire

- name: Check that identities last longer than the training
  ansible.builtin.assert:
    that: __spire.problems | length == 0
    fail_msg: "{{ __spire.problems | map(attribute='problem') | join('; ') }}"
"""

RETURN = r"""
synchronized:
  description: Agents in O(synchronized) that have fetched their entries since the module was called. Of the others the module warns.
  returned: always
  type: list
  elements: str
trust_domain:
  description: The server's own trust domain.
  returned: always
  type: str
authorities:
  description: The CAs in the server's own bundle. The newest one may not sign yet.
  returned: always
  type: list
  elements: dict
  contains:
    not_before:
      description: When the CA becomes valid, in seconds since the epoch.
      type: int
    expires_at:
      description: When the CA expires, in seconds since the epoch.
      type: int
    tainted:
      description: Whether the CA is marked as not to be trusted.
      type: bool
agents:
  description: The agents that the server has attested.
  returned: always
  type: list
  elements: dict
  contains:
    spiffe_id:
      description: SPIFFE ID of the agent.
      type: str
    expires_at:
      description: When the agent's identity expires, in seconds since the epoch. A running agent renews it at half of its lifetime.
      type: int
    banned:
      description: Whether the agent is banned.
      type: bool
    attestation_type:
      description: How the agent was attested, such as V(join_token).
      type: str
entries:
  description: The registration entries, including agents' aliases.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: The entry's own ID.
      type: str
    spiffe_id:
      description: SPIFFE ID of the workload or alias.
      type: str
    parent_id:
      description: SPIFFE ID of the parent. For an agent that has not used its join token yet, it ends in V(unused) instead of the token.
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
      description: Lifetime of the entry's SVIDs, in seconds. 0 stands for the server's default.
      type: int
    expires_at:
      description: When the entry itself expires, in seconds since the epoch. 0 stands for never.
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
      description: When the last CA in the bundle expires, in seconds since the epoch.
      type: int
    newest:
      description: When the newest CA in the bundle became valid, in seconds since the epoch.
      type: int
tokens:
  description: The unused join tokens in O(token_dir). Empty without O(token_dir).
  returned: always
  type: list
  elements: dict
  contains:
    spiffe_id:
      description: Additional SPIFFE ID of the agent for which the token was created.
      type: str
    expires_at:
      description: When the token expires, or has expired, in seconds since the epoch.
      type: int
problems:
  description: What expires within O(days), and agents that have not used their tokens. Empty without O(days).
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
      description: When the identity, bundle or token expires, in seconds since the epoch.
      type: int
    problem:
      description: What is wrong.
      type: str
    remedy:
      description: How to renew what expires.
      type: str
"""


from ..module_utils._component.arguments import ENGINE
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._spire import info, server

OPTIONS = {
    "name": {"type": "str", "default": "spire-server"},
    "days": {"type": "float"},
    "default_x509_svid_ttl": {"type": "str", "default": "1h"},
    "token_dir": {"type": "path", "no_log": False},
    "synchronized": {"type": "list", "elements": "str", "default": []},
    "wait_timeout": {"type": "float", "default": 25},
}


def main() -> None:
    """Run the module."""
    module = QuietModule({**ENGINE, **OPTIONS}, supports_check_mode=True)
    server.run(module, info.info, info.check_info)


if __name__ == "__main__":
    main()
