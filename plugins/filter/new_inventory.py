# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: new_inventory
short_description: Write a first inventory with comments
version_added: 1.0.0
author: The swarm.learning authors (@swarm-learning)
description:
  - Returns the files of an inventory for organisations that each have a SPIRE Server, with comments on what to fill in.
positional: release
options:
  _input:
    description:
      - Addresses of the hosts of each organisation, by trust domain.
      - Also taken as text, C(DOMAIN=ADDRESS+ADDRESS,DOMAIN=ADDRESS).
    type: raw
    required: true
  release:
    description: Release of Swarm Learning, V(2.0.0) or newer. Defaults to the newest that the collection knows.
    type: str
  schemas:
    description: Directory or URL of the JSON Schemas that the files name for editors.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Show the hosts file
  ansible.builtin.debug:
    msg: "{{ ({'org1.example': ['192.0.2.11']} | swarm.learning.new_inventory)['hosts.yml'] }}"
"""

RETURN = r"""
_value:
  description: Content of each file, by its path below the inventory's directory.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def new_inventory(organisations: Any, release: str = "", schemas: str = "") -> dict[str, str]:
    from ..module_utils._releases import NEWEST
    from ..plugin_utils._new_inventory import files

    try:
        return files(organisations, release or NEWEST, schemas)
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"new_inventory": new_inventory}
