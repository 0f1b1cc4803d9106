# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses invalid values of the options that every component accepts, before the engine is asked (private to the collection)."""

from __future__ import annotations

import ipaddress
import json
import os
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from .._container import further, parse
from .._container.masking import MASK, is_secret_name, mask_user

if TYPE_CHECKING:
    from .._container.host import Host

NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_SERVER = r"([a-zA-Z0-9.-]+|\[[0-9a-fA-F:.]+\])(:\d+)?"  # a registry's host name, or its address, IPv6 in brackets
_IMAGE = re.compile(rf"({_SERVER}/)?[a-z0-9]+([._/-]+[a-z0-9]+)*(:\w[\w.-]{{0,127}})?(@sha256:[0-9a-f]{{64}})?|sha256:[0-9a-f]{{64}}")
_REGISTRY = re.compile(rf"{_SERVER}(/[a-z0-9]+([._-]+[a-z0-9]+)*)*")
_CONTAINERS = re.compile(r"container:[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_LOGIN = re.compile(r"[^@]*:[^@]*@")  # a user and a password before an address
_USER = re.compile(r"[\w.-]+(:[\w.-]+)?")
_CAPABILITIES = re.compile(
    "ALL|AUDIT_(CONTROL|READ|WRITE)|BLOCK_SUSPEND|BPF|CHECKPOINT_RESTORE|CHOWN|DAC_(OVERRIDE|READ_SEARCH)|FOWNER|FSETID|IPC_(LOCK|OWNER)|KILL|LEASE"
    "|LINUX_IMMUTABLE|MAC_(ADMIN|OVERRIDE)|MKNOD|NET_(ADMIN|BIND_SERVICE|BROADCAST|RAW)|PERFMON|SET(FCAP|GID|PCAP|UID)|SYSLOG"
    "|SYS_(ADMIN|BOOT|CHROOT|MODULE|NICE|PACCT|PTRACE|RAWIO|RESOURCE|TIME|TTY_CONFIG)|WAKE_ALARM"
)
_SECURITY = re.compile(
    r"no-new-privileges([:=](true|false))?|(apparmor|label)[:=].+|seccomp=(unconfined|builtin|/.+)|systempaths=unconfined"
)
_ENGINE_ADDRESS = re.compile(r"unix:///.+|(tcp|https?|ssh)://[^/]+.*")
_TEXTS = ("image", "image_registry", "hostname", "user", "workdir", "network", "pid_mode", "log_driver")
_NOT_WITH_ANOTHER_NETWORK = (
    *("hostname", "domainname", "publish", "dns", "dns_search", "dns_options"),
    *("extra_hosts", "network_aliases", "ip", "ip6"),
)


class OptionError(ValueError):
    """An invalid parameter: the message names the option, its value unless that may be a secret, and what was expected."""

    def __init__(self, option: str, value: object, right: str) -> None:
        said = f"{option}: {_shown(option, value)} " if value is not None else f"{option} "
        super().__init__(said + right)


def _shown(option: str, value: object) -> str:
    if is_secret_name(option.rpartition(".")[2]):
        return MASK
    if isinstance(value, str):
        return repr(mask_user(value) if _LOGIN.match(value) else value)
    return f"a {type(value).__name__}" if isinstance(value, (dict, list)) and any(value) else repr(value)


def check_name(option: str, value: str | None) -> None:
    """Raise OptionError unless value can be a container's name."""
    if not NAME.fullmatch(value or ""):
        raise OptionError(
            option, value, "is not a container name; expected at least two letters, digits, _ . or -, the first a letter or digit"
        )


def check_path(option: str, value: str, kind: str, host: Host) -> None:
    """Raise OptionError unless value is a path of that kind (`file`, `directory`, `socket`) on the host."""
    found = host.kind(value)
    if found != kind:
        what = "it does not exist" if found == "missing" else f"it is a {found}" if found != "other" else "it is something else"
        raise OptionError(option, value, f"must be a {kind} on the host, but {what}")


def check_common(params: dict[str, Any], prefix: str, host: Host) -> None:
    """Raise OptionError for the first of the options that say how a container runs; prefix: `ml.` for those of a sidecar."""
    for option in _TEXTS:
        if isinstance(params.get(option), str) and not params[option].strip():
            raise OptionError(prefix + option, params[option], "is empty; give the option a value or leave it out")
    _check_parsed(params, prefix)
    _check_further(params, prefix)
    _check_mappings(params, prefix)
    _check_mounts(params, prefix, host)
    _check_network(params, prefix)
    _check_texts(params, prefix)
    _check_privileges(params, prefix, host)
    _check_seconds(params)


def check_engine(params: dict[str, Any], host: Host) -> None:
    """Raise OptionError for the first of the options that say how the engine is reached."""
    if not _ENGINE_ADDRESS.fullmatch(params.get("docker_host") or ""):
        raise OptionError(
            "docker_host", params.get("docker_host"), "is not the address of an engine; expected one such as unix:///var/run/docker.sock"
        )
    if bool(params.get("client_cert")) != bool(params.get("client_key")):
        given, missing = ("client_cert", "client_key") if params.get("client_cert") else ("client_key", "client_cert")
        raise OptionError(given, params[given], f"also needs {missing}")
    for option in ("ca_path", "client_cert", "client_key"):
        if params.get(option):
            check_path(option, params[option], "file", host)
    if not re.fullmatch(r"auto|\d+\.\d+", params.get("api_version") or ""):
        raise OptionError(
            "api_version", params.get("api_version"), "is not valid; expected auto or a version of the Engine API, such as 1.41"
        )


_PARSERS: dict[str, Callable[[Any], object]] = {
    "publish": parse.parse_ports,
    "volumes": parse.parse_mount,
    "ulimits": parse.parse_ulimit,
    "devices": parse.parse_device,
    "memory": parse.parse_memory,
    "memory_reservation": parse.parse_memory,
    "shm_size": parse.parse_shm_size,
    "cpus": parse.parse_cpus,
    "cpuset_cpus": parse.parse_cpuset,
    "gpus": parse.parse_gpus,
    "restart_policy": parse.parse_restart_policy,
}


def _check_parsed(params: dict[str, Any], prefix: str) -> None:
    for option, parser in _PARSERS.items():
        value = params.get(option)
        for item in value if isinstance(value, list) else [value] if value is not None else []:
            try:
                parser(item)
            except ValueError as error:
                raise OptionError(prefix + option, None, f"cannot be used: {error}") from None


def _check_further(params: dict[str, Any], prefix: str) -> None:
    for option, fact in further.FACTS.items():
        try:
            further.read(fact, params.get(option))
        except ValueError as error:
            raise OptionError(prefix + option, None, f"cannot be used: {error}") from None
    if params.get("uts_mode") and params.get("hostname"):
        raise OptionError(f"{prefix}hostname", params["hostname"], "cannot be used with uts_mode: host, which uses the host's name")
    for option in ("cpu_period", "cpu_quota"):
        if params.get(option) and params.get("cpus"):
            raise OptionError(prefix + option, params[option], "cannot be used with cpus; set one of them")


def _check_mappings(params: dict[str, Any], prefix: str) -> None:
    for option in ("env", "labels", "extra_hosts", "log_options"):
        for key, value in (params.get(option) or {}).items():
            if not isinstance(value, (str, int)) or isinstance(value, bool):
                raise OptionError(f"{prefix}{option}.{key}", value, "is not a string; put it in quotes")
            if not key or (option == "env" and re.search(r"[=\s\0]", key)):
                shown = re.sub(r"=.*", "=…", key, flags=re.DOTALL)
                raise OptionError(f"{prefix}{option}", shown, "is not a valid name; it must not contain spaces or =")


def _check_mounts(params: dict[str, Any], prefix: str, host: Host) -> None:
    targets: dict[str, str] = {}
    for entry in params.get("volumes") or ():
        mount = parse.parse_mount(entry)
        if "/" in mount.source and host.kind(mount.source) == "missing":
            raise OptionError(
                f"{prefix}volumes",
                entry,
                f"binds {mount.source}, which does not exist on the host; create it, or give the name of a volume",
            )
        if targets.setdefault(mount.target, entry) != entry:
            raise OptionError(f"{prefix}volumes", entry, f"has the same target as {targets[mount.target]}; give each its own target")
    for entry in params.get("devices") or ():
        if host.kind(entry.split(":")[0]) == "missing":
            raise OptionError(f"{prefix}devices", entry, "does not exist on the host")


def _check_network(params: dict[str, Any], prefix: str) -> None:
    network = params.get("network")
    if network is not None and not NAME.fullmatch(network) and not _CONTAINERS.fullmatch(network):
        raise OptionError(f"{prefix}network", network, "is not valid; expected the name of a network, host, none, or container:NAME")
    if (network or "").startswith("container:"):
        for option in _NOT_WITH_ANOTHER_NETWORK:
            if params.get(option):
                raise OptionError(prefix + option, None, f"cannot be used with network: {network}, which uses that container's settings")
    _check_own_network(params, prefix)
    _check_addresses(params, prefix)
    hostname = params.get("hostname") or params.get("name") or ""
    if len(hostname) > 63 and not (network or "").startswith("container:"):
        raise OptionError(f"{prefix}hostname", hostname, "is too long; a host name has at most 63 characters")


def _check_own_network(params: dict[str, Any], prefix: str) -> None:
    for option in ("network_aliases", "ip", "ip6"):
        if params.get(option) and params.get("network") in (None, "default", "bridge", "host", "none"):
            raise OptionError(
                prefix + option,
                None,
                "needs a network that you created; the engine's default networks support neither aliases nor fixed addresses",
            )


def _check_addresses(params: dict[str, Any], prefix: str) -> None:
    for address in params.get("dns") or ():
        _check_ip(f"{prefix}dns", address)
    for option, version in (("ip", 4), ("ip6", 6)):
        if params.get(option) and _check_ip(prefix + option, params[option]).version != version:
            raise OptionError(prefix + option, params[option], f"is not an IPv{version} address")
    for name, address in _extra_hosts(params):
        _check_ip(f"{prefix}extra_hosts.{name}", address)


def _extra_hosts(params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(name, address) of each line that is wanted for the hosts file and has an address."""
    for name, addresses in (params.get("extra_hosts") or {}).items():
        yield from ((name, address) for address in str(addresses).split(",") if address != "host-gateway")


def _check_texts(params: dict[str, Any], prefix: str) -> None:
    if params.get("entrypoint") == [""] and not params.get("command"):
        raise OptionError(f"{prefix}entrypoint", [""], "removes the image's entry point; set command")
    if params.get("image") is not None and not _IMAGE.fullmatch(params["image"]):
        raise OptionError(
            f"{prefix}image", params["image"], "is not an image reference; expected one such as registry.example.org/team/image:tag"
        )
    if params.get("image_registry") is not None and not _REGISTRY.fullmatch(params["image_registry"]):
        right = (
            "is not valid; expected a registry and organisation such as "
            "registry.example.org:5000/hpe/swarm-learning, without https:// and a final /"
        )
        raise OptionError("image_registry", params["image_registry"], right)
    if params.get("hostname") is not None and not re.fullmatch(r"[a-zA-Z0-9]([a-zA-Z0-9_.-]*[a-zA-Z0-9])?", params["hostname"]):
        raise OptionError(f"{prefix}hostname", params["hostname"], "is not a host name; expected letters, digits, dots and dashes")
    if params.get("user") is not None and not _USER.fullmatch(params["user"]):
        raise OptionError(f"{prefix}user", params["user"], "is not valid; expected NAME-or-UID[:GROUP-or-GID], such as 1000:1000")
    if params.get("workdir") is not None and not params["workdir"].startswith("/"):
        raise OptionError(f"{prefix}workdir", params["workdir"], "is not valid; expected an absolute path in the container")
    if params.get("log_driver") is not None and not re.fullmatch(r"[a-z0-9][\w./:-]*", params["log_driver"]):
        raise OptionError(f"{prefix}log_driver", params["log_driver"], "is not the name of a log driver; expected one such as json-file")


def _check_privileges(params: dict[str, Any], prefix: str, host: Host) -> None:
    pid_mode = params.get("pid_mode")
    if pid_mode is not None and pid_mode != "host" and not _CONTAINERS.fullmatch(pid_mode):
        raise OptionError(f"{prefix}pid_mode", pid_mode, "is not valid; expected host or container:NAME")
    for option in ("cap_add", "cap_drop"):
        for capability in params.get(option) or ():
            if not _CAPABILITIES.fullmatch(parse.normalise_capability(capability)):
                raise OptionError(prefix + option, capability, "is not a Linux capability; expected one such as NET_ADMIN, or ALL")
    for entry in params.get("security_opts") or ():
        if not _SECURITY.fullmatch(entry):
            raise OptionError(
                f"{prefix}security_opts",
                entry,
                "is not valid; expected no-new-privileges, apparmor=…, label=…, seccomp=unconfined or seccomp=/PROFILE.json",
            )
        if entry.startswith("seccomp=/"):
            _check_profile(f"{prefix}security_opts", entry, host)


def _check_profile(option: str, entry: str, host: Host) -> None:
    path = entry.partition("=")[2]
    try:
        json.loads(host.read(path))
    except (OSError, ValueError) as error:
        raise OptionError(
            option, entry, f"has no usable profile: {os.path.basename(path)} is not a JSON file on the host ({error})"
        ) from None


def _check_seconds(params: dict[str, Any]) -> None:
    for option, least in (("wait_timeout", 1), ("stop_timeout", 0), ("timeout", 1)):
        if params.get(option) is not None and params[option] < least:
            raise OptionError(option, params[option], f"must be a number of seconds, at least {least}")


def _check_ip(option: str, value: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(value)
    except ValueError:
        raise OptionError(option, value, "is not an IP address") from None
