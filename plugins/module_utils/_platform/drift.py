# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What on a host differs from what is wanted: many modules asked in check mode, in one process (private to the collection)."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._component import converge
from .._component.arguments import ENGINE
from .._component.specifications import SPECIFICATIONS
from .._container.engine import Engine
from .._spire import agent, bundles, entries, server, upgrade
from .._spire.fingerprints import fingerprints, of_authorities
from . import files
from .training import node_outcome

CHECKSUM = {"path": {"type": "path", "required": True}}
TRUST = {
    **ENGINE,
    "name": {"type": "str", "required": True},
    "federates": {"type": "bool", "default": True},
    "record_dir": {"type": "path", "required": True},
}
# What can be asked → the options that it takes.
QUESTIONS: dict[str, dict[str, Any]] = {
    **SPECIFICATIONS,
    "checksum": CHECKSUM,
    "spire_entry": {**ENGINE, **entries.OPTIONS},
    "swarm_files": files.ARGUMENTS,
    "trust": TRUST,
}
_TRAINED = ("finished", "running")


class WrongQuestion(Exception):
    """A question has options that its module does not take; the message names them."""


class Look:
    """Asks questions, and gathers the answers.

    reasons    why a module would change something, in sentences
    parts      the parts of the platform that these are about, as their questions name them, once each
    trust      container of a SPIRE Server → {own, copies}: `fingerprints` of its bundle and of its copies of others
    agents     container of a SPIRE Agent → the authorities that it keeps; empty where it keeps none
    checksums  path → SHA-256 in hex, empty where there is no file
    """

    def __init__(self, module: AnsibleModule) -> None:
        self._module = module
        self._engines: dict[str, Engine] = {}
        self.reasons: list[str] = []
        self.parts: list[str] = []
        self.trust: dict[str, dict[str, Any]] = {}
        self.agents: dict[str, list[str]] = {}
        self.checksums: dict[str, str] = {}

    def ask(self, question: dict[str, Any]) -> None:
        """One question: {module, options, part}. Raises WrongQuestion."""
        name, before = question["module"], len(self.reasons)
        options = _validated(name, question["options"])
        if name in SPECIFICATIONS:
            self._module.no_log_values.update(converge.secrets(options))
        try:
            self._answer(name, options)
        except (*converge.FAILURES, server.SpireError) as error:
            self.reasons.append(f"{options.get('name', name)}: {error}")
        if len(self.reasons) > before and question["part"] not in self.parts:
            self.parts.append(question["part"])

    def _answer(self, name: str, options: dict[str, Any]) -> None:
        if name == "checksum":
            self.checksums[options["path"]] = files.sum_at(options["path"])
        elif name == "swarm_files":
            self.reasons += _of_files(files.arrange(self._module, options))
        elif name == "spire_entry":
            self.reasons += _of_entries(entries.entries(self._server(options), options, True))
        elif name == "trust":
            self.trust[options["name"]] = _trust(self._server(options), options["record_dir"], options["federates"])
        else:
            self.reasons += self._of_component(name, options)

    def _server(self, options: dict[str, Any]) -> server.Server:
        return server.Server(self._engine(options), options["name"])

    def _engine(self, options: dict[str, Any]) -> Engine:
        key = json.dumps({name: options[name] for name in ENGINE}, sort_keys=True)
        return self._engines.setdefault(key, Engine(options))

    def _of_component(self, name: str, options: dict[str, Any]) -> list[str]:
        judge = upgrade.check if name == "spire_server" else None
        result = converge.foresee(self._engine(options), name, options, _FACTS.get(name), judge)
        if name == "spire_agent":
            self.agents[options["name"]] = of_authorities(agent.authorities_kept(options["volumes"] or ()))
        return [*result["actions"], *_unfinished(name, options, result)]


def _validated(name: str, options: dict[str, Any]) -> dict[str, Any]:
    result = ArgumentSpecValidator(QUESTIONS[name]).validate(options)
    if result.error_messages:
        raise WrongQuestion(f"{name}: {'; '.join(result.error_messages)}")
    validated: dict[str, Any] = result.validated_parameters
    return validated


def _sl_facts(engine: Engine, _host: object, params: dict[str, Any], inspect: Any) -> dict[str, Any]:
    return {"training": node_outcome(engine, params, inspect)}


_FACTS: dict[str, Callable[..., dict[str, Any]]] = {"spire_agent": agent.agent_facts, "sl": _sl_facts}


def _unfinished(name: str, options: dict[str, Any], result: dict[str, Any]) -> list[str]:
    """What is still to be done although the container is as wanted."""
    own = options["name"]
    if name == "spire_agent" and not result["attested"]:
        return [f"{own} is not attested"]
    if name == "sl" and result["training"] not in _TRAINED:
        return [f"{own} has not trained to the end"]
    if name == "swci" and options["state"] == "present":
        return _of_script(own, result["container"].get("State") or {}, options["script_wait"])
    return []


def _of_script(name: str, state: dict[str, Any], is_awaited: bool) -> list[str]:
    if state.get("Status") == "running":
        return [f"{name} is still running its script"] if is_awaited else []
    return [] if state.get("Status") == "exited" and state.get("ExitCode") == 0 else [f"{name} has not run its script to the end"]


def _of_files(laid: dict[str, Any]) -> list[str]:
    differing = [f"{path} differs" for path in dict.fromkeys((*laid["paths"], *laid["differing"]))]
    return differing + [f"{path}: {why}" for path, why in laid["unusable"].items()]


def _of_entries(result: dict[str, Any]) -> list[str]:
    found = {"created": "is not registered", "updated": "is registered otherwise", "deleted": "is registered and not wanted"}
    found |= {"orphans": "has no agent", "shared": "is that of several agents"}
    return [f"entry {spiffe_id} {words}" for kind, words in found.items() for spiffe_id in result[kind]]


def _trust(asked: server.Server, record_dir: str, federates: bool) -> dict[str, Any]:
    """{own, copies} of a server; a copy has a `record` too, see `bundles`. copies is empty for a server that does not federate, and never did."""
    there = asked.federated_bundles() if federates or bundles.recorded(record_dir) else {}
    copies = {domain: {**fingerprints(text), "record": bundles.record(os.path.join(record_dir, domain))} for domain, text in there.items()}
    return {"own": fingerprints(asked.bundle()), "copies": copies}
