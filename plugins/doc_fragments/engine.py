# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options in `_arguments` that several modules share."""

    DOCUMENTATION = r"""
options:
  docker_host:
    description:
      - Address of the engine. Without it, the environment variable E(DOCKER_HOST) is used, then the local socket.
      - For Podman 5, the address of its Docker-compatible API, such as V(unix:///run/podman/podman.sock).
    type: str
    default: unix:///var/run/docker.sock
  tls:
    description: Whether to connect with TLS, without verifying the engine's certificate.
    type: bool
    default: false
  validate_certs:
    description: Whether to connect with TLS and verify the engine's certificate.
    type: bool
    default: false
  ca_path:
    description: CA certificate for verifying the engine's certificate.
    type: path
  client_cert:
    description: Client certificate for the connection to the engine.
    type: path
  client_key:
    description: Private key of O(client_cert).
    type: path
  api_version:
    description: Version of the Engine API, or V(auto).
    type: str
    default: auto
  timeout:
    description: Seconds to wait for an answer from the engine.
    type: int
    default: 60
"""
