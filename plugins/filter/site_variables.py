# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: site_variables
short_description: Find the variables that a site is derived from
description:
  - Returns the names of those of a host's variables that the filter P(swarm.learning.site#filter) reads.
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
positional: defined, roles
options:
  _input:
    description: Names of a host's variables, or a mapping with these names as keys.
    type: list
    elements: str
    required: true
  defined:
    description: Names of all variables that a task sees, so that those which a play or C(import_playbook) sets are found too.
    type: list
    elements: str
    default: []
  roles:
    description: Roles of the play. Variables that are only in their defaults are left out.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show which variables of this host describe its site
  ansible.builtin.debug:
    msg: "{{ hostvars[inventory_hostname] | swarm.learning.site_variables }}"
"""

RETURN = r"""
_value:
  description: Names of the variables, sorted.
  type: list
  elements: str
"""

from collections.abc import Callable, Iterable


def site_variables(names: Iterable[str], defined: Iterable[str] = (), roles: Iterable[str] = ()) -> list[str]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils._site import variables

    return variables.names(names, defined, roles)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"site_variables": site_variables}
