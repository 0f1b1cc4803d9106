# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's constants, all in one place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LAB_DIR = Path(__file__).resolve().parent


def cache_dir(environ: Mapping[str, str] | None = None) -> Path:
    """Where everything lives that outlasts a checkout."""
    environ = os.environ if environ is None else environ
    base = environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME") or Path.home()) / ".cache"
    return Path(base) / "swarm-learning"


CACHE = cache_dir()
STATE = CACHE / "lab"
DOWNLOADS = CACHE / "python-packages"

LABEL = "learning.swarm.lab"
KEY_LABEL = "learning.swarm.lab.key"
NETWORK = "swarm-lab"
SUBNET = "172.30.0.0/24"

REGISTRY_CONTAINER = "swarm-lab-registry"
REGISTRY_IP = "172.30.0.2"
REGISTRY_NAME = "registry.lab"
REGISTRY_PORT = 5000
REGISTRY = f"{REGISTRY_NAME}:{REGISTRY_PORT}"
REGISTRY_USER = "swarm"

SWARM_RELEASE = "2.3.0"
APLS_TAG = "9.15"
SPIRE_VERSION = "1.15.3"
OLDER_SPIRE_VERSION = "1.8.7"
DEBIAN_SUITE = "trixie"
PYTHON_VERSION = "3.13"
COMPONENTS = ("apls", "sn", "sl", "swop", "swci")
CLASSIC_RELEASE = "0.3.0"
CLASSIC_SPIRE_VERSION = "0.12.0"
CLASSIC_COMPONENTS = ("spire-server", "sn", "sl-tf", "sl-pyt", "swci")

# What the registry serves: image of the lab → its name there, which is the platform's or upstream's own.
SERVED = {
    "apls": f"hpe_eval/autopass/apls:{APLS_TAG}",
    **{name: f"hpe/swarm-learning/{name}:{SWARM_RELEASE}" for name in COMPONENTS if name != "apls"},
    **{name: f"spiffe/{name}:{SPIRE_VERSION}" for name in ("spire-server", "spire-agent")},
    "ml-python": "lab/ml-python:1",
}
# And what it serves too when `lab up --with SET` asks for it.
SETS: Mapping[str, Mapping[str, str]] = {
    "classic": {
        **{name: f"hpe_eval/swarm-learning/{name}:{CLASSIC_RELEASE}" for name in ("apls", *CLASSIC_COMPONENTS)},
        **{f"upstream/{name}": f"spiffe/{name}:{CLASSIC_SPIRE_VERSION}" for name in ("spire-server", "spire-agent")},
    },
    "reverse-proxy": {"nginx": "library/nginx:stable"},
    "spire-1.8": {name: f"spiffe/{name}:{OLDER_SPIRE_VERSION}" for name in ("spire-server", "spire-agent")},
}
# `--with` takes this too: a database beside the hosts.
POSTGRES = "postgres"
POSTGRES_CONTAINER = "swarm-lab-postgres"
POSTGRES_IP = "172.30.0.3"
POSTGRES_DIR = STATE / "postgres"

DEFAULT_HOSTS = 2
MAX_HOSTS = 200


def host_name(number: int) -> str:
    return f"host-{number}"


def host_container(number: int) -> str:
    return f"swarm-lab-host-{number}"


def host_ip(number: int) -> str:
    return f"172.30.0.{10 + number}"


@dataclass(frozen=True, order=True)
class Host:
    """A simulated machine.

    name       its own host name
    container  the container that it is
    volume     where its engine keeps its data, mounted at `storage`
    shared     further binds, as `docker run -v` takes them
    tmpfs      directories that a reboot empties
    label      what kind of machine it is
    """

    name: str
    container: str
    ip: str
    volume: str
    storage: str = "/var/lib/docker"
    shared: tuple[str, ...] = ()
    tmpfs: tuple[str, ...] = ()
    label: str = "host"


def docker_host(number: int) -> Host:
    container = host_container(number)
    return Host(host_name(number), container, host_ip(number), f"{container}-docker")


# What the machine with Podman and this one see under the same path; its engine's socket is there too.
PODMAN_SHARED = STATE / "podman"
PODMAN_SOCKET = PODMAN_SHARED / "podman.sock"
PODMAN = Host(
    name="podman",
    container="swarm-lab-podman",
    ip="172.30.0.240",
    volume="swarm-lab-podman-storage",
    storage="/var/lib/containers",
    shared=(f"{PODMAN_SHARED}:/run/podman", f"{PODMAN_SHARED}:{PODMAN_SHARED}"),
    tmpfs=("/run",),
    label="podman",
)


def host_count(text: str | None) -> int:
    """The number of hosts that LAB_HOSTS or --hosts asks for; raises ValueError naming what would be right."""
    if not text:
        return DEFAULT_HOSTS
    if not text.isdecimal() or not 1 <= int(text) <= MAX_HOSTS:
        raise ValueError(f"LAB_HOSTS (or --hosts) is {text!r}: it must be a whole number from 1 to {MAX_HOSTS}")
    return int(text)


def private_file(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)
    part.replace(path)
