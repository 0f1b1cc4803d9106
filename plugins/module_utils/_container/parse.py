# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values as `docker run` takes them, parsed into one normal form each (private to the collection).

Every parser raises ValueError with the value and what would be right.
"""

from __future__ import annotations

import ipaddress
import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

DEFAULT_SHM_SIZE = 64 * 1024 * 1024  # the engine's own
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([bkmgtp]?)(?:i?b)?", re.IGNORECASE)
_CDI_NAME = r"[A-Za-z][\w.-]*/[A-Za-z][\w-]*=[\w.:-]+"  # vendor, class and device of the container device interface
_PORT = re.compile(
    r"(?:(?P<ip>\[[0-9a-fA-F:.]*\]|\d+(?:\.\d+){3}):)?(?:(?P<host>\d*(?:-\d+)?):)?(?P<inside>\d+(?:-\d+)?)(?:/(?P<proto>tcp|udp|sctp))?"
)
_MOUNT_OPTIONS = frozenset(
    ["ro", "rw", "z", "Z", "nocopy", "bind", "rbind", "consistent", "cached", "delegated"]
    + [prefix + propagation for prefix in ("", "r") for propagation in ("private", "shared", "slave")]
)
_VOLUME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_MOUNT_DEFAULTS = frozenset({"rw", "rprivate", "rbind", "z", "Z"})
_LEAST_MEMORY = 6 * 1024 * 1024  # Docker Engine's own minimum
_ULIMITS = re.compile("core|cpu|data|fsize|locks|memlock|msgqueue|nice|nofile|nproc|rss|rtprio|rttime|sigpending|stack")
_REMOVED_REGISTRIES = ("docker.io/library/", "docker.io/", "localhost/")


@dataclass(frozen=True, order=True)
class Mount:
    """A bind or a named volume at `target`; an anonymous volume has no source. `options` leaves out the engine's defaults.

    given: as it was spelled, which the engine gets and keeps; two spellings of one mount are equal.
    """

    target: str
    source: str = ""
    options: tuple[str, ...] = ()
    given: str = field(default="", compare=False)

    def __str__(self) -> str:
        return ":".join(part for part in (self.source, self.target, ",".join(self.options)) if part)


@dataclass(frozen=True, order=True)
class Port:
    """A published port; host is empty if the engine chooses it, ip is empty for all addresses of the host."""

    inside: str
    host: str = ""
    ip: str = ""

    def __str__(self) -> str:
        ip = f"[{self.ip}]" if ":" in self.ip else self.ip
        inside = self.inside.removesuffix("/tcp")
        return f"{ip}:{self.host}:{inside}" if ip else f"{self.host}:{inside}" if self.host else inside


def parse_size(value: str | int) -> int:
    """Bytes of a size as `docker run` takes it: `512m`, `1.5g`, `1024`. Raises ValueError."""
    match = _SIZE.fullmatch(str(value).strip())
    if not match:
        raise ValueError(f"{value!r} is not a size; expected a number with an optional unit b, k, m, g or t, such as 512m")
    return int(float(match[1]) * 1024 ** "bkmgtp".index(match[2].lower() or "b"))


def parse_memory(value: str | int) -> int:
    """Bytes of a memory limit: a size that the engine can give, or 0 for none. Raises ValueError."""
    size = parse_size(value)
    if 0 < size < _LEAST_MEMORY:
        raise ValueError(f"{value!r} is less than an engine allows; expected at least 6m, or 0 for no limit")
    return size


def parse_cpuset(value: str) -> str:
    """The numbers of CPUs, as given. Raises ValueError."""
    if not re.fullmatch(r"\d+(-\d+)?(,\d+(-\d+)?)*", value):
        raise ValueError(f"{value!r} is not a list of CPU numbers; expected one such as 0-3,8")
    return value


def parse_shm_size(value: str | int) -> int:
    """Bytes of /dev/shm. Raises ValueError."""
    size = parse_size(value)
    if not size:
        raise ValueError(f"{value!r} is not a size for /dev/shm; leave the option out to use the engine's default")
    return size


def parse_cpus(value: str | float) -> int:
    """Billionths of a CPU of a number such as `1.5`. Raises ValueError."""
    try:
        cpus = float(value)
    except ValueError:
        raise ValueError(f"{value!r} is not a number of CPUs; expected one such as 1.5") from None
    if not 0 <= cpus < 100000:
        raise ValueError(f"{value!r} is not a number of CPUs; expected one such as 1.5")
    return round(cpus * 1e9)


def _port_range(text: str) -> range:
    first, _dash, last = text.partition("-")
    ports = range(int(first), int(last or first) + 1)
    if not ports or ports[0] < 1 or ports[-1] > 65535:
        raise ValueError(f"{text} is not a port or port range; expected 1 to 65535")
    return ports


def _ip(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text)) if text else ""
    except ValueError:
        raise ValueError(f"{text} is not an IP address") from None


def parse_ports(value: str | int) -> list[Port]:
    """Ports of one entry of `publish`: `[IP:][HOST:]CONTAINER[/PROTO]`, each may be a range. Raises ValueError."""
    match = _PORT.fullmatch(str(value).strip())
    if not match:
        raise ValueError(f"{value!r} is not valid; expected [IP:][HOST-PORT:]CONTAINER-PORT[/tcp|udp|sctp], such as 8081:8081")
    proto = match["proto"] or "tcp"
    ip = _ip((match["ip"] or "").strip("[]"))
    inside = _port_range(match["inside"])
    if not match["host"]:
        return [Port(f"{p}/{proto}", "", ip) for p in inside]
    host = _port_range(match["host"])
    if len(host) != len(inside):
        raise ValueError(f"{value!r} publishes {len(inside)} ports on {len(host)}; both ranges must have the same length")
    return [Port(f"{i}/{proto}", str(h), ip) for i, h in zip(inside, host)]


def parse_mount(value: str) -> Mount:
    """Mount of one entry of `volumes`: `SRC:DST[:OPTS]`, or `DST` for an anonymous volume. Raises ValueError."""
    parts = str(value).split(":")
    if not 1 <= len(parts) <= 3 or not all(parts) or not parts[min(1, len(parts) - 1)].startswith("/"):
        raise ValueError(f"{value!r} is not valid; expected SRC:DST[:OPTS] with an absolute DST, such as /srv/data:/data:ro")
    unknown = set(parts[2].split(",") if len(parts) == 3 else ()) - _MOUNT_OPTIONS
    if unknown:
        raise ValueError(f"{value!r} has the unknown option {min(unknown)}; expected an option such as ro, rw, z or Z")
    if len(parts) > 1 and not parts[0].startswith("/") and not _VOLUME.fullmatch(parts[0]):
        raise ValueError(
            f"{value!r} has no valid source; expected an absolute path or the name of a volume, such as /srv/data or my-volume"
        )
    return split_mount(value)


def split_mount(bind: str) -> Mount:
    """Mount of a bind as an engine has it, whatever options it has."""
    parts = str(bind).split(":")
    if len(parts) == 1:
        return Mount(parts[0].rstrip("/") or "/")
    return make_mount(parts[0], parts[1], parts[2].split(",") if len(parts) > 2 else [])


def make_mount(source: str, target: str, options: Collection[str] = ()) -> Mount:
    """A Mount with the options that mean something; trailing slashes do not."""
    clean = source.rstrip("/") or "/" if "/" in source else source
    given = ":".join(part for part in (source, target, ",".join(options)) if part)
    return Mount(target.rstrip("/") or "/", clean, tuple(sorted(set(options) - _MOUNT_DEFAULTS)), given)


def parse_ulimit(value: str) -> str:
    """A ulimit `NAME=SOFT[:HARD]` in its full form. Raises ValueError."""
    match = re.fullmatch(r"([a-z]+)=(-1|\d+)(?::(-1|\d+))?", str(value))
    if not match or not _ULIMITS.fullmatch(match[1]):
        raise ValueError(
            f"{value!r} is not valid; expected NAME=SOFT[:HARD], such as nofile=1024:2048, with one of the names {_ULIMITS.pattern}"
        )
    soft, hard = int(match[2]), int(match[3] or match[2])
    if hard != -1 and (soft == -1 or soft > hard):
        raise ValueError(f"{value!r} has a soft limit above the hard limit; lower the soft limit or raise the hard one")
    return f"{match[1]}={soft}:{hard}"


def parse_restart_policy(value: str) -> str:
    """A restart policy in its full form: `no`, `always`, `unless-stopped`, `on-failure[:N]`. Raises ValueError."""
    match = re.fullmatch(r"(no|always|unless-stopped|on-failure)(?::(\d+))?", str(value))
    if not match or (match[2] and match[1] != "on-failure"):
        raise ValueError(f"{value!r} is not valid; expected no, always, unless-stopped or on-failure[:N]")
    return f"{match[1]}:{int(match[2])}" if int(match[2] or 0) else match[1]


def parse_gpus(value: str | int) -> str:
    """GPUs as `docker run --gpus`: `all`, a number of them, or `device=0,1`; or by their CDI names. Raises ValueError."""
    text = str(value).strip().strip("\"'")
    if not re.fullmatch(rf"all|[1-9]\d*|device=[\w.:-]+(,[\w.:-]+)*|{_CDI_NAME}(,{_CDI_NAME})*", text):
        expected = "all, a number of GPUs, device= with their indexes, such as device=0,1, or CDI names, such as nvidia.com/gpu=0"
        raise ValueError(f"{value!r} is not valid; expected {expected}")
    return text


def parse_device(value: str) -> str:
    """A device `HOST[:CONTAINER[:PERMISSIONS]]` in its full form. Raises ValueError."""
    match = re.fullmatch(r"(/[^:]+)(?::(/[^:]+))?(?::([rwm]{1,3}))?", str(value))
    if not match:
        raise ValueError(f"{value!r} is not valid; expected HOST[:CONTAINER[:rwm]] with absolute paths, such as /dev/kfd")
    return f"{match[1]}:{match[2] or match[1]}:{match[3] or 'rwm'}"


def parse_command(value: object) -> tuple[str, ...]:
    """Words of a command: a list as it is, one string split as a shell would. Raises ValueError."""
    if isinstance(value, str):
        try:
            return tuple(shlex.split(value))
        except ValueError as error:
            raise ValueError(f"the string cannot be split as a shell would split it ({error}); close the quotes, or use a list") from None
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"a {type(value).__name__} is not valid; expected a string or a list of words")
    return tuple(str(word) for word in value)


def normalise_image(reference: str) -> str:
    """The reference without what engines add: Docker Hub's registry, Podman's `localhost/`, the tag `latest`."""
    for registry in _REMOVED_REGISTRIES:
        reference = reference.removeprefix(registry)
    return reference.removesuffix(":latest")


def normalise_capability(name: str) -> str:
    """A capability as `NET_ADMIN`, however it is spelled."""
    return name.upper().removeprefix("CAP_")
