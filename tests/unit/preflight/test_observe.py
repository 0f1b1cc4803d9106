# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured on this machine, with engines that this machine does not have: old ones, and ones that a registry refuses."""

from __future__ import annotations

import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._preflight import observe

GONE, HERE, SECRET = "registry.lab/gone:1", "registry.lab/here:1", "registry.lab/secret:1"
ANSWERS = {
    "/info": {"ServerVersion": "19.03.15", "DockerRootDir": "/nowhere/docker", "HttpProxy": "http://user:secret@proxy:1"},
    "/networks": [{"Name": "bridge", "Driver": "bridge", "IPAM": {"Config": [{"Subnet": "172.17.0.0/16"}]}, "Options": {}}],
    "/containers/json": [{"Names": ["/sn-1"], "Image": "sn", "Labels": {}, "Ports": [{"PublicPort": 30304, "Type": "tcp"}]}],
    f"/images/{HERE}/json": {"Id": "sha256:1"},
    f"/distribution/{HERE}/json": {"Descriptor": {"digest": "sha256:2"}, "Platforms": [{"os": "linux", "architecture": "amd64"}]},
}
REFUSALS = {f"/distribution/{GONE}/json": (404, "manifest unknown"), f"/distribution/{SECRET}/json": (401, "unauthorized: no")}


class Handler(BaseHTTPRequestHandler):
    """An engine as far as it is asked."""

    logins: dict[str, str]

    def do_GET(self):
        path = self.path.partition("?")[0].removeprefix("/v1.41")
        if path.startswith("/distribution/"):
            self.logins[path] = self.headers.get("X-Registry-Auth", "")
        status, answer = 200, ANSWERS.get(path)
        if answer is None:
            status, message = REFUSALS.get(path, (404, "no such thing"))
            answer = {"message": message}
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "a socket"

    def log_message(self, *_unused):
        """Nobody reads it."""


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


@pytest.fixture
def params(tmp_path):
    """The module's parameters, with an engine behind their docker_host; `logins` are those that it was asked with."""
    handler = type("Handler", (Handler,), {"logins": {}})
    path = str(tmp_path / "engine.sock")
    with Server(path, handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield {
            "docker_host": f"unix://{path}",
            **dict.fromkeys(("tls", "validate_certs"), False),
            **dict.fromkeys(("ca_path", "client_cert", "client_key"), None),
            "api_version": "auto",
            "timeout": 5,
            "controller_time": 0,
            "directory": str(tmp_path / "swarm"),
            "directories": [{"path": str(tmp_path / "data"), "user": ""}],
            "disks": [str(tmp_path / "model")],
            "names": ["localhost"],
            "ports": [],
            "images": [],
            "registry": "registry.lab",
            "registry_username": "",
            "registry_password": "",
            "logins": handler.logins,
        }
        server.shutdown()


def test_an_old_engine(params):
    found = observe.facts({**params, "images": [HERE, GONE]})
    assert found["engine"] == {"ServerVersion": "19.03.15", "DockerRootDir": "/nowhere/docker", "Proxy": True, "Runtimes": {}}
    assert found["networks"] == [{"name": "bridge", "driver": "bridge", "subnets": ["172.17.0.0/16"], "mtu": 0}]
    assert found["published"] == {"30304": {"name": "sn-1", "image": "sn", "ours": False}}
    assert found["disks"]["engine"]["path"] == "/nowhere/docker"
    assert found["images_here"] == {HERE: True, GONE: False}
    assert found["registry"][HERE] == {"digest": "sha256:2", "platforms": ["linux/amd64"]}
    assert "manifest unknown" in found["registry"][GONE]["problem"]
    assert "secret" not in json.dumps(found)


def test_the_login_is_for_its_registry_alone(params):
    login = {"registry_username": "user", "registry_password": "word"}
    found = observe.facts({**params, **login, "images": [SECRET, "ghcr.io/other:1"]})
    assert "unauthorized" in found["registry"][SECRET]["problem"]
    assert params["logins"][f"/distribution/{SECRET}/json"]
    assert not params["logins"]["/distribution/ghcr.io/other:1/json"]
    assert "word" not in json.dumps(found)


def test_no_engine(params, tmp_path):
    found = observe.facts({**params, "docker_host": f"unix://{tmp_path}/nothing.sock"})
    assert "the socket does not exist" in found["engine_problem"]
    assert "engine" not in found


def test_no_sdk(params, monkeypatch):
    monkeypatch.setattr(observe, "DOCKER_IMPORT_ERROR", "No module named 'docker'")
    found = observe.facts(params)
    assert found["sdk"] == ""
    assert "engine" not in found


def test_this_machine(params):
    found = observe.facts({**params, "controller_time": 1000.0})
    assert found["memory"]["total"] > found["memory"]["available"] > 0
    assert found["cpu"]["count"] >= 1
    assert found["clock_ahead"] > 1e9
    assert list(found["directories"].values()) == ["it does not exist"]
    assert found["disks"]["directory"]["free"] > 0
    assert [path.rpartition("/")[2] for path in found["disks"] if path.startswith("/")] == ["model"]
    assert isinstance(found["ip_forward"], bool)
    assert found["names"]["localhost"]["problem"] == ""
