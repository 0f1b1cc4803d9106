# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry that serves every image to the hosts, with TLS and a login."""

from __future__ import annotations

import os
import secrets

import docker
import requests
from docker.errors import NotFound
from docker.models.containers import Container

from lab import certificates
from lab.content import archive_of, key_of
from lab.report import LabError, step, tail, wait_for
from lab.settings import (
    KEY_LABEL,
    LABEL,
    NETWORK,
    REGISTRY_CONTAINER,
    REGISTRY_IP,
    REGISTRY_NAME,
    REGISTRY_PORT,
    REGISTRY_USER,
    STATE,
    private_file,
)

BLOBS = STATE / "registry"
CA = STATE / "ca.crt"
PASSWORD = STATE / "registry-password"
_MANIFESTS = "application/vnd.docker.distribution.manifest.v2+json"


def password() -> str:
    """The registry's password, made up when there is none yet."""
    if not PASSWORD.exists():
        private_file(PASSWORD, secrets.token_urlsafe(24).encode())
    return PASSWORD.read_text()


def prepare() -> dict[str, tuple[bytes, int]]:
    """The files that the registry's container starts with: certificate, key and password, made when missing."""
    _authority, certificate, key = certificates.ensure(STATE, [REGISTRY_NAME, "localhost"], [REGISTRY_IP, "127.0.0.1"])
    return {
        "run/lab/registry.crt": (certificate.read_bytes(), 0o600),
        "run/lab/registry.key": (key.read_bytes(), 0o600),
        "run/lab/registry-password": (password().encode(), 0o600),
    }


def published_port(container: Container) -> int:
    container.reload()
    return int(container.ports[f"{REGISTRY_PORT}/tcp"][0]["HostPort"])


def start(client: docker.DockerClient, image: str) -> Container:
    """The registry's container, started when it is not there or not as it should be. Its blobs live in the cache."""
    files = prepare()
    wanted = key_of([image, str(BLOBS), *(content for content, _mode in files.values())])
    try:
        container = client.containers.get(REGISTRY_CONTAINER)
    except NotFound:
        container = None
    if container is not None and (container.labels.get(KEY_LABEL) != wanted or container.status != "running"):
        container.remove(force=True)
        container = None
    if container is None:
        BLOBS.mkdir(parents=True, exist_ok=True)
        with step("starting the registry"):
            container = client.containers.create(
                image,
                name=REGISTRY_CONTAINER,
                hostname=REGISTRY_NAME,
                # Blobs in the cache are the caller's, not root's: they can be removed like any other file.
                user=f"{os.getuid()}:{os.getgid()}",
                labels={LABEL: "registry", KEY_LABEL: wanted},
                volumes={str(BLOBS): {"bind": "/var/lib/registry", "mode": "rw"}},
                ports={f"{REGISTRY_PORT}/tcp": ("127.0.0.1", None)},
                network=NETWORK,
                networking_config={NETWORK: client.api.create_endpoint_config(ipv4_address=REGISTRY_IP)},
            )
            container.put_archive("/", archive_of(files, os.getuid()))
            container.start()
            wait_for(lambda: _answers(container), "the registry", 30, lambda: _dead(container))
    return container


def _dead(container: Container) -> str | None:
    container.reload()
    return None if container.status in {"created", "running"} else f"it ended:\n{tail(container.logs().decode(errors='replace'))}"


def _get(container: Container, path: str, **headers: str) -> requests.Response:
    address = f"https://127.0.0.1:{published_port(container)}/v2/{path}"
    return requests.get(address, auth=(REGISTRY_USER, password()), verify=str(CA), headers=headers, timeout=20)


def _answers(container: Container) -> bool:
    try:
        return _get(container, "").status_code == requests.codes.ok
    except (requests.ConnectionError, KeyError, IndexError):
        return False


def holds(container: Container, repository: str, tag: str) -> str | None:
    """The ID of the image that the registry has under this name, or None."""
    answer = _get(container, f"{repository}/manifests/{tag}", Accept=_MANIFESTS)
    if answer.status_code == requests.codes.not_found:
        return None
    answer.raise_for_status()
    return answer.json()["config"]["digest"]


def push(client: docker.DockerClient, container: Container, image: str, name: str) -> str:
    """Make the registry serve a local image as NAME (repository:tag), and return its ID; what is there is not sent again."""
    repository, tag = name.rsplit(":", 1)
    local = client.images.get(image)
    if holds(container, repository, tag) == local.id:
        return local.id
    # Docker takes 127/8 for insecure, so the engine needs neither our authority nor a restart.
    address = f"127.0.0.1:{published_port(container)}/{repository}"
    with step(f"pushing {name}"):
        local.tag(address, tag)
        try:
            login = {"username": REGISTRY_USER, "password": password()}
            for line in client.images.push(address, tag, auth_config=login, stream=True, decode=True):
                if "error" in line:
                    raise LabError(f"{name} cannot be pushed: {line['error']}")
        finally:
            client.images.remove(f"{address}:{tag}", noprune=True)
    return local.id


def catalog(container: Container) -> list[str]:
    """Every repository:tag that the registry has."""
    names = _get(container, "_catalog").json()["repositories"]
    return [f"{name}:{tag}" for name in names for tag in _get(container, f"{name}/tags/list").json()["tags"] or []]
