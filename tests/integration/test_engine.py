# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access to the engine and to images: few calls, failures in words, and pulls that check mode predicts."""

import http.client
import os
import socket
import time

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._container.engine import Engine

from lab import engine_proxy
from tests.integration.registry import Registry
from tests.support.module_runner import ENGINE, IMAGE, Failed, process, run

READS = ("apls", "spire_server", "sn", "sl", "swop", "swci")


def calls(world, module, **params):
    """The engine calls of a run that changes nothing."""
    way = engine_proxy.unix_proxy(ENGINE, world.directory).start()
    try:
        result = run(module, **params, docker_host=way.address)
    finally:
        way.close()
        (world.directory / "engine.sock").unlink()
    assert result["changed"] is False, result["diff"]
    return way.requests


@pytest.mark.parametrize("module", READS)
def test_no_change_takes_three_calls(world, module):
    params = world.params(module)
    params.pop("ml", None)
    run(module, **params)
    assert len(calls(world, module, **params)) <= 3
    edited = {**params, "env": {"ADDED": "1"}}
    run(module, **edited)
    assert len(calls(world, module, **edited)) <= 3
    stopped = {**edited, "state": "stopped"}
    run(module, **stopped)
    assert len(calls(world, module, **stopped)) <= 3


def test_engine_of_another_version_is_asked_for_its_own(world):
    params = world.params("sn")
    run("sn", **params)
    assert run("sn", **params, api_version="1.24")["changed"] is False
    with pytest.raises(Failed, match=r"client version 9\.99 is too new"):
        run("sn", **params, api_version="9.99")


@pytest.mark.parametrize(
    ("gpus", "problem"),
    [
        ("all", "sn-1: gpus all: the engine gives containers no NVIDIA GPUs (.*nvidia-ctk runtime configure"),
        ("nvidia.com/gpu=0", "sn-1: gpus nvidia.com/gpu=0: the engine (knows no CDI|has no such GPU) "),
        ("amd", "sn-1: gpus amd: the host does not have these devices (.*amdgpu-dkms"),
    ],
)
def test_gpus_that_this_machine_does_not_have(docker_client, gpus, problem):
    with pytest.raises(Failed, match=problem.replace(" (.", r" \(.")):
        run("swarm_gpus", nodes=[{"name": "sn-1", "gpus": gpus}], image=IMAGE)
    assert docker_client.containers.list(all=True, filters={"name": "swarm-gpus-tried"}) == []


# --- failures in words ---------------------------------------------------------------------------------------------------------


def test_no_engine(world):
    with pytest.raises(Failed, match=r"no engine answers at tcp://127\.0\.0\.1:1, because nothing listens there; start Docker"):
        run("sn", **world.params("sn"), docker_host="tcp://127.0.0.1:1")


def test_no_permission(world):
    os.chmod(world.directory, 0o755)
    way = engine_proxy.unix_proxy(ENGINE, world.directory).start()
    os.chmod(world.directory / "engine.sock", 0o600)
    said = process("sn", user=65534, **world.params("sn"), docker_host=way.address)
    assert f"no permission to use {way.address}; run the task with become" in said["msg"]


def test_engine_that_does_not_answer(world):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(Failed, match=r"did not answer within 1 s; raise timeout"):
            run("sn", **world.params("sn"), docker_host=address, timeout=1)


def test_engine_without_tls(world):
    way = engine_proxy.tcp_proxy(ENGINE).start()
    with pytest.raises(Failed, match=r"https?://|SSL|engine"):
        run("sn", **world.params("sn"), docker_host=way.address, tls=True)


# --- images --------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def registry(world):
    """A Registry; what was pulled from it is removed."""
    made = Registry()
    made.serve("one")
    yield made
    made.close()
    world.clean_containers()
    for image in world.client.images.list():
        if any(tag.startswith(made.address) for tag in image.tags) or any(made.address in d for d in image.attrs["RepoDigests"]):
            world.client.images.remove(image.id, force=True)


def params_of(world, registry, **others):
    return {**world.params("sn"), "image": f"{registry.address}/team/sn:1", "state": "present", "command": ["x"], **others}


def test_pull_of_a_missing_image(world, registry):
    params = params_of(world, registry)
    foretold, done = run("sn", check=True, **params), run("sn", **params)
    assert foretold["actions"] == done["actions"] == [f"pull {params['image']}", f"create {params['name']}"]
    asked = registry.manifests_asked
    assert run("sn", **params)["changed"] is False
    assert registry.manifests_asked == asked


def test_pull_always(world, registry):
    params = params_of(world, registry, pull="always")
    first = run("sn", **params)["container"]["Id"]
    for check in (False, True):
        assert run("sn", check=check, **params)["changed"] is False
    registry.serve("two")
    foretold, done = run("sn", check=True, **params), run("sn", **params)
    steps = ["pull", "set aside", "create", "remove old"]
    assert [action.rpartition(" ")[0] for action in foretold["actions"]] == steps
    assert foretold["actions"] == done["actions"]
    assert done["container"]["Id"] != first
    for check in (False, True):
        assert run("sn", check=check, **params)["changed"] is False


def test_image_by_digest(world, registry):
    run("sn", **params_of(world, registry))
    (pinned,) = world.client.images.get(f"{registry.address}/team/sn:1").attrs["RepoDigests"]
    params = params_of(world, registry, image=pinned, recreate=False)
    run("sn", **params)
    assert run("sn", **params)["changed"] is False
    tagged = pinned.replace("@", ":1@")
    assert run("sn", check=True, **{**params, "image": tagged})["actions"][0].startswith("set aside")


def test_registry_that_wants_a_login(world, registry):
    registry.refuses = 401
    with pytest.raises(Failed, match=r"pulling .*; log in to the registry first \(community\.docker\.docker_login\)"):
        run("sn", **params_of(world, registry))


def test_registry_that_has_no_such_image(world, registry):
    registry.manifest = b""
    with pytest.raises(Failed, match=r"pulling 127.*/team/sn:1: .*(not found|unknown)"):
        run("sn", **params_of(world, registry))


@pytest.mark.parametrize("text", [None, "said to it\n"])
def test_no_answer_is_lost_when_the_client_is_late(world, monkeypatch, text):
    params = world.params("sn")
    run("sn", **params)
    begin = http.client.HTTPResponse.begin
    monkeypatch.setattr(http.client.HTTPResponse, "begin", lambda response: time.sleep(0.4) or begin(response))
    options = {
        "tls": False,
        "validate_certs": False,
        "ca_path": None,
        "client_cert": None,
        "client_key": None,
        "api_version": "auto",
        "timeout": 60,
    }
    engine = Engine({"docker_host": f"unix://{ENGINE}", **options})
    words = ["cat"] if text else ["echo", "said to it"]
    assert engine.execute(params["name"], words, stdin=text) == (0, "said to it\n", "")
