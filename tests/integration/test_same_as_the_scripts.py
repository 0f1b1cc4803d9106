# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module's container and the one that the platform's script makes of the same options are the same, fact by fact.

The scripts end in `docker run` (0.3.0), or in `docker container create`, `docker cp` and `docker container start` (2.x); the
commands here are the ones that they come to. DIR is a directory of the host, VOL a volume.
"""

import shlex
import subprocess

import pytest

from tests.support.module_runner import IMAGE, run

CLASSIC = "run --detach"
CURRENT = "container create --interactive=true"
CHANNEL = "--env=SL_REQUEST_CHANNEL=/tmp/channel/request.channel --env=SL_RESPONSE_CHANNEL=/tmp/channel/response.channel"
LICENCE = "SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_IP=192.0.2.9"
SOCKET = "SWARM_SPIFFE_WORKLOAD_API_SOCKET_PATH=/tmp/spire-agent/api.sock"
NODE = {"host_ip": "192.0.2.1", "apls_ip": "192.0.2.9"}
AGENT = {"server_address": "192.0.2.7"}
ANYTHING = {
    "memory": "64m",
    "memory_reservation": "32m",
    "cpus": "0.5",
    "cpuset_cpus": "0",
    "restart_policy": "on-failure:3",
    "security_opts": ["no-new-privileges"],
    "pid_mode": "host",
    "cap_add": ["NET_ADMIN"],
    "cap_drop": ["MKNOD"],
    "extra_hosts": {"other": "192.0.2.4"},
    "dns": ["192.0.2.53"],
    "dns_search": ["example.org"],
    "group_add": ["44", "audio"],
    "privileged": True,
    "ulimits": ["nofile=1024:2048"],
    "shm_size": "32m",
    "log_driver": "json-file",
    "log_options": {"max-size": "1m"},
    "user": "1000:1000",
    "workdir": "/tmp/x/",
    "entrypoint": ["sleep"],
    "labels": {"team": "a"},
    "init": True,
    "read_only": True,
    "publish": ["127.0.0.1:39305:80", "39306"],
    "volumes": ["VOL:/data:ro"],
    "env": {"FROM_IMAGE": "no"},
}
AS_FLAGS = """
    --memory=64m --cpus=0.5 --restart=on-failure:3 --security-opt=no-new-privileges --pid=host --cap-add=NET_ADMIN --cap-drop=MKNOD
    --add-host=other:192.0.2.4 --dns=192.0.2.53 --ulimit=nofile=1024:2048 --shm-size=32m --log-driver=json-file --log-opt=max-size=1m
    --user=1000:1000 --workdir=/tmp/x/ --entrypoint=sleep --label=team=a --init --read-only -p 127.0.0.1:39305:80 -p 39306 -v VOL:/data:ro
    -e FROM_IMAGE=no --memory-reservation=32m --cpuset-cpus=0 --dns-search=example.org --group-add=44 --group-add=audio --privileged
"""
# module, release, options, the script's command before the image and behind it
CASES = [
    ("apls", "0.3.0", {"apls_port": 39814}, f"{CLASSIC} -p 39814:5814", ""),
    ("spire_server", "0.3.0", {"config": "DIR/c"}, f"{CLASSIC} -v DIR/c:DIR/c:ro", "-config DIR/c"),
    (
        "sn",
        "0.3.0",
        {**NODE, **AGENT, "sentinel_ip": "192.0.2.1", "sn_p2p_port": 39303, "command": ["run"], "config": "DIR/c"},
        (
            f"{CLASSIC} -v DIR/c:DIR/c:ro -e {LICENCE} -e THIS_NODE_IP=192.0.2.1 -e SENTINEL_NODE_IP=192.0.2.1 -p 39303:30303"
            " -e ETH_PORT=39303"
        ),
        "run -config DIR/c -serverAddress 192.0.2.7",
    ),
    (
        "sl",
        "0.3.0",
        {**NODE, **AGENT, "sn_ip": "192.0.2.1", "ml_cmd": "run x", "data_dir": "DIR"},
        (
            f"{CLASSIC} -v DIR:/platform/swarmml/data:ro -e {LICENCE} -e THIS_NODE_IP=192.0.2.1 -e NVIDIA_VISIBLE_DEVICES="
            " -e SENTINEL_NODE_IP=192.0.2.1 -e 'MLCMD=run x'"
        ),
        "-serverAddress 192.0.2.7",
    ),
    ("swci", "0.3.0", {**AGENT, "usr_dir": "DIR"}, "create --rm -it -v DIR:/platform/swci/usr:rw", "-serverAddress 192.0.2.7"),
    (
        "sn",
        "2.3.0",
        {**NODE, "sentinel": True, "sn_api_port": 39304, "socket_path": "VOL:api.sock", "cacert": "DIR/c"},
        (
            f"{CURRENT} --env={LICENCE} --volume=DIR/c:DIR/c:ro --env=SWARM_ID_CACERT=DIR/c --volume=VOL:/tmp/spire-agent --env={SOCKET}"
            " --label=swarm-node-type=sn -e THIS_NODE_IP=192.0.2.1 -e SN_API_SERVER_PORT=39304 -p 39304:39304 -e SN_I_AM_SENTINEL=1"
        ),
        "",
    ),
    (
        "sl",
        "2.3.0",
        {**NODE, "sn_ip": "192.0.2.1", "ml": {"image": IMAGE, "user": "0", "command": "a 'b c'", "env": {"MAX_EPOCHS": "2"}}},
        f"{CURRENT} --env={LICENCE} -e THIS_NODE_IP=192.0.2.1 -e SN_NODE_IP=192.0.2.1 -v /tmp/channel {CHANNEL}",
        "",
    ),
    (
        "swop",
        "2.3.0",
        {"usr_dir": "DIR", "profile_file_name": "c", "swop_uid": "0", "docker_group_id": "5"},
        (
            f"{CURRENT} -v DIR:/platform/swarm/usr:rw -v /var/run/docker.sock:/var/run/docker.sock:rw -e SWOP_UID=0 -e SWOP_GID=0"
            " -e SWOP_DOCKER_GID=5 -e SWOP_PROFILE=c"
        ),
        "",
    ),
    ("swci", "2.3.0", {"usr_dir": "DIR"}, f"{CURRENT} --rm -v DIR:/platform/swarm/usr:rw", ""),
    ("swci", "2.3.0", {**ANYTHING, "auto_remove": False}, f"{CURRENT} {AS_FLAGS}", ""),
]
ML = f"{CURRENT} --volumes-from=MAIN {CHANNEL} --env=MAX_EPOCHS=2 --user=0:0"
OF_ITS_OWN = ("Id", "Name", "Created", "State", "ResolvConfPath", "HostnamePath", "HostsPath", "LogPath", "GraphDriver", "NetworkSettings")


def docker(command, name, behind=""):
    """Make a container of a name, which is its host name too, by the docker command."""
    words = [*shlex.split(command), f"--name={name}", f"--hostname={name}", IMAGE, *shlex.split(behind)]
    subprocess.run(["docker", *words], check=True, stdout=subprocess.DEVNULL)


def facts(world, name):
    """All that the engine says of a container but what is this one's alone; lists in which order means nothing are sorted."""
    said = world.client.api.inspect_container(name)
    config, host = said["Config"], said["HostConfig"]
    config["Env"].sort()
    config["Labels"] = {k: v for k, v in config["Labels"].items() if not k.startswith("learning.swarm.")}
    host["Binds"] = sorted(host["Binds"] or ())
    for fact in ("CapAdd", "CapDrop"):  # which the command spells one way or the other, by its version
        host[fact] = [capability.removeprefix("CAP_") for capability in host[fact] or ()]
    said["Mounts"] = sorted((m["Destination"], m["Type"], m["Mode"], m["RW"], m["Type"] == "bind" and m["Source"]) for m in said["Mounts"])
    said["Networks"] = {name: network["Aliases"] for name, network in said["NetworkSettings"]["Networks"].items()}
    return {key: value for key, value in said.items() if key not in OF_ITS_OWN}


def unlike(one, other, path=""):
    """Where two values differ: path → (one, other). Nothing, an empty text and an empty list are the same."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {k: v for key in {**one, **other} for k, v in unlike(one.get(key), other.get(key), f"{path}.{key}").items()}
    return {} if (one or None) == (other or None) else {path: (one, other)}


def placed(value, world):
    """Options or a command with the names and paths of this test."""
    if isinstance(value, dict):
        return {key: placed(item, world) for key, item in value.items()}
    if isinstance(value, list):
        return [placed(item, world) for item in value]
    return value.replace("DIR", str(world.directory)).replace("VOL", f"{world.prefix}-vol") if isinstance(value, str) else value


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1]}-{len(case[2])}")
def test_same_as_the_script(world, case):
    module, release, *others = case
    options, command, behind = placed(others, world)
    world.file("c")
    name, ml = world.name("x"), world.name("x-ml")
    params = {"name": name, "release": release, "image": IMAGE, "state": "present", **options}
    docker(command, name, behind)
    by_script = {name: facts(world, name)}
    if "ml" in options:
        docker(ML.replace("MAIN", world.id("x")), ml, "a 'b c'")
        by_script[ml] = facts(world, ml)
        by_script[ml]["HostConfig"]["VolumesFrom"] = ["MAIN"]
    taken_over = run(module, check=True, **params)
    assert taken_over["changed"] is False, taken_over["diff"]
    world.clean_containers()
    run(module, **params)
    by_module = {name: facts(world, name) for name in by_script}
    if "ml" in options:
        assert by_module[ml]["HostConfig"]["VolumesFrom"] == [world.id("x")]
        by_module[ml]["HostConfig"]["VolumesFrom"] = ["MAIN"]
    assert unlike(by_script, by_module) == {}
