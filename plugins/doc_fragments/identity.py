# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options in `_arguments` that several modules share."""

    DOCUMENTATION = r"""
options:
  key:
    description: File with the node's private key, mounted read-only at its own path. Not in release 0.3.0.
    type: path
  cert:
    description: File with the node's certificate, mounted read-only at its own path. Not in release 0.3.0.
    type: path
  cacert:
    description: File with the trusted CA certificates, mounted read-only at its own path. Not in release 0.3.0.
    type: path
  capath:
    description: Directory with the trusted CA certificates, mounted read-only at its own path. Not in release 0.3.0.
    type: path
  socket_path:
    description:
      - Location of the SPIRE Agent's Workload API. Not in release 0.3.0.
      - "A socket file on the host, C(VOLUME:path/in/volume), or the name of a volume or container whose first socket is used."
      - The volume forms keep working after a restart of the agent. A socket file does not, because a restarted agent creates a new one.
    type: str
"""
