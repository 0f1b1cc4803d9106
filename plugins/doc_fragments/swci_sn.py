# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """The options that name the SN which a SWCI command asks: `_platform.swci.PLACE`."""

    DOCUMENTATION = r"""
options:
  sn_ip:
    description: Address of the SN to ask. Without it and O(sn_api_service), the SN that the SWCI's init script names.
    type: str
  sn_api_port:
    description: Port of the API server of the SN. Defaults to 30304.
    type: int
  sn_api_service:
    description: Service of the API server of the SN, as C(FQDN[:PORT]).
    type: str
"""
