# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent of an upstream SPIRE Server on the host of a server below it, as variables of the role spire_agent (private, pure)."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Server:
    """What the role spire_server knows of the server below and of its upstream.

    host, swarm_dir   where it runs, and the directory of the platform's files there
    agent             name of the host's own SPIRE Agent
    release, version  the server's own; its upstream's agent has the same, also where the platform's release is 0.3.0
    trust_domain      the one of both servers
    upstream          host of the upstream server in the inventory
    address, port     where agents reach that server
    agent_id          SPIFFE ID of the upstream's agent here; derived if empty
    container, token_dir  of that server, on its host; the defaults of the roles if empty
    """

    host: str
    swarm_dir: str
    agent: str
    release: str
    version: str
    trust_domain: str
    upstream: str = ""
    address: str = ""
    port: int = 8081
    agent_id: str = ""
    container: str = ""
    token_dir: str = ""


def name(agent: str) -> str:
    """Name of the container of the upstream's agent, beside the host's own."""
    return f"{agent}-upstream"


def socket_volume(agent: str) -> str:
    """Volume with that agent's socket."""
    return f"{name(agent)}-socket"


def agent_id(trust_domain: str, host: str) -> str:
    """SPIFFE ID of that agent, the parent of the upstream's entry for the server below."""
    return f"spiffe://{trust_domain}/swarm/agent/{host}/upstream"


def variables(server: Mapping[str, Any]) -> dict[str, Any]:
    """The role's variables without their prefix `spire_agent_`. server: the fields of Server; raises TypeError for others."""
    known = Server(**server)
    return {
        "name": name(known.agent),
        "release": known.release,
        "version": known.version,
        "dir": posixpath.join(known.swarm_dir, "spire-agent-upstream"),
        "socket_dir": socket_volume(known.agent),
        "id": known.agent_id or agent_id(known.trust_domain, known.host),
        "server_host": known.upstream,
        "server_address": known.address,
        "server_port": known.port,
        "server_name": known.container or "spire-server",
        "monitored": False,  # its ports on the host would be those of the host's own agent
        "token_dir": known.token_dir or posixpath.join(known.swarm_dir, "tokens"),
    }
