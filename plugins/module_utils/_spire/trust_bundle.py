# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trust bundles in SPIFFE's format, as JSON text or the mapping in it (private to the collection, pure)."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from . import x509

# What `bundle list` of all versions writes above each bundle.
_HEADING = re.compile(r"^\*+\n\* (?:spiffe://)?(\S+)\n\*+$", re.MULTILINE)


def authorities(bundle: dict[str, Any]) -> list[bytes]:
    """The CA certificates of a bundle (mapping), in DER. Raises ValueError when it is none."""
    try:
        return [base64.b64decode(key["x5c"][0], validate=True) for key in bundle["keys"] if key["use"] == "x509-svid"]
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ValueError("its bundle is not a SPIFFE bundle") from error


def newest(bundle: dict[str, Any]) -> int:
    """When the youngest CA of a bundle (mapping) began, in seconds since the epoch. Raises ValueError when it is none."""
    return max((x509.validity(one)[0] for one in authorities(bundle)), default=0)


def keys(text: str) -> set[tuple[str, str]]:
    """The keys of a bundle (JSON text) as a set that can be compared: (use, ID or certificate). Raises ValueError when it is none."""
    try:
        return {(key["use"], key.get("kid") or key["x5c"][0]) for key in json.loads(text)["keys"]}
    except (ValueError, KeyError, TypeError, IndexError):
        start = text.strip()[:40]
        raise ValueError(
            f"{start!r} is not a SPIFFE bundle; expected the JSON that `spire-server bundle show -format spiffe` prints"
        ) from None


def listed(text: str) -> dict[str, str]:
    """Trust domain → bundle (JSON text), of what `bundle list -format spiffe` prints."""
    _nothing, *parts = _HEADING.split(text)
    return {domain: bundle.strip() for domain, bundle in zip(parts[::2], parts[1::2])}
