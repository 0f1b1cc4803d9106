# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Translates a module's parameters into containers, with the tables of `_releases` (private to the collection).

Pure: facts about the machine and running containers come from the arguments `host` and `lookup`.
The parameters have passed `_check`.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .._container import further, parse, spec
from .._container.podman import SOCKET as PODMAN_SOCKET
from .._container.ready_signal import ENGINE_SOCKET
from .._releases import SAME, Component, Option
from .check import SERVICE
from .check_container import OptionError

if TYPE_CHECKING:
    from .._container.host import Host
    from .lookup import Lookup


def image_of(component: Component, params: dict[str, Any]) -> str:
    """The full image reference of a component, overridden by `image` or `image_registry`."""
    given: str | None = params.get("image")
    if given:
        return given
    name = component.image
    if component.image_by:
        option, images = component.image_by
        chosen: Any = params.get(option) or component.options[option].default
        name = images[chosen.upper()]
    return f"{params.get('image_registry') or component.registry}/{name}"


def translate(name: str, component: Component, params: dict[str, Any], host: Host, lookup: Lookup) -> list[spec.ContainerSpec]:
    """The ContainerSpecs for the parameters: one, or the two of SL in the order in which they start.

    lookup asks the engine: `address`, `engine_socket`, `container_id` and `socket_volume` of `_lookup.Lookup`.
    """
    values = _with_derived(component, params, host, lookup)
    parts = _Parts(values, host, lookup, mounts=list(_fixed_mounts(component, lookup)))
    with_local_default = any(what.local_default for what in component.options.values())
    local = with_local_default and host.owns(values["host_ip"])
    for option, what in component.options.items():
        value = values.get(option)
        if value in (None, False):
            value = what.local_default if local and what.local_default else what.default
        if value is not None or what.kind in _ALWAYS:
            _RULES.get(what.kind, _plain)(parts, what, value)
    if params.get("ml"):
        parts.mounts += [parse.parse_mount(target) for target in component.pair_volumes]
        parts.env.update(component.pair_environment)
    main = _container(params, image_of(component, params), component, parts)
    labels = {f"{spec.OWN_LABEL}component": name, f"{spec.OWN_LABEL}release": params["release"]}
    if values.get("socket_path"):
        labels["swarm-node-type"] = name
    main = replace(main, labels={**labels, **main.labels})
    if not params.get("ml"):
        return [main]
    return [main, _sidecar(params, component, parts)]


def _fixed_mounts(component: Component, lookup: Lookup) -> Iterator[parse.Mount]:
    for entry in component.volumes:
        mount = parse.parse_mount(entry)
        source = lookup.engine_socket() if mount.source == ENGINE_SOCKET else mount.source
        yield mount if source == mount.source else parse.make_mount(source, mount.target, mount.options)
        if mount.source == ENGINE_SOCKET != source:
            yield parse.make_mount(source, PODMAN_SOCKET)


def _with_derived(component: Component, params: dict[str, Any], host: Host, lookup: Lookup) -> dict[str, Any]:
    values = dict(params)
    for option, what in component.options.items():
        if what.derives and (values.get(option) or what.by_image) and not any(values.get(other) for other in what.instead_of):
            target, of = what.derives
            values[target] = lookup.address(values.get(option), of, option)
    if "docker_group_id" in component.options and not values.get("docker_socket_file"):
        values["docker_socket_file"] = _usual_socket(component, host, lookup)
    return values


def _usual_socket(component: Component, host: Host, lookup: Lookup) -> str:
    path = lookup.engine_socket()
    if host.kind(path) != "socket":
        option = "docker_socket_file" if "docker_socket_file" in component.options else "docker_group_id"
        raise OptionError(
            option,
            None,
            f"is required, because the engine's socket {path} does not exist on this host; set the path of the engine's socket",
        )
    return path


@dataclass
class _Parts:
    """The result of the options so far, and what they may use: all values, the machine, the engine's containers."""

    values: dict[str, Any]
    host: Host
    lookup: Lookup
    mounts: list[parse.Mount]
    env: dict[str, str] = field(default_factory=dict)
    ports: list[parse.Port] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)

    def shared(self, mode: str) -> str:
        """A network or PID mode; another container's name becomes its ID, as the engine has it."""
        kind, _colon, name = mode.partition(":")
        if kind != "container" or name == self.values["name"]:
            return mode
        return f"container:{self.lookup.container_id(name)}"

    def security(self, option: str) -> str:
        """A security option; a seccomp profile's file becomes its content, which is what the engine takes."""
        kind, _equals, value = option.partition("=")
        if kind == "seccomp" and value.startswith("/"):
            return "seccomp=" + json.dumps(json.loads(self.host.read(value)), separators=(",", ":"))
        return option


def _plain(parts: _Parts, what: Option, value: Any) -> None:
    if what.env:
        parts.env[what.env] = "1" if what.kind == "flag" else str(value)
    if what.publish:
        inside = value if what.publish == SAME else what.publish
        parts.ports.append(parse.Port(f"{inside}/tcp", str(value)))
    if what.argument:
        parts.arguments += [what.argument, str(value)]


def _path(parts: _Parts, what: Option, value: str) -> None:
    source = parts.host.real_path(value)
    target = source if what.mount == SAME else what.mount
    parts.mounts.append(parse.make_mount(source, target, [what.mode] if what.mode else []))
    _plain(parts, what, target)


def _socket_file(parts: _Parts, what: Option, value: str) -> None:
    parts.mounts.append(parse.make_mount(value, what.mount, [what.mode]))


def _service(parts: _Parts, what: Option, value: str) -> None:
    parts.env[what.env] = value
    service: Any = SERVICE.fullmatch(value)
    if what.publish and (service["port"] or not parts.values.get(what.port_by)):
        port = service["port"] or str(what.port)
        inside = port if what.publish == SAME else what.publish
        parts.ports.append(parse.Port(f"{inside}/tcp", port))


def _usr_file(parts: _Parts, what: Option, value: str) -> None:
    parts.env[what.env] = value


def _program(parts: _Parts, what: Option, value: str) -> None:
    if not parts.values.get("model_dir"):
        source = parts.host.real_path(value)
        value = f"/platform/swarmml/model/{os.path.basename(source)}"
        parts.mounts.append(parse.make_mount(source, value))
    parts.env[what.env] = f"run {value}"


def _socket_path(parts: _Parts, what: Option, value: str) -> None:
    if value.startswith("/"):
        inside = os.path.basename(value)
        parts.mounts.append(parse.make_mount(parts.host.real_path(value), f"{what.mount}/{inside}"))
    else:
        volume, _colon, inside = value.partition(":")
        if not inside:
            volume, inside = parts.lookup.socket_volume(value)
        parts.mounts.append(parse.make_mount(volume, what.mount))
    parts.env[what.env] = f"{what.mount}/{inside}"


def _socket_dir(parts: _Parts, what: Option, value: str) -> None:
    parts.mounts.append(parse.make_mount(value, what.mount))


def _configuration(parts: _Parts, what: Option, value: str) -> None:
    if parts.host.kind(value) == "directory":
        parts.mounts.append(parse.make_mount(value, what.mount, ["ro"]))
    else:
        inside = f"{what.mount}/{os.path.basename(value)}"
        parts.mounts.append(parse.make_mount(value, inside, ["ro"]))
        parts.arguments += ["-config", inside]


def _local_spire_server(parts: _Parts, what: Option, value: str | None) -> None:
    """The SPIRE Server of this host, if nothing else sets the server: required if it is named or created the token."""
    config = parts.values.get("config")
    if parts.values.get("server_address") or (config and _SERVER_ADDRESS.search(parts.host.read(config))):
        return
    address = parts.lookup.address(value, "spire_server", "spire_docker_name", bool(value or parts.values.get("join_token")))
    if address:
        parts.arguments += [what.argument, address]


def _swop_uid(parts: _Parts, what: Option, value: str | None) -> None:
    user: Any = parts.host.caller() if value is None else parts.host.user(value)
    uid, gid = user
    parts.env["SWOP_UID"], parts.env["SWOP_GID"] = str(uid), str(gid)


def _docker_group_id(parts: _Parts, what: Option, value: str | None) -> None:
    parts.env[what.env] = str(parts.host.group_of(parts.values["docker_socket_file"]) if value is None else value)


def _web_port(parts: _Parts, what: Option, value: int) -> None:
    parts.env.update({"SWCI_MODE": "WEB", what.env: str(value)})
    parts.ports.append(parse.Port(f"{value}/tcp", str(value), parts.values.get("web_address") or ""))


def _nothing(parts: _Parts, what: Option, value: Any) -> None:
    """The option is used elsewhere: it selects the image, names a container to ask, or describes the sidecar."""


_SERVER_ADDRESS = re.compile(r'^\s*"?server_address"?\s*[:=]', re.MULTILINE)
_ALWAYS = ("swop_uid", "docker_group_id", "local_spire_server")
_RULES: dict[str, Callable[[_Parts, Option, Any], None]] = {
    "service": _service,
    "file": _path,
    "directory": _path,
    "socket_file": _socket_file,
    "local_spire_server": _local_spire_server,
    "file_in_usr_dir": _usr_file,
    "model_program": _program,
    "socket_path": _socket_path,
    "socket_dir": _socket_dir,
    "configuration": _configuration,
    "swop_uid": _swop_uid,
    "docker_group_id": _docker_group_id,
    "web_port": _web_port,
    "bind_address": _nothing,
    "choice": _nothing,
    "container": _nothing,
    "ml": _nothing,
}


def _container(params: dict[str, Any], image: str, component: Component, parts: _Parts) -> spec.ContainerSpec:
    common = _common(params, parts)
    given = {m.target for m in common["mounts"]}
    common["mounts"] += [m for m in parts.mounts if m.target not in given]
    common["ports"] += [p for p in parts.ports if p not in common["ports"]]
    common["env"] = {**parts.env, **common["env"]}
    for option in ("tty", "interactive", "auto_remove"):
        common[option] = getattr(component, option) if params.get(option) is None else params[option]
    if params.get("restart_policy") is None:
        common["restart_policy"] = "no" if common["auto_remove"] else component.restart_policy
    common["pid_mode"] = common["pid_mode"] or component.pid_mode
    own, asked = tuple(parts.arguments), parse.parse_command(params.get("command") or ())
    command = own + asked if component.own_first else asked + own
    return _spec_of(common, name=params["name"], image=image, command=command, hostname=_hostname(params, params["name"]))


def _sidecar(params: dict[str, Any], component: Component, parts: _Parts) -> spec.ContainerSpec:
    made = _ml(params["ml"], sidecar_name(params), params["release"], component, parts)
    return replace(made, env={**component.pair_environment, **made.env}, volumes_from=(params["name"],))


def ml_alone(component: Component, ml: dict[str, Any], release: str, host: Host, lookup: Lookup) -> spec.ContainerSpec:
    """The container of an ML program that has no SL node beside it. ml: its options, as those of `ml` of the module `sl`, with a name."""
    return _ml(ml, ml["name"], release, component, _Parts(ml, host, lookup, mounts=[]))


def _ml(ml: dict[str, Any], name: str, release: str, component: Component, parts: _Parts) -> spec.ContainerSpec:
    common = _common(ml, parts)
    common["interactive"] = component.interactive if ml.get("interactive") is None else ml["interactive"]
    common["tty"], common["auto_remove"] = bool(ml.get("tty")), bool(ml.get("auto_remove"))
    return _spec_of(
        common,
        name=name,
        image=ml["image"],
        command=parse.parse_command(ml.get("command") or ()),
        hostname=_hostname(ml, name),
        user=_with_group(ml.get("user"), parts.host),
        labels={**common["labels"], f"{spec.OWN_LABEL}component": "ml", f"{spec.OWN_LABEL}release": release},
    )


def sidecar_name(params: dict[str, Any]) -> str:
    """The ML container's name: as given, or the SL container's with `-ml` as a suffix."""
    given: str | None = (params.get("ml") or {}).get("name")
    return given or f"{params['name']}-ml"


def _hostname(params: dict[str, Any], name: str) -> str | None:
    """None if another container's network has its own, or the host's name is used."""
    return None if params.get("uts_mode") or (params.get("network") or "").startswith("container:") else params.get("hostname") or name


def _with_group(user: str | None, host: Host) -> str:
    """A user as the platform's scripts pass it: without a group, with the primary group on this host."""
    if user is None:
        return "{}:{}".format(*host.caller())
    known = None if ":" in user else host.user(user)
    return f"{user}:{known[1]}" if known else user


def _strings(mapping: dict[str, Any] | None) -> dict[str, str]:
    return {key: str(value) for key, value in (mapping or {}).items()}


def _each(parse_one: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    """A parser of a list, of one of its items; nothing is an empty list."""
    return lambda entries: [parse_one(entry) for entry in entries or ()]


# option → how its value becomes the spec's field of that name
_AS_GIVEN: dict[str, Callable[[Any], Any]] = {
    "env": _strings,
    "labels": _strings,
    "extra_hosts": _strings,
    "entrypoint": lambda words: tuple(words or ()),
    "dns": lambda addresses: tuple(addresses or ()),
    "dns_search": lambda domains: tuple(domains or ()),
    "network_aliases": lambda names: names or (),
    "ip": lambda address: str(ipaddress.ip_address(address)) if address else "",
    "ip6": lambda address: str(ipaddress.ip_address(address)) if address else "",
    "user": lambda name: name or "",
    "workdir": lambda path: path or "",
    "memory": lambda size: parse.parse_memory(size or 0),
    "memory_reservation": lambda size: parse.parse_memory(size or 0),
    "cpus": lambda number: parse.parse_cpus(number or 0),
    "cpuset_cpus": lambda numbers: parse.parse_cpuset(numbers) if numbers else "",
    "shm_size": lambda size: parse.parse_shm_size(size) if size else None,
    "gpus": lambda gpus: parse.parse_gpus(gpus) if gpus else "",
    "restart_policy": lambda policy: parse.parse_restart_policy(policy or "no"),
    "ulimits": _each(parse.parse_ulimit),
    "devices": _each(parse.parse_device),
    "cap_add": _each(parse.normalise_capability),
    "cap_drop": _each(parse.normalise_capability),
    "group_add": lambda groups: groups or (),
    "privileged": bool,
    "read_only": bool,
    "cgroupns": lambda namespace: namespace,
    "init": lambda wanted: wanted,
    "log_driver": lambda driver: driver,
    "log_options": lambda options: None if options is None else _strings(options),
}


def _common(params: dict[str, Any], parts: _Parts) -> dict[str, Any]:
    network: Any = params.get("network")
    return {
        **{option: read(params.get(option)) for option, read in _AS_GIVEN.items()},
        "ports": [port for entry in params.get("publish") or () for port in parse.parse_ports(entry)],
        "mounts": [parse.parse_mount(entry) for entry in params.get("volumes") or ()],
        "network": parts.shared({"bridge": "default"}.get(network, network) or "default"),
        "security_opts": [parts.security(option) for option in params.get("security_opts") or ()],
        "pid_mode": parts.shared(params.get("pid_mode") or ""),
        "further": _further_of(params, parts),
    }


def _further_of(params: dict[str, Any], parts: _Parts) -> dict[str, Any]:
    given = further.given(params)
    if given.get("memory_swap") == 2 * parse.parse_memory(params.get("memory") or 0):  # which is what an engine makes of it anyway
        del given["memory_swap"]
    return {**given, **({"ipc_mode": parts.shared(given["ipc_mode"])} if "ipc_mode" in given else {})}


_SORTED = ("mounts", "ports", "network_aliases", "ulimits", "devices", "security_opts", "cap_add", "cap_drop", "group_add")


def _spec_of(common: dict[str, Any], **own: Any) -> spec.ContainerSpec:
    return spec.ContainerSpec(**{**common, **{key: tuple(sorted(set(common[key]))) for key in _SORTED}, **own})
