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
  - One call manages a whole list of entries.
extends_documentation_fragment:
  - swarm.learning.engine
  - swarm.learning.attributes.sdk
options:
  name:
    description: Name of the SPIRE Server's container on this host.
    type: str
    default: spire-server
  entries:
    description: Registration entries. Two with the same ID, parent and selectors are the same entry.
    type: list
    elements: dict
    required: true
    suboptions:
      spiffe_id:
        description: SPIFFE ID of the workload.
        type: str
        required: true
      parent_id:
        description: SPIFFE ID of the parent of the entry, an agent or an alias.
        type: str
        required: true
      selectors:
        description: Selectors of the workload, each as C(TYPE:VALUE).
        type: list
        elements: str
        required: true
      federates_with:
        description: Other trust domains whose bundles the workload gets too.
        type: list
        elements: str
      dns_names:
        description: DNS names in the workload's SVID.
        type: list
        elements: str
      x509_svid_ttl:
        description: Lifetime of X.509 SVIDs, in seconds. Defaults to the server's default.
        type: int
      jwt_svid_ttl:
        description: Lifetime of JWT SVIDs, in seconds. Defaults to the server's default.
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
    description: Whether the entries must exist (V(present)) or must not exist (V(absent)).
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Whether to delete entries below O(purge_parents) that are not in O(entries).
      - Nothing else is deleted. Entries below other parents and agents' own aliases are kept.
    type: bool
    default: false
  purge_parents:
    description:
      - SPIFFE IDs of parents whose entries are all listed in O(entries). An ID that ends in C(/*) stands for all IDs below it.
      - Defaults to the parents of O(entries).
    type: list
    elements: str
attributes:
  check_mode:
    support: full
    description: Reports which entries would be created, updated or deleted.
  diff_mode:
    support: full
    description: Shows each entry and each of its fields that differs.
  idempotent:
    support: full
    description: Entries are matched by ID, parent and selectors, and compared field by field.
seealso:
  - module: swarm.learning.spire_server
  - module: swarm.learning.spire_info
"""

EXAMPLES = r"""
- name: Create the registration entry of the SN of host-1
  swarm.learning.spire_entry:
    entries:
      - spiffe_id: spiffe://org1.swarm.learning/sn
        parent_id: spiffe://org1.swarm.learning/swarm/agent/host-1
        selectors: ["docker:env:swarm_node_type=sn"]
        federates_with: [org2.swarm.learning]

- name: Set all entries below the agents of this organisation's hosts, and delete those of hosts that have left
  swarm.learning.spire_entry:
    entries: "{{ entries }}"
    purge: true
    purge_parents: ["spiffe://org1.swarm.learning/swarm/agent/*"]
"""

RETURN = r"""
created:
  description: SPIFFE IDs of the entries that were created, or would be in check mode.
  returned: always
  type: list
  elements: str
updated:
  description: SPIFFE IDs of the entries that were updated, or would be in check mode.
  returned: always
  type: list
  elements: str
deleted:
  description: SPIFFE IDs of the entries that were deleted, or would be in check mode.
  returned: always
  type: list
  elements: str
orphans:
  description: Parents of the entries that do not exist yet, such as aliases of agents that are not attested yet.
  returned: always
  type: list
  elements: str
shared:
  description: >-
    IDs that more than one agent uses, for example after an agent was attested again in a run that was interrupted.
    M(swarm.learning.spire_token) with C(state=used) removes the earlier ones.
  returned: always
  type: list
  elements: str
"""


from ..module_utils._component.arguments import ENGINE
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._spire import entries, server


def main() -> None:
    """Run the module."""
    module = QuietModule({**ENGINE, **entries.OPTIONS}, supports_check_mode=True)
    server.run(module, entries.entries, entries.check_entries)


if __name__ == "__main__":
    main()
