# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SWOP's pure parts: profiles, task definitions, pairs of containers, the content of volumes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from swarmlab import container_info, docker_work, pairs, profile, tasks
from swarmlab.pairs import Mounted
from swarmlab.process import Refusal

from tests.support.documents import changed

# Profiles

NODE: dict[str, Any] = {
    "idx": 0,
    "identity": [
        {"attribute": {"aType": "SPIFFE_SOCKETPATH", "mType": "VOLUME", "src": "spire", "tgt": "/tmp/spire-agent", "subPath": "api.sock"}}
    ],
    "slhostname": "sl-1",
    "slhostip": "10.0.0.1",
    "slport": 16000,
    "slenvvars": [{"swarm_node_type": "sl"}, {"https_proxy": None}],
    "usrhostname": "ml-1",
    "usrenvvars": [{"EPOCHS": 3}],
    "privatedata": None,
}
PROFILE: dict[str, Any] = {
    "groupname": "org1",
    "taskrunner": "defaulttaskbb.taskdb.sml.hpe",
    "policyuri": None,
    "resourcemgr": {"mgrtype": "DOCKER", "accessinfo": {"accesstype": "FROMENV"}},
    "network": "swarm",
    "apls": {"locator": {"host": "10.0.0.9", "port": None}},
    "apisrv": {"locator": {"host": None, "port": None, "service": None}},
    "envvars": [{"SL_LOG_LEVEL": "INFO"}, {"https_proxy": "http://proxy"}],
    "nodes": [{"slnodedef": NODE}, {"slnodedef": {**NODE, "idx": 1, "slport": 17000, "slhostname": "sl-2", "usrhostname": "ml-2"}}],
}


def test_profile_of_the_example_is_valid():
    assert profile.check(PROFILE, "profile.yml") == PROFILE
    assert profile.check({**PROFILE, "dns": ["10.0.0.53"], "envvars": None}, "profile.yml")
    no_ports = {"apls": {"locator": {"host": "10.0.0.9"}}, "apisrv": {"locator": {"host": None, "service": None}}}
    assert profile.check({**PROFILE, **no_ports}, "profile.yml")
    assert pairs.sn_variables({"apisrv": {"locator": {"host": "h", "service": None}}}, OWN) == {"SN_NODE_IP": "h"}


@pytest.mark.parametrize(
    ("path", "new", "answer"),
    [
        *((key, ..., f"'{key}' is a required property") for key in PROFILE),
        *(
            (f"nodes.0.slnodedef.{key}", ..., key)
            for key in ("idx", "identity", "slhostname", "slenvvars", "usrhostname", "usrenvvars", "privatedata")
        ),
        ("colour", "red", "'colour' was unexpected"),
        ("nodes.0.slnodedef.colour", "red", "'colour' was unexpected"),
        ("groupname", None, "groupname: None is not of type 'string'"),
        ("dns", ["x" * 254], "is too long"),
        ("apls.locator.host", None, "apls.locator.host"),
        ("resourcemgr.mgrtype", "KUBERNETES", "resourcemgr.mgrtype"),
        ("nodes.0.slnodedef.idx", -1, "nodes.0.slnodedef.idx"),
        ("nodes.1.slnodedef.idx", 0, "idx 0 is there more than once"),
        ("nodes.0.slnodedef.slport", -1, "nodes.0.slnodedef.slport"),
        ("nodes.0.slnodedef.identity.0.attribute.aType", "TOKEN", "identity.0.attribute.aType"),
        ("nodes.0.slnodedef.identity.0.attribute.subPath", "x", "identity.0.attribute.subPath"),
        ("nodes.0.slnodedef.slenvvars", {"A": 1}, "nodes.0.slnodedef.slenvvars"),
        ("nodes.0.slnodedef.usrcontaineropts", ["all"], "nodes.0.slnodedef.usrcontaineropts"),
        ("nodes.0.slnodedef.privatedata", {"src": "/data"}, "mType"),
    ],
)
def test_a_profile_with_a_mistake_is_refused(path: str, new: Any, answer: str):
    with pytest.raises(Refusal) as refusal:
        profile.check(changed(PROFILE, path, new), "profile.yml")
    assert "profile.yml is not a SWOP profile" in str(refusal.value)
    assert answer in str(refusal.value)


@pytest.mark.parametrize(
    ("path", "new"),
    [
        ("nodes", []),
        ("nodes.1.slnodedef.slhostname", "sl-1"),
        ("nodes.1.slnodedef.slport", 16000),
        ("nodes.0.slnodedef.slport", 70000),
        ("nodes.0.slnodedef.identity", []),
        ("nodes.0.slnodedef.slenvvars", [{}, {"A": [1, {"B": 2}]}]),
        ("nodes.0.slnodedef.usrcontaineropts", [{"net": "host"}]),
        ("nodes.0.slnodedef.slfsservice", "a:b:c"),
        ("groupname", "g"),
        ("apls.locator.port", 0),
        ("apisrv", {}),
        ("dns", ["a", "a"]),
    ],
)
def test_what_the_platforms_schema_takes_is_taken(path: str, new: Any):
    document = changed(PROFILE, path, new) if path != "dns" else {**PROFILE, "dns": new}
    assert profile.check(document, "profile.yml") == document


def test_what_cannot_be_carried_out_is_refused_when_it_is():
    with pytest.raises(Refusal, match="a:b:c is not a service"):
        pairs.sl(PROFILE, {**NODE, "slfsservice": "a:b:c"}, OWN, "sl")
    with pytest.raises(Refusal, match="usrcontaineropts: net is not one of device, "):
        pairs.container_options([{"net": "host"}])
    with pytest.raises(Refusal, match="BuildType REMOTE is not implemented"):
        docker_work.Workshop(None, "image").build("ml:1", {**BUILD["Body"], "BuildType": "REMOTE"})


def test_invalid_or_missing_profile_is_refused(tmp_path: Path):
    (tmp_path / "p.yml").write_text("a: [")
    with pytest.raises(Refusal, match="is not YAML"):
        profile.load(tmp_path / "p.yml")
    with pytest.raises(Refusal, match="cannot be read"):
        profile.load(tmp_path / "q.yml")


# Tasks

RUN: dict[str, Any] = {
    "Name": "train",
    "TaskType": "RUN_SWARM",
    "Author": "org1",
    "Prereq": "build",
    "Outcome": "train",
    "Body": {
        "Command": "model/cifar10.py --name 'two words'",
        "Entrypoint": "python3",
        "WorkingDir": "/tmp/test",
        "Envvars": [{"EPOCHS": 2}, {"MIN_PEERS": 2}],
        "PrivateContent": None,
        "SharedContent": [{"Src": "/tmp/spire/model", "Tgt": "/tmp/test/model", "MType": "BIND"}],
    },
}
BUILD = {**RUN, "TaskType": "MAKE_USER_CONTAINER", "Body": {"BuildContext": "lib", "BuildType": "INLINE", "BuildSteps": ["FROM x"]}}
PULL = {**RUN, "TaskType": "PULL_IMAGE", "Body": {"Tag": "1", "RepoName": "ml", "OrgAndReg": "reg/org", "Auth": None}}
FILL = {
    **RUN,
    "TaskType": "MAKE_SWARM_USER_CONTENT",
    "Body": {
        "ContentType": "SWARMCONTENT",
        "OpsList": [
            {"Operation": "DOWNLOAD", "Target": "https://h/a.tgz", "Options": []},
            {"Operation": "EXTRACT", "Target": "a.tgz", "Options": [{"Out": "x"}]},
        ],
    },
}


EMPTY_STEP = {**BUILD, "Body": {**BUILD["Body"], "BuildSteps": ["FROM x", "", "RUN true"]}}
REMOTE = {**BUILD, "Body": {**BUILD["Body"], "BuildType": "REMOTE"}}
RELATIVE = {**RUN, "Body": {**RUN["Body"], "WorkingDir": "work", "Envvars": [{}, {"A": {"B": [1]}}]}}


@pytest.mark.parametrize("task", [RUN, BUILD, PULL, FILL, EMPTY_STEP, REMOTE, RELATIVE])
def test_a_task_of_each_type(task: dict[str, Any]):
    assert tasks.validate(task, "t.yml") == task


@pytest.mark.parametrize(
    ("task", "path", "new", "answer"),
    [
        *((RUN, key, ..., f"'{key}' is a required property") for key in RUN),
        *((RUN, f"Body.{key}", ..., f"'{key}' is a required property") for key in RUN["Body"]),
        (RUN, "Colour", "red", "'Colour' was unexpected"),
        (RUN, "Body.Colour", "red", "'Colour' was unexpected"),
        (RUN, "TaskType", "RUN", "TaskType"),
        (RUN, "Name", "", "Name"),
        (RUN, "Name", "n" * 161, "161 bytes are more than 160"),
        (RUN, "Name", "ü" * 81, "162 bytes are more than 160"),
        (RUN, "Body.WorkingDir", "/", "Body.WorkingDir"),
        (RUN, "Body.SharedContent", [], "Body.SharedContent"),
        (RUN, "Body.SharedContent.0.MType", "NFS", "Body.SharedContent.0.MType"),
        (BUILD, "Body.BuildSteps", ["RUN true"] * 81, "Body.BuildSteps"),
        (BUILD, "Body.BuildSteps.0", "RUN " + "x" * 160, "164 bytes are more than 160"),
        (BUILD, "Body.BuildType", "FILE", "Body.BuildType"),
        (PULL, "Body.Auth", {"Username": "u"}, "Body.Auth"),
        (FILL, "Body.OpsList", [], "Body.OpsList"),
        (FILL, "Body.OpsList.0.Options", ..., "'Options' is a required property"),
        (FILL, "Body.OpsList.0.Operation", "DELETE", "Body.OpsList.0.Operation"),
    ],
)
def test_a_task_with_a_mistake_is_refused(task: dict[str, Any], path: str, new: Any, answer: str):
    with pytest.raises(Refusal) as refusal:
        tasks.validate(changed(task, path, new), "t.yml")
    assert "t.yml is not a task definition" in str(refusal.value)
    assert answer in str(refusal.value)


def test_a_password_is_not_quoted():
    for auth in ({"Username": "u", "Password": 12345678}, {"Username": "u", "Password": "12345678", "Colour": "red"}):
        with pytest.raises(Refusal, match=r"Body.Auth.*is null, a path, or Username and Password") as refusal:
            tasks.validate(changed(PULL, "Body.Auth", auth), "t.yml")
        assert "12345678" not in str(refusal.value)


# Pairs of containers

OWN = pairs.Own("registry:5000/hpe/swarm-learning/swop:2.3.0", {"SN_NODE_IP": "10.0.0.1", "SN_API_SERVER_PORT": "30304"}, "1000:1000")
CHANNEL_VARIABLES = {
    "SL_REQUEST_CHANNEL": "/tmp/channel/request.channel",
    "SL_RESPONSE_CHANNEL": "/tmp/channel/response.channel",
}


def test_the_sl_container():
    assert pairs.sl(PROFILE, NODE, OWN, "org1-sl-0") == {
        "image": "registry:5000/hpe/swarm-learning/sl:2.3.0",
        "name": "org1-sl-0",
        "hostname": "sl-1",
        "environment": {
            "SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_IP": "10.0.0.9",
            "SN_NODE_IP": "10.0.0.1",
            "SN_API_SERVER_PORT": "30304",
            **CHANNEL_VARIABLES,
            "THIS_NODE_IP": "10.0.0.1",
            "SL_FS_PORT": "16000",
            "SWARM_SPIFFE_WORKLOAD_API_SOCKET_PATH": "/tmp/spire-agent/api.sock",
            "SL_LOG_LEVEL": "INFO",
            "https_proxy": "",
            "swarm_node_type": "sl",
        },
        "labels": {},
        "ports": {"30305/tcp": 16000},
        "mounts": [Mounted("volume", None, "/tmp/channel"), Mounted("volume", "spire", "/tmp/spire-agent")],
        "dns": None,
        "network": "swarm",
        "ip": None,
        "aliases": ["sl-1"],
    }


def test_the_ml_container():
    node = {
        **NODE,
        "usrcontaineropts": [{"gpus": "all"}],
        "usrnetworkopts": [{"ip": "172.20.0.9"}],
        "privatedata": {"src": "/data", "mType": "BIND"},
    }
    task = {**changed(RUN, "Body.PrivateContent", "/tmp/private"), "Image": "ml:1"}
    assert pairs.ml(PROFILE, node, OWN, "org1-ml-0", task) == {
        "image": "ml:1",
        "name": "org1-ml-0",
        "hostname": "ml-1",
        "entrypoint": ["python3"],
        "command": ["model/cifar10.py", "--name", "two words"],
        "working_dir": "/tmp/test",
        "environment": {**CHANNEL_VARIABLES, "EPOCHS": "3", "MIN_PEERS": "2"},
        "labels": {},
        "user": "1000:1000",
        "mounts": [Mounted("bind", "/tmp/spire/model", "/tmp/test/model"), Mounted("bind", "/data", "/tmp/private")],
        "dns": None,
        "network": "swarm",
        "ip": "172.20.0.9",
        "aliases": ["ml-1"],
        "gpus": "all",
    }


def test_nodes_of_one_host_that_reach_each_other_by_name():
    """As in the platform's examples for one host: no ports, host names as addresses, and one name of ML containers twice."""
    nodes = [{**NODE, "idx": index, "slhostname": f"sl{index}", "slhostip": f"sl{index}", "slport": None} for index in range(4)]
    document = {**PROFILE, "nodes": [{"slnodedef": node} for node in nodes]}
    assert profile.check(document, "a profile") == document
    made = [pairs.sl(document, node, OWN, "sl") for node in nodes]
    assert [(one["ports"], one["environment"]["THIS_NODE_IP"]) for one in made] == [({}, f"sl{index}") for index in range(4)]


def test_private_data_with_further_mounts():
    further = {"src": "/data/one.csv", "tgt": "/tmp/private/one.csv", "mType": "BIND"}
    node = {**NODE, "privatedata": {"src": "/data", "mType": "BIND", "datamount": [further]}}
    assert profile.check({**PROFILE, "nodes": [{"slnodedef": node}]}, "profile.yml")
    task = {**changed(RUN, "Body.PrivateContent", "/tmp/private"), "Image": "ml:1"}
    assert pairs.ml(PROFILE, node, OWN, "ml", task)["mounts"][-2:] == [
        Mounted("bind", "/data", "/tmp/private"),
        Mounted("bind", "/data/one.csv", "/tmp/private/one.csv"),
    ]


def test_private_content_needs_private_data():
    task = {**changed(RUN, "Body.PrivateContent", "/tmp/private"), "Image": "ml:1"}
    with pytest.raises(Refusal, match="node 0 has no privatedata"):
        pairs.ml(PROFILE, NODE, OWN, "ml", task)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"slport": None}, {"SL_FS_PORT": "30305"}),
        ({"slfsservice": "sl.org:443"}, {"SL_FS_SERVICE": "sl.org:443", "SL_FS_PORT": "443"}),
        ({"slfsservice": "sl.org", "slhostip": None}, {"SL_FS_SERVICE": "sl.org", "THIS_NODE_IP": None}),
        ({"slhostip": None}, {"THIS_NODE_IP": "sl-1"}),
    ],
)
def test_how_others_find_an_sl(changes: dict[str, Any], expected: dict[str, str | None]):
    found = pairs.sl(PROFILE, {**NODE, **changes}, OWN, "sl")["environment"]
    assert {name: found.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("locator", "expected"),
    [
        ({"host": None, "port": None, "service": None}, OWN.sn),
        ({"host": "h", "port": 1600, "service": None}, {"SN_NODE_IP": "h", "SN_API_SERVER_PORT": "1600"}),
        ({"host": "h", "port": None, "service": "s.org:443"}, {"SN_API_SERVICE": "s.org:443"}),
    ],
)
def test_how_an_sl_finds_its_sn(locator: dict[str, Any], expected: dict[str, str]):
    assert pairs.sn_variables({"apisrv": {"locator": locator}}, OWN) == expected


def test_identity_from_files():
    kinds = {"KEY": "key.pem", "CERT": "cert.pem", "CACERT": "ca.pem", "CAPATH": "cas"}
    node = {
        "identity": [
            {"attribute": {"aType": kind, "mType": "BIND", "src": f"/h/{file}", "tgt": f"/c/{file}"}} for kind, file in kinds.items()
        ]
    }
    variables, mounts = pairs.identity(node)
    assert variables == {f"SWARM_ID_{kind}": f"/c/{file}" for kind, file in kinds.items()}
    assert mounts == [Mounted("bind", f"/h/{file}", f"/c/{file}", read_only=True) for file in kinds.values()]


def test_options_for_gpus_of_another_maker():
    options = [
        {"device": "/dev/kfd"},
        {"device": "/dev/dri"},
        {"ipc": "host"},
        {"shm-size": "16G"},
        {"group-add": "video"},
        {"privileged": False},
    ]
    assert pairs.container_options(options) == {
        "devices": ["/dev/kfd", "/dev/dri"],
        "ipc_mode": "host",
        "shm_size": "16G",
        "group_add": ["video"],
        "privileged": False,
    }


@pytest.mark.parametrize(("image", "sl"), [("r:5000/o/swop:2", "r:5000/o/sl:2"), ("swop", "sl"), ("swop-x/swop:1", "swop-x/sl:1")])
def test_the_sl_image_is_beside_swops(image: str, sl: str):
    assert pairs.sl_image(image) == sl


@pytest.mark.parametrize("image", ["r/o/operator:2", "r/o/swop@sha256:0", "swop/operator"])
def test_image_that_does_not_tell_sl_platforms_apart(image: str):
    with pytest.raises(Refusal, match="cannot derive the SL image"):
        pairs.sl_image(image)


def test_container_info(tmp_path: Path):
    file = tmp_path / "info"
    with pytest.raises(Refusal, match="put there before the start"):
        container_info.read(file)
    assert container_info.release(file) == ""
    file.write_text("0123\nr:5000/swop:2.3.0\nsha256:ab\n")
    assert container_info.read(file) == ("0123", "r:5000/swop:2.3.0", "sha256:ab")
    assert container_info.release(file) == "2.3.0"
    file.write_text("0123\nr:5000/swop\nsha256:ab\n")
    assert container_info.release(file) == ""
    file.write_text("0123\nr/swop:2\n")
    with pytest.raises(Refusal, match="must have three lines"):
        container_info.read(file)


# Volumes' content


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/../x"])
def test_nothing_leads_out_of_a_volume(path: str, tmp_path: Path):
    with pytest.raises(Refusal, match="leads out"):
        docker_work.inside(tmp_path, path)


def test_tasks_that_cannot_be_carried_out(tmp_path: Path):
    cases: list[tuple[dict[str, Any], str]] = [
        ({"Operation": "EXTRACT", "Target": "a.tgz"}, "no DOWNLOAD before it made that file"),
        ({"Operation": "DOWNLOAD", "Target": "file:///etc/passwd"}, "takes a http or https URL"),
        ({"Operation": "DOWNLOAD", "Target": "https://h/a", "Options": [{"In": "x"}]}, "takes the option Out, not In"),
    ]
    for operation, answer in cases:
        with pytest.raises(Refusal, match=answer):
            docker_work.carry_out(operation, tmp_path)


@pytest.mark.parametrize(
    ("gpus", "count", "devices"), [("all", -1, []), ("2", 2, []), ("device=0,1", 0, ["0", "1"]), ("0,1", 0, ["0", "1"])]
)
def test_gpus(gpus: str, count: int, devices: list[str]):
    request = docker_work.gpu_request(gpus)
    assert (request.count or 0, request.device_ids or [], request.capabilities) == (count, devices, [["gpu"]])
