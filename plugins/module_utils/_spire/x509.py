# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the few fields of a certificate that this collection needs, without a library that hosts may lack (private to the collection)."""

from __future__ import annotations

import base64
import re
from datetime import datetime, timezone
from typing import Any

# X.509: a validity is a SEQUENCE of two times, UTCTime (until 2049) or GeneralizedTime (RFC 5280).
_TIME = rb"(?:\x17\x0d(\d{12})Z|\x18\x0f(\d{14})Z)"
_VALIDITY = re.compile(rb"\x30[\x1e\x20\x22]" + _TIME + _TIME)
# A URI in the subject alternative name has tag 0x86, then its length.
_SPIFFE_URI = re.compile(rb"\x86\x81?(?P<length>[\x0a-\xff])(?=spiffe://)", re.DOTALL)
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)


def der(certificate: bytes) -> bytes:
    """DER of a certificate that is PEM or DER already, both as bytes. The first one of several."""
    match = _PEM.search(certificate)
    return base64.b64decode(match[1]) if match else certificate


def validity(certificate: bytes) -> tuple[int, int]:
    """(from, to) of a certificate (PEM or DER, as bytes) in seconds since the epoch; (0, 0) where that is not to be found."""
    match = _VALIDITY.search(der(certificate))
    return (_seconds(match[1], match[2]), _seconds(match[3], match[4])) if match else (0, 0)


def _seconds(utc_time: bytes | None, generalized_time: bytes | Any) -> int:
    form = "%y%m%d%H%M%S" if utc_time else "%Y%m%d%H%M%S"
    return int(datetime.strptime((utc_time or generalized_time).decode(), form).replace(tzinfo=timezone.utc).timestamp())


def expiry(certificate: bytes) -> int:
    """When a certificate (PEM or DER, as bytes) expires, in seconds since the epoch; 0 where that is not to be found."""
    return validity(certificate)[1]


def spiffe_id(certificate: bytes) -> str:
    """The SPIFFE ID in a certificate (PEM or DER, as bytes); empty if there is none."""
    raw = der(certificate)
    match = _SPIFFE_URI.search(raw)
    return raw[match.end() : match.end() + match["length"][0]].decode() if match else ""
