# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: metrics_program
short_description: Get the program that writes a host's metrics for Prometheus
version_added: 1.0.0
author: The swarm.learning authors (@swarm-learning)
description:
  - The program consists of the files of this collection that its modules consist of, and needs Python and the Docker SDK for Python, not Ansible.
  - It writes one file for the textfile collector of Prometheus' node exporter, and ends.
positional: directory, python
options:
  _input:
    description:
      - C(site), what the metrics are about, as C(swarm_site_host.monitoring) has it.
      - C(output), path of the file that is written.
      - C(docker_host), address of the container engine.
      - C(directories), directories whose free space is measured.
    type: dict
    required: true
  directory:
    description: Directory of the program on the host.
    type: str
    required: true
  python:
    description: Path of the Python on the host that has the Docker SDK for Python.
    type: str
    required: true
seealso:
  - plugin: swarm.learning.swarm_files
    plugin_type: module
"""

EXAMPLES = r"""
- name: Write the program
  swarm.learning.swarm_files:
    directories: "{{ program.directories }}"
    files: "{{ program.files }}"
  vars:
    program: "{{ settings | swarm.learning.metrics_program('/opt/swarm-metrics', '/usr/bin/python3') }}"
    settings:
      site: "{{ swarm_site_host.monitoring }}"
      output: /var/lib/node_exporter/swarm_learning.prom
      docker_host: unix:///var/run/docker.sock
      directories: [/var/lib/docker]
"""

RETURN = r"""
_value:
  description: The C(directories) and C(files) of the program, as M(swarm.learning.swarm_files) takes them.
  type: dict
"""

from collections.abc import Callable
from typing import Any


def metrics_program(settings: dict[str, Any], directory: str, python: str) -> dict[str, Any]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _monitoring

    return _monitoring.files(settings, directory, python)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"metrics_program": metrics_program}
