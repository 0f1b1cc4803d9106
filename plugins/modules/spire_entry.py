#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: spire_entry
short_description: Manage registration entries of a SPIRE Server
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Creates, updates and deletes registration entries.
  - One call takes a whole list.
extends_documentation_fragment:
  - swarm.learning.engine
options:
  name:
    description: Name of the SPIRE Server's container on this host.
    type: str
    default: spire-server
  entries:
    description: The entries. Two with the same ID, parent and selectors are the same entry.
    type: list
    elements: dict
    required: true
    suboptions:
      spiffe_id:
        description: SPIFFE ID of the workload.
        type: str
        required: true
      parent_id:
        description: SPIFFE ID of the agent or alias that the entry hangs under.
        type: str
        required: true
      selectors:
        description: Selectors, each as C(TYPE:VALUE).
        type: list
        elements: str
        required: true
      federates_with:
        description: Trust domains whose bundles the workload gets too.
        type: list
        elements: str
      dns_names:
        description: DNS names in the SVID.
        type: list
        elements: str
      x509_svid_ttl:
        description: Life of X.509 SVIDs, in seconds. Without it, the server's default.
        type: int
      jwt_svid_ttl:
        description: Life of JWT SVIDs, in seconds. Without it, the server's default.
        type: int
      downstream:
        description: Whether the workload is a downstream SPIRE Server.
        type: bool
        default: false
      admin:
        description: Whether the workload may use the server's API.
        type: bool
        default: false
      hint:
        description: Hint for workloads that get several identities.
        type: str
  state:
    description: Whether the entries are there or not.
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Whether entries that are below O(purge_parents) and not in O(entries) are deleted.
      - Nothing else is, such as entries below other parents, and agents' own aliases.
    type: bool
    default: false
  purge_parents:
    description:
      - SPIFFE IDs of parents whose entries O(entries) lists completely. One that ends in C(/*) stands for all IDs below it.
      - Without it, the parents of O(entries).
    type: list
    elements: str
requirements:
  - Docker SDK for Python (C(docker)) 7.1 or newer, and Python 3.9 or newer, on the host that runs the module
attributes:
  check_mode:
    support: full
    description: Says which entries would be created, updated or deleted.
  diff_mode:
    support: full
    description: Shows each entry, and each field of it that differs.
  idempotent:
    support: full
    description: Entries are matched by ID, parent and selectors, and compared field by field.
"""

EXAMPLES = r"""
- name: The SN of host-1 has an identity
  swarm.learning.spire_entry:
    entries:
      - spiffe_id: spiffe://org1.swarm.learning/swarm/sn
        parent_id: spiffe://org1.swarm.learning/swarm/agent/host-1
        selectors: ["docker:env:swarm_node_type=sn"]
        federates_with: [org2.swarm.learning]

- name: All identities below the agents of this organisation's hosts are these, those of hosts that have left among them are gone
  swarm.learning.spire_entry:
    entries: "{{ entries }}"
    purge: true
    purge_parents: ["spiffe://org1.swarm.learning/swarm/agent/*"]
"""

RETURN = r"""
created:
  description: SPIFFE IDs of the entries that were, or would be, created.
  returned: always
  type: list
  elements: str
updated:
  description: SPIFFE IDs of the entries that were, or would be, updated.
  returned: always
  type: list
  elements: str
deleted:
  description: SPIFFE IDs of the entries that were, or would be, deleted.
  returned: always
  type: list
  elements: str
orphans:
  description: Parents of the entries for which no entry stands yet, such as aliases of agents that are not attested yet.
  returned: always
  type: list
  elements: str
shared:
  description: >-
    IDs that more than one agent goes by, as after an agent was attested again in a run that was interrupted.
    M(swarm.learning.spire_token) with C(state=used) removes the earlier ones.
  returned: always
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._component.arguments import ENGINE
from ..module_utils._spire import entries, server

OPTIONS = {
    "name": {"type": "str", "default": "spire-server"},
    "entries": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "spiffe_id": {"type": "str", "required": True},
            "parent_id": {"type": "str", "required": True},
            "selectors": {"type": "list", "elements": "str", "required": True},
            "federates_with": {"type": "list", "elements": "str"},
            "dns_names": {"type": "list", "elements": "str"},
            "x509_svid_ttl": {"type": "int"},
            "jwt_svid_ttl": {"type": "int"},
            "downstream": {"type": "bool", "default": False},
            "admin": {"type": "bool", "default": False},
            "hint": {"type": "str"},
        },
    },
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "purge": {"type": "bool", "default": False},
    "purge_parents": {"type": "list", "elements": "str"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule({**ENGINE, **OPTIONS}, supports_check_mode=True, no_log=True)
    server.run(module, entries.entries, entries.check_entries)


if __name__ == "__main__":
    main()
