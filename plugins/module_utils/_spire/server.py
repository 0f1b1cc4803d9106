# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""spire-server and spire-agent commands, run in their containers and parsed into plain values (private to the collection).

Facts about the commands: `-output json` from 1.x on, text before (`_spire_text`), per-item failures that exit 0, `-` for standard input.
"""

from __future__ import annotations

import json
import queue
import re
import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, TypeVar

from .._container.engine import Engine, EngineError
from .._container.requirements import check_sdk
from .._names import is_trust_domain
from .._releases import SPIRE_CLASSIC, SPIRE_UPSTREAM
from . import legacy_output, trust_bundle
from .absent_server import NoServerYet

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

BINARIES = (f"{SPIRE_UPSTREAM}/spire-server", f"{SPIRE_CLASSIC}/spire-server")
_NOT_THERE = (126, 127)  # what an engine's exec ends with when there is no such program
_T = TypeVar("_T")
_PATH = re.compile(r"(/[a-zA-Z0-9._-]+)+")


class SpireError(Exception):
    """SPIRE refused, or a value is not what SPIFFE allows; the message says which and what would be right."""


def run(
    module: AnsibleModule, action: Callable[[Any, dict[str, Any], bool], dict[str, Any]], check: Callable[[dict[str, Any]], None]
) -> None:
    """Run check(params), then action(server, params, check_mode) → result for the SPIRE Server in container `name`; ends the module."""
    check_sdk(module)
    try:
        check(module.params)
        server: Server | NoServerYet
        server = Server(Engine(module.params), module.params["name"])
        if module.check_mode and not server.is_there():
            server = NoServerYet()
        result = action(server, module.params, module.check_mode)
    except (SpireError, EngineError) as error:
        module.fail_json(msg=str(error))
    if not module._diff:
        result.pop("diff", None)
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    module.exit_json(**result)


# --- names -------------------------------------------------------------------------------------------------------------


def check_trust_domain(option: str, value: str) -> None:
    """Raise SpireError unless value is a trust domain's name (SPIFFE ID specification)."""
    if not is_trust_domain(value):
        raise SpireError(f"{option}: {value!r} is not a trust domain; expected lower-case letters, digits, dots, dashes and underscores")


def check_spiffe_id(option: str, value: str) -> None:
    """Raise SpireError unless value is a SPIFFE ID with a path."""
    scheme, _separator, rest = value.partition("://")
    domain, slash, path = rest.partition("/")
    if scheme != "spiffe" or not is_trust_domain(domain) or not _PATH.fullmatch(slash + path):
        raise SpireError(
            f"{option}: {value!r} is not a SPIFFE ID; expected spiffe://TRUST-DOMAIN/PATH, such as spiffe://example.org/swarm/sn"
        )


def check_selector(option: str, value: str) -> None:
    """Raise SpireError unless value is TYPE:VALUE."""
    kind, colon, rest = value.partition(":")
    if not (kind and colon and rest):
        raise SpireError(f"{option}: {value!r} is not a selector; expected TYPE:VALUE, such as docker:env:swarm_node_type=sn")


def id_text(value: dict[str, Any]) -> str:
    """`spiffe://…` of SPIRE's JSON form of an ID."""
    return f"spiffe://{value['trust_domain']}{value.get('path', '')}"


# --- the server --------------------------------------------------------------------------------------------------------


class Server:
    """The SPIRE Server in one container, its own image's or the platform's, of any version."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine, self._name = engine, name
        self._binaries, self._speaks_json = list(BINARIES), True

    def __call__(self, *words: str, stdin: str | None = None) -> str:
        """The standard output of one spire-server command. Raises SpireError with its message."""
        code, out, err = self._engine.execute(self._name, (self._binaries[0], *words), stdin)
        if code in _NOT_THERE and len(self._binaries) > 1:
            del self._binaries[0]
            return self(*words, stdin=stdin)
        if code:
            message = (err.strip() or out.strip()).removeprefix("Error: ")
            raise SpireError(f"spire-server {' '.join(words[:2])} in container {self._name}: {message}")
        return out

    def _ask(self, words: tuple[str, ...], of_json: Callable[[dict[str, Any]], _T], of_text: Callable[[str], _T]) -> _T:
        """What a command says: of_json(its JSON) or, where the version knows none, of_text(its text)."""
        if self._speaks_json:
            try:
                return of_json(self.json(*words))
            except SpireError as error:
                if not legacy_output.is_refusal_of_json(str(error)):
                    raise
                self._speaks_json = False
        return of_text(self(*words))

    def is_there(self) -> bool:
        """Whether the container runs."""
        inspect: Any = self._engine.inspect(self._name)
        return bool(inspect) and bool(inspect["State"].get("Running"))

    def new_lines(self) -> queue.Queue[str | None]:
        """A queue that gets what its log says from now on, and None when it has ended."""
        inspect = self._engine.inspect(self._name)
        if inspect is None:
            raise SpireError(f"container {self._name} does not exist; check the name of the SPIRE Server's container")
        return self._engine.follow(inspect, time.time())

    def json(self, *words: str, stdin: str | None = None) -> dict[str, Any]:
        """What __call__ gives, with `-output json`, parsed."""
        answer: dict[str, Any] = json.loads(self(*words, "-output", "json", stdin=stdin))
        return answer

    def entries(self, *filters: str) -> list[dict[str, Any]]:
        """The registration entries that the filters let through, as SPIRE's JSON has them."""
        return self._ask(("entry", "show", *filters), lambda answer: answer.get("entries") or [], legacy_output.entries)

    def agents(self) -> list[dict[str, Any]]:
        """What the server knows of agents, as SPIRE's JSON has them."""
        return self._ask(("agent", "list"), lambda answer: answer.get("agents") or [], legacy_output.agents)

    def write_entries(self, verb: str, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Create or update (verb) entries; the entries as they are now. Raises SpireError for those that failed, as the command exits 0 all the same.

        Whether the server speaks JSON is known from the question for its entries, which comes before.
        """
        if not entries:
            return []
        if not self._speaks_json:
            return self._write_old_entries(verb, entries)
        answer = self.json("entry", verb, "-data", "-", stdin=json.dumps({"entries": [_as_data(e) for e in entries]}))
        results = answer.get("results") or []
        failed = [r for r in results if _code(r)]
        if failed or len(results) != len(entries):
            said = (
                "; ".join(_failure(r, e) for r, e in zip(results, entries) if r in failed)
                or f"{len(results)} of {len(entries)} entries answered"
            )
            raise SpireError(f"spire-server entry {verb} in container {self._name}: {said}")
        return [r["entry"] for r in results]

    def _write_old_entries(self, verb: str, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        try:
            data = legacy_output.data(entries)
        except ValueError as error:
            raise SpireError(f"entries: {error}") from None
        return legacy_output.entries(self("entry", verb, "-data", "-", stdin=json.dumps(data)))

    def delete_entries(self, entry_ids: Collection[str]) -> None:
        """Delete the entries of those IDs, in one call. Raises SpireError for those that stay: the command exits 0."""
        if not entry_ids:
            return
        if not self._speaks_json:
            for entry_id in entry_ids:
                self("entry", "delete", "-entryID", entry_id)
            return
        answer = self.json("entry", "delete", "-file", "-", stdin=json.dumps({"ids": list(entry_ids)}))
        failed = [r for r in answer.get("results") or [] if _code(r)]
        if failed:
            said = "; ".join(f"{r.get('id')}: {r['status'].get('message')}" for r in failed)
            raise SpireError(f"spire-server entry delete in container {self._name}: {said}")

    def bundle(self) -> str:
        """The server's own trust bundle, as SPIFFE JSON text."""
        return self("bundle", "show", "-format", "spiffe")

    def own_bundle(self) -> dict[str, Any]:
        """The same, as SPIRE's JSON has it."""
        return self._ask(("bundle", "show"), dict, lambda _pem: legacy_output.bundle(self.bundle()))

    def bundles(self) -> list[dict[str, Any]]:
        """The server's copies of other domains' bundles, as SPIRE's JSON has them."""
        return self._ask(
            ("bundle", "list"),
            lambda answer: answer.get("bundles") or [],
            lambda _pem: [legacy_output.bundle(text, name) for name, text in self.federated_bundles().items()],
        )

    def trust_domain(self) -> str:
        """The server's own trust domain; empty if it does not say."""
        domain: str = self.own_bundle()["trust_domain"]
        return domain

    def federated_bundles(self) -> dict[str, str]:
        """Trust domain → SPIFFE JSON text, of the server's copies of other domains' bundles: one command, in all versions."""
        return trust_bundle.listed(self("bundle", "list", "-format", "spiffe"))

    def set_bundle(self, trust_domain: str, text: str) -> None:
        """Set the server's copy of another domain's bundle."""
        self("bundle", "set", "-id", f"spiffe://{trust_domain}", "-format", "spiffe", stdin=text)

    def delete_bundle(self, trust_domain: str) -> None:
        """Remove the server's copy of another domain's bundle; entries that federate with the domain no longer do."""
        self("bundle", "delete", "-id", f"spiffe://{trust_domain}", "-mode", "dissociate")

    def generate_token(self, spiffe_id: str, ttl: int) -> tuple[str, int]:
        """A new join token as (token, expiry in seconds since the epoch)."""
        before = int(time.time())
        return self._ask(
            ("token", "generate", "-spiffeID", spiffe_id, "-ttl", str(ttl)),
            lambda made: (made["value"], int(made["expires_at"])),
            lambda text: (legacy_output.token(text), before + ttl),
        )


def _as_data(entry: dict[str, Any]) -> dict[str, Any]:
    """The entry as `-data` reads it: IDs as texts, another name for the entry's own ID."""
    texts = {name: id_text(entry[name]) for name in ("spiffe_id", "parent_id")}
    own = {"entry_id": entry["id"]} if entry.get("id") else {}
    return {**{k: v for k, v in entry.items() if k != "id"}, **texts, **own}


def _code(result: dict[str, Any]) -> int:
    """The status of one item of a batch; 0 is well."""
    return int((result.get("status") or {}).get("code") or 0)


def _failure(result: dict[str, Any], entry: dict[str, Any]) -> str:
    status = result.get("status") or {}
    wanted = entry["spiffe_id"]
    path = f"spiffe://{wanted['trust_domain']}{wanted['path']}"
    hint = "; set that domain's bundle first (spire_bundle)" if "federated bundle" in (status.get("message") or "") else ""
    return f"{path}: {status.get('message')}{hint}"


def server_facts(engine: Engine, _host: object, params: dict[str, Any], inspect: Any) -> dict[str, Any]:
    """The own bundle of a SPIRE Server that runs, for the result of its component module. Raises EngineError when it does not answer."""
    if not params["return_bundle"]:
        return {}
    runs = bool(inspect) and bool(inspect["State"].get("Running"))
    try:
        return {"bundle": Server(engine, params["name"]).bundle() if runs else ""}
    except SpireError as error:
        raise EngineError(str(error)) from error
