# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trust bundles of a SPIRE Server: its own, and its copies of other domains' bundles (private to the collection).

All copies are read with one command. Only those that differ are set, each with a command of its own, as SPIRE cannot set several.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from typing import Any

from . import trust_bundle
from .server import Server, SpireError, check_trust_domain


@dataclass(frozen=True)
class _Copy:
    """The wanted copy of one domain's bundle.

    where      the option that contains it, for messages
    bundle     SPIFFE JSON text; empty in check mode if it does not exist yet
    bootstrap  whether it is only a starting point
    """

    where: str
    trust_domain: str
    bundle: str
    bootstrap: bool


def _wanted(params: dict[str, Any]) -> list[_Copy]:
    if params["bundles"] is not None:
        return [_Copy(f"bundles[{number}].", **one) for number, one in enumerate(params["bundles"])]
    return [_Copy("", params["trust_domain"], params["bundle"], params["bootstrap"])] if params["bundle"] is not None else []


def check_bundle(params: dict[str, Any]) -> None:
    """Raise SpireError for invalid parameters of spire_bundle."""
    if params["trust_domain"] is not None:
        check_trust_domain("trust_domain", params["trust_domain"])
    for domain in params["only"] or ():
        check_trust_domain("only", domain)
    if params["state"] == "absent" and (params["bundle"] is not None or params["bundles"] is not None):
        raise SpireError("state: absent takes trust_domain alone, without bundle and bundles")
    places: dict[str, str] = {}
    for copy in _wanted(params):
        check_trust_domain(f"{copy.where}trust_domain", copy.trust_domain)
        if copy.bundle:
            _keys(copy)
        first = places.setdefault(copy.trust_domain, copy.where)
        if first != copy.where:
            raise SpireError(
                f"{copy.where}trust_domain: {copy.trust_domain} is already in {first.rstrip('.')}; list each trust domain only once"
            )


def bundle(server: Server, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """spire_bundle: read the server's own bundle, or set or remove its copies of other domains'."""
    if params["state"] == "absent":
        return _remove(server, [params["trust_domain"]], server.federated_bundles(), params["record_dir"], check_mode)
    if params["bundle"] is None and params["bundles"] is None:
        return {"changed": False, "new_trust": False, "trust_record": "", "bundle": server.bundle()}
    wanted = _wanted(params)
    left = _left(params)
    there = server.federated_bundles() if wanted or left else {}
    removal = _remove(server, left, there, params["record_dir"], check_mode)
    results = [_set(server, copy, there.get(copy.trust_domain, ""), params["record_dir"], check_mode) for copy in wanted]
    return results[0] if params["bundles"] is None else _together(wanted, results, removal)


def _left(params: dict[str, Any]) -> list[str]:
    """The trust domains whose bundles this module has set and that are no longer wanted."""
    if params["only"] is None:
        return []
    return [domain for domain in recorded(params["record_dir"]) if domain not in params["only"]]


def _together(wanted: list[_Copy], results: list[dict[str, Any]], removal: dict[str, Any]) -> dict[str, Any]:
    """The result for several bundles, of each one's and of what was removed."""
    diffs = [result.pop("diff") for result in results]
    changed = [diff for diff, result in zip(diffs, results) if result["changed"]]
    return {
        "changed": bool(changed) or removal["changed"],
        "new_trust": any(result["new_trust"] for result in results),
        "removed": removal["removed"],
        "results": [{"trust_domain": copy.trust_domain, **result} for copy, result in zip(wanted, results)],
        "diff": {side: "".join(diff[side] for diff in (removal["diff"], *changed)) for side in ("before", "after")},
    }


def _remove(server: Server, domains: list[str], there: dict[str, str], record_dir: str | None, check_mode: bool) -> dict[str, Any]:
    """Remove the server's copies of domains' bundles, as far as they are there, and the records of these domains."""
    removed = [domain for domain in domains if domain in there]
    stale = [os.path.join(record_dir, domain) for domain in domains if domain in recorded(record_dir)] if record_dir else []
    if not check_mode:
        for domain in removed:
            server.delete_bundle(domain)
        for path in stale:  # last: if a run ends before, the next one finds what is left by its record
            os.remove(path)
    before = "".join(_shown_keys(domain, trust_bundle.keys(there[domain])) for domain in removed)
    return {"changed": bool(removed or stale), "new_trust": False, "removed": removed, "diff": {"before": before, "after": ""}}


def _set(server: Server, copy: _Copy, there: str, record_dir: str | None, check_mode: bool) -> dict[str, Any]:
    """Set one copy if it differs from the existing one (JSON text, empty for none); the result for a single bundle."""
    wanted = _keys(copy) if copy.bundle or not check_mode else {("", "")}
    have = trust_bundle.keys(there or '{"keys": []}')
    wanted_authorities, authorities = _authorities(wanted), _authorities(have)
    changed = not wanted_authorities <= authorities and not _fetched_since(copy, there)
    new_trust = changed and wanted_authorities.isdisjoint(authorities)
    recorded = os.path.join(record_dir, copy.trust_domain) if record_dir else ""
    if changed and not check_mode:
        if new_trust and recorded:  # before the bundle: if a run ends between the two, the next run does both
            _write_record(recorded)
        _write(server, copy)
    diff = {"before": _shown_keys(copy.trust_domain, have), "after": _shown_keys(copy.trust_domain, wanted if changed else have)}
    return {"changed": changed, "new_trust": new_trust, "trust_record": record(recorded), "bundle": copy.bundle, "diff": diff}


def _write(server: Server, copy: _Copy) -> None:
    try:
        server.set_bundle(copy.trust_domain, copy.bundle)
    except SpireError as error:
        if not copy.where:
            raise
        raise SpireError(
            f"{copy.where.rstrip('.')} ({copy.trust_domain}): {error}; the bundles before it were set, those after it were not"
        ) from error


def _keys(copy: _Copy) -> set[tuple[str, str]]:
    try:
        return trust_bundle.keys(copy.bundle)
    except ValueError as error:
        raise SpireError(f"{copy.where}bundle: {error}") from error


def _fetched_since(copy: _Copy, there: str) -> bool:
    """Whether a bundle that is only a starting point is older than the server's copy."""
    try:
        return bool(copy.bootstrap and there) and trust_bundle.newest(json.loads(there)) > trust_bundle.newest(json.loads(copy.bundle))
    except ValueError as error:
        raise SpireError(f"{copy.where}bundle: {error}") from error


def _authorities(keys: set[tuple[str, str]]) -> set[str]:
    """The keys of CAs; the federation itself exchanges those of JWT-SVIDs."""
    return {key for use, key in keys if use != "jwt-svid"}


def _shown_keys(domain: str, keys: set[tuple[str, str]]) -> str:
    return "".join(f"{domain} {kind} {_short_key(key)}\n" for kind, key in sorted(keys))


def _short_key(key: str) -> str:
    return key if len(key) < 50 else f"…{key[-40:]}"


def _write_record(path: str) -> None:
    """The moment, as seconds since the epoch: another one each time that authorities are new."""
    try:
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"{time.time():.6f}")
    except OSError as error:
        raise SpireError(f"record_dir: {path} cannot be written: {error.strerror}") from error


def recorded(record_dir: str | None) -> list[str]:
    """The trust domains that a directory has a record of; none without a directory."""
    try:
        return sorted(os.listdir(record_dir)) if record_dir else []
    except OSError:
        return []


def record(path: str) -> str:
    """When authorities of the trust domain were new last; empty without a record."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""
