# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: proxy_environment
short_description: Get the proxy variables of a container
version_added: 1.0.0
author: The swarm.learning authors (@swarm-learning)
description:
  - Returns the six proxy variables that programs read, or nothing if no proxy and no exemption is given.
positional: https_proxy, no_proxy
options:
  _input:
    description: Proxy for HTTP. Empty without one.
    type: str
    required: true
  https_proxy:
    description: Proxy for HTTPS. Empty without one.
    type: str
    default: ""
  no_proxy:
    description: Comma-separated hosts that are reached without a proxy. C(localhost) and V(127.0.0.1) always are.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Show the environment for a hospital's proxy
  ansible.builtin.debug:
    msg: "{{ 'http://proxy.example:3128' | swarm.learning.proxy_environment(no_proxy='.hospital.example') }}"
"""

RETURN = r"""
_value:
  description: C(http_proxy), C(https_proxy) and C(no_proxy), and the same in upper case. Empty if nothing is given.
  type: dict
"""

from collections.abc import Callable
from typing import Any


def proxy_environment(http_proxy: str, https_proxy: str = "", no_proxy: str = "") -> dict[str, str]:
    from ..plugin_utils import _proxy

    return _proxy.environment(http_proxy, https_proxy, no_proxy) if http_proxy or https_proxy or no_proxy else {}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"proxy_environment": proxy_environment}
