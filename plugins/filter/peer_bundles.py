# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: peer_bundles
short_description: Collect the bundles of the trust domains that a SPIRE Server federates with
description:
  - Collects what C(swarm.learning.spire_bundle) takes as C(bundles), from the inventory and from the results of the other servers of the play.
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
options:
  _input:
    description: Trust domains, as C(spire_server_federates_with) of the role C(spire_server) has them.
    type: list
    elements: dict
    required: true
  hostvars:
    description: Ansible's C(hostvars).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Set the bundles of the federated trust domains
  swarm.learning.spire_bundle:
    bundles: "{{ spire_server_federates_with | swarm.learning.peer_bundles(hostvars) }}"
"""

RETURN = r"""
_value:
  description: C(trust_domain), C(bundle) and C(bootstrap) of each trust domain whose bundle is known.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any


def peer_bundles(federates_with: list[dict[str, Any]], hostvars: Any) -> list[dict[str, Any]]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _peer_bundles

    return _peer_bundles.bundles(federates_with, hostvars)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        return {"peer_bundles": peer_bundles}
