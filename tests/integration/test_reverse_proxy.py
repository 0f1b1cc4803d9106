# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role reverse_proxy alone, on a real engine: names lead to servers, and a new configuration ends no connection."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading

import pytest
import yaml
from ansible_collections.swarm.learning.plugins.plugin_utils import _nginx

from lab import certificates, images, playbook_runner
from tests.integration.site import lab_platform as world

NAME = f"swarm-test-proxy-{os.getpid()}"
ONE, TWO = "api.sn-1.swarm", "fs.sl-1.swarm"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


class Server(threading.Thread):
    """A TLS server that says which one it is, and then whatever it hears."""

    def __init__(self, said, pem):
        super().__init__(daemon=True)
        self.said, self.context = said, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(pem)
        self.socket = socket.create_server(("0.0.0.0", 0))
        self.port = self.socket.getsockname()[1]
        self.start()

    def run(self):
        while True:
            connection, _from = self.socket.accept()
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection):
        with contextlib.suppress(OSError), self.context.wrap_socket(connection, server_side=True) as secured:
            secured.sendall(self.said)
            while heard := secured.recv(8):
                secured.sendall(heard)


@pytest.fixture(name="gateway")
def _gateway(docker_client):
    """Address of this machine in a network of the test's own; network and proxy are gone afterwards."""
    network = docker_client.networks.create(NAME)
    network.reload()
    yield network.attrs["IPAM"]["Config"][0]["Gateway"]
    for container in docker_client.containers.list(all=True, filters={"name": NAME}):
        container.remove(force=True, v=True)
    network.remove()


@pytest.fixture(name="servers")
def _servers(tmp_path):
    _authority, certificate, key = certificates.issue([ONE, TWO], [])
    pem = tmp_path / "server.pem"
    pem.write_bytes(certificate + key)
    return [Server(said, pem) for said in (b"one", b"two")]


@pytest.fixture(name="deploy")
def _deploy(docker_client, gateway, tmp_path):
    """deploy(routes, *arguments): the role's playbook, run with these routes."""
    variables = {
        "swarm_network": NAME,
        "reverse_proxy_name": NAME,
        "reverse_proxy_dir": str(tmp_path / "proxy"),
        "reverse_proxy_image": images.nginx(docker_client, images.base(docker_client)),
        "reverse_proxy_port": free_port(),
    }
    book = tmp_path / "proxy.yml"
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "roles": ["swarm.learning.reverse_proxy"]}
    python = str(playbook_runner.BIN / "python")

    def deploy(routes, *arguments):
        own = {**variables, "reverse_proxy_routes": routes, "ansible_python_interpreter": python}
        book.write_text(yaml.safe_dump([{**play, "vars": own}]), encoding="utf-8")
        return world.play(tmp_path / "ansible.jsonl", "-i", "localhost,", *arguments, book=str(book))

    return deploy


def connect(address, name):
    """A connection to what a name leads to."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(socket.create_connection((address, 443), timeout=10), server_hostname=name)


def said(address, name):
    with connect(address, name) as connection:
        return connection.recv(3)


def test_names_lead_to_servers_and_a_reload_ends_no_connection(docker_client, gateway, servers, deploy):
    one, two = (f"{gateway}:{server.port}" for server in servers)
    world.worked(deploy({ONE: one}))
    proxy = docker_client.containers.get(NAME)
    address = proxy.attrs["NetworkSettings"]["Networks"][NAME]["IPAddress"]
    assert said(address, ONE) == b"one"
    with pytest.raises(OSError, match=r"EOF|reset|closed"):
        connect(address, TWO)
    assert f'asked for "{TWO}": 500' in proxy.logs().decode()
    assert world.worked(deploy({ONE: one}, "--check", "--diff")).changes() == []

    with connect(address, ONE) as kept:
        assert kept.recv(3) == b"one"
        outcome = world.worked(deploy({ONE: two}))
        assert [task for _host, task in outcome.changes()] == [
            "Write the configuration of the reverse proxy",
            "Load the configuration, without an end of connections",
        ]
        assert said(address, ONE) == b"two"
        kept.sendall(b"still")
        assert kept.recv(5) == b"still"

    world.worked(deploy({ONE: one, TWO: two}))
    proxy.reload()
    endpoint = proxy.attrs["NetworkSettings"]["Networks"][NAME]
    assert {ONE, TWO} <= set(endpoint["Aliases"])
    assert said(endpoint["IPAddress"], TWO) == b"two"
    assert docker_client.containers.get(NAME).id == proxy.id


def test_a_proxy_that_does_not_run_is_reported(deploy):
    outcome = deploy({ONE: "no-such-host.invalid:443"})
    assert f"localhost: the reverse proxy {NAME} does not take its configuration" in outcome.said


LONG_NAME = ".".join(["a" * 60] * 4)


@pytest.mark.parametrize(
    "routes",
    [{}, {LONG_NAME: "192.0.2.1:443"}, {f"fs.sl-{n}.swarm": f"192.0.2.1:{16000 + n}" for n in range(600)}],
    ids=["none", "a long name", "many"],
)
def test_nginx_takes_the_configuration(routes, docker_client, tmp_path):
    (tmp_path / "nginx.conf").write_text(_nginx.configuration(routes))
    command = ["-t", "-c", "/conf/nginx.conf"]
    image = images.nginx(docker_client, images.base(docker_client))
    mounts = [f"{tmp_path}:/conf:ro"]
    said = docker_client.containers.run(image, command, entrypoint=["nginx"], volumes=mounts, remove=True, stdout=True, stderr=True)
    assert b"test is successful" in said
