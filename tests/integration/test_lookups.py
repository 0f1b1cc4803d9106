# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module finds out itself: addresses of other containers, sockets in volumes, groups; and what it passes to a container."""

import grp
import io
import os
import socket
import tarfile
from pathlib import Path

import pytest

from tests.support.module_runner import ENGINE, IMAGE, Failed, run

LICENCE = "SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_IP"
SOCKET = "SWARM_SPIFFE_WORKLOAD_API_SOCKET_PATH"


def env(world, component):
    return dict(line.split("=", 1) for line in world.inspect(component)["Config"]["Env"])


def binds(world, component):
    return world.inspect(component)["HostConfig"]["Binds"]


def address(container):
    container.reload()
    return container.attrs["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]


@pytest.mark.parametrize(("release", "variable"), [("0.3.0", "SENTINEL_NODE_IP"), ("2.3.0", "SN_NODE_IP")])
def test_sn_of_this_host(world, release, variable):
    sn = world.make("sn")
    params = {**world.params("sl", release), "sn_docker_name": sn.name, "state": "present"}
    params.pop("sn_ip")
    run("sl", **params)
    assert env(world, "sl")[variable] == address(sn)
    assert run("sl", check=True, **params)["changed"] is False
    with pytest.raises(Failed, match=r"sn_docker_name: 'gone' is not a running container with an address on this host; start it, or set"):
        run("sl", **{**params, "sn_docker_name": "gone"})


@pytest.mark.parametrize("release", ["0.3.0", "2.3.0"])
def test_license_server_by_its_name(world, release):
    apls = world.make("apls")
    params = {**world.params("sn", release), "apls_docker_name": apls.name, "state": "present"}
    params.pop("apls_ip")
    run("sn", **params)
    assert env(world, "sn")[LICENCE] == address(apls)


def test_license_server_by_its_image(world):
    image = f"{world.prefix}/apls:0.3.0"
    world.client.images.get(IMAGE).tag(image)
    params = {**world.params("sn", "0.3.0"), "state": "present", "server_address": "192.0.2.7"}
    params.pop("apls_ip")
    try:
        with pytest.raises(Failed, match=r"apls_docker_name is not set, so exactly one apls .* must be running on this host; found: none"):
            run("sn", **params)
        apls = world.client.containers.run(image, detach=True, name=world.name("apls"))
        run("sn", **params)
        assert env(world, "sn")[LICENCE] == address(apls)
    finally:
        world.clean_containers()
        world.client.images.remove(image)


# --- the four forms of socket_path ----------------------------------------------------------------------------------------------


@pytest.fixture
def socket_volume(world):
    """A volume with a socket in it, as a SPIRE Agent makes one."""
    volume = world.client.volumes.create(world.name("socket"))
    home = Path(volume.attrs["Mountpoint"]) / "public"
    home.mkdir()
    here = os.getcwd()
    os.chdir(home)  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("api.sock")
    os.chdir(here)
    return volume.name


def test_socket_file(world):
    path = str(world.directory / "api.sock")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        run("sn", **world.params("sn", state="present", socket_path=path))
    assert binds(world, "sn") == [f"{path}:/tmp/spire-agent/api.sock"]
    assert env(world, "sn")[SOCKET] == "/tmp/spire-agent/api.sock"


def test_socket_in_a_volume_at_a_path(world):
    run("sn", **world.params("sn", state="present", socket_path=f"{world.prefix}-v:x/y.sock"))
    assert binds(world, "sn") == [f"{world.prefix}-v:/tmp/spire-agent"]
    assert env(world, "sn")[SOCKET] == "/tmp/spire-agent/x/y.sock"


def test_first_socket_of_a_volume(world, socket_volume):
    run("sn", **world.params("sn", state="present", socket_path=socket_volume))
    assert binds(world, "sn") == [f"{socket_volume}:/tmp/spire-agent"]
    assert env(world, "sn")[SOCKET] == "/tmp/spire-agent/public/api.sock"
    assert world.inspect("sn")["Config"]["Labels"]["swarm-node-type"] == "sn"


def test_first_socket_of_a_container(world, socket_volume):
    agent = world.make("agent", volumes=[f"{ENGINE}:{ENGINE}", f"{socket_volume}:/anywhere"])
    params = world.params("sn", state="present", socket_path=agent.name)
    run("sn", **params)
    assert binds(world, "sn") == [f"{socket_volume}:/tmp/spire-agent"]
    assert run("sn", check=True, **params)["changed"] is False


def test_no_socket_anywhere(world):
    with pytest.raises(Failed, match=r"socket_path: 'gone' is not a volume with a socket, nor a container with such a volume; start"):
        run("sn", **world.params("sn", socket_path="gone"))


# --- what a container is given -----------------------------------------------------------------------------------------------------


def info_file(world, component):
    """(text, mode) of /tmp/container_info_file."""
    stream, stat = world.client.api.get_archive(world.name(component), "/tmp/container_info_file")
    with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as tar:
        return tar.extractfile(tar.next()).read().decode(), stat["mode"]


@pytest.mark.parametrize("module", ["sn", "sl", "swop", "swci"])
def test_container_knows_itself_before_its_first_start(world, module):
    run(module, **world.params(module, state="present"))
    for component in {module, *(["ml"] if module == "sl" else [])}:
        said = world.inspect(component)
        assert said["State"]["Status"] == "created"
        assert info_file(world, component) == (f"{said['Id']}\n{IMAGE}\n{said['Image']}\n", 0o644)


def test_classic_container_gets_no_container_info(world):
    run("sn", **world.params("sn", "0.3.0", state="present"))
    with pytest.raises(Exception, match=r"404"):
        info_file(world, "sn")


def test_swop_gets_the_group_of_the_socket(world):
    run("swop", **world.params("swop", state="present"))
    said = env(world, "swop")
    assert said["SWOP_DOCKER_GID"] == str(os.stat(ENGINE).st_gid)
    assert (said["SWOP_UID"], said["SWOP_GID"]) == (str(os.getuid()), str(os.getgid()))
    assert grp.getgrgid(int(said["SWOP_DOCKER_GID"]))
