# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SWOP profiles and tasks that the platform would refuse."""

import sys

import pytest
import yaml
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import formats
from ansible_collections.swarm.learning.plugins.plugin_utils._site import swci, swop
from ansible_collections.swarm.learning.plugins.plugin_utils._site.training import normalise

from tests.support.site_inventory import TRAINING

ALL = normalise(TRAINING)
HOST_SETTINGS = {
    "network": "swarm",
    "apls_ip": "172.1.1.1",
    "apls_port": 5814,
    "proxy": {},
    "identity": {"socket_path": "spire-agent-socket:api.sock"},
}
PROFILE = swop.profile("swop-1", [swop.pair({}, 0, 1, 2, "172.1.1.1"), swop.pair({}, 1, 2, 2, "172.1.1.1")], ALL, HOST_SETTINGS)
TASK = swci.tasks(ALL)["run"]


def test_derived_documents_have_no_problems():
    assert formats.profile_problems(PROFILE) == []
    assert [formats.task_problems(task) for task in swci.tasks(ALL).values()] == [[], []]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"netwrok": "x"}, "profile: unknown key 'netwrok': did you mean 'network'?"),
        ({"network": None}, "profile.network: expected text, got null"),
        (
            {"apls": {"locator": {"host": "a.b", "port": "5814"}}},
            "profile.apls.locator.port: invalid value '5814'; expected a whole number without quotes",
        ),
        ({"apls": {"locator": {"port": None}}}, "profile.apls.locator: 'host' is missing"),
        (
            {"apisrv": {"locator": {"host": None, "port": None}}},
            "profile.apisrv.locator: 'service' is missing; profiles for 2.0.0 and later have it, as null where it is unused",
        ),
        (
            {"resourcemgr": {"mgrtype": "PODMAN", "accessinfo": {"accesstype": "FROMENV"}}},
            "profile.resourcemgr.mgrtype: invalid value 'PODMAN'; expected one of DOCKER",
        ),
        ({"envvars": [["A", 1]]}, "profile.envvars[0]: expected a mapping, got a list"),
        ({"dns": "1.1.1.1"}, "profile.dns: expected a list, got text"),
        ({"nodes": [{"slnodedef": {}}]}, "profile.nodes[0].slnodedef: 'idx' is missing"),
    ],
)
def test_profile_that_swop_would_refuse(change, message):
    said = formats.profile_problems({**PROFILE, **change})
    assert any(message in sentence for sentence in said), said


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"TaskType": "RUN"}, "task.TaskType: invalid value 'RUN'; expected one of MAKE_USER_CONTAINER, RUN_SWARM"),
        ({"Outcome": "x" * 161}, "task.Outcome has 161 bytes; expected at most 160"),
        ({"Prereq": ""}, "task.Prereq has 0 characters"),
        ({"Body": {**TASK["Body"], "WorkingDir": "/"}}, "task.Body.WorkingDir has 1 characters; expected 2 to 160"),
        ({"Body": {**TASK["Body"], "SharedContent": []}}, "task.Body.SharedContent has 0 items"),
        ({"Extra": 1}, "task: unknown key 'Extra'"),
    ],
)
def test_task_that_swci_would_refuse(change, message):
    said = formats.task_problems({**TASK, **change})
    assert any(message in sentence for sentence in said), said


@pytest.mark.parametrize("document", [[], "x", None, 7])
def test_document_that_is_not_a_mapping(document):
    for check in (formats.profile_problems, formats.task_problems):
        [sentence] = check(document)
        assert ": expected a mapping, got " in sentence


def node(**changes):
    """The derived profile with other settings in its first node."""
    [first, *others] = PROFILE["nodes"]
    return {**PROFILE, "nodes": [{"slnodedef": {**first["slnodedef"], **changes}}, *others]}


def socket(**changes):
    """A node's identity by the Workload API's socket."""
    attribute = {"aType": "SPIFFE_SOCKETPATH", "mType": "VOLUME", "src": "spire-agent-socket", "tgt": "/tmp/spire-agent"}
    return [{"attribute": {**attribute, **changes}}]


@pytest.mark.parametrize(
    "document",
    [
        node(identity=socket(subPath=None)),
        node(identity=socket()),
        node(slport=None, slhostname=None, usrhostname=None),
        node(slfsservice="sl-1.example.org:443"),
        node(sllabels={"site": "a", "empty": None}, usrlabels=["first", "second"]),
        node(slnetworkopts=[{"ip": "172.1.1.9"}], usrnetworkopts=None),
        node(slenvvars=[{"A": 1, "B": None}, {"C": True}], usrenvvars=None),
        node(privatedata={"src": "/srv/data", "mType": "BIND", "datamount": [{"src": "/srv/a.csv", "tgt": "/in/a.csv", "mType": "BIND"}]}),
        node(privatedata={"src": "patients", "mType": "VOLUME", "datamount": None}),
        node(usrcontaineropts=[{"gpus": "device=0,1"}]),
        node(
            usrcontaineropts=[
                {"device": ["/dev/kfd", "/dev/dri"]},
                {"ipc": "host", "shm-size": "16G", "privileged": True},
                {"group-add": ["video"], "cap-add": ["SYS_PTRACE"], "security-opt": ["seccomp=unconfined"]},
            ]
        ),
        {**PROFILE, "dns": ["10.0.0.1", "10.0.0.2"]},
        {**PROFILE, "dns": None, "envvars": None},
        {**PROFILE, "apls": {"locator": {"host": "a"}}},
        {**PROFILE, "apisrv": {"locator": {"host": None, "service": "api.example.org:443"}}},
        {**PROFILE, "envvars": [{"no_proxy": ",".join(f"192.168.100.{number}" for number in range(1, 60))}]},
    ],
)
def test_profile_that_the_platform_takes(document):
    assert formats.profile_problems(document) == []


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (node(idx=1), "profile.nodes: idx 1 is used more than once"),
        (node(idx=-1), "slnodedef.idx: invalid number -1; expected 0 or more"),
        (node(sllabels=[{"a": "b"}]), "slnodedef.sllabels[0]: expected text, got a mapping"),
        (node(identity=socket(subPath="x")), "attribute.subPath has 1 characters; expected 2 to 240"),
        (node(privatedata={"src": "/a", "mType": "BIND", "datamount": [{"src": "/a"}]}), "privatedata.datamount[0]: 'tgt' is missing"),
        (node(privatedata={"src": "/a", "mType": "BIND", "datamounts": []}), "unknown key 'datamounts': did you mean 'datamount'?"),
        (node(usrcontaineropts=[{"device": "/dev/kfd"}]), "usrcontaineropts[0].device: expected a list, got text"),
        (node(slenvvars=["A"]), "slenvvars[0]: expected a mapping, got text"),
    ],
)
def test_profile_that_the_platform_refuses(document, message):
    said = formats.profile_problems(document)
    assert any(message in sentence for sentence in said), said
    assert "secret" not in "".join(said)


def task(kind, body):
    return {"Name": "a", "TaskType": kind, "Author": "b", "Prereq": "ROOTTASK", "Outcome": "c", "Body": body}


PULL = {"Tag": "1", "RepoName": "image", "OrgAndReg": "registry.example.org/team/", "Auth": None}
BUILD = {"BuildContext": "sl-cli-lib", "BuildType": "INLINE", "BuildSteps": ["FROM python:3.9", "", "RUN true"]}


@pytest.mark.parametrize(
    "document",
    [
        task("PULL_IMAGE", PULL),
        task("PULL_IMAGE", {**PULL, "Auth": "/root/.docker/config.json"}),
        task("PULL_IMAGE", {**PULL, "Auth": {"Username": "user", "Password": ""}}),
        task("MAKE_USER_CONTAINER", BUILD),
        task("MAKE_USER_CONTAINER", {**BUILD, "BuildContext": None}),
        task(
            "MAKE_SWARM_USER_CONTENT", {"ContentType": "SWARMCONTENT", "OpsList": [{"Operation": "DOWNLOAD", "Target": "u", "Options": []}]}
        ),
        {**TASK, "Body": {**TASK["Body"], "Envvars": [{"MAX_EPOCHS": 5, "MIN_PEERS": 2}], "SharedContent": None}},
    ],
)
def test_task_that_the_platform_takes(document):
    assert formats.task_problems(document) == []


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (task("PULL_IMAGE", {**PULL, "OrgAndReg": None}), "task.Body.OrgAndReg: expected text, got null"),
        (task("PULL_IMAGE", {**PULL, "Auth": {"Username": "user"}}), "task.Body.Auth: 'Password' is missing"),
        (task("MAKE_USER_CONTAINER", {**BUILD, "BuildContext": "ab"}), "task.Body.BuildContext has 2 characters"),
        (task("MAKE_USER_CONTAINER", {**BUILD, "BuildSteps": ["RUN " + "é" * 79]}), "task.Body.BuildSteps[0] has 162 bytes"),
        (
            task("MAKE_USER_CONTAINER", {**BUILD, "BuildType": "LOCAL"}),
            "task.Body.BuildType: invalid value 'LOCAL'; expected one of INLINE, REMOTE",
        ),
        (task("RUN_SWARM", {**TASK["Body"], "PrivateContent": "/"}), "task.Body.PrivateContent has 1 characters"),
        (task("RUN_SWARM", "x"), "task.Body: expected a mapping, got text"),
    ],
)
def test_task_that_the_platform_refuses(document, message):
    said = formats.task_problems(document)
    assert any(message in sentence for sentence in said), said


PROFILE_WITH_ALL = """
groupname: ward
taskrunner: defaulttaskbb.taskdb.sml.hpe
policyuri: ~
resourcemgr: {mgrtype: DOCKER, accessinfo: {accesstype: FROMENV}}
network: <NETWORK>
apls: {locator: {host: <LICENSE>, port: ~}}
apisrv: {locator: {host: ~, port: ~, service: ~}}
envvars:
  - SL_LOG_LEVEL : INFO
  - https_proxy : http://proxy.example.org:3128
  - no_proxy : ~
dns: [<RESOLVER>, <SECOND>]
nodes:
  - slnodedef:
      idx: 0
      identity:
        - attribute: {aType: KEY, mType: BIND, src: "<CERTS>/a-key.pem", tgt: /certs/a-key.pem, subPath: null}
        - attribute: {aType: CERT, mType: BIND, src: "<CERTS>/a.pem", tgt: /certs/a.pem, subPath: null}
        - attribute: {aType: CACERT, mType: BIND, src: "<CERTS>/ca.pem", tgt: /certs/ca.pem, subPath: null}
      slhostname: a.swarm
      slhostip: ~
      slport: ~
      slfsservice: fs.a.swarm
      slenvvars: null
      slnetworkopts: [{ip: <ADDRESS>}]
      sllabels: ~
      usrhostname: program-a
      usrenvvars: [SCRATCH: "one", GPU: 0, ALONE: True, NOTHING: ~]
      usrnetworkopts: ~
      usrlabels: {study: "7"}
      usrcontaineropts: [device: ["/dev/kfd", "/dev/dri"], group-add: ["video", 44], privileged: True]
      privatedata:
        src: "<DATA>/a"
        mType: BIND
        datamount: [{src: "<DATA>/a.csv", tgt: /work/in/a.csv, mType: BIND}]
  - slnodedef:
      idx: 1
      identity:
        - attribute: {aType: SPIFFE_SOCKETPATH, mType: VOLUME, src: sockets, tgt: /run/agent, subPath: agent.sock}
        - attribute: {aType: CAPATH, mType: BIND, src: <CERTS>/ca, tgt: /certs/ca}
      slhostname: sl-b
      slhostip: sl-b
      slport: 16000
      slenvvars: [swarm_node_type : sl]
      sllabels: [first, second]
      usrhostname: ~
      usrenvvars: null
      usrcontaineropts:
        - gpus : "device=<GPU>"
        - {ipc: host, shm-size: 16G, cap-add: [SYS_PTRACE], security-opt: ["seccomp=unconfined"]}
      privatedata: {src: patients, mType: VOLUME}
"""
TASKS_WITH_ALL = """
- Name: image
  TaskType: MAKE_USER_CONTAINER
  Author: somebody
  Prereq: ROOTTASK
  Outcome: program:1
  Body:
    BuildContext: wheels
    BuildType: INLINE
    BuildSteps:
      - FROM python:3.9
      - ' '
      - RUN pip install one && \\
      - '    pip install two'
      - '# a remark'
      - 'ENV A="b" C=${D}'
- Name: alone
  TaskType: RUN_SWARM
  Author: "somebody"
  Prereq: image
  Outcome: alone
  Body:
    Command: model/run.py --cuda
    Entrypoint: python3
    WorkingDir: /work
    Envvars: ["DATA": data/in, "EPOCHS": 200, "SWARM_LOOPBACK" : True]
    PrivateContent: /work/
    SharedContent:
      - {Src: <MODEL>, Tgt: /work, MType: BIND}
      - {Src: weights, Tgt: /weights, MType: VOLUME}
- Name: content
  TaskType: MAKE_SWARM_USER_CONTENT
  Author: somebody
  Prereq: ROOTTASK
  Outcome: weights
  Body:
    ContentType: BUILDCONTENT
    OpsList:
      - {Operation: DOWNLOAD, Target: "https://example.org/a.zip", Options: [{Out: a.zip}]}
      - {Operation: EXTRACT, Target: a.zip, Options: []}
"""


def test_file_with_every_construct_of_the_platforms_examples():
    assert formats.profile_problems(yaml.safe_load(PROFILE_WITH_ALL)) == []
    assert [formats.task_problems(document) for document in yaml.safe_load(TASKS_WITH_ALL)] == [[], [], []]


def test_controller_without_the_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    formats._validator_class.cache_clear()
    assert formats.profile_problems(PROFILE) == [formats.NO_LIBRARY]
