# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options in `_arguments` that several modules share."""

    DOCUMENTATION = r"""
options:
  sn_ip:
    description: Address of the SN that the node belongs to.
    type: str
  sn_api_port:
    description: Port of the API server of the SN that the node belongs to. Defaults to 30304.
    type: int
  sn_api_service:
    description: Service of the API server of the SN that the node belongs to, as C(FQDN[:PORT]). Not in release 0.3.0.
    type: str
  sn_docker_name:
    description: Name of the SN's container on this host, whose address is used if O(sn_ip) is not set.
    type: str
"""
