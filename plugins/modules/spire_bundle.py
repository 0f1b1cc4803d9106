#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: spire_bundle
short_description: Read, set or remove trust bundles of a SPIRE Server
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Without O(bundle), reads the server's own trust bundle, which is public.
  - With O(bundle), sets the server's copy of another trust domain's bundle, with O(bundles) those of several.
  - All copies are read with one call to the server, and only those that differ are set.
  - With O(state=absent), removes the server's copy of the bundle of O(trust_domain), with O(only) the copies of trust domains that are no
    longer wanted. Registration entries that federate with such a trust domain no longer do. Containers that have already fetched the
    bundle trust it until they are restarted.
extends_documentation_fragment:
  - swarm.learning.engine
  - swarm.learning.attributes.sdk
options:
  name:
    description: Name of the SPIRE Server's container on this host.
    type: str
    default: spire-server
  trust_domain:
    description: Trust domain whose bundle is set or removed. Required with O(bundle) and O(state=absent).
    type: str
  state:
    description: Whether the server has the bundle. With V(absent), the server's copy of the bundle of O(trust_domain) is removed.
    type: str
    choices: [present, absent]
    default: present
  bundle:
    description: Trust bundle of O(trust_domain) in SPIFFE format, as JSON text.
    type: str
  bootstrap:
    description:
      - Whether O(bundle) is only a starting point, for example one that was sent in a file.
      - If the server has fetched a newer CA of O(trust_domain) since then, its copy of the bundle is left alone.
    type: bool
    default: false
  bundles:
    description:
      - Bundles of several trust domains, in place of O(trust_domain), O(bundle) and O(bootstrap).
      - They are set in this order. If the server refuses one, the module fails and names its trust domain.
    type: list
    elements: dict
    suboptions:
      trust_domain:
        description: Trust domain whose bundle is set. No two items have the same.
        type: str
        required: true
      bundle:
        description: Trust bundle of O(bundles[].trust_domain) in SPIFFE format, as JSON text.
        type: str
        required: true
      bootstrap:
        description: >-
          Whether O(bundles[].bundle) is only a starting point. If the server has fetched a newer CA since then, its copy is left alone.
        type: bool
        default: false
  only:
    description:
      - With O(bundles), the trust domains whose bundles the server is to keep.
      - Copies of all others that this module has set are removed, as far as O(record_dir) says so. Copies that others have set are left alone.
    type: list
    elements: str
  record_dir:
    description:
      - Directory on the host that records when authorities of a trust domain were last new to the server, one file per trust domain.
      - The directory is created if it does not exist.
    type: path
attributes:
  check_mode:
    support: full
    description: Reports whether the bundle would be set.
  diff_mode:
    support: full
    description: Shows the keys by their IDs.
  idempotent:
    support: full
    description: >-
      A bundle whose X.509 authorities the server already has is not set again. Keys for JWT-SVIDs, which a downstream server may add to
      its own at any time, are exchanged by the federation itself.
seealso:
  - module: swarm.learning.spire_server
"""

EXAMPLES = r"""
- name: Read the trust bundle of this organisation
  swarm.learning.spire_bundle:
  register: __bundle

- name: Set the bundle of the other organisation
  swarm.learning.spire_bundle:
    trust_domain: org2.swarm.learning
    bundle: "{{ hostvars['host-2'].__bundle.bundle }}"

- name: Trust an organisation no longer
  swarm.learning.spire_bundle:
    trust_domain: org3.swarm.learning
    state: absent

- name: Set the bundles of two other organisations
  swarm.learning.spire_bundle:
    bundles:
      - trust_domain: org2.swarm.learning
        bundle: "{{ hostvars['host-2'].__bundle.bundle }}"
      - trust_domain: org3.swarm.learning
        bundle: "{{ lookup('ansible.builtin.file', 'org3.json') }}"
        bootstrap: true
"""

RETURN = r"""
new_trust:
  description:
    - Whether the server had none of the authorities of O(bundle), so that O(trust_domain), or its CA, was new to the server.
    - With O(bundles), whether any of these bundles was new in this way.
    - Containers that were started earlier do not trust the new authorities until they are restarted.
  returned: always
  type: bool
trust_record:
  description: When authorities of O(trust_domain) were last new, from O(record_dir), in seconds since the epoch. Empty without a record.
  returned: without O(bundles), unless O(state=absent)
  type: str
removed:
  description: Trust domains whose bundles were removed from the server, or would be in check mode.
  returned: with O(bundles) or O(state=absent)
  type: list
  elements: str
bundle:
  description: The bundle that was read or set, as JSON text.
  returned: without O(bundles), unless O(state=absent)
  type: str
results:
  description: One result for each of O(bundles), in their order.
  returned: with O(bundles)
  type: list
  elements: dict
  contains:
    trust_domain:
      description: Trust domain of the bundle.
      type: str
    changed:
      description: Whether the bundle of the trust domain was set, or would be in check mode.
      type: bool
    new_trust:
      description: Whether the server had none of the authorities in this bundle, see RV(new_trust).
      type: bool
    trust_record:
      description: When authorities of this trust domain were last new, see RV(trust_record).
      type: str
    bundle:
      description: Bundle of the trust domain that was set, as JSON text.
      type: str
"""


from ..module_utils._component.arguments import ENGINE
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._spire import bundles, server

OPTIONS = {
    "name": {"type": "str", "default": "spire-server"},
    "trust_domain": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "bundle": {"type": "str"},
    "bootstrap": {"type": "bool", "default": False},
    "bundles": {
        "type": "list",
        "elements": "dict",
        "options": {
            "trust_domain": {"type": "str", "required": True},
            "bundle": {"type": "str", "required": True},
            "bootstrap": {"type": "bool", "default": False},
        },
    },
    "only": {"type": "list", "elements": "str"},
    "record_dir": {"type": "path"},
}


def main() -> None:
    """Run the module."""
    module = QuietModule(
        {**ENGINE, **OPTIONS},
        supports_check_mode=True,
        required_by={"bundle": ["trust_domain"], "only": ["bundles", "record_dir"]},
        required_if=[("state", "absent", ["trust_domain"])],
        mutually_exclusive=[("bundles", "bundle"), ("bundles", "trust_domain")],
    )
    server.run(module, bundles.bundle, bundles.check_bundle)


if __name__ == "__main__":
    main()
