# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: adopted
short_description: Make the inventory that describes what others have started
version_added: 1.0.0
author: The swarm.learning authors (@swarm-learning)
description:
  - Makes an inventory of what M(swarm.learning.swarm_found) has found on some hosts. It has only what differs from the defaults of the roles.
positional: hostvars
options:
  _input:
    description: Result of the module on each host, by the host's name.
    type: dict
    required: true
  hostvars:
    description: The variables of the hosts. How Ansible reaches a host, without passwords, is taken over.
    type: dict
    required: true
  recreate:
    description: Names of containers that may be re-created, although no variable describes all of them.
    type: list
    elements: str
    default: []
  schemas:
    description: Directory or URL of the JSON Schemas that the files name for editors.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Show the inventory
  ansible.builtin.debug:
    msg: "{{ {'host-1': found} | swarm.learning.adopted(hostvars) }}"
"""

RETURN = r"""
_value:
  description: The inventory, and what follows from it.
  type: dict
  contains:
    problems:
      description: Why there is no inventory.
      type: list
      elements: str
    files:
      description: Content of each file, by its path below the inventory's directory. Empty if there are problems.
      type: dict
    changes:
      description: What a first run of the playbook C(swarm.learning.site) with this inventory changes.
      type: list
      elements: str
    left_out:
      description: What the inventory does not have, and why.
      type: list
      elements: str
    secrets:
      description: Variables that the inventory uses and does not have, with what each is.
      type: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def adopted(
    found: Mapping[str, Mapping[str, Any]], hostvars: Mapping[str, Mapping[str, Any]], recreate: Sequence[str] = (), schemas: str = ""
) -> dict[str, Any]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _adopt
    from ..plugin_utils._adopt_files import files
    from ..plugin_utils._checks.formats import plain

    wanted = (*_adopt.CONNECTION, "spire_agent_id")
    known = {host: {name: hostvars[host][name] for name in wanted if name in hostvars[host]} for host in found}
    made = _adopt.adopted(plain(found), plain(known), recreate)
    return {
        "problems": made.problems,
        "files": {} if made.problems else files(made, schemas),
        "changes": made.changes,
        "left_out": made.left_out,
        "secrets": made.secrets,
    }


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"adopted": adopted}
