# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is compared of trust bundles that are on two hosts (private to the collection, pure)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from . import trust_bundle


def of_authorities(authorities: Iterable[bytes]) -> list[str]:
    """SHA-256, in hex, of certificates in DER, sorted."""
    return sorted(hashlib.sha256(one).hexdigest() for one in authorities)


def fingerprints(text: str) -> dict[str, Any]:
    """{authorities: see of_authorities, newest: when the youngest CA began, in seconds since the epoch} of a bundle (SPIFFE JSON text)."""
    bundle = json.loads(text)
    return {"authorities": of_authorities(trust_bundle.authorities(bundle)), "newest": trust_bundle.newest(bundle)}
