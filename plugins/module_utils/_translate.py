# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a module's parameters to the containers that they mean, by the tables of `_releases` (private to the collection).

Pure: what it needs to know of the machine and of running containers comes from the `host` and `lookup` that it is given.
The parameters have passed `_check`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace

from ansible_collections.swarm.learning.plugins.module_utils import _parse as parse
from ansible_collections.swarm.learning.plugins.module_utils import _spec as spec
from ansible_collections.swarm.learning.plugins.module_utils._check import SERVICE
from ansible_collections.swarm.learning.plugins.module_utils._releases import SAME


def image_of(component, params):
    """The full image reference of a component, overridden by `image` or `image_registry`."""
    if params.get("image"):
        return params["image"]
    name = component.image
    if component.image_by:
        option, images = component.image_by
        name = images[(params.get(option) or component.options[option].default).upper()]
    return f"{params.get('image_registry') or component.registry}/{name}"


def translate(name, component, params, host, lookup):
    """The ContainerSpecs that the parameters mean: one, or SL's two in their order of starting.

    lookup has `address(container_name, component_name, by_image)` and `socket_volume(container_or_volume_name)`, which ask the engine.
    """
    values = _with_derived(component, params, lookup)
    defaults = [*map(parse.parse_mount, component.volumes), *map(parse.Mount, component.anonymous_volumes)]
    parts = _Parts(values, host, lookup, env=dict(component.environment), mounts=defaults)
    local = values.get("host_ip") and host.owns(values["host_ip"])
    for option, what in component.options.items():
        value = values.get(option)
        if value in (None, False, ""):
            value = what.local_default if local and what.local_default else what.default
        if value is not None or what.kind in _ALWAYS:
            _RULES.get(what.kind, _plain)(parts, what, value)
    main = _container(params, image_of(component, params), component, parts)
    labels = {f"{spec.OWN_LABEL}component": name, f"{spec.OWN_LABEL}release": params["release"]}
    if values.get("socket_path"):
        labels["swarm-node-type"] = name
    main = replace(main, labels={**labels, **main.labels})
    if not params.get("ml"):
        return [main]
    return [main, _sidecar(params, component, host)]


def _with_derived(component, params, lookup):
    values = dict(params)
    for option, what in component.options.items():
        if not what.derives:
            continue
        target, of = what.derives
        alternatives = [target] + [a for a, b in component.exclusive if b == target] + [b for a, b in component.exclusive if a == target]
        alternatives += [o for o in (f"{target.partition('_')[0]}_api_service",) if o in component.options]
        if any(values.get(o) for o in alternatives):
            continue
        if values.get(option) or what.by_image:
            values[target] = lookup.address(values.get(option), of, option)
    return values


@dataclass
class _Parts:
    """What the options add up to, and what they may look at: all values, the machine, the engine's containers."""

    values: dict
    host: object
    lookup: object
    env: dict
    mounts: list
    ports: list = field(default_factory=list)
    arguments: list = field(default_factory=list)


def _plain(parts, what, value):
    if what.mount:
        source = parts.host.real_path(value) if what.argument else value
        target = source if what.mount == SAME else what.mount
        parts.mounts.append(parse.make_mount(source, target, [what.mode] if what.mode else []))
        value = target if what.mount == SAME else value
    if what.env:
        parts.env[what.env] = "1" if what.kind == "flag" else str(value)
    if what.publish:
        inside = value if what.publish == SAME else what.publish
        parts.ports.append(parse.Port(f"{inside}/tcp", str(value)))
    if what.argument:
        parts.arguments += [what.argument, str(value)]


def _service(parts, what, value):
    parts.env[what.env] = value
    if what.publish:
        port = SERVICE.fullmatch(value)["port"] or str(what.port)
        inside = port if what.publish == SAME else what.publish
        parts.ports.append(parse.Port(f"{inside}/tcp", port))


def _directory(parts, what, value):
    target = value if what.mount == SAME else what.mount
    parts.mounts.append(parse.make_mount(value, target, [what.mode] if what.mode else []))
    if what.env:
        parts.env[what.env] = value


def _usr_file(parts, what, value):
    parts.env[what.env] = value


def _program(parts, what, value):
    if not parts.values.get("model_dir"):
        inside = f"/platform/swarmml/model/{os.path.basename(value)}"
        parts.mounts.append(parse.make_mount(value, inside))
        value = inside
    parts.env[what.env] = f"run {value}"


def _socket_path(parts, what, value):
    if value.startswith("/"):
        parts.mounts.append(parse.make_mount(value, f"{what.mount}/{os.path.basename(value)}"))
        inside = os.path.basename(value)
    else:
        volume, _colon, inside = value.partition(":")
        if not inside:
            volume, inside = parts.lookup.socket_volume(value)
        parts.mounts.append(parse.make_mount(volume, what.mount))
    parts.env[what.env] = f"{what.mount}/{inside}"


def _socket_dir(parts, what, value):
    parts.mounts.append(parse.make_mount(value, what.mount))


def _configuration(parts, what, value):
    directory = value if parts.host.kind(value) == "directory" else os.path.dirname(value)
    if parts.host.kind(value) == "directory":
        parts.mounts.append(parse.make_mount(directory, what.mount, ["ro"]))
    else:
        inside = f"{what.mount}/{os.path.basename(value)}"
        parts.mounts.append(parse.make_mount(value, inside, ["ro"]))
        parts.arguments += ["-config", inside]


def _spire_agent_token(parts, what, value):
    parts.env[what.env] = value


def _swop_uid(parts, what, value):
    uid, gid = parts.host.caller() if value is None else (value, parts.host.primary_group(value))
    parts.env["SWOP_UID"], parts.env["SWOP_GID"] = str(uid), str(gid)


def _docker_group_id(parts, what, value):
    sock = parts.values.get("docker_socket_file") or "/var/run/docker.sock"
    parts.env[what.env] = str(parts.host.group_of(sock) if value is None else value)


def _web_port(parts, what, value):
    parts.env["SWCI_MODE"] = "WEB"
    _plain(parts, what, value)


def _nothing(parts, what, value):
    """The option acts elsewhere: it selects the image, names a container to ask, or describes the sidecar."""


_ALWAYS = ("swop_uid", "docker_group_id")
_RULES = {
    "service": _service,
    "directory": _directory,
    "file_in_usr_dir": _usr_file,
    "model_program": _program,
    "socket_path": _socket_path,
    "socket_dir": _socket_dir,
    "configuration": _configuration,
    "spire_agent_token": _spire_agent_token,
    "swop_uid": _swop_uid,
    "docker_group_id": _docker_group_id,
    "web_port": _web_port,
    "choice": _nothing,
    "ml": _nothing,
}


def _container(params, image, component, parts):
    common = _common(params)
    given = {m.target for m in common["mounts"]}
    common["mounts"] += [m for m in parts.mounts if m.target not in given]
    common["ports"] += [p for p in parts.ports if p not in common["ports"]]
    common["env"] = {**parts.env, **common["env"]}
    for option in ("tty", "interactive", "auto_remove"):
        common[option] = getattr(component, option) if params.get(option) is None else params[option]
    if params.get("restart_policy") is None:
        common["restart_policy"] = "no" if common["auto_remove"] else component.restart_policy
    common["pid_mode"] = params.get("pid_mode") or component.pid_mode
    if common["pid_mode"] == "host":  # the engine sets this then, whether it is asked to or not
        common["security_opts"] = [*common["security_opts"], "label=disable"]
    command = parse.parse_command(params.get("command") or ()) + tuple(parts.arguments)
    return _spec_of(common, name=params["name"], image=image, command=command, hostname=params.get("hostname") or params["name"])


def _sidecar(params, component, host):
    ml = params["ml"]
    common = _common(ml)
    common["env"] = {**component.sidecar_environment, **common["env"]}
    common["interactive"] = component.interactive if ml.get("interactive") is None else ml["interactive"]
    common["tty"] = bool(ml.get("tty"))
    name = ml.get("name") or f"{params['name']}-ml"
    return _spec_of(
        common,
        name=name,
        image=ml["image"],
        command=parse.parse_command(ml.get("command") or ()),
        hostname=ml.get("hostname") or name,
        user=_with_group(ml.get("user"), host),
        pid_mode=ml.get("pid_mode") or "",
        volumes_from=(params["name"],),
        restart_policy=parse.parse_restart_policy(ml.get("restart_policy") or "no"),
        labels={**common["labels"], f"{spec.OWN_LABEL}component": "ml", f"{spec.OWN_LABEL}release": params["release"]},
    )


def _with_group(user, host):
    if user is None:
        return "{}:{}".format(*host.caller())
    group = host.primary_group(user) if ":" not in user and user.isdigit() else None
    return f"{user}:{group}" if group is not None else user


def _strings(mapping):
    return {key: str(value) for key, value in (mapping or {}).items()}


def _common(params):
    return {
        "env": _strings(params.get("env")),
        "labels": _strings(params.get("labels")),
        "entrypoint": tuple(params.get("entrypoint") or ()),
        "user": params.get("user") or "",
        "workdir": params.get("workdir") or "",
        "ports": [port for entry in params.get("publish") or () for port in parse.parse_ports(entry)],
        "mounts": [parse.parse_mount(entry) for entry in params.get("volumes") or ()],
        "network": {"bridge": "default"}.get(params.get("network"), params.get("network")) or "default",
        "network_aliases": params.get("network_aliases") or (),
        "memory": parse.parse_size(params.get("memory") or 0),
        "cpus": parse.parse_cpus(params.get("cpus") or 0),
        "shm_size": parse.parse_size(params["shm_size"]) if params.get("shm_size") else spec.DEFAULT_SHM_SIZE,
        "ulimits": [parse.parse_ulimit(entry) for entry in params.get("ulimits") or ()],
        "gpus": parse.parse_gpus(params.get("gpus") or ""),
        "devices": [parse.parse_device(entry) for entry in params.get("devices") or ()],
        "restart_policy": parse.parse_restart_policy(params.get("restart_policy") or "no"),
        "security_opts": params.get("security_opts") or (),
        "cap_add": [parse.normalise_capability(c) for c in params.get("cap_add") or ()],
        "cap_drop": [parse.normalise_capability(c) for c in params.get("cap_drop") or ()],
        "read_only": bool(params.get("read_only")),
        "cgroupns": params.get("cgroupns"),
        "init": params.get("init"),
        "extra_hosts": _strings(params.get("extra_hosts")),
        "dns": tuple(params.get("dns") or ()),
        "log_driver": params.get("log_driver"),
        "log_options": _strings(params["log_options"]) if params.get("log_options") is not None else None,
    }


_SORTED = ("mounts", "ports", "network_aliases", "ulimits", "devices", "security_opts", "cap_add", "cap_drop")


def _spec_of(common, **own):
    return spec.ContainerSpec(**{**common, **{key: tuple(sorted(set(common[key]))) for key in _SORTED}, **own})
