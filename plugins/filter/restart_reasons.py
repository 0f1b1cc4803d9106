# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: restart_reasons
short_description: Find which nodes of a host have to be re-created for new certificates or new trust
description:
  - Decides which nodes have to be re-created for new certificates or trust that their modules cannot see themselves.
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
positional: directory
options:
  _input:
    description: Paths of the certificates on the host that were written, or would be.
    type: list
    elements: str
    required: true
  directory:
    description: The directory that they are in, each below the name of its component or C(nodes).
    type: str
    required: true
  new_ca:
    description: Whether the host's SPIRE Server got another CA in this run, in place of a lost one.
    type: bool
    default: false
  bundles:
    description: Results of M(swarm.learning.spire_bundle) on that server in this run.
    type: list
    elements: dict
    default: []
  check_mode:
    description: Whether the run is in check mode, so that nothing is written.
    type: bool
    default: false
  classic:
    description: Whether the platform's release is 0.3.0.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show which nodes would be re-created
  ansible.builtin.debug:
    msg: "{{ ['/certs/sn/cert.pem'] | swarm.learning.restart_reasons('/certs', check_mode=true) }}"
"""

RETURN = r"""
_value:
  description: Names of components, or C(nodes) for all of them.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any


def restart_reasons(
    files: list[str], directory: str, new_ca: bool = False, bundles: list[dict[str, Any]] | None = None, **facts: bool
) -> list[str]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _restarts

    return _restarts.reasons(files, directory, new_ca or _restarts.is_new(bundles or []), **facts)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"restart_reasons": restart_reasons}
