# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way back from `translate`: the options of which the modules of releases 2.x make a container that exists (private to the collection, pure).

What no option can say stays out: whether the options make the same container again is asked afterwards (`converge.foresee`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._container import further
from .._container.parse import Mount, Port, make_mount, parse_mount
from .._container.spec import OWN_LABEL, RESET, ContainerSpec, as_words, environment
from .._releases import SAME, Component, Option
from .check import SERVICE

if TYPE_CHECKING:
    from .._container.host import Host

_EVERYWHERE = ("", "0.0.0.0")
_HEALTH = {"Interval": "interval", "Timeout": "timeout", "StartPeriod": "start_period"}


@dataclass(frozen=True)
class Around:
    """What else decides about a container.

    image     the engine's inspect of its image; empty if that is gone
    defaults  the engine's own values, as `plan.differences` takes them
    host      the machine
    socket    the engine's socket on it
    """

    host: Host
    image: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    socket: str = ""

    @property
    def config(self) -> Mapping[str, Any]:
        """What the image says of its containers."""
        return self.image.get("Config") or {}


@dataclass
class _Rest:
    """What no option has said yet."""

    env: dict[str, str]
    labels: dict[str, str]
    mounts: list[Mount]
    ports: list[Port]

    def publishes(self, inside: str, host: str) -> bool:
        return Port(f"{inside}/tcp", host) in self.ports

    def drop_port(self, inside: str, host: str) -> None:
        self.ports.remove(Port(f"{inside}/tcp", host))

    def mount_at(self, target: str) -> Mount | None:
        return next((mount for mount in self.mounts if mount.target == target), None)


def options(name: str, component: Component, there: ContainerSpec, around: Around, paired: bool = False) -> dict[str, Any]:
    """Option → value, of those that say something else than the module's own defaults.

    name    of the component
    there   the container as it is
    paired  it is an SL that shares its channel with an ML container
    """
    rest = _rest(there, around)
    fixed = [parse_mount(entry) for entry in (*component.volumes, *(component.pair_volumes if paired else ()))]
    rest.mounts = [mount for mount in rest.mounts if mount not in fixed]
    if paired:
        rest.env = {key: value for key, value in rest.env.items() if component.pair_environment.get(key) != value}
    found: dict[str, Any] = {}
    for option, what in component.options.items():
        found.update(_RULES.get(what.kind, _plain)(_Asked(rest, option, what, around, found, name)))
    kept = {option: value for option, value in found.items() if component.options[option].default != value}
    removes = bool(there.auto_remove)
    usual = {
        "tty": component.tty,
        "interactive": component.interactive,
        "auto_remove": component.auto_remove,
        "restart_policy": "no" if removes else component.restart_policy,
        "pid_mode": component.pid_mode,
    }
    return {**kept, **_common(there, rest, around, usual)}


def program(component: Component, there: ContainerSpec, around: Around) -> dict[str, Any]:
    """The options of `ml` of the module `sl` for an ML container."""
    rest = _rest(there, around)
    rest.env = {key: value for key, value in rest.env.items() if component.pair_environment.get(key) != value}
    usual = {"tty": False, "interactive": component.interactive, "auto_remove": False, "restart_policy": "no", "pid_mode": ""}
    found = {"name": there.name, "image": there.image, **_common(there, rest, around, usual)}
    uid, gid = around.host.caller()
    return {
        **{key: value for key, value in found.items() if key != "user"},
        **({} if there.user == f"{uid}:{gid}" else {"user": there.user}),
    }


def _rest(there: ContainerSpec, around: Around) -> _Rest:
    config = around.config
    env, labels = environment(config.get("Env")), config.get("Labels") or {}
    anonymous = [Mount(path) for path in config.get("Volumes") or {}]
    return _Rest(
        {key: value for key, value in there.env.items() if env.get(key) != value},
        {key: value for key, value in there.labels.items() if labels.get(key) != value and not key.startswith(OWN_LABEL)},
        [mount for mount in there.mounts if mount not in anonymous],
        [Port(port.inside, port.host, "" if port.ip in _EVERYWHERE else port.ip) for port in there.ports],
    )


# --- the component's own options ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Asked:
    """One option of the contract, what is left of the container, and the options that are known already."""

    rest: _Rest
    option: str
    what: Option
    around: Around
    known: Mapping[str, Any]
    component: str


def _plain(asked: _Asked) -> dict[str, Any]:
    what, rest = asked.what, asked.rest
    if not what.env:
        return _published(asked) if what.publish else {}
    value = rest.env.get(what.env)
    is_port, is_flag = what.kind == "port", what.kind == "flag"
    if not value or (is_port and not value.isdecimal()) or (is_flag and value != "1"):
        return {}
    inside = value if what.publish == SAME else str(what.publish)
    if what.publish and not rest.publishes(inside, value):
        return {}
    if what.publish:
        rest.drop_port(inside, value)
    del rest.env[what.env]
    return {asked.option: True if is_flag else int(value) if is_port else value}


def _published(asked: _Asked) -> dict[str, Any]:
    for port in asked.rest.ports:
        if port.inside == f"{asked.what.publish}/tcp" and port.host and not port.ip:
            asked.rest.ports.remove(port)
            return {asked.option: int(port.host)}
    return {}


def _service(asked: _Asked) -> dict[str, Any]:
    what, rest = asked.what, asked.rest
    value = rest.env.get(what.env, "")
    match = SERVICE.fullmatch(value)
    if not match:
        return {}
    if what.publish and (match["port"] or not asked.known.get(what.port_by)):
        port = match["port"] or str(what.port)
        inside = port if what.publish == SAME else str(what.publish)
        if not rest.publishes(inside, port):
            return {}
        rest.drop_port(inside, port)
    del rest.env[what.env]
    return {asked.option: value}


def _path(asked: _Asked) -> dict[str, Any]:
    what, rest = asked.what, asked.rest
    target = rest.env.get(what.env, "") if what.mount == SAME else what.mount
    mount = rest.mount_at(target)
    mode = [what.mode] if what.mode else []
    if mount is None or not mount.source.startswith("/") or mount != make_mount(mount.source, target, mode):
        return {}
    if what.mount == SAME and mount.source != target:
        return {}
    rest.mounts.remove(mount)
    rest.env.pop(what.env, None)
    return {asked.option: mount.source}


def _usr_file(asked: _Asked) -> dict[str, Any]:
    value = asked.rest.env.pop(asked.what.env, "")
    return {asked.option: value} if value else {}


def _socket_file(asked: _Asked) -> dict[str, Any]:
    what, rest = asked.what, asked.rest
    mount = rest.mount_at(what.mount)
    if mount is None or mount != make_mount(mount.source, what.mount, [what.mode]):
        return {}
    rest.mounts.remove(mount)
    return {} if mount.source == asked.around.socket else {asked.option: mount.source}


def _docker_group_id(asked: _Asked) -> dict[str, Any]:
    value = asked.rest.env.pop(asked.what.env, "")
    socket = asked.known.get("docker_socket_file") or asked.around.socket
    usual = asked.around.host.kind(socket) == "socket" and str(asked.around.host.group_of(socket)) == value
    return {} if usual or not value else {asked.option: value}


def _swop_uid(asked: _Asked) -> dict[str, Any]:
    env, host = asked.rest.env, asked.around.host
    uid = env.get("SWOP_UID", "")
    user = host.user(uid) if uid.isdecimal() else None
    if user is None:
        return {}
    del env["SWOP_UID"]
    if env.get("SWOP_GID") == str(user[1]):
        del env["SWOP_GID"]
    return {} if int(uid) == host.caller()[0] else {asked.option: uid}


def _socket_path(asked: _Asked) -> dict[str, Any]:
    what, rest = asked.what, asked.rest
    value = rest.env.get(what.env, "")
    folder, _slash, inside = value.rpartition("/")
    file, volume = rest.mount_at(value), rest.mount_at(what.mount)
    # The option brings this label too, so one without it is described by its mount and variable.
    if folder != what.mount or rest.labels.get("swarm-node-type") != asked.component:
        return {}
    if file is not None and file.source.startswith("/") and file.source.endswith(f"/{inside}") and not file.options:
        mount, said = file, file.source
    elif volume is not None and volume.source and "/" not in volume.source and not volume.options:
        mount, said = volume, f"{volume.source}:{inside}"
    else:
        return {}
    rest.mounts.remove(mount)
    del rest.env[what.env], rest.labels["swarm-node-type"]
    return {asked.option: said}


def _web_port(asked: _Asked) -> dict[str, Any]:
    rest = asked.rest
    value = rest.env.get(asked.what.env, "")
    port = next((port for port in rest.ports if (port.inside, port.host) == (f"{value}/tcp", value)), None)
    if rest.env.get("SWCI_MODE") != "WEB" or port is None:
        return {}
    rest.ports.remove(port)
    del rest.env[asked.what.env], rest.env["SWCI_MODE"]
    return {asked.option: int(value), **({"web_address": port.ip} if port.ip else {})}


def _nothing(asked: _Asked) -> dict[str, Any]:
    """What the option says is said by another one, or is found elsewhere."""
    return {}


_RULES: dict[str, Callable[[_Asked], dict[str, Any]]] = {
    "service": _service,
    "file": _path,
    "directory": _path,
    "file_in_usr_dir": _usr_file,
    "socket_file": _socket_file,
    "docker_group_id": _docker_group_id,
    "swop_uid": _swop_uid,
    "socket_path": _socket_path,
    "web_port": _web_port,
    "bind_address": _nothing,
    "container": _nothing,
    "ml": _nothing,
}


# --- the options of all containers ------------------------------------------------------------------------------------------


def _common(there: ContainerSpec, rest: _Rest, around: Around, usual: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "env": rest.env,
        "labels": rest.labels,
        "volumes": [mount.given or str(mount) for mount in rest.mounts],
        "publish": [str(port) for port in rest.ports],
        "memory": _size(there.memory),
        "memory_reservation": _size(there.memory_reservation),
        "cpus": f"{there.cpus / 1e9:g}" if there.cpus else "",
        "extra_hosts": dict(there.extra_hosts),
        **{name: getattr(there, name) for name in ("ip", "ip6", "cpuset_cpus", "gpus", "privileged", "read_only")},
        **{name: list(getattr(there, name)) for name in _LISTS},
        **_names(there),
        **_program(there, around.config),
        **_of_engine(there, around.defaults),
        **_further(there, around.config),
    }
    given = {name: value for name, value in found.items() if value not in ("", [], {}, None, False)}
    return {**given, **{name: getattr(there, name) for name, value in usual.items() if getattr(there, name) != value}}


def _names(there: ContainerSpec) -> dict[str, Any]:
    """By what name a container goes, and where."""
    own_names = {there.name, there.hostname}
    return {
        "network": "bridge" if there.network == "default" else there.network,
        "network_aliases": [alias for alias in there.network_aliases if alias not in own_names],
        "hostname": "" if there.hostname == there.name or there.network.startswith("container:") else there.hostname,
    }


_LISTS = ("ulimits", "devices", "security_opts", "cap_add", "cap_drop", "group_add", "dns", "dns_search")


def _size(number: int) -> str:
    return f"{number // 2**20}m" if number and number % 2**20 == 0 else str(number or "")


def _program(there: ContainerSpec, config: Mapping[str, Any]) -> dict[str, Any]:
    """What a container runs, as far as it is not what its image says."""
    entrypoint, command = as_words(config.get("Entrypoint")), as_words(config.get("Cmd"))
    other = list(there.entrypoint) != entrypoint
    return {
        "entrypoint": list(there.entrypoint or RESET) if other else [],
        "command": list(there.command) if other or list(there.command) != command else [],
        "user": there.user if there.user != (config.get("User") or "") else "",
        "workdir": there.workdir if there.workdir != (config.get("WorkingDir") or "").rstrip("/") else "",
    }


def _of_engine(there: ContainerSpec, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """What differs from the engine's own values."""
    own_driver = there.log_driver in (None, defaults.get("log_driver"))
    usual_log = (defaults.get("log_options") or {}) if own_driver else {}
    return {
        "cgroupns": there.cgroupns if there.cgroupns != defaults.get("cgroupns") else "",
        "shm_size": _size(there.shm_size or 0) if there.shm_size != defaults.get("shm_size") else "",
        "init": bool(there.init),
        "log_driver": "" if own_driver else there.log_driver,
        "log_options": there.log_options if (there.log_options or {}) != usual_log else {},
    }


def _further(there: ContainerSpec, config: Mapping[str, Any]) -> dict[str, Any]:
    found = further.that_matter(there.further, (), False, ())
    for option in ("healthcheck", "stop_signal"):
        value = there.further.get(option)
        if value and value != config.get(further.FACTS[option].name):
            found[option] = value
    if "healthcheck" in found:
        found["healthcheck"] = _health(found["healthcheck"])
    if "tmpfs" in found:
        found["tmpfs"] = [f"{path}:{settings}" if settings else path for path, settings in found["tmpfs"].items()]
    if "memory_swap" in found:
        found["memory_swap"] = str(found["memory_swap"])
    return found


def _health(check: Mapping[str, Any]) -> dict[str, Any]:
    times = {option: f"{check[name] // 10**6}ms" for name, option in _HEALTH.items() if check.get(name)}
    return {"test": list(check.get("Test") or ()), **times, **({"retries": check["Retries"]} if check.get("Retries") else {})}
