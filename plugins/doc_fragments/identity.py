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
    description: File with the CA certificates that are trusted, mounted read-only at its own path. Not in release 0.3.0.
    type: path
  capath:
    description: Directory with the CA certificates that are trusted, mounted read-only at its own path. Not in release 0.3.0.
    type: path
  socket_path:
    description:
      - Where the SPIRE Agent's Workload API is. Not in release 0.3.0.
      - "A socket file on the host, C(VOLUME:path/in/volume), or the name of a volume or container whose first socket is taken."
      - The volume forms outlive a restart of the agent. A socket file does not, since a restarted agent makes a new one.
    type: str
"""
