# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: spire_hcl
short_description: Write a nested mapping as HCL
version_added: 1.0.0
author: The swarm.learning authors (@swarm-learning)
description:
  - Writes mappings as blocks, lists of strings or numbers as lists, and leaves out null values.
  - Blocks that have a name in SPIRE's configuration, such as C(KeyManager) and C(federates_with), are given as mappings of name to block.
options:
  _input:
    description: The configuration.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show a setting and a block as HCL
  ansible.builtin.debug:
    msg: "{{ {'server': {'bind_port': 8081}, 'plugins': {'KeyManager': {'disk': {'plugin_data': {}}}}} | swarm.learning.spire_hcl }}"
"""

RETURN = r"""
_value:
  description: Content of a configuration file.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def spire_hcl(configuration: Any) -> str:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils._hcl import render

    try:
        return render(configuration)
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"spire_hcl": spire_hcl}
