# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that several subjects share: kinds of nodes, trust domains, SPIRE Agents' places, and times as people read them (private to the collection)."""

from __future__ import annotations

import re
from datetime import datetime, timezone

NODE_TYPES = ("sn", "sl", "swop", "swci")  # the containers that take an identity of their own
AGENT_SOCKET = "/tmp/spire-agent/public/api.sock"  # the own path of SPIRE's image, inside the container
TOKEN_VARIABLE = "SPIRE_JOIN_TOKEN"  # a name: the agent itself expands it in its configuration
_TRUST_DOMAIN = re.compile(r"[a-z0-9._-]{1,255}")


def is_trust_domain(value: object) -> bool:
    """Whether a value is the name of a trust domain, as the SPIFFE ID specification has it."""
    return isinstance(value, str) and bool(_TRUST_DOMAIN.fullmatch(value))


def utc(seconds: float) -> str:
    """A time as people read it, in UTC, from seconds since the epoch."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
