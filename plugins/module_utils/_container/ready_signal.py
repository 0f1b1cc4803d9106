# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a container signals that it is ready, and where an engine listens (private to the collection)."""

from __future__ import annotations

from dataclasses import dataclass

ENGINE_SOCKET = "/var/run/docker.sock"  # where a Docker Engine has it; Podman names its own, which then takes this one's place


@dataclass(frozen=True)
class Ready:
    """The signal that says a component is up.

    log    a regular expression that a line of its log matches
    port   the container's port that then answers, a TLS handshake where tls is true
    health the command that then succeeds inside the container
    """

    log: str = ""
    port: int | str = 0
    tls: bool = False
    health: tuple[str, ...] = ()
