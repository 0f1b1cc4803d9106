# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: spire_config
short_description: Generate the configuration of a SPIRE Server or Agent
version_added: 1.0.0
author: The swarm.learning authors (@swarm-learning)
description:
  - Generates a configuration with keys on disk, join tokens and, for a server, sqlite, a bundle endpoint and the federated trust domains.
  - The configuration contains only keys that the version knows, because SPIRE refuses any other.
positional: what
options:
  _input:
    description:
      - >-
        Server: C(version), C(trust_domain), C(training_days), C(ca_ttl), C(agent_ttl), C(x509_svid_ttl), C(log_level),
        C(federates_with), a list of C(trust_domain), C(address) and C(port), C(upstream), the C(address) and C(port) of the server
        that signs its CA, C(has_downstream), whether it signs others', and C(monitoring). Lifetimes that are not given are derived from C(training_days).
      - "Agent: C(version), C(trust_domain), C(server_address), C(server_port), C(cgroup_version), C(cgroup_driver), C(podman), C(log_level),
        C(monitoring) and C(swarm_plugin), which has C(plugin_cmd), C(plugin_checksum) and C(plugin_data)."
      - With C(monitoring), it serves metrics for Prometheus on port 9988 and health checks on port 8080 of its container.
    type: dict
    required: true
  what:
    description: Whether to generate the configuration of a server or of an agent.
    type: str
    choices: [server, agent]
    required: true
"""

EXAMPLES = r"""
- name: Write the agent's configuration
  swarm.learning.swarm_files:
    files:
      - path: /var/lib/swarm-learning/spire-agent/conf/agent.conf
        content: "{{ settings | swarm.learning.spire_config('agent') | swarm.learning.spire_hcl }}"
"""

RETURN = r"""
_value:
  description: The configuration. Change it as needed and write it with P(swarm.learning.spire_hcl#filter).
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def spire_config(settings: dict[str, Any], what: str) -> dict[str, Any]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..module_utils._spire import config

    configurations = {"server": config.server, "agent": config.agent}
    if what not in configurations:
        raise AnsibleFilterError(f"spire_config: unknown kind of configuration {what!r}; expected server or agent")
    try:
        return configurations[what](settings)
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"spire_config": spire_config}
