# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PostgreSQL or MariaDB with TLS, as an organisation has one: a datastore that several SPIRE Servers can share."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

import docker
from docker.errors import NotFound
from docker.models.containers import Container

from lab import certificates
from lab.content import archive_of, key_of
from lab.report import step, tail, wait_for
from lab.settings import KEY_LABEL, LABEL, NETWORK, POSTGRES_CONTAINER, POSTGRES_DIR, POSTGRES_IP, private_file

_READY = re.compile(rb"database system is ready to accept connections|mariadbd: ready for connections")


def prepare(directory: Path, names: list[str], addresses: list[str]) -> dict[str, tuple[bytes, int]]:
    """The files that the container starts with. They are made in the directory, beside ca.crt for the clients, when one is missing."""
    paths = [directory / name for name in ("ca.crt", "server.crt", "server.key", "password")]
    if not all(path.exists() for path in paths):
        for path, content in zip(paths, (*certificates.issue(names, addresses), secrets.token_urlsafe(24).encode()), strict=True):
            private_file(path, content)
    return {f"run/lab/{path.name}": (path.read_bytes(), 0o600) for path in paths[1:]}


def create(client: docker.DockerClient, image: str, name: str, network: str, files: dict[str, tuple[bytes, int]], **options) -> Container:
    """A container with the database, up and answering."""
    container = client.containers.create(image, name=name, hostname=name, network=network, **options)
    container.put_archive("/", archive_of(files))
    container.start()

    def dead() -> str | None:
        container.reload()
        return None if container.status in {"created", "running"} else f"it ended:\n{tail(container.logs().decode(errors='replace'))}"

    wait_for(lambda: bool(_READY.search(container.logs())), name, 60, dead)
    return container


def start(client: docker.DockerClient, image: str) -> None:
    """The lab's own, a PostgreSQL, at an address of its own; what it has lasts as long as its container."""
    files = prepare(POSTGRES_DIR, [POSTGRES_CONTAINER], [POSTGRES_IP])
    wanted = key_of([image, *(content for content, _mode in files.values())])
    try:
        container = client.containers.get(POSTGRES_CONTAINER)
        if container.labels.get(KEY_LABEL) == wanted:
            container.start()
            return
        container.remove(force=True, v=True)
    except NotFound:
        pass
    with step("starting PostgreSQL"):
        endpoint = {NETWORK: client.api.create_endpoint_config(ipv4_address=POSTGRES_IP)}
        create(
            client,
            image,
            POSTGRES_CONTAINER,
            NETWORK,
            files,
            networking_config=endpoint,
            labels={LABEL: "postgres", KEY_LABEL: wanted},
        )
