# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ContainerSpec: one type for the container that is wanted and for the container that is there (private to the collection).

`from_options` reads what a playbook says, `from_inspect` what the engine says; `to_api` is the request that creates the
container. Both readers give every field a definite, normalised value, so that two specs differ only where the containers do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from ansible_collections.swarm.learning.plugins.module_utils._parse import (
    Mount,
    Port,
    make_mount,
    normalise_capability,
    parse_mount,
)

OWN_LABEL = "learning.swarm."
SECRET_ARGUMENTS = ("-joinToken",)
SECRET_NAMES = re.compile(r"TOKEN|PASSWORD|PASSWD|SECRET", re.IGNORECASE)

DEFAULT_SHM_SIZE = 64 * 1024 * 1024


@dataclass(frozen=True)
class ContainerSpec:
    """A container, fact by fact. Sizes are bytes, cpus are billionths; None means "whatever the engine's default is"."""

    name: str
    image: str
    image_id: str = ""
    hostname: str = ""
    env: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    user: str = ""
    workdir: str = ""
    tty: bool = False
    interactive: bool = False
    auto_remove: bool = False
    mounts: tuple[Mount, ...] = ()
    volumes_from: tuple[str, ...] = ()
    ports: tuple[Port, ...] = ()
    network: str = "default"
    network_aliases: tuple[str, ...] = ()
    restart_policy: str = "no"
    memory: int = 0
    cpus: int = 0
    shm_size: int = DEFAULT_SHM_SIZE
    ulimits: tuple[str, ...] = ()
    gpus: str = ""
    devices: tuple[str, ...] = ()
    security_opts: tuple[str, ...] = ()
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    read_only: bool = False
    pid_mode: str = ""
    cgroupns: str | None = None
    init: bool | None = None
    extra_hosts: dict[str, str] = field(default_factory=dict)
    dns: tuple[str, ...] = ()
    log_driver: str | None = None
    log_options: dict[str, str] | None = None


# --- over the image ---------------------------------------------------------------------------------------------------


def over_image(spec, image):
    """The spec that the engine makes of `spec` with that image: the image's own environment, labels, command and so on below it.

    image is what the engine's image inspect says.
    """
    config = image.get("Config") or {}
    command = spec.command if spec.command or spec.entrypoint else tuple(config.get("Cmd") or ())
    anonymous = [Mount(path) for path in (config.get("Volumes") or {}) if path not in {m.target for m in spec.mounts}]
    return replace(
        spec,
        image_id=image["Id"],
        env={**environment(config.get("Env")), **spec.env},
        labels={**(config.get("Labels") or {}), **spec.labels},
        entrypoint=spec.entrypoint or tuple(as_words(config.get("Entrypoint"))),
        command=command,
        user=spec.user or config.get("User") or "",
        workdir=spec.workdir or config.get("WorkingDir") or "",
        mounts=tuple(sorted((*spec.mounts, *anonymous))),
    )


def environment(lines):
    """A mapping of an engine's `NAME=value` lines."""
    return dict(line.split("=", 1) for line in lines or () if "=" in line)


def as_words(value):
    """The engine's Entrypoint or Cmd as a list, which may be null or, in old images, one string."""
    return [value] if isinstance(value, str) else list(value or ())


# --- what the engine says ----------------------------------------------------------------------------------------------


def from_inspect(inspect):
    """The ContainerSpec of a container, from the engine's inspect (Docker Engine or Podman's Docker-compatible API)."""
    config, host = inspect["Config"], inspect["HostConfig"]
    networks = (inspect.get("NetworkSettings") or {}).get("Networks") or {}
    network = _network(host.get("NetworkMode"), networks)
    log = host.get("LogConfig") or {}
    return ContainerSpec(
        name=inspect["Name"].lstrip("/"),
        image=config.get("Image") or "",
        image_id=_with_algorithm(inspect.get("Image") or ""),
        hostname=config.get("Hostname") or "",
        env=environment(config.get("Env")),
        labels=dict(config.get("Labels") or {}),
        entrypoint=tuple(as_words(config.get("Entrypoint"))),
        command=tuple(as_words(config.get("Cmd"))),
        user=config.get("User") or "",
        workdir=config.get("WorkingDir") or "",
        tty=bool(config.get("Tty")),
        interactive=bool(config.get("OpenStdin")),
        auto_remove=bool(host.get("AutoRemove")),
        mounts=tuple(sorted(_mounts(inspect))),
        volumes_from=tuple(host.get("VolumesFrom") or ()),
        ports=tuple(sorted(_ports(host.get("PortBindings")))),
        network=network,
        network_aliases=_aliases(inspect, networks.get("bridge" if network == "default" else network)),
        restart_policy=_restart_policy(host.get("RestartPolicy")),
        memory=host.get("Memory") or 0,
        cpus=_cpus(host),
        shm_size=host.get("ShmSize") or DEFAULT_SHM_SIZE,
        ulimits=tuple(sorted(f"{u['Name'].lower().removeprefix('rlimit_')}={u['Soft']}:{u['Hard']}" for u in host.get("Ulimits") or ())),
        gpus=_gpus(host.get("DeviceRequests")),
        devices=tuple(sorted(_device(d) for d in host.get("Devices") or ())),
        security_opts=tuple(sorted(o.replace(":", "=", 1) if o.startswith("label:") else o for o in host.get("SecurityOpt") or ())),
        cap_add=tuple(sorted(normalise_capability(c) for c in host.get("CapAdd") or ())),
        cap_drop=tuple(sorted(normalise_capability(c) for c in host.get("CapDrop") or ())),
        read_only=bool(host.get("ReadonlyRootfs")),
        pid_mode=host.get("PidMode") if host.get("PidMode") != "private" else "",
        cgroupns=host.get("CgroupnsMode") or host.get("Cgroup") or "",
        init=host.get("Init"),
        extra_hosts=dict(_host_entry(e) for e in host.get("ExtraHosts") or ()),
        dns=tuple(host.get("Dns") or ()),
        log_driver=log.get("Type") or "",
        log_options=dict(log.get("Config") or {}),
    )


def _with_algorithm(image_id):
    return image_id if ":" in image_id or not image_id else f"sha256:{image_id}"


def _network(mode, networks):
    attached = sorted(networks)
    if mode in ("host", "none") or (mode or "").startswith("container:"):
        return mode
    if mode in ("", None, "default", "bridge") and (not attached or "bridge" in attached):
        return "default"
    if mode in networks or not attached:
        return mode
    return "default" if attached[0] == "bridge" else attached[0]


def _aliases(inspect, endpoint):
    added_by_engine = {inspect["Id"][:12], inspect["Name"].lstrip("/"), (inspect["Config"].get("Hostname") or "")}
    return tuple(sorted(set((endpoint or {}).get("Aliases") or ()) - added_by_engine))


def _mounts(inspect):
    host = inspect["HostConfig"]
    for bind in host.get("Binds") or ():
        yield parse_mount(bind)
    for mount in host.get("Mounts") or ():
        options = ["ro"] if mount.get("ReadOnly") else []
        yield make_mount(mount.get("Source") or "", mount["Target"], options)
    for path in inspect["Config"].get("Volumes") or {}:
        if path not in {b.split(":")[1] for b in host.get("Binds") or () if ":" in b}:
            yield Mount(path)


def _ports(bindings):
    for inside, hosts in (bindings or {}).items():
        for binding in hosts or [{}]:
            ip = binding.get("HostIp") or ""
            yield Port(inside, binding.get("HostPort") or "", "" if ip in ("0.0.0.0", "::") else ip)


def _restart_policy(policy):
    name = (policy or {}).get("Name") or "no"
    retries = (policy or {}).get("MaximumRetryCount") or 0
    return f"{name}:{retries}" if name == "on-failure" and retries else name


def _cpus(host):
    if host.get("NanoCpus"):
        return host["NanoCpus"]
    quota, period = host.get("CpuQuota") or 0, host.get("CpuPeriod") or 100000
    return round(quota / period * 1e9) if quota > 0 else 0


def _gpus(requests):
    for request in requests or ():
        if "gpu" in {c for group in request.get("Capabilities") or () for c in group}:
            if request.get("DeviceIDs"):
                return "device=" + ",".join(request["DeviceIDs"])
            return "all" if request.get("Count") == -1 else str(request.get("Count"))
    return ""


def _device(device):
    return f"{device['PathOnHost']}:{device['PathInContainer']}:{device.get('CgroupPermissions') or 'rwm'}"


def _host_entry(entry):
    name, _, address = entry.partition(":")
    return name, address


# --- what creates it ---------------------------------------------------------------------------------------------------


def to_api(spec):
    """The body of the engine's `POST /containers/create` (Engine API v1.41 and later) for a spec, without the image's share."""
    published = {}
    for port in spec.ports:
        published.setdefault(port.inside, []).append({"HostIp": port.ip, "HostPort": port.host})
    host = {
        "Binds": [_bind(m) for m in spec.mounts if m.source],
        "PortBindings": published,
        "VolumesFrom": list(spec.volumes_from),
        "AutoRemove": spec.auto_remove,
        "RestartPolicy": restart_policy_to_api(spec.restart_policy),
        "Memory": spec.memory,
        "NanoCpus": spec.cpus,
        "ShmSize": spec.shm_size,
        "Ulimits": [_ulimit_to_api(u) for u in spec.ulimits],
        "DeviceRequests": _gpus_to_api(spec.gpus),
        "Devices": [dict(zip(("PathOnHost", "PathInContainer", "CgroupPermissions"), d.split(":"))) for d in spec.devices],
        "SecurityOpt": list(spec.security_opts),
        "CapAdd": list(spec.cap_add),
        "CapDrop": list(spec.cap_drop),
        "ReadonlyRootfs": spec.read_only,
        "PidMode": spec.pid_mode,
        "ExtraHosts": [f"{name}:{address}" for name, address in spec.extra_hosts.items()],
        "Dns": list(spec.dns),
        "NetworkMode": spec.network,
    }
    if spec.cgroupns:
        host["CgroupnsMode"] = spec.cgroupns
    if spec.init is not None:
        host["Init"] = spec.init
    if spec.log_driver or spec.log_options:
        host["LogConfig"] = {"Type": spec.log_driver or "", "Config": spec.log_options or {}}
    body = {
        "Image": spec.image,
        "Hostname": spec.hostname,
        "Env": [f"{name}={value}" for name, value in spec.env.items()],
        "Labels": spec.labels,
        "Entrypoint": list(spec.entrypoint) or None,
        "Cmd": list(spec.command) or None,
        "User": spec.user,
        "WorkingDir": spec.workdir,
        "Tty": spec.tty,
        "OpenStdin": spec.interactive,
        "Volumes": {m.target: {} for m in spec.mounts if not m.source},
        "ExposedPorts": {inside: {} for inside in published},
        "HostConfig": host,
    }
    if spec.network_aliases or spec.network not in ("default", "host", "none"):
        body["NetworkingConfig"] = {"EndpointsConfig": {spec.network: {"Aliases": list(spec.network_aliases)}}}
    return body


def _bind(mount):
    return str(mount) if mount.options else f"{mount.source}:{mount.target}"


def _ulimit_to_api(ulimit):
    name, _, limits = ulimit.partition("=")
    soft, _, hard = limits.partition(":")
    return {"Name": name, "Soft": int(soft), "Hard": int(hard)}


def restart_policy_to_api(policy):
    """The engine's form of a restart policy such as `on-failure:3`."""
    name, _, retries = policy.partition(":")
    return {"Name": name, "MaximumRetryCount": int(retries or 0)}


def _gpus_to_api(gpus):
    if not gpus:
        return []
    devices = gpus.removeprefix("device=").split(",") if gpus.startswith("device=") else None
    count = 0 if devices else -1 if gpus == "all" else int(gpus)
    return [{"Driver": "", "Count": count, "DeviceIDs": devices, "Capabilities": [["gpu"]], "Options": {}}]


# --- secrets -----------------------------------------------------------------------------------------------------------

MASK = "********"


def without_secrets(spec):
    """The spec without join tokens: they are no state, so they neither decide about a change nor show."""
    kept, skip = [], False
    for word in spec.command:
        if skip or word in SECRET_ARGUMENTS:
            skip = not skip
            continue
        kept.append(word)
    return replace(spec, command=tuple(kept), env={k: v for k, v in spec.env.items() if k != "SPIRE_JOIN_TOKEN"})


def mask_inspect(inspect):
    """What inspect says, with the values of secret environment variables and arguments masked."""
    config = dict(inspect["Config"])
    config["Env"] = [_masked_line(line) for line in config.get("Env") or ()]
    config["Cmd"] = _masked_words(as_words(config.get("Cmd")))
    masked = {**inspect, "Config": config}
    if "Args" in masked:
        masked["Args"] = _masked_words(masked["Args"] or [])
    return masked


def _masked_line(line):
    name, _equals, value = line.partition("=")
    return f"{name}={MASK}" if value and SECRET_NAMES.search(name) else line


def _masked_words(words):
    return [MASK if i and words[i - 1] in SECRET_ARGUMENTS else word for i, word in enumerate(words)]
