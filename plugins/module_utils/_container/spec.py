# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ContainerSpec: one type for the wanted and for the existing container (private to the collection).

`_component.translate` makes one of what a playbook says, `from_inspect` of what the engine says; `to_api` is the request that creates the
container, the very one that the `docker` command makes. Every field is normalised, so that two specs differ only where the
containers do.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from . import further as _further
from . import podman
from .masking import SECRET_NAMES, mask_values, mask_words, passwords_in_urls, secret_words
from .parse import DEFAULT_SHM_SIZE, Mount, Port, make_mount, normalise_capability, split_mount

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OWN_LABEL = "learning.swarm."
COMPONENT_LABEL = f"{OWN_LABEL}component"
TRAINING_LABEL = f"{OWN_LABEL}training"  # of the containers of a training that has a name of its own in the inventory
ASKED_LABEL = f"{OWN_LABEL}options"
SECRET_ARGUMENTS = ("-joinToken",)
RESET = ("",)  # an entry point that takes the image's own away, as `docker run --entrypoint ""`
_SYSTEM_PATHS = "systempaths=unconfined"  # the CLI's own word; the engine gets empty lists of masked paths for it
# What the engine adds to a container that shares the host's namespaces or is privileged, whether it is asked to or not.
_ADDED_SECURITY = "label=disable"
# Facts that no option of ours sets: a container that has one, whoever gave it, is not the one that is described.
_FOREIGN = (
    *("Links", "PublishAllPorts", "BlkioWeightDevice"),
    *("BlkioDeviceReadBps", "BlkioDeviceReadIOps", "BlkioDeviceWriteBps", "BlkioDeviceWriteIOps"),
)
# What an engine does with any container, which Docker leaves out and Podman writes down.
_UNASKED = {"StopSignal": ("TERM", "15"), "StopTimeout": ("10",)}


@dataclass(frozen=True)
class ContainerSpec:
    """A container, fact by fact. Sizes are bytes, cpus are billionths; None means "whatever the engine's default is"."""

    name: str
    image: str
    image_id: str = ""
    hostname: str | None = ""
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
    ip: str = ""
    ip6: str = ""
    other_networks: tuple[str, ...] = ()
    restart_policy: str = "no"
    memory: int = 0
    memory_reservation: int = 0
    cpus: int = 0
    cpuset_cpus: str = ""
    shm_size: int | None = None
    ulimits: tuple[str, ...] = ()
    gpus: str = ""
    devices: tuple[str, ...] = ()
    security_opts: tuple[str, ...] = ()
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    group_add: tuple[str, ...] = ()
    privileged: bool = False
    read_only: bool = False
    pid_mode: str = ""
    cgroupns: str | None = None
    init: bool | None = None
    extra_hosts: dict[str, str] = field(default_factory=dict)
    dns: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()
    log_driver: str | None = None
    log_options: dict[str, str] | None = None
    further: dict[str, Any] = field(default_factory=dict)  # options of `_container.further`, as the engine has their values
    foreign: dict[str, str] = field(default_factory=dict)

    @property
    def ours(self) -> bool:
        """Whether this collection made the container."""
        return COMPONENT_LABEL in self.labels


def asked_facts(spec: ContainerSpec) -> tuple[str, ...]:
    """The facts that a spec asks for and that the engine would give a value of its own otherwise, such as `ulimits.nofile`."""
    open_facts = ("cgroupns", "shm_size", "init", "log_driver")
    return (
        *(fact for fact in open_facts if getattr(spec, fact) is not None),
        *(f"log_options.{name}" for name in spec.log_options or ()),
        *(f"ulimits.{ulimit.partition('=')[0]}" for ulimit in spec.ulimits),
        *(f"further.{option}" for option in _further.reported_later(spec.further)),
    )


def with_asked_label(spec: ContainerSpec) -> ContainerSpec:
    """The spec with a label that tells later runs what was asked for when the container was made."""
    return replace(spec, labels={**spec.labels, ASKED_LABEL: " ".join(sorted(asked_facts(spec)))})


# --- over the image ---------------------------------------------------------------------------------------------------


def over_image(spec: ContainerSpec, image: dict[str, Any]) -> ContainerSpec:
    """The spec that the engine makes of `spec` with that image: the image's own environment, labels, command and so on below it.

    image is what the engine's image inspect says.
    """
    config = image.get("Config") or {}
    entrypoint, command = _program(spec, config)
    anonymous = [Mount(path) for path in (config.get("Volumes") or {}) if path not in {m.target for m in spec.mounts}]
    workdir = spec.workdir or config.get("WorkingDir") or ""
    return replace(
        spec,
        image_id=image["Id"],
        env={**environment(config.get("Env")), **spec.env},
        labels={**(config.get("Labels") or {}), **spec.labels},
        entrypoint=entrypoint,
        command=command,
        user=spec.user or config.get("User") or "",
        workdir=workdir and posixpath.normpath(workdir),
        mounts=tuple(sorted((*spec.mounts, *anonymous))),
        foreign=_as_the_image_says({**config, **_further.to_api(spec.further, "Config")}),
    )


def _as_the_image_says(config: dict[str, Any]) -> dict[str, str]:
    """The facts that no option of ours sets and that a container has from its image, unless whoever made it gave others.

    What an engine does without being asked is none of them, whether the engine writes it down (Podman) or not (Docker).
    """
    found = {
        "Healthcheck": config.get("Healthcheck") or "",
        "StopSignal": str(config.get("StopSignal") or "").upper().removeprefix("SIG"),
        "StopTimeout": str(config.get("StopTimeout") or ""),
    }
    return {name: str(value) for name, value in found.items() if value and value not in _UNASKED.get(name, ())}


def _program(spec: ContainerSpec, config: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(entry point, command) of a spec over its image's."""
    command = spec.command if spec.command or spec.entrypoint else tuple(as_words(config.get("Cmd")))
    entrypoint = () if spec.entrypoint == RESET else spec.entrypoint or tuple(as_words(config.get("Entrypoint")))
    return entrypoint, command


def on_its_own(spec: ContainerSpec) -> ContainerSpec:
    """The spec of an existing container as one that creates the same again, with no defaults of its image left to be merged."""
    return replace(spec, image=spec.image_id, entrypoint=spec.entrypoint or RESET)


def environment(lines: Iterable[str] | None) -> dict[str, str]:
    """A mapping of an engine's `NAME=value` lines."""
    return dict(line.split("=", 1) for line in lines or () if "=" in line)


def as_words(value: str | Iterable[str] | None) -> list[str]:
    """The engine's Entrypoint or Cmd as a list, which may be null or, in old images, one string."""
    return [value] if isinstance(value, str) else list(value or ())


# --- what the engine says ----------------------------------------------------------------------------------------------


def from_inspect(inspect: dict[str, Any]) -> ContainerSpec:
    """The ContainerSpec of a container, from the engine's inspect (Docker Engine or Podman's Docker-compatible API)."""
    inspect = podman.as_docker(inspect) if podman.is_podman(inspect) else inspect
    host = inspect["HostConfig"]
    return ContainerSpec(
        name=inspect["Name"].lstrip("/"),
        image_id=_with_algorithm(inspect.get("Image") or ""),
        mounts=tuple(sorted(_mounts(inspect))),
        ports=tuple(sorted(_ports(host.get("PortBindings")))),
        further=_further.seen(inspect["Config"], host),
        foreign=_foreign(inspect["Config"], host),
        **_of_config(inspect["Config"]),
        **_of_networks(inspect),
        **_of_limits(host),
        **_of_security(host),
        **_of_surroundings(host),
    )


def _of_config(config: dict[str, Any]) -> dict[str, Any]:
    """What an image says too."""
    workdir = config.get("WorkingDir") or ""
    return {
        "image": config.get("Image") or "",
        "hostname": config.get("Hostname") or "",
        "env": environment(config.get("Env")),
        "labels": dict(config.get("Labels") or {}),
        "entrypoint": tuple(as_words(config.get("Entrypoint"))),
        "command": tuple(as_words(config.get("Cmd"))),
        "user": config.get("User") or "",
        "workdir": workdir and posixpath.normpath(workdir),
        "tty": bool(config.get("Tty")),
        "interactive": bool(config.get("OpenStdin")),
    }


def _of_networks(inspect: dict[str, Any]) -> dict[str, Any]:
    networks = (inspect.get("NetworkSettings") or {}).get("Networks") or {}
    network = _network(inspect["HostConfig"].get("NetworkMode"), networks)
    endpoint = "bridge" if network == "default" else network
    addresses = (networks.get(endpoint) or {}).get("IPAMConfig") or {}
    return {
        "network": network,
        "network_aliases": _aliases(inspect, networks.get(endpoint)),
        "ip": addresses.get("IPv4Address") or "",
        "ip6": addresses.get("IPv6Address") or "",
        "other_networks": tuple(sorted(set(networks) - {endpoint})) if not is_fixed(network) else (),
    }


def _of_limits(host: dict[str, Any]) -> dict[str, Any]:
    return {
        "memory": host.get("Memory") or 0,
        "memory_reservation": host.get("MemoryReservation") or 0,
        "cpus": host.get("NanoCpus") or 0,
        "cpuset_cpus": host.get("CpusetCpus") or "",
        "shm_size": host.get("ShmSize") or DEFAULT_SHM_SIZE,
        "ulimits": tuple(sorted(map(_ulimit, host.get("Ulimits") or ()))),
        "gpus": _gpus(host.get("DeviceRequests")),
        "devices": tuple(sorted(map(_device, host.get("Devices") or ()))),
    }


def _of_security(host: dict[str, Any]) -> dict[str, Any]:
    return {
        "security_opts": tuple(sorted(_security(host))),
        "cap_add": _capabilities(host.get("CapAdd")),
        "cap_drop": _capabilities(host.get("CapDrop")),
        "group_add": tuple(sorted(map(str, host.get("GroupAdd") or ()))),
        "privileged": bool(host.get("Privileged")),
        "read_only": bool(host.get("ReadonlyRootfs")),
        "pid_mode": (host.get("PidMode") or "") if host.get("PidMode") != "private" else "",
        "cgroupns": host.get("CgroupnsMode") or host.get("Cgroup") or "",
    }


def _of_surroundings(host: dict[str, Any]) -> dict[str, Any]:
    log = host.get("LogConfig") or {}
    return {
        "auto_remove": bool(host.get("AutoRemove")),
        "volumes_from": tuple(entry.removesuffix(":rw") for entry in host.get("VolumesFrom") or ()),
        "restart_policy": _restart_policy(host.get("RestartPolicy")),
        "init": host.get("Init"),
        "extra_hosts": _host_entries(host.get("ExtraHosts") or ()),
        "dns": tuple(host.get("Dns") or ()),
        "dns_search": tuple(host.get("DnsSearch") or ()),
        "log_driver": log.get("Type") or "",
        "log_options": dict(log.get("Config") or {}),
    }


def _ulimit(limit: dict[str, Any]) -> str:
    return f"{limit['Name'].lower().removeprefix('rlimit_')}={limit['Soft']}:{limit['Hard']}"


def _capabilities(names: Iterable[str] | None) -> tuple[str, ...]:
    return tuple(sorted(normalise_capability(name) for name in names or ()))


def _foreign(config: dict[str, Any], host: dict[str, Any]) -> dict[str, str]:
    """The facts that no option of ours sets and that are not the engine's usual ones."""
    found = {name: host[name] for name in _FOREIGN if host.get(name)}
    if COMPONENT_LABEL not in (config.get("Labels") or {}):  # what the engine gave ours by itself is no drift
        if config.get("MacAddress"):
            found["MacAddress"] = config["MacAddress"]
        found.update(_as_the_image_says(config))
    return {name: str(value) for name, value in found.items()}


def is_fixed(network: str) -> bool:
    """Whether a container cannot leave that network: the host's, none, or another container's."""
    return network in ("host", "none") or network.startswith("container:")


def _with_algorithm(image_id: str) -> str:
    return image_id if ":" in image_id or not image_id else f"sha256:{image_id}"


def _network(mode: str | None, networks: dict[str, Any]) -> str:
    mode = mode or "default"
    attached = sorted(networks)
    if is_fixed(mode):
        return mode
    if mode in ("default", "bridge") and (not attached or "bridge" in attached):
        return "default"
    if mode in networks or not attached:
        return mode
    return "default" if attached[0] == "bridge" else attached[0]


def _aliases(inspect: dict[str, Any], endpoint: dict[str, Any] | None) -> tuple[str, ...]:
    return tuple(sorted(set((endpoint or {}).get("Aliases") or ()) - {inspect["Id"][:12]}))


def _mounts(inspect: dict[str, Any]) -> list[Mount]:
    host = inspect["HostConfig"]
    mounted = [split_mount(bind) for bind in host.get("Binds") or ()]
    for mount in host.get("Mounts") or ():
        options = ["ro"] if mount.get("ReadOnly") else []
        mounted.append(make_mount(mount.get("Source") or "", mount["Target"], options))
    targets = {mount.target for mount in mounted}
    return [*mounted, *(Mount(path) for path in inspect["Config"].get("Volumes") or {} if path not in targets)]


def _ports(bindings: dict[str, Any] | None) -> Iterator[Port]:
    for inside, hosts in (bindings or {}).items():
        for binding in hosts or [{}]:
            yield Port(inside, binding.get("HostPort") or "", binding.get("HostIp") or "")


def _restart_policy(policy: dict[str, Any] | None) -> str:
    name = (policy or {}).get("Name") or "no"
    retries = (policy or {}).get("MaximumRetryCount") or 0
    return f"{name}:{retries}" if name == "on-failure" and retries else name


def _gpus(requests: list[dict[str, Any]] | None) -> str:
    for request in requests or ():
        if request.get("Driver") == "cdi":
            return ",".join(request.get("DeviceIDs") or ())
        if "gpu" in {c for group in request.get("Capabilities") or () for c in group}:
            if request.get("DeviceIDs"):
                return "device=" + ",".join(request["DeviceIDs"])
            return "all" if request.get("Count") == -1 else str(request.get("Count"))
    return ""


def _device(device: dict[str, Any]) -> str:
    return f"{device['PathOnHost']}:{device['PathInContainer']}:{device.get('CgroupPermissions') or 'rwm'}"


def comparable_security(options: Iterable[str], pid_mode: str, ipc_mode: str, privileged: bool) -> tuple[str, ...]:
    """Security options in one form, without the one that the engine adds to a container that shares the host's namespaces or is privileged."""
    given = {option.replace(":", "=", 1) if "=" not in option else option for option in options}
    if privileged or ipc_mode == "host" or pid_mode not in ("", "private"):
        given.discard(_ADDED_SECURITY)
    return tuple(sorted(given))


def _security(host: dict[str, Any]) -> set[str]:
    modes = (host.get("PidMode") or "", host.get("IpcMode") or "", bool(host.get("Privileged")))
    given = set(comparable_security(host.get("SecurityOpt") or (), *modes))
    if host.get("MaskedPaths") == [] and host.get("ReadonlyPaths") == []:
        given.add(_SYSTEM_PATHS)
    return given


def _host_entries(entries: Iterable[str]) -> dict[str, str]:
    """Name → address, or addresses with commas between them, of the engine's `NAME:ADDRESS` texts."""
    found: dict[str, list[str]] = {}
    for entry in entries:
        name, _colon, address = entry.partition(":")
        found.setdefault(name, []).append(address)
    return {name: ",".join(addresses) for name, addresses in found.items()}


# --- what creates it ---------------------------------------------------------------------------------------------------


def to_api(spec: ContainerSpec) -> dict[str, Any]:
    """The body of the engine's `POST /containers/create` (Engine API v1.41 and later) for a spec."""
    body: dict[str, Any] = {
        "Image": spec.image,
        "Hostname": spec.hostname or "",
        "Env": [f"{name}={value}" for name, value in spec.env.items()],
        "Labels": spec.labels,
        "Entrypoint": list(spec.entrypoint) or None,
        "Cmd": list(spec.command) or None,
        "User": spec.user,
        "WorkingDir": spec.workdir,
        "Tty": spec.tty,
        "OpenStdin": spec.interactive,
        "StdinOnce": spec.interactive,  # these four as `docker container create --interactive` sets them
        "AttachStdin": spec.interactive,
        "AttachStdout": spec.interactive,
        "AttachStderr": spec.interactive,
        "Volumes": {m.target: {} for m in spec.mounts if not m.source} or None,
        "ExposedPorts": {port.inside: {} for port in spec.ports},
        "HostConfig": {
            **_host_to_api(spec),
            **_limits_to_api(spec),
            **_security_to_api(spec),
            **_further.to_api(spec.further, "HostConfig"),
        },
        **_further.to_api(spec.further, "Config"),
    }
    if spec.network != "default" and not is_fixed(spec.network):
        body["NetworkingConfig"] = {"EndpointsConfig": {spec.network: _endpoint_to_api(spec)}}
    return body


def _endpoint_to_api(spec: ContainerSpec) -> dict[str, Any]:
    addresses = {name: address for name, address in (("IPv4Address", spec.ip), ("IPv6Address", spec.ip6)) if address}
    return {"Aliases": list(spec.network_aliases) or None, **({"IPAMConfig": addresses} if addresses else {})}


def _host_to_api(spec: ContainerSpec) -> dict[str, Any]:
    published: dict[str, list[dict[str, str]]] = {}
    for port in spec.ports:
        published.setdefault(port.inside, []).append({"HostIp": port.ip, "HostPort": port.host})
    return {
        "Binds": [m.given or str(m) for m in spec.mounts if m.source] or None,
        "PortBindings": published,
        "VolumesFrom": list(spec.volumes_from) or None,
        "AutoRemove": spec.auto_remove,
        "RestartPolicy": restart_policy_to_api(spec.restart_policy),
        "ExtraHosts": [f"{name}:{one}" for name, addresses in spec.extra_hosts.items() for one in addresses.split(",")] or None,
        "Dns": list(spec.dns),
        "DnsSearch": list(spec.dns_search),
        "NetworkMode": spec.network,
        "LogConfig": {"Type": spec.log_driver or "", "Config": spec.log_options or {}},
        **({} if spec.init is None else {"Init": spec.init}),
    }


def _limits_to_api(spec: ContainerSpec) -> dict[str, Any]:
    return {
        "Memory": spec.memory,
        "MemoryReservation": spec.memory_reservation,
        "NanoCpus": spec.cpus,
        "CpusetCpus": spec.cpuset_cpus,
        "ShmSize": spec.shm_size or 0,
        "Ulimits": [_ulimit_to_api(u) for u in spec.ulimits],
        "DeviceRequests": _gpus_to_api(spec.gpus),
        "Devices": [dict(zip(("PathOnHost", "PathInContainer", "CgroupPermissions"), d.split(":"))) for d in spec.devices],
    }


def _security_to_api(spec: ContainerSpec) -> dict[str, Any]:
    unconfined: dict[str, Any] = {"MaskedPaths": [], "ReadonlyPaths": []} if _SYSTEM_PATHS in spec.security_opts else {}
    return {
        "SecurityOpt": [option for option in spec.security_opts if option != _SYSTEM_PATHS] or None,
        "CapAdd": _capabilities_to_api(spec.cap_add),
        "CapDrop": _capabilities_to_api(spec.cap_drop),
        "GroupAdd": list(spec.group_add) or None,
        "Privileged": spec.privileged,
        "ReadonlyRootfs": spec.read_only,
        "PidMode": spec.pid_mode,
        "CgroupnsMode": spec.cgroupns or "",
        **unconfined,
    }


def _capabilities_to_api(names: tuple[str, ...]) -> list[str] | None:
    return [name if name == "ALL" else f"CAP_{name}" for name in names] or None


def _ulimit_to_api(ulimit: str) -> dict[str, Any]:
    name, _equals, limits = ulimit.partition("=")
    soft, _colon, hard = limits.partition(":")
    return {"Name": name, "Soft": int(soft), "Hard": int(hard)}


def restart_policy_to_api(policy: str) -> dict[str, Any]:
    """The engine's form of a restart policy such as `on-failure:3`."""
    name, _colon, retries = policy.partition(":")
    return {"Name": name, "MaximumRetryCount": int(retries or 0)}


def _gpus_to_api(gpus: str) -> list[dict[str, Any]] | None:
    if not gpus:
        return None
    if "/" in gpus:  # by CDI names, as `docker run --device` has them
        return [{"Driver": "cdi", "Count": 0, "DeviceIDs": gpus.split(","), "Capabilities": None, "Options": None}]
    devices = gpus.removeprefix("device=").split(",") if gpus.startswith("device=") else None
    count = 0 if devices else -1 if gpus == "all" else int(gpus)
    return [{"Driver": "", "Count": count, "DeviceIDs": devices, "Capabilities": [["gpu"]], "Options": {}}]


# --- secrets -----------------------------------------------------------------------------------------------------------


def without_secrets(spec: ContainerSpec) -> ContainerSpec:
    """The spec without join tokens: they are no state, so they neither decide about a change nor show."""
    kept, skip = [], False
    for word in spec.command:
        if skip or word in SECRET_ARGUMENTS:
            skip = not skip
            continue
        if not _has_secret_value(word):
            kept.append(word)
    return replace(spec, command=tuple(kept), env={k: v for k, v in spec.env.items() if k != "SPIRE_JOIN_TOKEN"})


def mask_inspect(inspect: dict[str, Any]) -> dict[str, Any]:
    """What inspect says, with the values of secret environment variables, labels, log options and arguments masked."""
    config = dict(inspect["Config"])
    config["Env"] = [_masked_line(line) for line in config.get("Env") or ()]
    config["Cmd"] = mask_words(as_words(config.get("Cmd")))
    if config.get("Entrypoint"):
        config["Entrypoint"] = mask_words(as_words(config["Entrypoint"]))
    config["Labels"] = mask_values(config.get("Labels") or {})
    masked = {**inspect, "Config": config}
    log = (inspect.get("HostConfig") or {}).get("LogConfig") or {}
    if log.get("Config"):
        masked["HostConfig"] = {**inspect["HostConfig"], "LogConfig": {**log, "Config": mask_values(log["Config"])}}
    if "Args" in masked:
        masked["Args"] = mask_words(masked["Args"] or [])
    return masked


def secrets_of(inspect: dict[str, Any]) -> list[str]:
    """The values of a container's secret environment variables, labels, log options and arguments, and the passwords in its URLs."""
    config = inspect["Config"]
    words = as_words(config.get("Entrypoint")) + as_words(config.get("Cmd"))
    log = ((inspect.get("HostConfig") or {}).get("LogConfig") or {}).get("Config") or {}
    named = [environment(config.get("Env")), config.get("Labels") or {}, log]
    values = [value for mapping in named for name, value in mapping.items() if SECRET_NAMES.search(name)]
    values += [password for mapping in named for value in mapping.values() for password in passwords_in_urls(value)]
    return values + secret_words(words)


def _has_secret_value(word: str) -> bool:
    """Whether an argument is like `-joinToken=VALUE`."""
    return word.startswith(tuple(f"{argument}=" for argument in SECRET_ARGUMENTS))


def _masked_line(line: str) -> str:
    name, _equals, value = line.partition("=")
    return f"{name}={mask_values({name: value})[name]}"
