# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-in for SWOP does through a real engine: volumes filled, images built from them, containers of a pair created."""

from __future__ import annotations

import io
import sys
import tarfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from docker.errors import ImageNotFound, NotFound

from lab import engine, images

sys.path.insert(0, str(Path(__file__).parents[3] / "lab" / "standins"))

from swarmlab.docker_work import Workshop
from swarmlab.pairs import Mounted
from swarmlab.process import Refusal

NAME = f"standins-{uuid.uuid4().hex[:8]}"


@pytest.fixture(name="client", scope="module")
def _client() -> Iterator[Any]:
    """An engine, and afterwards nothing on it that these tests made."""
    client = engine.ensure()
    yield client
    for container in client.containers.list(all=True, filters={"name": NAME}):
        container.remove(force=True, v=True)
    for kind, names in ((client.volumes, (NAME,)), (client.networks, (NAME,))):
        for name in names:
            with suppress(NotFound):
                kind.get(name).remove(**({"force": True} if kind is client.volumes else {}))
    for tag in (NAME, f"{NAME}-ml"):
        with suppress(ImageNotFound):
            client.images.remove(tag, force=True)


@pytest.fixture(name="workshop", scope="module")
def _workshop(client: Any) -> Workshop:
    """A workshop, and the smallest image that there can be, for containers that are never started."""
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        for name, content in (("Dockerfile", b"FROM scratch\nCOPY empty /\n"), ("empty", b"")):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    context.seek(0)
    client.images.build(fileobj=context, custom_context=True, tag=NAME)
    return Workshop(client, images.base(client))


@pytest.fixture(name="site")
def _site(tmp_path: Path) -> Iterator[str]:
    """A web server with an archive: its address."""
    with tarfile.open(tmp_path / "lib.tgz", mode="w:gz") as tar:
        entry = tarfile.TarInfo("hello.txt")
        entry.size = 5
        tar.addfile(entry, io.BytesIO(b"hello"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=tmp_path))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def content(client: Any, image: str, path: str) -> bytes:
    container = client.containers.create(image, ["/none"], name=f"{NAME}-{uuid.uuid4().hex[:4]}")
    chunks = container.get_archive(path)[0]
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
        found = tar.extractfile(tar.getmembers()[0])
        assert found is not None
        return found.read()


def test_a_volume_is_filled_and_an_image_built_from_it(client: Any, workshop: Workshop, site: str):
    download = {"Operation": "DOWNLOAD", "Target": f"{site}/lib.tgz"}
    extract = {"Operation": "EXTRACT", "Target": "lib.tgz", "Options": [{"Out": "unpacked"}]}
    workshop.fill(NAME, {"ContentType": "BUILDCONTENT", "OpsList": [download, extract]})
    workshop.build(f"{NAME}-ml", {"BuildContext": NAME, "BuildType": "INLINE", "BuildSteps": ["FROM scratch", "COPY unpacked/hello.txt /"]})
    assert content(client, f"{NAME}-ml", "/hello.txt") == b"hello"


def test_failed_build_gives_a_reason(workshop: Workshop):
    steps = ["FROM scratch", "COPY nowhere /"]
    with pytest.raises(Refusal, match=r"building x failed: .*nowhere"):
        workshop.build("x", {"BuildContext": None, "BuildType": "INLINE", "BuildSteps": steps})
    with pytest.raises(Refusal, match="the volume no-such-volume is not there"):
        workshop.build("x", {"BuildContext": "no-such-volume", "BuildType": "INLINE", "BuildSteps": steps})
    with pytest.raises(Refusal, match="the Docker network no-such-network of the profile is not there"):
        workshop.require_network("no-such-network")


def wanted(**changes: Any) -> dict[str, Any]:
    return {
        "image": NAME,
        "name": f"{NAME}-sl",
        "hostname": "sl-1",
        "environment": {"A": "1", "https_proxy": ""},
        "command": ["/none"],
        "ports": {"30305/tcp": 16000},
        "mounts": [Mounted("volume", None, "/tmp/channel"), Mounted("volume", NAME, "/tmp/spire-agent")],
        "dns": None,
        "network": NAME,
        "ip": None,
        "aliases": ["sl-1"],
        **changes,
    }


def test_the_containers_of_a_pair(client: Any, workshop: Workshop):
    client.networks.create(NAME)
    workshop.require_network(NAME)
    sl = workshop.create(wanted())
    ml = workshop.create(
        wanted(name=f"{NAME}-ml", hostname="ml-1", ports={}, mounts=[], user="1000:1000", volumes_from=[sl.id], gpus="all")
    )
    config, host = sl.attrs["Config"], sl.attrs["HostConfig"]
    assert (config["Hostname"], config["Env"][:2]) == ("sl-1", ["A=1", "https_proxy="])
    assert host["PortBindings"] == {"30305/tcp": [{"HostIp": "", "HostPort": "16000"}]}
    assert sl.attrs["NetworkSettings"]["Networks"][NAME]["Aliases"][0] == "sl-1"
    channel = {mount["Destination"]: mount["Name"] for mount in sl.attrs["Mounts"]}
    assert set(channel) == {"/tmp/channel", "/tmp/spire-agent"}
    assert {mount["Destination"]: mount["Name"] for mount in ml.attrs["Mounts"]} == channel
    assert ml.attrs["Config"]["User"] == "1000:1000"
    assert ml.attrs["HostConfig"]["DeviceRequests"][0]["Count"] == -1


def test_unavailable_image_is_named(workshop: Workshop):
    with pytest.raises(Refusal, match=r"the image 127\.0\.0\.1:1/no/image:1 is not on this host and cannot be pulled"):
        workshop.create(wanted(image="127.0.0.1:1/no/image:1"))
