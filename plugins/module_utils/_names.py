# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that several subjects share: kinds of nodes, trust domains, hosts, services, places of SPIRE Agents, and times in words (private to the collection)."""

from __future__ import annotations

import ipaddress
import re
from datetime import datetime, timezone

NODE_TYPES = ("sn", "sl", "swop", "swci")  # the containers that take an identity of their own
AGENT_SOCKET = "/tmp/spire-agent/public/api.sock"  # the own path of SPIRE's image, inside the container
TOKEN_VARIABLE = "SPIRE_JOIN_TOKEN"  # a name: the agent itself expands it in its configuration
_TRUST_DOMAIN = re.compile(r"[a-z0-9._-]{1,255}")
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*", re.IGNORECASE)
_TARGET = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[^\[\]:]+):(?P<port>[0-9]{1,5})", re.IGNORECASE)


def is_trust_domain(value: object) -> bool:
    """Whether a value is the name of a trust domain, as the SPIFFE ID specification has it."""
    return isinstance(value, str) and bool(_TRUST_DOMAIN.fullmatch(value))


def is_ip(value: object) -> bool:
    """Whether a value is the text of an IP address, of version 4 or 6."""
    try:
        ipaddress.ip_address(value if isinstance(value, str) else "")
    except ValueError:
        return False
    return True


def is_domain(value: object) -> bool:
    """Whether a value is a domain or the name of a host."""
    return isinstance(value, str) and bool(_DOMAIN.fullmatch(value))


def is_service_name(value: object) -> bool:
    """Whether a value is a name that a reverse proxy can serve; one without a dot could be a word of the proxy's own."""
    return isinstance(value, str) and "." in value and is_domain(value)


def is_target(value: object) -> bool:
    """Whether a value is an address, or a name, and a port."""
    match = _TARGET.fullmatch(value) if isinstance(value, str) else None
    if not match or not 1 <= int(match["port"]) <= 65535:
        return False
    host = match["host"]
    return is_ip(host[1:-1]) if host.startswith("[") else is_domain(host)


def utc(seconds: float) -> str:
    """A time as people read it, in UTC, from seconds since the epoch."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
