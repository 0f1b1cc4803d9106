# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers as the platform's scripts make them are described, and the modules change nothing with the inventory that describes them.

Module `sl` among them: its ML container is described with it. DIR is a directory of the host, VOL a volume, NET a network.
"""

import json
import shlex
import subprocess

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils import _adopt
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model

from tests.support.module_runner import IMAGE, free_port, run

REGISTRY = "swarm-test.invalid"
IMAGES = {
    "apls": f"{REGISTRY}/hpe_eval/autopass/apls:9.15",
    **{name: f"{REGISTRY}/hpe/swarm-learning/{name}:2.3.0" for name in ("sn", "sl", "swop", "swci")},
}
CREATE = "container create --interactive=true"
LICENCE = "--env=SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_IP=192.0.2.9"
SOCKET = "-v VOL:/tmp/spire-agent --env=SWARM_SPIFFE_WORKLOAD_API_SOCKET_PATH=/tmp/spire-agent/api.sock --label=swarm-node-type={0} -e swarm_node_type={0}"
CHANNEL = "--env=SL_REQUEST_CHANNEL=/tmp/channel/request.channel --env=SL_RESPONSE_CHANNEL=/tmp/channel/response.channel"
COMMANDS = {
    "apls": "-v VOL-licences:/hpe -p A_PORT:5814 --restart unless-stopped",
    "sn": (
        f"{LICENCE} {SOCKET.format('sn')} -e THIS_NODE_IP=192.0.2.1 -e SN_I_AM_SENTINEL=1 -e no_proxy= -e API_KEY=abcdef --network=NET"
        " -e SN_API_SERVER_PORT=B_PORT -p B_PORT:B_PORT -e SN_ETH_PORT_EXT=C_PORT -p C_PORT:30303 --memory 256m --ulimit nofile=1024:2048"
    ),
    "swop": (
        f"{LICENCE} {SOCKET.format('swop')} -v DIR:/platform/swarm/usr:rw -v /var/run/docker.sock:/var/run/docker.sock:rw -e SWOP_UID=0"
        " -e SWOP_GID=0 -e SWOP_DOCKER_GID=5 -e SWOP_PROFILE=profile.yaml -e SN_NODE_IP=192.0.2.1 -e SN_API_SERVER_PORT=B_PORT --network=NET"
    ),
    "swci": f"{LICENCE} {SOCKET.format('swci')} -v DIR:/platform/swarm/usr:rw -t --network=NET",
    "sl": f"{LICENCE} {SOCKET.format('sl')} -e THIS_NODE_IP=192.0.2.1 -e SN_NODE_IP=192.0.2.1 -v /tmp/channel {CHANNEL} --network=NET",
}


@pytest.fixture
def left_behind(world, docker_client):
    """A world in which a host has one container of each component."""
    for image in IMAGES.values():
        docker_client.images.get(IMAGE).tag(image)
    world.file("profile.yaml", "nodes: [{slnodedef: {slhostname: sl-of-swop, usrhostname: ~}}]\n")
    ports = {name: str(free_port()) for name in ("A_PORT", "B_PORT", "C_PORT")}
    names = {"DIR": str(world.directory), "VOL": f"{world.prefix}-vol", "NET": world.network("net"), **ports}

    def docker(command, name, image, behind=""):
        for short, long in names.items():
            command = command.replace(short, long)
        words = [*shlex.split(command), f"--name={name}", f"--hostname={name}", image, *shlex.split(behind)]
        subprocess.run(["docker", *words], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["docker", "start", name], check=True, stdout=subprocess.DEVNULL)

    for component, command in COMMANDS.items():
        docker(f"{CREATE} {command}", world.name(component), IMAGES[component])
    docker(f"{CREATE} --volumes-from={world.id('sl')} {CHANNEL} --env=MAX_EPOCHS=2 --user=0:0", world.name("ml"), IMAGE, "a 'b c'")
    return world


def found_by(world):
    """What the module finds of this test's containers."""
    result = run("swarm_found")
    mine = [one for one in result["containers"] if one["name"].startswith(world.prefix)]
    return {**result, "containers": mine, "spire_servers": [], "spire_agents": [], "started_by_swop": []}


def test_what_scripts_left_is_described_and_changes_nothing(left_behind):
    world = left_behind
    before = {name: container.id for name, container in world.containers().items()}
    found = found_by(world)
    by_component = {one["component"]: one for one in found["containers"]}
    assert {name: (one["differs"], one["problem"], one["state"]) for name, one in by_component.items()} == {
        name: ([], "", "running") for name in COMMANDS
    }
    assert by_component["sn"]["secrets"] == [["env", "API_KEY"]]
    assert "abcdef" not in json.dumps(found)
    assert by_component["sl"]["options"]["ml"]["command"] == ["a", "b c"]

    made = _adopt.adopted({"host-1": found}, {"host-1": {"ansible_host": "192.0.2.1"}})
    assert made.problems == []
    assert made.changes == []
    assert made.common["swarm_registry"] == REGISTRY
    assert made.common["swarm_apls_ip"] == "192.0.2.9"
    inventory = model.read(*_adopt.as_ansible(made))
    derived = model.derive(inventory)["host-1"]
    for component, one in by_component.items():
        options = _adopt.expected(inventory, derived, "host-1", one, made.hosts["host-1"].get(f"{component}_options"))
        if component == "sn":
            assert options["env"].pop("API_KEY") == f"{{{{ {next(iter(made.secrets))} }}}}"
            options["env"]["API_KEY"] = "abcdef"
        result = run(component, check=True, **{**options, "name": one["name"], "state": "present", "pull": "never"})
        assert result["changed"] is False, (component, result["actions"], result["diff"])
    assert {name: container.id for name, container in world.containers().items()} == before
