# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: spire_bundle_pem
short_description: Convert a SPIFFE bundle to PEM
version_added: 1.0.0
author: The swarm.learning authors (@swarm-learning)
description:
  - Converts a bundle for SPIRE before 1.0, as in release 0.3.0, which reads its trust bundle from a PEM file.
options:
  _input:
    description: Bundle as SPIFFE JSON, as M(swarm.learning.spire_bundle) returns it. An empty bundle stays empty.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Write the bundle as PEM
  swarm.learning.swarm_files:
    files:
      - path: /etc/spire/bundle.pem
        content: "{{ bundle.bundle | swarm.learning.spire_bundle_pem }}"
"""

RETURN = r"""
_value:
  description: Certificates of the bundle, one after the other.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def spire_bundle_pem(bundle: str) -> str:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _node_agent

    try:
        return _node_agent.bundle_pem(bundle)
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"spire_bundle_pem": spire_bundle_pem}
