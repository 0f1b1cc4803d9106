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
      - Address of the engine. Without it, the environment variable E(DOCKER_HOST), then the local socket.
      - For Podman 5, the one of its Docker-compatible API, such as V(unix:///run/podman/podman.sock).
    type: str
    default: unix:///var/run/docker.sock
  tls:
    description: Whether the connection uses TLS, without verification of the engine's certificate.
    type: bool
    default: false
  validate_certs:
    description: Whether the connection uses TLS and the engine's certificate is verified.
    type: bool
    default: false
  ca_path:
    description: Certificate of the CA that the engine's certificate is verified with.
    type: path
  client_cert:
    description: Client certificate for the engine.
    type: path
  client_key:
    description: Key of the client certificate.
    type: path
  api_version:
    description: Version of the Engine API, or V(auto).
    type: str
    default: auto
  timeout:
    description: How long to wait for an answer of the engine, in seconds.
    type: int
    default: 60
"""
