# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's images: built by key, so that what has not changed costs a look."""

from __future__ import annotations

import json
import platform
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import docker
from docker.errors import APIError, ImageNotFound
from requests import RequestException

from lab import packages as programs
from lab.content import Tree, archive, context_key, files_below, key_of
from lab.process import run
from lab.report import LabError, say, step, tail
from lab.settings import (
    CLASSIC_COMPONENTS,
    COMPONENTS,
    DEBIAN_SUITE,
    DOWNLOADS,
    KEY_LABEL,
    LAB_DIR,
    PYTHON_VERSION,
)

DOCKERFILES = LAB_DIR / "dockerfiles"
OFFICIAL_DEBIAN = f"debian:{DEBIAN_SUITE}-slim"
OWN_DEBIAN = f"swarm-lab/debian:{DEBIAN_SUITE}"
# What the official slim image leaves out too.
NOT_IMPORTED = (
    "./usr/share/doc/*",
    "./usr/share/info/*",
    "./usr/share/locale/*",
    "./usr/share/man/*",
    "./var/cache/apt/*",
    "./var/lib/apt/lists/*",
    "./var/log/*",
    "./dev/*",
)


def exists(client: docker.DockerClient, reference: str) -> bool:
    try:
        client.images.get(reference)
    except ImageNotFound:
        return False
    return True


def wheel_platforms(machine: str) -> list[str]:
    """pip's names for the wheels that run on Debian on this kind of machine, newest first."""
    return [f"manylinux_2_{minor}_{machine}" for minor in (28, 27, 24, 17)] + [f"manylinux2014_{machine}"]


def packages(requirements: Path) -> Tree:
    """The packages of a requirements file as a directory, fetched by this machine's pip for the images' Python.

    An image build then needs neither pip nor a way to a package index, and inherits the index settings of this machine.
    """
    platforms = wheel_platforms(platform.machine())
    key = key_of([requirements.read_bytes(), PYTHON_VERSION, *platforms])
    home = DOWNLOADS / key
    if home.exists():
        return Tree(home, key)
    DOWNLOADS.mkdir(parents=True, exist_ok=True)
    with step(f"fetching Python packages of {requirements.relative_to(LAB_DIR)}"), tempfile.TemporaryDirectory(dir=DOWNLOADS) as part:
        target = Path(part) / "packages"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--no-deps", "--only-binary=:all:"]
        # The wheels are for another Python than pip's own, which it would have them refuse.
        command += ["--ignore-requires-python", f"--python-version={PYTHON_VERSION}", *(f"--platform={name}" for name in platforms)]
        command += ["--target", str(target), "-r", str(requirements)]
        run(command, f"pip cannot fetch {requirements} for Python {PYTHON_VERSION}")
        # Scripts name this machine's interpreter, and a package's own tests are a third of some packages.
        for useless in [target / "bin", *(path for path in target.rglob("tests") if path.is_dir())]:
            shutil.rmtree(useless, ignore_errors=True)
        target.replace(home)
    return Tree(home, key)


def build(
    client: docker.DockerClient,
    name: str,
    context: Path,
    arguments: Mapping[str, str],
    trees: Mapping[str, Tree] | None = None,
    target: str = "",
) -> str:
    """Build swarm-lab/NAME from a context directory and trees beside it; returns its reference, whose tag is the content's key."""
    trees = trees or {}
    files = files_below(context)
    reference = f"swarm-lab/{name}:{context_key(files, trees, target, json.dumps(arguments, sort_keys=True))}"
    if exists(client, reference):
        return reference
    with step(f"building {reference}"), archive(files, trees) as stream:
        log: list[str] = []
        lines = client.api.build(
            fileobj=stream,
            custom_context=True,
            tag=reference,
            buildargs=dict(arguments),
            target=target,
            network_mode="host",
            labels={KEY_LABEL: reference},
            rm=True,
            forcerm=True,
            decode=True,
        )
        for line in lines:
            log.append(line.get("stream", ""))
            if "error" in line:
                raise LabError(f"{reference} does not build: {line['error']}\n{tail(''.join(log))}")
    return reference


def _official(client: docker.DockerClient) -> bool:
    """Whether the official image is here or can be had. A way out that swallows requests must not hold up the rest."""
    if exists(client, OFFICIAL_DEBIAN):
        return True
    say(f"looking for {OFFICIAL_DEBIAN}")
    try:
        docker.from_env(timeout=15).images.pull(OFFICIAL_DEBIAN)
    except (APIError, RequestException) as error:
        say(f"{OFFICIAL_DEBIAN} cannot be pulled: {error}")
        return False
    return True


def debian(client: docker.DockerClient) -> str:
    """The Debian image that everything stands on."""
    if exists(client, OWN_DEBIAN):
        return OWN_DEBIAN
    if _official(client):
        return OFFICIAL_DEBIAN
    tool = programs.ensure("debootstrap")
    with step(f"bootstrapping Debian {DEBIAN_SUITE}"), tempfile.TemporaryDirectory() as part:
        root = Path(part) / "root"
        run([tool, "--variant=minbase", DEBIAN_SUITE, str(root)], f"Debian {DEBIAN_SUITE} cannot be bootstrapped")
        whole = Path(part) / "root.tar"
        exclude = [f"--exclude={path}" for path in NOT_IMPORTED]
        run(["tar", "-C", str(root), "-cf", str(whole), *exclude, "."], "the bootstrapped Debian cannot be packed")
        repository, tag = OWN_DEBIAN.split(":")
        with whole.open("rb") as stream:
            client.api.import_image_from_data(stream, repository=repository, tag=tag)
    return OWN_DEBIAN


def base(client: docker.DockerClient) -> str:
    return build(client, "base", DOCKERFILES / "base", {"DEBIAN": debian(client)})


def host(client: docker.DockerClient, base_image: str) -> str:
    return build(client, "host", DOCKERFILES / "host", {"BASE": base_image})


def podman_host(client: docker.DockerClient, base_image: str) -> str:
    """The host with Podman: its own engine script, all else as in `host`."""
    common = {name: DOCKERFILES / "host" / name for name in ("host", "sshd.conf")}
    trees = {name: Tree(path, key_of([path.read_bytes()])) for name, path in common.items()}
    return build(client, "podman-host", DOCKERFILES / "podman-host", {"BASE": base_image}, trees)


def registry(client: docker.DockerClient, base_image: str) -> str:
    return build(client, "registry", DOCKERFILES / "registry", {"BASE": base_image})


def systemd(client: docker.DockerClient, base_image: str) -> str:
    return build(client, "systemd", DOCKERFILES / "systemd", {"BASE": base_image})


def with_packages(client: docker.DockerClient, name: str, below: str, requirements: Path) -> str:
    return build(client, name, DOCKERFILES / "packages", {"BASE": below}, {"packages": packages(requirements)})


def numpy(client: docker.DockerClient, base_image: str) -> str:
    return with_packages(client, "numpy", base_image, DOCKERFILES / "packages" / "numpy.txt")


def spire(client: docker.DockerClient, base_image: str, binaries: Tree) -> dict[str, str]:
    """Name → reference of the server's and the agent's image."""
    trees = {"bin": binaries}
    return {name: build(client, name, DOCKERFILES / "spire", {"BASE": base_image}, trees, name) for name in ("spire-server", "spire-agent")}


def spire_as_root(client: docker.DockerClient, base_image: str, binaries: Tree) -> dict[str, str]:
    """The same of a SPIRE before 1.10, whose servers run as root."""
    made = spire(client, base_image, binaries)
    return {**made, "spire-server": build(client, "spire-server", DOCKERFILES / "as-root", {"BASE": made["spire-server"]})}


def nginx(client: docker.DockerClient, base_image: str) -> str:
    return build(client, "nginx", DOCKERFILES / "nginx", {"BASE": base_image})


def postgres(client: docker.DockerClient, base_image: str) -> str:
    return build(client, "postgres", DOCKERFILES / "postgres", {"BASE": base_image})


def mariadb(client: docker.DockerClient, base_image: str) -> str:
    return build(client, "mariadb", DOCKERFILES / "mariadb", {"BASE": base_image})


def ml_python(client: docker.DockerClient, numpy_image: str) -> str:
    context = DOCKERFILES / "ml-python"
    below = with_packages(client, "ml-packages", numpy_image, context / "requirements.txt")
    return build(client, "ml-python", context, {"BASE": below})


def standins(client: docker.DockerClient, numpy_image: str) -> dict[str, str]:
    """Component → reference of its stand-in."""
    context = LAB_DIR / "standins"
    below = with_packages(client, "standin-packages", numpy_image, context / "requirements.txt")
    return {name: build(client, name, context, {"BASE": below}, target=name) for name in COMPONENTS}


def classic(
    client: docker.DockerClient, base_image: str, nodes: Mapping[str, str], binaries: Tree, plugin: Tree, wheel: Path
) -> dict[str, str]:
    """Image of the set `classic` → reference. `nodes` are the stand-ins of 2.x, on which those of 0.3.0 stand."""
    context = DOCKERFILES / "classic"
    spire_trees = {"bin": binaries, "plugin": plugin}
    program_trees = {
        "packages": packages(DOCKERFILES / "ml-python" / "requirements.txt"),
        "client.whl": Tree(wheel, key_of([wheel.read_bytes()])),
    }
    made = {}
    for name in CLASSIC_COMPONENTS:
        trees = {**spire_trees, **program_trees} if name.startswith("sl-") else spire_trees
        made[name] = build(client, f"classic-{name}", context, {"BASE": nodes["sn"]}, trees, name)
    upstream = {f"upstream/{name}": reference for name, reference in spire_as_root(client, base_image, binaries).items()}
    return {"apls": nodes["apls"], **made, **upstream}
