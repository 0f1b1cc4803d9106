# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the platform's own scripts, or hands, left on a host, in the words of this collection's modules (private to the collection).

Each container's options are asked back: what the module would still change with them, no option describes.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._component import converge, describe
from .._component.arguments import ENGINE
from .._component.specifications import SPECIFICATIONS
from .._container import podman
from .._container.host import Host
from .._container.masking import SECRET_NAMES, mask_words, passwords_in_urls
from .._container.parse import Port
from .._container.spec import from_inspect
from .._names import NODE_TYPES
from .._releases import NEWEST, RELEASES
from .._spire import info as _info
from .._spire import x509
from .._spire.agent import svid_of
from .._spire.server import Server, SpireError
from . import ours
from .containers import Member, members, name_of

if TYPE_CHECKING:
    from .._container.engine import Engine
    from .._container.spec import ContainerSpec

_SPIRE_IMAGE = re.compile(r"(?:.*/)?spire-(?P<kind>server|agent):v?(?P<version>\d+\.\d+\.\d+)(?:-.*)?")
_TRUST_DOMAIN = re.compile(r'^\s*"?trust_domain"?\s*[:=]\s*"(?P<name>[^"]+)"', re.MULTILINE)
_DATA_DIR = re.compile(r'^\s*"?data_dir"?\s*[:=]\s*"(?P<name>[^"]+)"', re.MULTILINE)
_USUAL_DATA = "/opt/spire/data/agent"
_CONFIGURATIONS = ("/opt/spire/conf/agent", "/opt/spire/conf")
_SELECTOR = "docker:env:swarm_node_type="
_ALL_OF_SPIRE: dict[str, Any] = {"days": None, "default_x509_svid_ttl": "1h", "synchronized": [], "token_dir": None}
_CURRENT = tuple(release for release in RELEASES if release != "0.3.0")


def found(engine: Engine, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """swarm_found: what of the platform is on this host."""
    there = [one for one in members(engine) if one[0] in (*SPECIFICATIONS, "ml") and not one[0].startswith("spire_")]
    host = Host()
    look = _Look(engine, host, params, [one for one in there if one[0] == "ml"])
    started = _started_by_swops(engine, there)
    containers = [
        look.container(one)
        for one in there
        if one[0] != "ml" and not (one[0] == "sl" and {name_of(one[2]), _hostname(engine, one[2])} & started)
    ]
    servers, agents = _spire(engine)
    return {
        "changed": False,
        "containers": sorted(containers, key=lambda one: (one["component"], one["name"])),
        "spire_servers": servers,
        "spire_agents": agents,
        "networks": [network["Name"] for network in engine.networks()],
        "selinux": any(str(option).startswith("name=selinux") for option in engine.info().get("SecurityOptions") or ()),
        "started_by_swop": sorted(name_of(one[2]) for one in there if {name_of(one[2]), _hostname(engine, one[2])} & started),
    }


def _hostname(engine: Engine, summary: dict[str, Any]) -> str:
    inspect = engine.inspect(summary["Id"])
    return (inspect or {}).get("Config", {}).get("Hostname") or ""


def _started_by_swops(engine: Engine, there: list[Member]) -> set[str]:
    """The names and host names of the containers that SWOPs of this host start, by their profiles."""
    return ours.names_in_profiles(
        mount["Source"]
        for component, _release, summary in there
        if component == "swop"
        for mount in summary.get("Mounts") or ()
        if mount.get("Destination") == ours.USR_DIR
    )


class _Look:
    """Looks at containers of one engine.

    params    the module's: how the engine is reached, and the release of containers whose image's tag is none
    programs  the ML containers of the host
    """

    def __init__(self, engine: Engine, host: Host, params: Mapping[str, Any], programs: list[Member]) -> None:
        self._engine, self._host, self._params, self._programs = engine, host, params, programs

    def container(self, member: Member) -> dict[str, Any]:
        """One container in the module's words, with `problem`, in words, where that cannot be done."""
        component, tag, summary = member
        # The License Server's image has a version of its own.
        release = tag if tag in RELEASES else NEWEST if component == "apls" else self._params["release"] or tag
        inspect: Any = self._engine.inspect(summary["Id"])
        there = from_inspect(inspect)
        about: dict[str, Any] = {
            "name": there.name,
            "component": component,
            "release": release,
            "image": there.image,
            "state": podman.status(inspect["State"]["Status"]),
            "exit_code": inspect["State"].get("ExitCode") or 0,
            "options": {},
            "secrets": [],
            "differs": [],
            "problem": "",
        }
        if there.ours:
            return {**about, "problem": "was made by this collection, so an inventory describes it already"}
        if release not in _CURRENT:
            expected = ", ".join(_CURRENT)
            return {**about, "problem": f"is of an image with the tag {tag}, which is none of the releases that can be adopted, {expected}"}
        options = self._options(component, release, there, inspect)
        kept, secrets = without_secrets(options)
        return {**about, "options": kept, "secrets": secrets, "differs": self._differs(component, release, there.name, options)}

    def _around(self, inspect: dict[str, Any]) -> describe.Around:
        defaults = podman.DEFAULTS if self._engine.podman else {**self._host.engine_defaults(), "log_driver": "json-file"}
        return describe.Around(self._host, self._engine.image(inspect["Image"]) or {}, defaults, self._engine.socket())

    def _options(self, component: str, release: str, there: ContainerSpec, inspect: dict[str, Any]) -> dict[str, Any]:
        table = RELEASES[release][component]
        beside = self._program_of(there.name, inspect["Id"]) if component == "sl" else None
        options = describe.options(component, table, there, self._around(inspect), beside is not None)
        if beside is not None:
            options["ml"] = describe.program(table, from_inspect(beside), self._around(beside))
        return {"image": there.image, **options}

    def _program_of(self, name: str, container_id: str) -> dict[str, Any] | None:
        """The ML container that shares the volumes of an SL."""
        for _component, _release, summary in self._programs:
            inspect = self._engine.inspect(summary["Id"])
            leans_on = {entry.partition(":")[0] for entry in (inspect or {}).get("HostConfig", {}).get("VolumesFrom") or ()}
            if leans_on & {name, container_id}:
                return inspect
        return None

    def _differs(self, component: str, release: str, name: str, options: dict[str, Any]) -> list[str]:
        """The facts of a container that the options do not bring about, or why the module refuses them."""
        reached = {name: self._params[name] for name in ENGINE if self._params[name] is not None}
        asked = {**reached, "release": release, "state": "present", "pull": "never", **options, "name": name}
        result = ArgumentSpecValidator(SPECIFICATIONS[component]).validate(asked)
        if result.error_messages:
            return [str(message) for message in result.error_messages]
        try:
            foreseen = converge.foresee(self._engine, component, result.validated_parameters)
        except converge.FAILURES as error:
            return [str(error)]
        facts = [line.partition(":")[0] for side in ("before", "after") for line in foreseen["diff"][side].splitlines()]
        return list(dict.fromkeys(facts)) or list(foreseen["actions"])


def without_secrets(options: Mapping[str, Any], path: tuple[str, ...] = ()) -> tuple[dict[str, Any], list[list[str]]]:
    """(options without the values that are secret, the paths of those: option, or option and key; within `ml` behind that)."""
    kept: dict[str, Any] = {}
    secrets: list[list[str]] = []
    for name, value in options.items():
        here = (*path, name)
        if isinstance(value, Mapping):
            kept[name], further = without_secrets(value, here)
            secrets += further
        elif _is_secret(name, value, bool(path)):
            secrets.append(list(here))
        else:
            kept[name] = value
    return kept, secrets


def _is_secret(name: str, value: Any, within: bool) -> bool:
    if isinstance(value, list):
        return mask_words([str(word) for word in value]) != [str(word) for word in value]
    return isinstance(value, str) and bool(value) and bool(passwords_in_urls(value) or (within and SECRET_NAMES.search(name)))


# --- SPIRE ----------------------------------------------------------------------------------------------------------------


def _spire(engine: Engine) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(SPIRE Servers, SPIRE Agents) of this host."""
    kinds: dict[str, list[dict[str, Any]]] = {"server": [], "agent": []}
    for summary in engine.containers({}):
        inspect = engine.inspect(summary["Id"])
        match = _SPIRE_IMAGE.fullmatch((inspect or {}).get("Config", {}).get("Image") or "")
        if inspect and match:
            spec = from_inspect(inspect)
            running = bool(inspect["State"].get("Running"))
            about = {"name": spec.name, "version": match["version"], "running": running, "ours": spec.ours}
            more = _server(engine, spec, running) if match["kind"] == "server" else _agent(engine, spec.name, inspect)
            kinds[match["kind"]].append({**about, **more})
    return kinds["server"], kinds["agent"]


def _server(engine: Engine, spec: ContainerSpec, running: bool) -> dict[str, Any]:
    """Where a SPIRE Server is reached, and of a running one what it has registered of the platform."""
    about: dict[str, Any] = {
        "port": published(spec.ports, 8081),
        "federation_port": published(spec.ports, 8443),
        "trust_domain": "",
        "entries": [],
        "aliases": {},
        "bundles": [],
        "problem": "",
    }
    if not running:
        return {**about, "problem": "does not run"}
    try:
        known = _info.info(Server(engine, spec.name), _ALL_OF_SPIRE, True)
    except (SpireError, KeyError, ValueError) as error:
        return {**about, "problem": str(error)}
    return {
        **about,
        "trust_domain": known["trust_domain"],
        "entries": of_nodes(known["entries"]),
        "aliases": aliases(known["entries"]),
        "bundles": sorted(one["trust_domain"] for one in known["bundles"]),
    }


def of_nodes(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The registration entries of the platform's nodes: node_type, spiffe_id, parent_id and federates_with of each."""
    shown = ("spiffe_id", "parent_id", "federates_with")
    return [
        {"node_type": selector.removeprefix(_SELECTOR), **{name: entry[name] for name in shown}}
        for entry in entries
        for selector in entry["selectors"]
        if selector.startswith(_SELECTOR) and selector.removeprefix(_SELECTOR) in NODE_TYPES and len(entry["selectors"]) == 1
    ]


def published(ports: tuple[Port, ...], inside: int) -> int | None:
    """The port of the host at which a container's port is reached."""
    found = [port.host for port in ports if port.inside == f"{inside}/tcp" and port.host.isdecimal()]
    return int(found[0]) if found else None


def aliases(entries: list[dict[str, Any]]) -> dict[str, list[str]]:
    """SPIFFE ID of an agent → the IDs that stand for it too, as those that were given with its join token."""
    found: dict[str, list[str]] = {}
    for entry in entries:
        for kind, _colon, agent in (selector.partition(":") for selector in entry["selectors"]):
            if kind == "spiffe_id":
                found.setdefault(agent, []).append(entry["spiffe_id"])
    return found


def _agent(engine: Engine, name: str, inspect: dict[str, Any]) -> dict[str, str]:
    """The trust domain of an agent, and its SPIFFE ID, as its configuration and its data say; empty where they do not."""
    text = _configuration(inspect)
    domain, data = _TRUST_DOMAIN.search(text), _DATA_DIR.search(text)
    content = engine.read(name, posixpath.join(data["name"] if data else _USUAL_DATA, "agent-data.json"))
    svid = svid_of(content.decode(errors="replace")) if content else b""
    return {"trust_domain": domain["name"] if domain else "", "spiffe_id": x509.spiffe_id(svid) if svid else ""}


def _configuration(inspect: dict[str, Any]) -> str:
    """The configuration of an agent, if that is a file of the host; empty if not."""
    for mount in inspect.get("Mounts") or ():
        source = mount.get("Source") or ""
        path = os.path.join(source, "agent.conf") if os.path.isdir(source) else source
        if mount.get("Destination", "").startswith(_CONFIGURATIONS) and os.path.isfile(path):
            with open(path, encoding="utf-8", errors="replace") as file:
                return file.read()
    return ""
