# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registration entries of a SPIRE Server: what is wanted against what is there (private to the collection)."""

from __future__ import annotations

from ansible_collections.swarm.learning.plugins.module_utils._spire import (
    SpireError,
    check_selector,
    check_spiffe_id,
    check_trust_domain,
    id_text,
)


def _id_parts(text):
    domain, _slash, path = text.removeprefix("spiffe://").partition("/")
    return {"trust_domain": domain, "path": f"/{path}"}


def entry_key(entry):
    """What SPIRE takes for the same entry: (ID, parent, selectors)."""
    selectors = frozenset((s["type"], s["value"]) for s in entry.get("selectors") or ())
    return id_text(entry["spiffe_id"]), id_text(entry["parent_id"]), selectors


def entry_from_option(option):
    """SPIRE's JSON form of an entry as a playbook has it."""
    return {
        "spiffe_id": _id_parts(option["spiffe_id"]),
        "parent_id": _id_parts(option["parent_id"]),
        "selectors": [dict(zip(("type", "value"), s.split(":", 1))) for s in option["selectors"]],
        "federates_with": [d.removeprefix("spiffe://") for d in option.get("federates_with") or ()],
        "dns_names": option.get("dns_names") or [],
        "x509_svid_ttl": option.get("x509_svid_ttl") or 0,
        "jwt_svid_ttl": option.get("jwt_svid_ttl") or 0,
        "downstream": bool(option.get("downstream")),
        "admin": bool(option.get("admin")),
        "hint": option.get("hint") or "",
    }


_COMPARED = {
    "federates_with": lambda v: sorted(v or ()),
    "dns_names": lambda v: list(v or ()),
    "x509_svid_ttl": lambda v: int(v or 0),
    "jwt_svid_ttl": lambda v: int(v or 0),
    "downstream": bool,
    "admin": bool,
    "hint": lambda v: v or "",
}


def entry_difference(wanted, there):
    """Fields in which two entries of one key differ: field → (there, wanted)."""
    found = {}
    for name, normal in _COMPARED.items():
        have, want = normal(there.get(name)), normal(wanted.get(name))
        if have != want:
            found[name] = (have, want)
    return found


# --- what the module does ------------------------------------------------------------------------------------------------


def check_entries(params):
    """Raise SpireError for what spire_entry cannot have."""
    for number, option in enumerate(params["entries"]):
        _check_entry(f"entries[{number}]", option)


def entries(server, params, check_mode):
    """spire_entry: converge registration entries."""
    wanted = {entry_key(entry): entry for entry in map(entry_from_option, params["entries"])}
    there = {entry_key(entry): entry for entry in server.entries()}
    if params["state"] == "absent":
        return _remove_entries(server, [there[key] for key in wanted if key in there], check_mode)
    create = [entry for key, entry in wanted.items() if key not in there]
    update = [{**e, "id": there[key]["id"]} for key, e in wanted.items() if key in there and entry_difference(e, there[key])]
    if not check_mode:
        if create:
            server.write_entries("create", create)
        if update:
            server.write_entries("update", update)
    return {
        "changed": bool(create or update),
        "created": [id_text(entry["spiffe_id"]) for entry in create],
        "updated": [id_text(entry["spiffe_id"]) for entry in update],
        "deleted": [],
        "diff": _entries_diff(wanted, there),
    }


def _check_entry(where, option):
    check_spiffe_id(f"{where}.spiffe_id", option["spiffe_id"])
    check_spiffe_id(f"{where}.parent_id", option["parent_id"])
    if not option["selectors"]:
        raise SpireError(f"{where}.selectors: is empty; an entry without selectors matches nothing")
    for selector in option["selectors"]:
        check_selector(f"{where}.selectors", selector)
    for domain in option["federates_with"] or ():
        check_trust_domain(f"{where}.federates_with", domain.removeprefix("spiffe://"))


def _entries_diff(wanted, there):
    before, after = [], []
    for key, entry in wanted.items():
        if key not in there:
            after.append(f"{_entry_text(entry)}\n")
        for name, (have, want) in entry_difference(entry, there.get(key, entry)).items():
            before.append(f"{_entry_text(entry)} {name}: {_text(have)}\n")
            after.append(f"{_entry_text(entry)} {name}: {_text(want)}\n")
    return {"before": "".join(before), "after": "".join(after)}


def _remove_entries(server, found, check_mode):
    if not check_mode:
        server.delete_entries([entry["id"] for entry in found])
    return {
        "changed": bool(found),
        "created": [],
        "updated": [],
        "deleted": [id_text(entry["spiffe_id"]) for entry in found],
        "diff": {"before": "".join(f"{_entry_text(entry)}\n" for entry in found), "after": ""},
    }


def _entry_text(entry):
    selectors = ", ".join(f"{s['type']}:{s['value']}" for s in entry["selectors"])
    return f"{id_text(entry['spiffe_id'])} under {id_text(entry['parent_id'])} by {selectors}"


def _text(value):
    return ", ".join(value) or "(none)" if isinstance(value, list) else value
