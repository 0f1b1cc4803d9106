# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a SPIRE Server has, in plain values (private to the collection)."""

from __future__ import annotations

import base64
import time

from ansible_collections.swarm.learning.plugins.module_utils import _lifetime, _x509
from ansible_collections.swarm.learning.plugins.module_utils._spire import SpireError, id_text
from ansible_collections.swarm.learning.plugins.module_utils._spire_config import seconds


def check_info(params):
    """Raise SpireError for what spire_info cannot have."""
    if params["days"] is not None and params["days"] <= 0:
        raise SpireError(f"days: {params['days']} is not a positive number")
    try:
        seconds("default_x509_svid_ttl", params["default_x509_svid_ttl"])
    except ValueError as error:
        raise SpireError(str(error)) from error


def info(server, params, _check_mode):
    """spire_info: trust domain, authorities, agents, entries, bundles, and what does not outlive the training."""
    told, now = server.own_bundle(), time.time()
    facts = {
        "trust_domain": told.get("trust_domain", ""),
        "authorities": [_authority(one) for one in told.get("x509_authorities") or ()],
        "agents": [_agent(one) for one in server.told_agents()],
        "entries": [_entry(one) for one in server.entries()],
        "bundles": [_bundle(one) for one in server.bundles()],
    }
    found = []
    if params["days"] is not None:
        life = seconds("default_x509_svid_ttl", params["default_x509_svid_ttl"])
        found = _lifetime.problems(facts, life, int(now + params["days"] * _lifetime.DAY), int(now))
    return {"changed": False, **facts, "problems": found}


def _authority(told):
    not_before, expires_at = _x509.validity(base64.b64decode(told["asn1"]))
    return {"not_before": not_before, "expires_at": expires_at, "tainted": bool(told.get("tainted"))}


def _agent(told):
    return {
        "spiffe_id": id_text(told["id"]),
        "expires_at": int(told.get("x509svid_expires_at") or 0),
        "banned": bool(told.get("banned")),
        "attestation_type": told.get("attestation_type", ""),
    }


def _entry(told):
    return {
        "id": told["id"],
        "spiffe_id": id_text(told["spiffe_id"]),
        "parent_id": id_text(told["parent_id"]),
        "selectors": [f"{one['type']}:{one['value']}" for one in told.get("selectors") or ()],
        "federates_with": sorted(told.get("federates_with") or ()),
        "dns_names": told.get("dns_names") or [],
        "x509_svid_ttl": int(told.get("x509_svid_ttl") or 0),
        "expires_at": int(told.get("expires_at") or 0),
    }


def _bundle(told):
    ends = [_authority(one)["expires_at"] for one in told.get("x509_authorities") or ()]
    return {"trust_domain": told["trust_domain"], "expires_at": max(ends, default=0)}
