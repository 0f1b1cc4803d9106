# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""spire-server and spire-agent commands, run in their containers and parsed into plain values (private to the collection).

Facts about the commands come from spire.md: `-output json` from 1.x on, per-item failures that exit 0, `-` for standard input.
"""

from __future__ import annotations

import json
import re

from ansible.module_utils.basic import missing_required_lib
from ansible_collections.swarm.learning.plugins.module_utils._engine import DOCKER_IMPORT_ERROR, Engine, EngineError
from ansible_collections.swarm.learning.plugins.module_utils._releases import SPIRE_UPSTREAM

SERVER = f"{SPIRE_UPSTREAM}/spire-server"
_TRUST_DOMAIN = re.compile(r"[a-z0-9._-]{1,255}")
_PATH = re.compile(r"(/[a-zA-Z0-9._-]+)+")


class SpireError(Exception):
    """SPIRE refused, or a value is not what SPIFFE allows; the message says which and what would be right."""


def run(module, action, check):
    """Run check(params), then action(server, params, check_mode) → result for the SPIRE Server in container `name`; ends the module."""
    if DOCKER_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("docker"), exception=DOCKER_IMPORT_ERROR)
    try:
        check(module.params)
        server = Server(Engine(module.params), module.params["name"])
        if module.check_mode and not server.is_there():
            server = NoServerYet()
        result = action(server, module.params, module.check_mode)
    except (SpireError, EngineError) as error:
        module.fail_json(msg=str(error))
    if not module._diff:
        result.pop("diff", None)
    module.exit_json(**result)


# --- names -------------------------------------------------------------------------------------------------------------


def check_trust_domain(option, value):
    """Raise SpireError unless value is a trust domain's name (SPIFFE ID specification)."""
    if not _TRUST_DOMAIN.fullmatch(value):
        raise SpireError(f"{option}: {value!r} is not a trust domain; lower-case letters, digits, dots, dashes and underscores are")


def check_spiffe_id(option, value):
    """Raise SpireError unless value is a SPIFFE ID with a path."""
    scheme, _separator, rest = value.partition("://")
    domain, slash, path = rest.partition("/")
    if scheme != "spiffe" or not _TRUST_DOMAIN.fullmatch(domain) or not _PATH.fullmatch(slash + path):
        raise SpireError(f"{option}: {value!r} is not a SPIFFE ID; spiffe://TRUST-DOMAIN/PATH is, such as spiffe://example.org/swarm/sn")


def check_selector(option, value):
    """Raise SpireError unless value is TYPE:VALUE."""
    kind, colon, rest = value.partition(":")
    if not (kind and colon and rest):
        raise SpireError(f"{option}: {value!r} is not a selector; TYPE:VALUE is, such as docker:env:swarm_node_type=sn")


# --- the server --------------------------------------------------------------------------------------------------------


class Server:
    """The SPIRE Server in one container."""

    def __init__(self, engine, name):
        self._engine, self._name = engine, name

    def __call__(self, *words, stdin=None):
        """The standard output of one spire-server command. Raises SpireError with its message."""
        code, out, err = self._engine.execute(self._name, (SERVER, *words), stdin)
        if code:
            message = (err.strip() or out.strip()).removeprefix("Error: ")
            raise SpireError(f"spire-server {' '.join(words[:2])} in container {self._name}: {message}")
        return out

    def is_there(self):
        """Whether the container runs."""
        inspect = self._engine.inspect(self._name)
        return bool(inspect) and bool(inspect["State"].get("Running"))

    def json(self, *words, stdin=None):
        """The same, with `-output json`, parsed."""
        return json.loads(self(*words, "-output", "json", stdin=stdin))

    def entries(self):
        """All registration entries, as SPIRE's JSON has them."""
        return self.json("entry", "show").get("entries") or []

    def write_entries(self, verb, entries):
        """Create or update (verb) entries; the entries as they are now. Raises SpireError for failed ones: the command exits 0."""
        answer = self.json("entry", verb, "-data", "-", stdin=json.dumps({"entries": [_as_data(e) for e in entries]}))
        results = answer.get("results") or []
        failed = [r for r in results if int((r.get("status") or {}).get("code") or 0)]
        if failed or len(results) != len(entries):
            said = (
                "; ".join(_failure(r, e) for r, e in zip(results, entries) if r in failed)
                or f"{len(results)} of {len(entries)} entries answered"
            )
            raise SpireError(f"spire-server entry {verb} in container {self._name}: {said}")
        return [r["entry"] for r in results]

    def delete_entry(self, entry_id):
        """Delete the entry of that ID."""
        answer = self.json("entry", "delete", "-entryID", entry_id)
        for result in answer.get("results") or []:
            if int((result.get("status") or {}).get("code") or 0):
                raise SpireError(f"spire-server entry delete {entry_id} in container {self._name}: {result['status']['message']}")

    def bundle(self):
        """The server's own trust bundle, as SPIFFE JSON text."""
        return self("bundle", "show", "-format", "spiffe")

    def federated_bundle(self, trust_domain):
        """The server's copy of another domain's bundle as SPIFFE JSON text; empty where it has none."""
        try:
            return self("bundle", "list", "-id", f"spiffe://{trust_domain}", "-format", "spiffe")
        except SpireError as error:
            if "not found" in str(error).lower():
                return ""
            raise

    def set_bundle(self, trust_domain, text):
        """Set the server's copy of another domain's bundle."""
        self("bundle", "set", "-id", f"spiffe://{trust_domain}", "-format", "spiffe", stdin=text)

    def generate_token(self, spiffe_id, ttl):
        """A new join token as (token, expiry in seconds since the epoch)."""
        made = self.json("token", "generate", "-spiffeID", spiffe_id, "-ttl", str(ttl))
        return made["value"], int(made["expires_at"])


class NoServerYet:
    """In check mode: a server that an earlier task would have started. It has nothing yet."""

    def entries(self):
        """No entries."""
        return []

    def bundle(self):
        """No bundle."""
        return ""

    def federated_bundle(self, trust_domain):
        """No copy of any domain's bundle."""
        return ""


def _as_data(entry):
    """The entry as `-data` reads it: IDs as texts, another name for the entry's own ID."""
    texts = {name: id_text(entry[name]) for name in ("spiffe_id", "parent_id")}
    own = {"entry_id": entry["id"]} if entry.get("id") else {}
    return {**{k: v for k, v in entry.items() if k != "id"}, **texts, **own}


def _failure(result, entry):
    status = result.get("status") or {}
    wanted = entry["spiffe_id"]
    path = f"spiffe://{wanted['trust_domain']}{wanted['path']}"
    hint = "; set that domain's bundle first (spire_bundle)" if "federated bundle" in (status.get("message") or "") else ""
    return f"{path}: {status.get('message')}{hint}"


# --- entries -----------------------------------------------------------------------------------------------------------


def id_text(value):
    """`spiffe://…` of SPIRE's JSON form of an ID."""
    return f"spiffe://{value['trust_domain']}{value.get('path', '')}"


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


# --- bundles -----------------------------------------------------------------------------------------------------------


def bundle_keys(text):
    """The keys of a SPIFFE bundle (JSON text) as a set that can be compared. Raises SpireError when it is none."""
    try:
        keys = json.loads(text)["keys"]
        return {(key["use"], key.get("kid") or key["x5c"][0]) for key in keys}
    except (ValueError, KeyError, TypeError, IndexError):
        start = text.strip()[:40]
        raise SpireError(
            f"bundle: {start!r} is not a SPIFFE bundle; the JSON that `spire-server bundle show -format spiffe` prints is"
        ) from None


# --- what the modules do -----------------------------------------------------------------------------------------------


def check_token(params):
    """Raise SpireError for what spire_token cannot have."""
    check_spiffe_id("spiffe_id", params["spiffe_id"])
    if params["ttl"] < 1:
        raise SpireError(f"ttl: {params['ttl']} is not a positive number of seconds")


def token(server, params, check_mode):
    """spire_token: make a join token."""
    result = {"changed": True, "token": "", "expires_at": 0}
    if not check_mode:
        result["token"], result["expires_at"] = server.generate_token(params["spiffe_id"], params["ttl"])
    return result


def check_bundle(params):
    """Raise SpireError for what spire_bundle cannot have."""
    if params["trust_domain"] is not None:
        check_trust_domain("trust_domain", params["trust_domain"])
    if params["bundle"]:
        bundle_keys(params["bundle"])


def bundle(server, params, check_mode):
    """spire_bundle: read the server's own bundle, or set its copy of another domain's."""
    if params["bundle"] is None:
        return {"changed": False, "bundle": server.bundle()}
    domain = params["trust_domain"]
    wanted = bundle_keys(params["bundle"]) if params["bundle"] or not check_mode else {("", "")}
    there = server.federated_bundle(domain)
    have = bundle_keys(there) if there else set()
    changed = not wanted <= have
    if changed and not check_mode:
        server.set_bundle(domain, params["bundle"])
    diff = {
        "before": "".join(f"{domain} {kind} {_short_key(key)}\n" for kind, key in sorted(have)),
        "after": "".join(f"{domain} {kind} {_short_key(key)}\n" for kind, key in sorted(wanted if changed else have)),
    }
    return {"changed": changed, "bundle": params["bundle"], "diff": diff}


def _short_key(key):
    return key if len(key) < 50 else f"…{key[-40:]}"


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
        for entry in found:
            server.delete_entry(entry["id"])
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
