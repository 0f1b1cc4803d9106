# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options in `_arguments` that several modules share."""

    DOCUMENTATION = r"""
options:
  config:
    description: Configuration file of the SPIRE Agent inside the container, mounted read-only at its own path. Release 0.3.0 only.
    type: path
  server_address:
    description: Address of the SPIRE Server. Release 0.3.0 only.
    type: str
  join_token:
    description:
      - Join token of the SPIRE Agent inside the container. Release 0.3.0 only.
      - Changing this option never causes the container to be re-created.
    type: str
  spire_docker_name:
    description:
      - Name of the SPIRE Server's container on this host, whose address is used if O(server_address) is not set. Release 0.3.0 only.
    type: str
"""
