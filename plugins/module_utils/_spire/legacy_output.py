# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Converts the output of spire-server 0.12 to the form of later versions' `-output json` (private to the collection, pure).

Source: the sources of its commands at 0.12.0. They print `Label : value` lines, one block an item, with an empty line behind it.
"""

from __future__ import annotations

import base64
import json
import re
from calendar import timegm
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from . import x509

_LINE = re.compile(r"(?P<label>[A-Z][A-Za-z ]*?) *: (?P<value>.*)")
_ONLY_LATER = {"hint": "", "jwt_svid_ttl": 0}


def is_refusal_of_json(message: str) -> bool:
    """Whether a command's message says that it does not know `-output`."""
    return "flag provided but not defined: -output" in message


def _blocks(text: str) -> list[list[tuple[str, str]]]:
    """The blocks as lists of (label, value)."""
    blocks: list[list[tuple[str, str]]] = [[]]
    for line in text.splitlines():
        match = _LINE.fullmatch(line.strip())
        if match:
            blocks[-1].append((match["label"], match["value"]))
        elif not line.strip() and blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


def _id(text: str) -> dict[str, str]:
    domain, slash, path = text.removeprefix("spiffe://").partition("/")
    return {"trust_domain": domain, "path": slash + path}


def entries(text: str) -> list[dict[str, Any]]:
    """Registration entries, as `entry show` and `entry create` print them."""
    return [_entry(block) for block in _blocks(text)]


def _entry(block: list[tuple[str, str]]) -> dict[str, Any]:
    one = dict(block)

    def all_of(label: str) -> list[str]:
        return [value for name, value in block if name == label]

    return {
        "id": one["Entry ID"],
        "spiffe_id": _id(one["SPIFFE ID"]),
        "parent_id": _id(one["Parent ID"]),
        "selectors": [dict(zip(("type", "value"), value.split(":", 1))) for value in all_of("Selector")],
        "federates_with": [value.removeprefix("spiffe://") for value in all_of("FederatesWith")],
        "dns_names": all_of("DNS name"),
        "x509_svid_ttl": 0 if one["TTL"] == "default" else int(one["TTL"]),
        "expires_at": _moment(one["Expiration time"]) if "Expiration time" in one else 0,
        "downstream": one.get("Downstream") == "true",
        "admin": one.get("Admin") == "true",
    }


def agents(text: str) -> list[dict[str, Any]]:
    """Agents, as `agent list` prints them. This version knows no ban."""
    return [
        {
            "id": _id(one["SPIFFE ID"]),
            "attestation_type": one["Attestation type"],
            "x509svid_expires_at": _moment(one["Expiration time"]),
        }
        for one in map(dict, _blocks(text))
    ]


def _moment(text: str) -> int:
    """Seconds since the epoch of `2026-11-22 03:04:05 +0000 UTC`."""
    day, time, offset = text.split()[:3]
    moment = datetime.strptime(f"{day} {time} {offset}", "%Y-%m-%d %H:%M:%S %z")
    return timegm(moment.utctimetuple())


def token(text: str) -> str:
    """The token of `token generate`, empty when there is none."""
    found = re.search(r"^Token: (\S+)$", text, re.MULTILINE)
    return found[1] if found else ""


def bundle(text: str, trust_domain: str = "") -> dict[str, Any]:
    """A bundle that is SPIFFE JSON, as `bundle show` and `bundle list` tell it later; without a name, its authorities say whose it is."""
    found = [{"asn1": key["x5c"][0]} for key in json.loads(text)["keys"] if key.get("x5c")]
    own = x509.spiffe_id(base64.b64decode(found[-1]["asn1"])) if found else ""
    return {"trust_domain": trust_domain or _id(own)["trust_domain"], "x509_authorities": found}


def data(wanted: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The document that `entry create` and `entry update` read, of entries in the form of `entries`.

    Raises ValueError for a value that this version has no place for.
    """
    return {"entries": [_data(entry) for entry in wanted]}


def _data(entry: dict[str, Any]) -> dict[str, Any]:
    own = f"spiffe://{entry['spiffe_id']['trust_domain']}{entry['spiffe_id']['path']}"
    for name, nothing in _ONLY_LATER.items():
        if entry.get(name, nothing) != nothing:
            raise ValueError(f"{own}: SPIRE 0.12 does not support {name} in an entry; leave it out")
    return {
        **({"entry_id": entry["id"]} if entry.get("id") else {}),
        "spiffe_id": own,
        "parent_id": f"spiffe://{entry['parent_id']['trust_domain']}{entry['parent_id']['path']}",
        "selectors": entry["selectors"],
        "federates_with": [f"spiffe://{domain}" for domain in entry["federates_with"]],
        "dns_names": entry["dns_names"],
        "ttl": entry["x509_svid_ttl"],
        "downstream": entry["downstream"],
        "admin": entry["admin"],
    }
