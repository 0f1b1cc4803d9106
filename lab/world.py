# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole lab: up, down, status."""

from __future__ import annotations

import fcntl
import functools
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
from docker.errors import NotFound
from docker.models.containers import Container
from docker.types import IPAMConfig, IPAMPool

from lab import binaries, databases, engine, hosts, images, registry, wheel
from lab.content import Tree
from lab.report import say, step
from lab.settings import (
    CLASSIC_SPIRE_VERSION,
    LABEL,
    NETWORK,
    OLDER_SPIRE_VERSION,
    PODMAN,
    PODMAN_SHARED,
    PODMAN_SOCKET,
    POSTGRES,
    REGISTRY,
    REGISTRY_CONTAINER,
    SERVED,
    SETS,
    STATE,
    SUBNET,
    docker_host,
    host_ip,
    host_name,
)


@contextmanager
def locked() -> Iterator[None]:
    """One lab a user, whichever checkout it is used from: one command at a time changes it."""
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / "lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another command that is changing the lab")
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


class Work:
    """Jobs at once; the first one that fails ends the wait for the others, and its error is raised."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=16)
        self._jobs: list[Future[Any]] = []

    def start(self, job: Callable[..., Any], *arguments: object) -> Future[Any]:
        future = self._pool.submit(job, *arguments)
        self._jobs.append(future)
        return future

    def finish(self) -> None:
        done, _running = wait(self._jobs, return_when=FIRST_EXCEPTION)
        failed = [future for future in done if future.exception()]
        self._pool.shutdown(wait=not failed, cancel_futures=True)
        for future in failed:
            future.result()


Publish = Callable[[str, str], None]


@dataclass(frozen=True)
class Parts:
    """What sets of images are made of."""

    client: docker.DockerClient
    base: str
    standins: Future[dict[str, str]]
    wheel: Future[Path]


def _classic(parts: Parts) -> dict[str, str]:
    binary, plugin = binaries.build(CLASSIC_SPIRE_VERSION), binaries.build_plugin(CLASSIC_SPIRE_VERSION)
    return images.classic(parts.client, parts.base, parts.standins.result(), binary, plugin, parts.wheel.result())


def _older_spire(parts: Parts) -> dict[str, str]:
    return images.spire_as_root(parts.client, parts.base, binaries.build(OLDER_SPIRE_VERSION))


def _reverse_proxy(parts: Parts) -> dict[str, str]:
    return {"nginx": images.nginx(parts.client, parts.base)}


# Set of settings.SETS → what builds it: image → reference.
BUILDERS: Mapping[str, Callable[[Parts], dict[str, str]]] = {
    "classic": _classic,
    "reverse-proxy": _reverse_proxy,
    "spire-1.8": _older_spire,
}


def _build(client: docker.DockerClient, work: Work, base: str, spire: Future[Tree], publish: Publish, sets: Collection[str]) -> None:
    """Start the jobs that build what the registry serves; each image goes to `publish(name, reference)` when it is there.

    sets: which of settings.SETS are built too
    """

    def serve(names: Mapping[str, str], build: Callable[[], Mapping[str, str]]) -> None:
        for image, reference in build().items():
            publish(names[image], reference)

    numpy = work.start(images.numpy, client, base)
    standins = work.start(lambda: images.standins(client, numpy.result()))
    parts = Parts(client, base, standins, work.start(wheel.ensure))
    work.start(serve, SERVED, lambda: images.spire(client, base, spire.result()))
    work.start(serve, SERVED, standins.result)
    work.start(serve, SERVED, lambda: {"ml-python": images.ml_python(client, numpy.result())})
    for name in sets:
        work.start(serve, SETS[name], functools.partial(BUILDERS[name], parts))


def build_images() -> None:
    """Build every image of the lab, and start nothing."""
    client = engine.ensure()
    work = Work()
    spire = work.start(binaries.build)
    base = images.base(client)
    work.start(images.host, client, base)
    work.start(images.podman_host, client, base)
    work.start(images.registry, client, base)
    _build(client, work, base, spire, lambda name, reference: say(f"{name} is {reference}"), SETS)
    work.finish()


def _network(client: docker.DockerClient) -> None:
    if not client.networks.list(names=[f"^{NETWORK}$"]):
        pool = IPAMPool(subnet=SUBNET)
        client.networks.create(NETWORK, driver="bridge", ipam=IPAMConfig(pool_configs=[pool]), labels={LABEL: "network"})


def up(wanted: Collection[int], sets: Collection[str] = ()) -> None:
    """The hosts of these numbers and the registry, up and answering, with the usual images in the registry and those of the sets; POSTGRES
    among them is a database beside the hosts, and PODMAN's name that host."""
    client = engine.ensure()
    work = Work()
    # What takes longest goes first.
    spire = work.start(binaries.build)
    base = images.base(client)
    _network(client)
    registry.prepare()
    hosts.ssh_key()
    serving = work.start(lambda: registry.start(client, images.registry(client, base)))
    served: dict[str, str] = {}

    def publish(name: str, reference: str) -> None:
        served[f"{REGISTRY}/{name}"] = registry.push(client, serving.result(), reference, name)

    _build(client, work, base, spire, publish, [name for name in sets if name in SETS])
    if POSTGRES in sets:
        work.start(lambda: databases.start(client, images.postgres(client, base)))
    host_image = images.host(client, base)
    running = hosts.existing(client)
    numbers = sorted({*wanted, *(n for n, container in running.items() if container.status == "running")})
    started = {number: work.start(hosts.start, client, host_image, docker_host(number)) for number in numbers}
    work.finish()
    hosts.write_known_hosts(hosts.KNOWN_HOSTS, {docker_host(number): future.result() for number, future in started.items()})
    if PODMAN.name in sets:
        podman()
    for host in [docker_host(number) for number in numbers] + ([PODMAN] if PODMAN.name in sets else []):
        hosts.forget_stale(client, host, served)
    say(f"up: {', '.join(f'{host_name(n)} ({host_ip(n)})' for n in numbers)}; registry {REGISTRY}; log in with ssh -i {hosts.KEY}")


def podman() -> None:
    """The host that has Podman instead of Docker, up and answering."""
    client = engine.ensure()
    base = images.base(client)
    _network(client)
    registry.prepare()
    PODMAN_SHARED.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = hosts.start(client, images.podman_host(client, base), PODMAN)
    hosts.write_known_hosts(hosts.PODMAN_KNOWN_HOSTS, {PODMAN: key})
    say(f"up: {PODMAN.name} ({PODMAN.ip}); its engine is unix://{PODMAN_SOCKET}; log in with ssh -i {hosts.KEY}")


def _remove(container: Container) -> None:
    container.remove(force=True, v=True)


def down() -> None:
    """Remove hosts, registry, network and volumes. Images and the cache stay: they make the next time quick."""
    client = engine.connect()
    if client is None:
        say("no Docker Engine answers: nothing to remove")
        return
    mine = {"label": LABEL}
    containers = client.containers.list(all=True, filters=mine)
    networks = client.networks.list(filters=mine)
    volumes = client.volumes.list(filters=mine)
    if containers or networks or volumes:
        with step(f"removing {len(containers)} containers, {len(networks)} network, {len(volumes)} volumes"):
            work = Work()
            for container in containers:
                work.start(_remove, container)
            work.finish()
            for thing in [*networks, *volumes]:
                thing.remove()
    for left in (hosts.KNOWN_HOSTS, hosts.PODMAN_KNOWN_HOSTS, PODMAN_SOCKET):
        left.unlink(missing_ok=True)
    say("down")


def status() -> bool:
    """Say what is there; True when the registry and at least one host answer."""
    client = engine.connect()
    if client is None:
        say("no Docker Engine answers")
        return False
    there = hosts.existing(client)
    fine = [number for number, container in there.items() if container.status == "running" and hosts.engine_answers(container)]
    for number, container in sorted(there.items()):
        state = "up" if number in fine else f"{container.status}, its engine does not answer"
        print(f"{host_name(number):10} {host_ip(number):14} {state}")
    try:
        container = client.containers.get(REGISTRY_CONTAINER)
    except NotFound:
        print("registry   not there")
        return False
    print(f"{'registry':10} {REGISTRY:14} {container.status}")
    names = registry.catalog(container) if container.status == "running" else []
    for name in names:
        print(f"  {REGISTRY}/{name}")
    return bool(fine and names)
