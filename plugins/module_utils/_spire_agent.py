# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a SPIRE Agent has to be given a join token, from what runs and from what it keeps (private to the collection)."""

from __future__ import annotations

import base64
import os
import re
import time
from datetime import datetime, timezone

from ansible_collections.swarm.learning.plugins.module_utils._engine import EngineError
from ansible_collections.swarm.learning.plugins.module_utils._releases import SPIRE_UPSTREAM

AGENT = f"{SPIRE_UPSTREAM}/spire-agent"
# X.509: two UTCTime values in a row are a certificate's validity (RFC 5280).
_VALIDITY = re.compile(rb"\x17\x0d(\d{12})Z\x17\x0d(\d{12})Z")


def agent_facts(engine, host, params, inspect):
    """Whether the SPIRE Agent of this host needs a join token, for the module's result."""
    if params["state"] != "started":
        return {}
    if _kept_identity(params["volumes"] or ()):
        return {"needs_join_token": False}
    attested = bool(inspect) and inspect["State"].get("Running") and _agent_healthy(engine, params["name"])
    return {"needs_join_token": not attested}


def _agent_healthy(engine, name):
    try:
        code, _out, _err = engine.execute(name, (AGENT, "healthcheck"))
    except EngineError:
        return False
    return code == 0


def _kept_identity(volumes):
    """Whether a directory that is mounted holds an agent's key and an SVID that has not expired."""
    for volume in volumes:
        directory = volume.split(":")[0]
        keys, data = os.path.join(directory, "keys.json"), os.path.join(directory, "agent-data.json")
        if os.path.isfile(keys) and os.path.isfile(data) and _svid_expiry(data) > time.time():
            return True
    return False


def _svid_expiry(path):
    """When the SVID that an agent keeps in agent-data.json expires, in seconds since the epoch; 0 where none is found."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for encoded in re.findall(r'"([A-Za-z0-9+/=]{200,})"', text):
        validity = _VALIDITY.search(base64.b64decode(encoded))
        if validity:
            return datetime.strptime(validity[2].decode(), "%y%m%d%H%M%S").replace(tzinfo=timezone.utc).timestamp()
    return 0
