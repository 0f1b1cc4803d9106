# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values as `docker run` takes them, parsed into one normal form each (private to the collection).

Every parser raises ValueError with the value and what would be right.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([bkmgtp]?)(?:i?b)?", re.IGNORECASE)
_PORT = re.compile(
    r"(?:(?P<ip>\[[0-9a-fA-F:.]*\]|\d+(?:\.\d+){3}):)?(?:(?P<host>\d*(?:-\d+)?):)?(?P<inside>\d+(?:-\d+)?)(?:/(?P<proto>tcp|udp|sctp))?"
)
_MOUNT_DEFAULTS = frozenset({"rw", "rprivate", "rbind", "z", "Z"})
_REMOVED_REGISTRIES = ("docker.io/library/", "docker.io/", "localhost/")


@dataclass(frozen=True, order=True)
class Mount:
    """A bind or a named volume at `target`; an anonymous volume has no source. `options` leaves out the engine's defaults."""

    target: str
    source: str = ""
    options: tuple[str, ...] = ()

    def __str__(self):
        return ":".join(part for part in (self.source, self.target, ",".join(self.options)) if part)


@dataclass(frozen=True, order=True)
class Port:
    """A published port; host is empty where the engine chooses it."""

    inside: str
    host: str = ""
    ip: str = ""

    def __str__(self):
        return ":".join(part for part in (self.ip, self.host, self.inside.removesuffix("/tcp")) if part)


def parse_size(value):
    """Bytes of a size as `docker run` takes it: `512m`, `1.5g`, `1024`. Raises ValueError."""
    match = _SIZE.fullmatch(str(value).strip())
    if not match:
        raise ValueError(f"{value!r} is not a size; a number with an optional unit b, k, m, g or t is, such as 512m")
    return int(float(match[1]) * 1024 ** " kmgtp".index(match[2].lower().replace("b", "") or " "))


def parse_cpus(value):
    """Billionths of a CPU of a number such as `1.5`. Raises ValueError."""
    try:
        cpus = float(value)
    except ValueError:
        raise ValueError(f"{value!r} is not a number of CPUs, such as 1.5") from None
    if not 0 <= cpus < 100000:
        raise ValueError(f"{value!r} is not a number of CPUs, such as 1.5")
    return round(cpus * 1e9)


def _port_range(text):
    first, _dash, last = text.partition("-")
    ports = range(int(first), int(last or first) + 1)
    if not ports or ports[0] < 1 or ports[-1] > 65535:
        raise ValueError(f"{text} is not a port or a range of ports between 1 and 65535")
    return ports


def parse_ports(value):
    """Ports of one entry of `publish`: `[IP:][HOST:]CONTAINER[/PROTO]`, each may be a range. Raises ValueError."""
    match = _PORT.fullmatch(str(value).strip())
    if not match:
        raise ValueError(f"{value!r} is not [IP:][HOST-PORT:]CONTAINER-PORT[/tcp|udp|sctp], such as 8081:8081")
    proto = match["proto"] or "tcp"
    ip = (match["ip"] or "").strip("[]")
    inside = _port_range(match["inside"])
    if not match["host"]:
        return [Port(f"{p}/{proto}", "", ip) for p in inside]
    host = _port_range(match["host"])
    if len(host) != len(inside):
        raise ValueError(f"{value!r} publishes {len(inside)} ports on {len(host)}; the two ranges must be as long")
    return [Port(f"{i}/{proto}", str(h), ip) for i, h in zip(inside, host)]


def parse_mount(value):
    """Mount of one entry of `volumes`: `SRC:DST[:OPTS]`, or `DST` for an anonymous volume. Raises ValueError."""
    parts = str(value).split(":")
    if not 1 <= len(parts) <= 3 or not all(parts) or not parts[min(1, len(parts) - 1)].startswith("/"):
        raise ValueError(f"{value!r} is not SRC:DST[:OPTS] with an absolute DST, such as /srv/data:/data:ro")
    if len(parts) == 1:
        return Mount(parts[0])
    options = parts[2].split(",") if len(parts) == 3 else []
    return make_mount(parts[0], parts[1], options)


def make_mount(source, target, options=()):
    """A Mount with the options that mean something; trailing slashes do not."""
    clean = source.rstrip("/") or "/" if "/" in source else source
    return Mount(target.rstrip("/") or "/", clean, tuple(sorted(set(options) - _MOUNT_DEFAULTS)))


def parse_ulimit(value):
    """A ulimit `NAME=SOFT[:HARD]` in its full form. Raises ValueError."""
    match = re.fullmatch(r"([a-z]+)=(-?\d+)(?::(-?\d+))?", str(value))
    if not match:
        raise ValueError(f"{value!r} is not NAME=SOFT[:HARD], such as nofile=1024:2048")
    return f"{match[1]}={match[2]}:{match[3] or match[2]}"


def parse_restart_policy(value):
    """A restart policy in its full form: `no`, `always`, `unless-stopped`, `on-failure[:N]`. Raises ValueError."""
    if not re.fullmatch(r"no|always|unless-stopped|on-failure(:\d+)?", str(value)):
        raise ValueError(f"{value!r} is not no, always, unless-stopped or on-failure[:N]")
    return "on-failure" if value == "on-failure:0" else str(value)


def parse_gpus(value):
    """GPUs as `docker run --gpus`: `all`, a number, or devices `0,1`; empty for none. Raises ValueError."""
    text = str(value).strip().strip("\"'").removeprefix("device=")
    if text in ("", "none"):
        return ""
    if text != "all" and not re.fullmatch(r"[\w.:-]+(,[\w.:-]+)*", text):
        raise ValueError(f"{value!r} is not all, a number of GPUs, or their indexes such as device=0,1")
    return text if text == "all" or ("," not in text and "device" not in str(value)) else f"device={text}"


def parse_device(value):
    """A device `HOST[:CONTAINER[:PERMISSIONS]]` in its full form. Raises ValueError."""
    parts = str(value).split(":")
    if not parts[0].startswith("/") or len(parts) > 3:
        raise ValueError(f"{value!r} is not HOST[:CONTAINER[:rwm]], such as /dev/kfd")
    inside = parts[1] if len(parts) > 1 else parts[0]
    return f"{parts[0]}:{inside}:{parts[2] if len(parts) > 2 else 'rwm'}"


def parse_command(value):
    """Words of a command: a list as it is, one string split as a shell would."""
    return tuple(shlex.split(value)) if isinstance(value, str) else tuple(str(word) for word in value)


def normalise_image(reference):
    """The reference without what engines add: Docker Hub's registry, Podman's `localhost/`, the tag `latest`."""
    for registry in _REMOVED_REGISTRIES:
        reference = reference.removeprefix(registry)
    return reference.removesuffix(":latest")


def normalise_capability(name):
    """A capability as `NET_ADMIN`, however it is spelled."""
    return name.upper().removeprefix("CAP_")
