# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SWOP does through the Docker socket: builds, pulls, fills volumes, creates containers."""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
import tarfile
import tempfile
import urllib.request
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import docker
import docker.errors
import docker.types
import requests.exceptions

from swarmlab.pairs import Arguments, Mounted, flat
from swarmlab.process import Refusal, log

SOCKET = Path("/var/run/docker.sock")
CONTEXT = "/context"
DOCKERFILE = "Dockerfile.swop"
Problem = (docker.errors.DockerException, requests.exceptions.RequestException, OSError, Refusal, tarfile.TarError, zipfile.BadZipFile)


def connect() -> Any:
    """A client of the engine behind the socket. Raises Refusal."""
    if not SOCKET.exists():
        raise Refusal(f"{SOCKET} is not there: mount the engine's socket")
    try:
        client = docker.DockerClient(base_url=f"unix://{SOCKET}", timeout=120)
        client.ping()
    except Problem as error:
        if not os.access(SOCKET, os.R_OK | os.W_OK):
            group = SOCKET.stat().st_gid
            raise Refusal(
                f"{SOCKET} belongs to group {group}, and this process has groups {sorted(os.getgroups())}: SWOP_DOCKER_GID must be {group}"
            ) from error
        raise Refusal(f"the engine behind {SOCKET} does not answer: {error}") from error
    return client


class Workshop:
    """One engine, and the image from which helper containers are made to reach into volumes."""

    def __init__(self, client: Any, helper_image: str):
        self.client = client
        self._helper_image = helper_image

    def require_network(self, name: str) -> None:
        """Raises Refusal when there is no such network."""
        try:
            self.client.networks.get(name)
        except docker.errors.NotFound as error:
            raise Refusal(f"the Docker network {name} of the profile is not there") from error

    def build(self, outcome: str, body: Mapping[str, Any]) -> None:
        """MAKE_USER_CONTAINER: the inline steps, with a volume's content as build context, tagged ``outcome``."""
        if body["BuildType"] != "INLINE":
            raise Refusal(f"BuildType {body['BuildType']} is not implemented: {outcome} cannot be built")
        context = io.BytesIO()
        with tarfile.open(fileobj=context, mode="w") as tar:
            if body["BuildContext"]:
                self._copy_volume(body["BuildContext"], tar)
            steps = "\n".join(body["BuildSteps"]).encode() + b"\n"
            entry = tarfile.TarInfo(DOCKERFILE)
            entry.size = len(steps)
            tar.addfile(entry, io.BytesIO(steps))
        context.seek(0)
        log("SWOP").info("Building %s", outcome)
        said = self.client.api.build(
            fileobj=context, custom_context=True, dockerfile=DOCKERFILE, tag=outcome, rm=True, forcerm=True, decode=True
        )
        for each in said:
            if each.get("error"):
                raise Refusal(f"building {outcome} failed: {each['error'].strip()}")
            for line in each.get("stream", "").strip().splitlines():
                log("SWOP").info("build : %s", line)

    def _copy_volume(self, volume: str, to: tarfile.TarFile) -> None:
        with self._reach(volume) as helper:
            chunks, _size = helper.get_archive(f"{CONTEXT}/.")
            with tempfile.TemporaryFile() as spool:
                for chunk in chunks:
                    spool.write(chunk)
                spool.seek(0)
                with tarfile.open(fileobj=spool) as there:
                    for member in there:
                        to.addfile(member, there.extractfile(member) if member.isreg() else None)

    def _reach(self, volume: str) -> _Helper:
        try:
            self.client.volumes.get(volume)
        except docker.errors.NotFound as error:
            raise Refusal(f"the volume {volume} is not there") from error
        return _Helper(self.client, self._helper_image, volume)

    def pull(self, outcome: str, body: Mapping[str, Any]) -> None:
        """PULL_IMAGE: OrgAndReg/RepoName:Tag, also called ``outcome``."""
        name = f"{body['OrgAndReg'].rstrip('/')}/{body['RepoName']}"
        log("SWOP").info("Pulling %s:%s", name, body["Tag"])
        image = self.client.images.pull(name, tag=body["Tag"], auth_config=credentials(body["Auth"], name))
        if not image.tag(outcome):
            raise Refusal(f"{name}:{body['Tag']} cannot be tagged {outcome}")

    def fill(self, outcome: str, body: Mapping[str, Any]) -> None:
        """MAKE_SWARM_USER_CONTENT: downloads and unpacked archives in the volume ``outcome``."""
        with tempfile.TemporaryDirectory() as made:
            for operation in body["OpsList"]:
                log("SWOP").info("%s %s into volume %s", operation["Operation"], operation["Target"], outcome)
                carry_out(operation, Path(made))
            content = io.BytesIO()
            with tarfile.open(fileobj=content, mode="w") as tar:
                tar.add(made, ".")
            self.client.volumes.create(outcome)
            with self._reach(outcome) as helper:
                if not helper.put_archive(CONTEXT, content.getvalue()):
                    raise Refusal(f"volume {outcome} cannot be filled")

    def create(self, wanted: Arguments) -> Any:
        """A container from pairs.sl or pairs.ml (with ``volumes_from``), pulled when its image is missing."""
        arguments = dict(wanted)
        ip, aliases, gpus = arguments.pop("ip"), arguments.pop("aliases"), arguments.pop("gpus", None)
        arguments["mounts"] = [mount(each) for each in arguments["mounts"]]
        arguments["networking_config"] = {
            arguments["network"]: docker.types.EndpointConfig(self.client.api._version, aliases=aliases, ipv4_address=ip)
        }
        if gpus:
            arguments["device_requests"] = [gpu_request(gpus)]
        try:
            self.client.images.get(arguments["image"])
        except docker.errors.ImageNotFound:
            try:
                self.client.images.pull(arguments["image"])
            except docker.errors.APIError as error:
                raise Refusal(f"the image {arguments['image']} is not on this host and cannot be pulled: {error.explanation}") from error
        return self.client.containers.create(**arguments)


class _Helper:
    """A container that does nothing, to read and write a volume through the engine. It runs, as Podman mounts some volumes only then."""

    def __init__(self, client: Any, image: str, volume: str):
        mounts = [docker.types.Mount(CONTEXT, volume, type="volume")]
        self._container = client.containers.create(image, entrypoint=["sleep", "infinity"], mounts=mounts, network_disabled=True)

    def __enter__(self) -> Any:
        self._container.start()
        return self._container

    def __exit__(self, *_error: object) -> None:
        self._container.remove(force=True)


def mount(wanted: Mounted) -> Any:
    """The SDK's mount."""
    return docker.types.Mount(wanted.target, wanted.source, type=wanted.kind, read_only=wanted.read_only)


def gpu_request(gpus: str) -> Any:
    """``--gpus``: all, a number, or ``device=0,1`` (also just ``0,1``)."""
    devices = gpus.removeprefix("device=").strip("\"'")
    if gpus == "all":
        return docker.types.DeviceRequest(count=-1, capabilities=[["gpu"]])
    if devices == gpus and gpus.isdigit():
        return docker.types.DeviceRequest(count=int(gpus), capabilities=[["gpu"]])
    return docker.types.DeviceRequest(device_ids=devices.split(","), capabilities=[["gpu"]])


def credentials(auth: str | Mapping[str, str] | None, name: str) -> dict[str, str] | None:
    """What a PULL_IMAGE task's ``Auth`` says: nothing, a name with a password, or the registry's entry in a config.json."""
    if auth is None:
        return None
    if not isinstance(auth, str):
        return {"username": auth["Username"], "password": auth["Password"]}
    try:
        known = json.loads(Path(auth).read_text()).get("auths", {})
    except (OSError, ValueError) as error:
        raise Refusal(f"Auth {auth} cannot be read as a config.json: {error}") from error
    registry = name.split("/")[0]
    if registry not in known:
        raise Refusal(f"Auth {auth} has no login for {registry}")
    user, _colon, password = base64.b64decode(known[registry]["auth"]).decode().partition(":")
    return {"username": user, "password": password}


def carry_out(operation: Mapping[str, Any], root: Path) -> None:
    """One DOWNLOAD (of a URL) or EXTRACT (of an archive downloaded before) below ``root``. Raises Refusal."""
    options = flat(operation.get("Options"))
    if set(options) - {"Out"}:
        raise Refusal(f"{operation['Operation']} takes the option Out, not {', '.join(sorted(set(options) - {'Out'}))}")
    target = operation["Target"]
    if operation["Operation"] == "DOWNLOAD":
        if not target.startswith(("http://", "https://")):
            raise Refusal(f"DOWNLOAD takes a http or https URL, not {target}")
        place = inside(root, options.get("Out") or target.rstrip("/").rsplit("/", 1)[-1])
        place.parent.mkdir(parents=True, exist_ok=True)
        with urllib.request.urlopen(target, timeout=60) as answer, place.open("wb") as file:
            shutil.copyfileobj(answer, file)
        return
    archive, place = inside(root, target), inside(root, options.get("Out") or ".")
    if not archive.is_file():
        raise Refusal(f"EXTRACT {target}: no DOWNLOAD before it made that file")
    place.mkdir(parents=True, exist_ok=True)
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(place)
    else:
        with tarfile.open(archive) as packed_tar:
            # Before 3.11.4, Python has no filters.
            packed_tar.extractall(place, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))


def inside(root: Path, path: str) -> Path:
    """``path`` below ``root``. Raises Refusal when it leads out of it."""
    found = (root / path.lstrip("/")).resolve()
    if not found.is_relative_to(root.resolve()):
        raise Refusal(f"{path} leads out of the volume")
    return found
