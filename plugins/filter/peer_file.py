# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: peer_file
short_description: Generate the file that an organisation gives to others
version_added: 1.0.0
author: The swarm.learning authors (@swarm-learning)
description:
  - Generates the public file that C(swarm_peers) of another organisation's inventory names, with the trust bundle and its fingerprint.
positional: own
options:
  _input:
    description: The trust bundle of the SPIRE Server as SPIFFE JSON, as M(swarm.learning.spire_bundle) reads it.
    type: str
    required: true
  own:
    description: C(trust_domain), the bundle endpoint's C(address) and C(port), and how many C(swops) and C(pairs) the organisation has,
      and its C(services) behind reverse proxies.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Write the file for other organisations
  ansible.builtin.copy:
    content: "{{ bundle | swarm.learning.peer_file(own) }}"
    dest: exchange/org1.swarm.learning.json
    mode: "0644"
"""

RETURN = r"""
_value:
  description: Content of the file as JSON, always the same for the same bundle.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def peer_file(bundle: str, own: dict[str, Any]) -> str:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..module_utils._spire import peers

    try:
        return peers.written(bundle, own, {"swops": own["swops"], "pairs": own["pairs"]}, own.get("services"))
    except peers.InvalidPeerFile as error:
        raise AnsibleFilterError(f"peer_file: {error}") from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"peer_file": peer_file}
