# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options in `_arguments` that several modules share."""

    DOCUMENTATION = r"""
options:
  apls_ip:
    description: Address of the License Server.
    type: str
  apls_port:
    description: Port of the License Server. Defaults to the image's own default, 5814.
    type: int
  primary_apls_ip:
    description: Address of the License Server, another name of O(apls_ip). Not in release 0.3.0.
    type: str
  primary_apls_port:
    description: Port of the License Server, another name of O(apls_port). Not in release 0.3.0.
    type: int
  secondary_apls_ip:
    description: Address of a second License Server. Not in release 0.3.0.
    type: str
  secondary_apls_port:
    description: Port of the second License Server. Not in release 0.3.0.
    type: int
  apls_docker_name:
    description:
      - Name of the License Server's container on this host, whose address is used if O(apls_ip) is not set.
      - In release 0.3.0, if neither is set, the one running License Server of this host is used.
    type: str
"""
