# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts: containers with their own Docker Engine and sshd, reached as real machines are."""

from __future__ import annotations

import io
import socket
import tarfile
from collections.abc import Collection, Mapping
from pathlib import Path

import docker
from docker.errors import NotFound
from docker.models.containers import Container

from lab.content import archive_of, key_of
from lab.process import run
from lab.registry import CA
from lab.report import LabError, say, step, tail, wait_for
from lab.settings import (
    KEY_LABEL,
    LABEL,
    NETWORK,
    REGISTRY,
    REGISTRY_IP,
    REGISTRY_NAME,
    STATE,
    Host,
    docker_host,
)

KEY = STATE / "id_ed25519"
KNOWN_HOSTS = STATE / "known_hosts"
PODMAN_KNOWN_HOSTS = STATE / "known_hosts.podman"
# --privileged asks for every capability, which an outer container or virtual machine may not have to give. No masked and no
# read-only paths is what the command line calls systempaths=unconfined.
_RIGHTS = {
    "CapAdd": ["ALL"],
    "CapDrop": ["SYS_RESOURCE"],
    "SecurityOpt": ["seccomp=unconfined", "apparmor=unconfined"],
    "MaskedPaths": [],
    "ReadonlyPaths": [],
    "CgroupnsMode": "private",
}
_STARTED_TIMEOUT = 90
_EMPTY = (
    "docker ps --all --quiet | xargs --no-run-if-empty docker rm --force --volumes"
    " && docker volume ls --quiet | xargs --no-run-if-empty docker volume rm"
    " && docker network prune --force && rm -rf /var/lib/swarm-learning /tmp/spire"
)


def ssh_key() -> str:
    """The public half of the key that opens the hosts, made when there is none yet."""
    public = Path(f"{KEY}.pub")
    if not KEY.exists() or not public.exists():
        KEY.unlink(missing_ok=True)
        STATE.mkdir(parents=True, exist_ok=True)
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "swarm-lab", "-f", str(KEY)], "the key of the hosts cannot be made")
    return public.read_text()


def known_hosts(keys: Mapping[Host, str]) -> str:
    """The text of a known_hosts file from each host's own public key (`TYPE BASE64 [COMMENT]`)."""
    return "".join(f"{host.name},{host.ip} {' '.join(key.split()[:2])}\n" for host, key in sorted(keys.items()))


def existing(client: docker.DockerClient) -> dict[int, Container]:
    """Number → container of the hosts that are there, whether they run or not."""
    found = client.containers.list(all=True, filters={"label": f"{LABEL}=host"})
    return {int(container.name.rsplit("-", 1)[1]): container for container in found}


def empty(client: docker.DockerClient, numbers: Collection[int] = ()) -> None:
    """Remove every container, volume and network from these hosts, or all, if they run, and the platform's files. Their images stay.
    Raises LabError."""
    for number, container in existing(client).items():
        if container.status == "running" and (not numbers or number in numbers):
            code, said = container.exec_run(["sh", "-c", _EMPTY])
            if code:
                raise LabError(f"{container.name} could not be emptied: {said.decode().strip()}")


def _create(client: docker.DockerClient, image: str, host: Host, files: dict[str, tuple[bytes, int]], key: str) -> Container:
    client.volumes.create(host.volume, labels={LABEL: host.label})
    settings = client.api.create_host_config(
        binds=[f"{host.volume}:{host.storage}", *host.shared],
        tmpfs=list(host.tmpfs),
        extra_hosts={REGISTRY_NAME: REGISTRY_IP},
        network_mode=NETWORK,
    )
    endpoint = client.api.create_endpoint_config(ipv4_address=host.ip)
    made = client.api.create_container(
        image,
        name=host.container,
        hostname=host.name,
        labels={LABEL: host.label, KEY_LABEL: key},
        host_config={**settings, **_RIGHTS},
        networking_config=client.api.create_networking_config({NETWORK: endpoint}),
    )
    container = client.containers.get(made["Id"])
    container.put_archive("/", archive_of(files))
    return container


def start(client: docker.DockerClient, image: str, host: Host) -> str:
    """A host, up and answering; returns its public SSH host key, read from the host itself."""
    files = {
        "root/.ssh/authorized_keys": (ssh_key().encode(), 0o600),
        # Podman looks there too.
        f"etc/docker/certs.d/{REGISTRY}/ca.crt": (CA.read_bytes(), 0o644),
    }
    key = key_of([image, repr(_RIGHTS), *(content for content, unused in files.values()), *host.shared])
    try:
        container = client.containers.get(host.container)
    except NotFound:
        container = None
    if container is not None and container.labels.get(KEY_LABEL) != key:
        container.remove(force=True)
        container = None
    if container is None or container.status != "running":
        with step(f"starting {host.name}"):
            container = container or _create(client, image, host, files, key)
            container.start()
            wait(container, host)
    else:
        wait(container, host)
    return _file_of(container, "/etc/ssh/ssh_host_ed25519_key.pub").decode()


def _file_of(container: Container, path: str) -> bytes:
    """A file of the host. As an archive: what a program prints may be lost on a busy machine."""
    chunks, _stat = container.get_archive(path)
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
        return archive.extractfile(archive.next()).read()


def wait(container: Container, host: Host) -> None:
    """Wait for the host's engine and its sshd. Raises LabError with the log's end when the host ends instead."""

    def dead() -> str | None:
        container.reload()
        return None if container.status == "running" else f"it ended:\n{tail(container.logs().decode(errors='replace'))}"

    wait_for(lambda: _sshd(host.ip), f"sshd of {host.name}", _STARTED_TIMEOUT, dead)
    wait_for(lambda: engine_answers(container), f"the engine of {host.name}", _STARTED_TIMEOUT, dead)


def _sshd(address: str) -> bool:
    try:
        with socket.create_connection((address, 22), timeout=2) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def engine_answers(container: Container) -> bool:
    return container.exec_run(["engine", "status"]).exit_code == 0


def stale(listing: str, served: Mapping[str, str]) -> list[str]:
    """The references in a listing (`REFERENCE ID` a line) that the registry serves with another ID now."""
    lines = [line.split() for line in listing.splitlines()]
    return [reference for reference, held in lines if served.get(reference, held) != held]


def forget_stale(client: docker.DockerClient, host: Host, served: Mapping[str, str]) -> None:
    """Untag images on a host that have been built again under the same name; a real image never changes under its name."""
    container = client.containers.get(host.container)
    listing = container.exec_run(["docker", "image", "ls", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}"])
    old = stale(listing.output.decode(), served)
    if old:
        say(f"removing outdated tags on {host.name}: {' '.join(old)}")
        container.exec_run(["docker", "image", "rm", "--force", "--no-prune", *old])


def restart(client: docker.DockerClient, number: int) -> None:
    """Reboot a host, and wait until it is back."""
    host = docker_host(number)
    with step(f"restarting {host.name}"):
        container = client.containers.get(host.container)
        container.restart(timeout=30)
        wait(container, host)


def write_known_hosts(path: Path, keys: Mapping[Host, str]) -> None:
    text = known_hosts(keys)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
