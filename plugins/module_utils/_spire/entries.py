# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registration entries of a SPIRE Server: compares the wanted with the existing ones (private to the collection)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any

from .server import Server, SpireError, check_selector, check_spiffe_id, check_trust_domain, id_text

if TYPE_CHECKING:
    _Key = tuple[str, str, frozenset[tuple[str, str]]]
    _Entries = dict[_Key, dict[str, Any]]
    _Changes = tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]


OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "default": "spire-server"},
    "entries": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "spiffe_id": {"type": "str", "required": True},
            "parent_id": {"type": "str", "required": True},
            "selectors": {"type": "list", "elements": "str", "required": True},
            "federates_with": {"type": "list", "elements": "str"},
            "dns_names": {"type": "list", "elements": "str"},
            "x509_svid_ttl": {"type": "int"},
            "jwt_svid_ttl": {"type": "int"},
            "downstream": {"type": "bool", "default": False},
            "admin": {"type": "bool", "default": False},
            "hint": {"type": "str"},
        },
    },
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "purge": {"type": "bool", "default": False},
    "purge_parents": {"type": "list", "elements": "str"},
}


def _id_parts(text: str) -> dict[str, str]:
    domain, _slash, path = text.removeprefix("spiffe://").partition("/")
    return {"trust_domain": domain, "path": f"/{path}"}


def entry_key(entry: dict[str, Any]) -> _Key:
    """What identifies an entry for SPIRE: (ID, parent, selectors)."""
    selectors = frozenset((s["type"], s["value"]) for s in entry.get("selectors") or ())
    return id_text(entry["spiffe_id"]), id_text(entry["parent_id"]), selectors


def entry_from_option(option: dict[str, Any]) -> dict[str, Any]:
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


_COMPARED: dict[str, Callable[[Any], Any]] = {
    "federates_with": lambda v: sorted(v or ()),
    "dns_names": lambda v: list(v or ()),
    "x509_svid_ttl": lambda v: int(v or 0),
    "jwt_svid_ttl": lambda v: int(v or 0),
    "downstream": bool,
    "admin": bool,
    "hint": lambda v: v or "",
}


def entry_difference(wanted: dict[str, Any], there: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Fields in which two entries of one key differ: field → (there, wanted)."""
    found = {}
    for name, normal in _COMPARED.items():
        have, want = normal(there.get(name)), normal(wanted.get(name))
        if have != want:
            found[name] = (have, want)
    return found


# --- what the module does ------------------------------------------------------------------------------------------------


def check_entries(params: dict[str, Any]) -> None:
    """Raise SpireError for invalid parameters of spire_entry."""
    domains: dict[str, str] = {}
    for number, option in enumerate(params["entries"]):
        _check_entry(f"entries[{number}]", option)
        domains.setdefault(option["spiffe_id"].split("/")[2], f"entries[{number}]")
    if len(domains) > 1:
        said = ", ".join(f"{domain} ({where})" for domain, where in domains.items())
        raise SpireError(f"entries: belong to several trust domains, {said}; give each server only the entries of its own trust domain")
    for parent in params["purge_parents"] or ():
        check_spiffe_id("purge_parents", parent.removesuffix("/*"))


def entries(server: Server, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """spire_entry: converge registration entries."""
    wanted = {entry_key(entry): entry for entry in map(entry_from_option, params["entries"])}
    found = server.entries()
    there = {entry_key(entry): entry for entry in found}
    absent = params["state"] == "absent"
    create, update, delete = _gone(wanted, there) if absent else _changes(wanted, there, params)
    if not check_mode:
        if create or update:
            _check_server(server, [*create, *update])
        server.write_entries("create", create)
        server.write_entries("update", update)
        server.delete_entries([entry["id"] for entry in delete])
    return {
        "changed": bool(create or update or delete),
        "created": _ids(create),
        "updated": _ids(update),
        "deleted": _ids(delete),
        "orphans": [] if absent else orphans(wanted.values(), found),
        "shared": shared(found),
        "diff": _entries_diff({} if absent else wanted, there, delete),
    }


def _gone(wanted: _Entries, there: _Entries) -> _Changes:
    return [], [], [there[key] for key in wanted if key in there]


def _changes(wanted: _Entries, there: _Entries, params: dict[str, Any]) -> _Changes:
    """(entries to create, to update, to delete)."""
    create = [entry for key, entry in wanted.items() if key not in there]
    kept = {key: entry for key, entry in wanted.items() if key in there}
    update = [{**entry, "id": there[key]["id"]} for key, entry in kept.items() if entry_difference(entry, there[key])]
    return create, update, stale(wanted, there, params["purge_parents"]) if params["purge"] else []


def _ids(entries: Iterable[dict[str, Any]]) -> list[str]:
    return [id_text(entry["spiffe_id"]) for entry in entries]


def stale(wanted: dict[_Key, dict[str, Any]], there: dict[_Key, dict[str, Any]], parents: Iterable[str] | None) -> list[dict[str, Any]]:
    """Existing entries below one of the parents that are not wanted.

    wanted, there  key → entry
    parents        SPIFFE IDs, of which one that ends in /* stands for all below; None for the parents of the wanted entries
    """
    parents = {id_text(entry["parent_id"]) for entry in wanted.values()} if parents is None else set(parents)
    above = tuple(parent.removesuffix("*") for parent in parents if parent.endswith("/*"))

    def is_ours(entry: dict[str, Any]) -> bool:
        parent = id_text(entry["parent_id"])
        return parent in parents or (bool(above) and parent.startswith(above))

    return [entry for key, entry in there.items() if key not in wanted and is_ours(entry)]


def orphans(wanted: Collection[dict[str, Any]], found: Iterable[dict[str, Any]]) -> list[str]:
    """Parents of the wanted entries that do not exist yet: entries below them are issued once they do."""
    known = {id_text(entry["spiffe_id"]) for entry in (*wanted, *found)}
    parents = {id_text(entry["parent_id"]) for entry in wanted}
    return sorted(parent for parent in parents - known if not _path(parent).startswith("/spire/"))


def shared(found: Iterable[dict[str, Any]]) -> list[str]:
    """IDs that more than one agent with a join token has: each token creates such an entry, and only the last one is used."""
    aliases = [id_text(entry["spiffe_id"]) for entry in found if entry["parent_id"]["path"].startswith("/spire/agent/join_token/")]
    return sorted({alias for alias in aliases if aliases.count(alias) > 1})


def _path(spiffe_id: str) -> str:
    _scheme, _empty, _domain, path = spiffe_id.split("/", 3)
    return f"/{path}"


def _check_server(server: Server, written: list[dict[str, Any]]) -> None:
    """Raise SpireError for entries that this server cannot accept, before the first of them is written."""
    own, first = server.trust_domain(), id_text(written[0]["spiffe_id"])
    if own and written[0]["spiffe_id"]["trust_domain"] != own:
        raise SpireError(
            f"entries: {first} does not belong to this server's trust domain {own}; give it to the server of its own trust domain"
        )
    _check_federation(server, written)
    _check_parents(server, written)


def _check_federation(server: Server, written: list[dict[str, Any]]) -> None:
    wanted = {domain: id_text(entry["spiffe_id"]) for entry in written for domain in entry["federates_with"]}
    there = server.federated_bundles() if wanted else {}
    unknown = sorted(set(wanted) - set(there))
    if unknown:
        known = ", ".join(there) or "none"
        raise SpireError(
            f"entries: {wanted[unknown[0]]} federates with {unknown[0]}, whose bundle this server does not have (it has: {known}); "
            "set that domain's bundle first (spire_bundle)"
        )


def _check_parents(server: Server, written: list[dict[str, Any]]) -> None:
    agents = {id_text(e["parent_id"]): id_text(e["spiffe_id"]) for e in written if e["parent_id"]["path"].startswith("/spire/agent/")}
    unknown = sorted(set(agents) - {id_text(agent["id"]) for agent in server.agents()}) if agents else []
    if unknown:
        raise SpireError(
            f"entries: {agents[unknown[0]]} has the parent {unknown[0]}, but this server does not know that agent; "
            "use the ID that its join token was created for (spire_token), which stays the same"
        )


def _check_entry(where: str, option: dict[str, Any]) -> None:
    check_spiffe_id(f"{where}.spiffe_id", option["spiffe_id"])
    check_spiffe_id(f"{where}.parent_id", option["parent_id"])
    own, parents = (option[name].split("/")[2] for name in ("spiffe_id", "parent_id"))
    if own != parents:
        raise SpireError(f"{where}.parent_id: {option['parent_id']!r} does not belong to the trust domain {own} of {option['spiffe_id']}")
    if _path(option["spiffe_id"]).startswith("/spire/"):
        raise SpireError(f"{where}.spiffe_id: {option['spiffe_id']!r} is below /spire, which SPIRE reserves for its own servers and agents")
    if not option["selectors"]:
        raise SpireError(f"{where}.selectors: is empty; list at least one, as an entry without selectors matches nothing")
    for selector in option["selectors"]:
        check_selector(f"{where}.selectors", selector)
    for domain in option["federates_with"] or ():
        check_trust_domain(f"{where}.federates_with", domain.removeprefix("spiffe://"))
        if domain.removeprefix("spiffe://") == own:
            raise SpireError(f"{where}.federates_with: {own} is the entry's own trust domain; list only other trust domains")


def _entries_diff(wanted: dict[_Key, dict[str, Any]], there: dict[_Key, dict[str, Any]], deleted: list[dict[str, Any]]) -> dict[str, str]:
    before, after = [f"{_entry_text(entry)}\n" for entry in deleted], []
    for key, entry in wanted.items():
        if key not in there:
            after.append(f"{_entry_text(entry)}\n")
        for name, (have, want) in entry_difference(entry, there.get(key, entry)).items():
            before.append(f"{_entry_text(entry)} {name}: {_text(have)}\n")
            after.append(f"{_entry_text(entry)} {name}: {_text(want)}\n")
    return {"before": "".join(before), "after": "".join(after)}


def _entry_text(entry: dict[str, Any]) -> str:
    selectors = ", ".join(f"{s['type']}:{s['value']}" for s in entry["selectors"])
    return f"{id_text(entry['spiffe_id'])} under {id_text(entry['parent_id'])} by {selectors}"


def _text(value: Any) -> Any:
    return ", ".join(value) or "(none)" if isinstance(value, list) else value
