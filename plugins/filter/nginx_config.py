# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: nginx_config
short_description: Get the configuration of nginx as a reverse proxy of TLS connections
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Returns a configuration that hands on each connection by the name that the client asks for (C(ssl_preread)), and opens none.
options:
  _input:
    description: By the name of a service, the address and port to connect to.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the configuration of a reverse proxy
  ansible.builtin.debug:
    msg: "{{ {'api.sn-1.swarm': '192.0.2.10:30304'} | swarm.learning.nginx_config }}"
"""

RETURN = r"""
_value:
  description: The text of C(nginx.conf).
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def nginx_config(routes: dict[str, str]) -> str:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils._nginx import configuration

    try:
        return configuration(routes)
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"nginx_config": nginx_config}
