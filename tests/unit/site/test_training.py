# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The seed's training as files: profile, tasks and script, written out by hand."""

import hashlib
import zipfile

import pytest
import yaml
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import formats, stages
from ansible_collections.swarm.learning.plugins.plugin_utils._site import content, swci, swop, wheel
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model as _site
from ansible_collections.swarm.learning.plugins.plugin_utils._site import training as _training

from tests.support.site_inventory import TRAINING, two_orgs

WHEEL = "swarmlearning-client-py3-none-manylinux_2_24_x86_64.whl"
CIFAR = {**TRAINING, "client_wheel": f"/files/{WHEEL}", "build": ["FROM tensorflow/tensorflow:2.7.0", "RUN pip3 install keras matplotlib"]}

PROFILE_OF_HOST_2 = """
groupname: swop-2
taskrunner: defaulttaskbb.taskdb.sml.hpe
policyuri: null
resourcemgr:
  mgrtype: DOCKER
  accessinfo:
    accesstype: FROMENV
network: swarm
apls:
  locator:
    host: 172.1.1.1
    port: 5814
apisrv:
  locator:
    host: null
    port: null
    service: null
envvars:
  - http_proxy: null
  - https_proxy: null
  - no_proxy: null
  - HTTP_PROXY: null
  - HTTPS_PROXY: null
  - NO_PROXY: null
nodes:
  - slnodedef:
      idx: 0
      identity:
        - attribute:
            aType: SPIFFE_SOCKETPATH
            mType: VOLUME
            src: spire-agent-socket
            tgt: /tmp/spire-agent
            subPath: api.sock
      slhostname: sl-3
      slhostip: 172.2.2.2
      slport: 16000
      slenvvars:
        - swarm_node_type: sl
      usrhostname: ml-3
      usrenvvars: null
      privatedata: null
  - slnodedef:
      idx: 1
      identity:
        - attribute:
            aType: SPIFFE_SOCKETPATH
            mType: VOLUME
            src: spire-agent-socket
            tgt: /tmp/spire-agent
            subPath: api.sock
      slhostname: sl-4
      slhostip: 172.2.2.2
      slport: 17000
      slenvvars:
        - swarm_node_type: sl
      usrhostname: ml-4
      usrenvvars: null
      privatedata: null
"""

BUILD_TASK = f"""
Name: {{name}}
TaskType: MAKE_USER_CONTAINER
Author: swarm.learning
Prereq: ROOTTASK
Outcome: user-env-tf2.7.0-swop
Body:
  BuildContext: sl-cli-lib
  BuildType: INLINE
  BuildSteps:
    - FROM tensorflow/tensorflow:2.7.0
    - RUN pip3 install keras matplotlib
    - RUN mkdir -p /tmp/hpe-swarmcli-pkg
    - COPY {WHEEL} /tmp/hpe-swarmcli-pkg/{WHEEL}
    - RUN pip3 install /tmp/hpe-swarmcli-pkg/{WHEEL}
"""

RUN_TASK = """
Name: {name}
TaskType: RUN_SWARM
Author: swarm.learning
Prereq: {prereq}
Outcome: {name}
Body:
  Command: model/cifar10.py
  Entrypoint: python3
  WorkingDir: /tmp/test
  Envvars:
    - MODEL_DIR: model
    - MAX_EPOCHS: 2
    - MIN_PEERS: 2
  PrivateContent: null
  SharedContent:
    - Src: /tmp/spire/cifar10/model
      Tgt: /tmp/test/model
      MType: BIND
"""

SCRIPT = """\
EXIT ON FAILURE
WAIT FOR IP 172.1.1.1 30304
CREATE CONTEXT cifar10 WITH IP 172.1.1.1 30304
SWITCH CONTEXT cifar10
CD /platform/swarm/usr
# A task that is already there stays as it is: its name says what it does.
EXIT ON FAILURE OFF
CREATE TASK FROM image-task.yml
FINALIZE TASK {first}
EXIT ON FAILURE
GET TASK INFO {first}
GET TASK BODY {first}
RESET TASKRUNNER defaulttaskbb.taskdb.sml.hpe
ASSIGN TASK {first} TO defaulttaskbb.taskdb.sml.hpe WITH 2 PEERS
WAIT FOR TASKRUNNER defaulttaskbb.taskdb.sml.hpe
# A task that is already there stays as it is: its name says what it does.
EXIT ON FAILURE OFF
CREATE TASK FROM run-task.yml
FINALIZE TASK {run}
EXIT ON FAILURE
GET TASK INFO {run}
GET TASK BODY {run}
RESET TASKRUNNER defaulttaskbb.taskdb.sml.hpe
# Peers of a training that failed are not waited for.
RESET CONTRACT defaultbb.cqdb.sml.hpe
ASSIGN TASK {run} TO defaulttaskbb.taskdb.sml.hpe WITH 4 PEERS
WAIT FOR TASKRUNNER defaulttaskbb.taskdb.sml.hpe
# The ML containers save their models. Nothing is reset: a wait that ran out says nothing about the training.
SLEEP 60
LIST CONTRACTS
EXIT
"""


@pytest.fixture(name="model")
def example():
    return _site.derive(two_orgs(training=CIFAR))


def test_profile(model):
    profile = model["host-2"]["swop_profiles"]["swop-2"]
    assert profile == yaml.safe_load(PROFILE_OF_HOST_2)
    assert formats.profile_problems(profile) == []


def test_tasks_and_script(model):
    here = model["host-1"]
    first, run = here["swci_tasks"]["image-task.yml"], here["swci_tasks"]["run-task.yml"]
    assert first == yaml.safe_load(BUILD_TASK.format(name=first["Name"]))
    assert run == yaml.safe_load(RUN_TASK.format(name=run["Name"], prereq=first["Name"]))
    assert [formats.task_problems(task) for task in (first, run)] == [[], []]
    assert here["swci_script"] == SCRIPT.format(first=first["Name"], run=run["Name"])


@pytest.mark.parametrize(
    ("settings", "field", "value"),
    [
        ({"sl_network_options": [{"ip": "172.9.0.2"}]}, "slnetworkopts", [{"ip": "172.9.0.2"}]),
        ({"ml_network_options": [{"ip": "172.9.0.3"}]}, "usrnetworkopts", [{"ip": "172.9.0.3"}]),
        ({"sl_labels": {"study": "7"}}, "sllabels", {"study": "7"}),
        ({"ml_labels": ["trial"]}, "usrlabels", ["trial"]),
        ({"port": None, "host_ip": "sl-1"}, "slport", None),
        (
            {"private_data": "/srv", "private_mounts": [{"src": "/srv/1.csv", "tgt": "/data/n.csv"}]},
            "privatedata",
            {"src": "/srv", "mType": "BIND", "datamount": [{"src": "/srv/1.csv", "tgt": "/data/n.csv", "mType": "BIND"}]},
        ),
        ({"private_data": "patients"}, "privatedata", {"src": "patients", "mType": "VOLUME"}),
        ({"private_data": "/srv/data"}, "privatedata", {"src": "/srv/data", "mType": "BIND"}),
    ],
)
def test_key_of_a_pair_in_the_profile(settings, field, value):
    inventory = two_orgs(training={"private_mount": "/data", "private_data": "/d"}, host_1={"swop_pairs": [settings]})
    profile = _site.derive(inventory)["host-1"]["swop_profiles"]["swop-1"]
    assert profile["nodes"][0]["slnodedef"][field] == value
    assert formats.profile_problems(profile) == []
    assert stages.problems(inventory, lambda _path: True) == []


def test_a_comparison_is_one_more_task():
    here = _site.derive(two_orgs(training={"compare_alone": True, "save_seconds": 15}))["host-1"]
    run, alone = here["swci_tasks"]["run-task.yml"], here["swci_tasks"]["alone-task.yml"]
    assert alone["Body"].pop("Envvars") == [*run["Body"].pop("Envvars"), {"SWARM_LOOPBACK": True}]
    assert (alone["Body"], alone["Prereq"]) == (run["Body"], run["Prereq"])
    assert formats.task_problems({**alone, "Body": {**alone["Body"], "Envvars": None}}) == []
    lines = here["swci_script"].splitlines()
    assert [line.split()[2] for line in lines if line.startswith("ASSIGN")][1:] == [run["Name"], alone["Name"]]
    assert lines[lines.index("CREATE TASK FROM alone-task.yml") - 3] == "SLEEP 15"
    assert lines.count("RESET CONTRACT defaultbb.cqdb.sml.hpe") == 2


def test_private_directories_must_be_there():
    pairs = [
        {"private_mounts": [{"src": "/srv/files/1.csv", "tgt": "/data/n.csv"}]},
        {"private_data": "/srv/own"},
        {"private_data": "volume"},
    ]
    inventory = two_orgs(training={"private_mount": "/data", "private_data": "/srv/d{number}/"}, host_1={"swop_pairs": pairs})
    needed = {one["path"]: (one["option"], one["made"]) for one in _site.derive(inventory)["host-1"]["directories"]}
    del needed["/tmp/spire/cifar10/model"]
    assert needed == {
        "/srv/d1": ("swarm_training.private_data", False),
        "/srv/files": ("private_mounts of swop_pairs", False),
        "/srv/own": ("private_data of swop_pairs", False),
    }


BELOW = {"private_data": "/srv/fraud", "private_mount": "/tmp/test", "model_dir": "/srv/fraud/model"}


@pytest.mark.parametrize(
    ("training", "needed"),
    [
        ({**BELOW, "model_source": "/files/model"}, {}),
        ({**BELOW, "model_source": ""}, {"/srv/fraud": "swarm_training.private_data", "/srv/fraud/model": "swarm_training.model_dir"}),
        (
            {**BELOW, "model_source": "/files/model", "env": {"DATA_DIR": "app-data"}},
            {"/srv/fraud/app-data": "DATA_DIR in swarm_training.private_data"},
        ),
        (
            {**BELOW, "model_source": "/files/model", "node_env": {"DATA_DIR": "data/{number}/"}},
            {f"/srv/fraud/data/{number}": "DATA_DIR in swarm_training.private_data" for number in (1, 2)},
        ),
        ({**BELOW, "model_source": "/files/model", "env": {"DATA_DIR": "model/data"}}, {}),
        ({**BELOW, "model_source": "/files/model", "env": {"DATA_DIR": "/elsewhere"}}, {}),
        (
            {**BELOW, "model_source": "/files/model", "private_mount": "/tmp/test/app-data", "env": {"DATA_DIR": "app-data"}},
            {},
        ),
    ],
)
def test_data_below_private_data_must_be_there(training, needed):
    here = _site.derive(two_orgs(training=training))["host-1"]
    assert {one["path"]: one["option"] for one in here["directories"] if not one["made"]} == needed


@pytest.mark.parametrize("mounts", ["/srv/1.csv", ["/srv/1.csv"], [{"src": "/srv/1.csv"}]])
def test_private_mounts_that_are_none(mounts):
    inventory = two_orgs(host_1={"swop_pairs": [{"private_mounts": mounts}]})
    sentence = "swop_pairs of host-1: private_mounts: expected a list of mappings with src and tgt"
    assert sentence in stages.problems(inventory, lambda _path: True)


def test_pair_without_further_keys_has_no_further_fields(model):
    [first, _second] = model["host-1"]["swop_profiles"]["swop-1"]["nodes"]
    assert not {*swop.OPTIONAL_KEYS.values()} & {*first["slnodedef"]}


def test_name_servers():
    derived = _site.derive(two_orgs(host_1={"swop_dns": ["192.0.2.53"]}))
    assert derived["host-1"]["swop_profiles"]["swop-1"]["dns"] == ["192.0.2.53"]
    assert "dns" not in derived["host-2"]["swop_profiles"]["swop-2"]


SHARED = [{"src": "/srv/weights", "tgt": "/weights"}, {"src": "cache", "tgt": "/cache"}]


def test_shared_content():
    derived = _site.derive(two_orgs(training={"shared_content": SHARED}))["host-1"]
    model_dir, *others = derived["swci_tasks"]["run-task.yml"]["Body"]["SharedContent"]
    assert model_dir["Tgt"] == "/tmp/test/model"
    assert others == [{"Src": "/srv/weights", "Tgt": "/weights", "MType": "BIND"}, {"Src": "cache", "Tgt": "/cache", "MType": "VOLUME"}]
    needed = {one["path"]: one["option"] for one in derived["directories"]}
    assert needed == {"/tmp/spire/cifar10/model": "swarm_training.model_dir", "/srv/weights": "swarm_training.shared_content"}


def test_shared_content_of_nodes_by_hand():
    inventory = two_orgs(training={"shared_content": SHARED}, groups={"swarm_sl": ["host-1"]}, without=("swarm_swop", "swarm_swci"))
    [ml, *_others] = [node["ml"] for node in _site.derive(inventory)["host-1"]["sl_nodes"]]
    assert ml["volumes"][1:] == ["/srv/weights:/weights", "cache:/cache"]


@pytest.mark.parametrize(
    ("items", "message"),
    [
        (["/a:/b"], "swarm_training.shared_content[0]: expected a mapping with src and tgt, got text"),
        ([{"src": "/a", "tgt": "/b", "typ": 1}], "swarm_training.shared_content[0]: unknown key 'typ'"),
        ([{"src": "/a"}], "swarm_training.shared_content[0]: 'tgt' is missing"),
        ([{"src": 7, "tgt": "/b"}], "swarm_training.shared_content[0].src: expected text"),
        (
            [{"src": "a/b", "tgt": "/b"}],
            "swarm_training.shared_content[0].src: invalid value 'a/b'; expected an absolute path on the hosts or",
        ),
        ([{"src": "/a", "tgt": "b"}], "swarm_training.shared_content[0].tgt: invalid path 'b'"),
        ([{"src": f"/a{n}", "tgt": f"/b{n}"} for n in range(10)], "task run-task.yml of swarm_training.Body.SharedContent has 11 items"),
    ],
)
def test_shared_content_that_cannot_work(items, message):
    said = stages.problems(two_orgs(training={"shared_content": items}), lambda _path: True)
    assert any(message in sentence for sentence in said), said


ALONE = {"name": "alone", "env": {"SWARM_LOOPBACK": True, "SHARED": "own"}, "epochs": 9, "program": "model/other.py --x"}


def test_further_runs():
    derived = _site.derive(two_orgs(training={"env": {"SHARED": "all", "KEPT": "1"}, "runs": [ALONE, {"name": "again"}]}))["host-1"]
    tasks = derived["swci_tasks"]
    assert list(tasks) == ["image-task.yml", "run-task.yml", "alone-task.yml", "again-task.yml"]
    assert [formats.task_problems(task) for task in tasks.values()] == [[]] * 4
    run, alone, again = (tasks[f"{name}-task.yml"] for name in ("run", "alone", "again"))
    assert {task["Prereq"] for task in (run, alone, again)} == {tasks["image-task.yml"]["Name"]}
    assert alone["Name"].startswith("cifar10-alone-")
    assert alone["Body"]["Command"] == "model/other.py --x"
    assert alone["Body"]["Envvars"] == [
        *({"MODEL_DIR": "model"}, {"MAX_EPOCHS": 9}, {"MIN_PEERS": 2}),
        *({"SHARED": "own"}, {"KEPT": "1"}, {"SWARM_LOOPBACK": True}),
    ]
    assert again["Body"] == run["Body"]
    lines = derived["swci_script"].splitlines()
    begins = [lines.index(f"ASSIGN TASK {task['Name']} TO defaulttaskbb.taskdb.sml.hpe WITH 4 PEERS") for task in (run, alone, again)]
    assert begins == sorted(begins)
    for begin in begins:  # each run is over, and has saved its models, before the next one removes its containers
        rest = [line for line in lines[begin + 1 :] if not line.startswith("#")]
        assert rest[:2] == ["WAIT FOR TASKRUNNER defaulttaskbb.taskdb.sml.hpe", "SLEEP 60"]


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        (["alone"], "swarm_training.runs[0]: expected a mapping with a name, got text"),
        ([{"program": "x"}], "swarm_training.runs[0].name: invalid name None; expected letters"),
        ([{"name": "run"}], "swarm_training.runs[0].name: invalid name 'run'"),
        ([{"name": "a", "peers": 2}], "swarm_training.runs[0]: unknown key 'peers'"),
        ([{"name": "a", "epochs": 0}], "swarm_training.runs[0].epochs: invalid value 0; expected a whole number, 1 or more"),
        ([{"name": "a", "env": ["A=1"]}], "swarm_training.runs[0].env: expected a mapping, got a list"),
        ([{"name": "a"}, {"name": "a"}], "swarm_training.runs: the name 'a' is used more than once"),
        ([{"name": "a", "program": "x" * 161}], "task a-task.yml of swarm_training.Body.Command has 161 bytes"),
    ],
)
def test_further_runs_that_cannot_be(runs, message):
    said = stages.problems(two_orgs(training={"runs": runs}), lambda _path: True)
    assert any(message in sentence for sentence in said), said


def test_a_run_alone_has_its_name():
    training = {"compare_alone": True, "runs": [{"name": "again"}]}
    assert list(_site.derive(two_orgs(training=training))["host-1"]["swci_tasks"])[2:] == ["alone-task.yml", "again-task.yml"]
    said = stages.problems(two_orgs(training={"compare_alone": True, "runs": [{"name": "alone"}]}), lambda _path: True)
    assert said == ["swarm_training.runs: the name 'alone' is used more than once"]


def test_further_runs_need_swops():
    by_hand = two_orgs(training={"runs": [{"name": "a"}]}, groups={"swarm_sl": ["host-1"]}, without=("swarm_swop",))
    assert any("swarm_training.runs needs SWOPs" in sentence for sentence in stages.problems(by_hand, lambda _path: True))


def test_taskrunner_and_contract_of_its_own():
    derived = _site.derive(two_orgs(training={"taskrunner": "ward.tasks", "contract": "ward.contract"}))["host-1"]
    assert derived["swop_profiles"]["swop-1"]["taskrunner"] == "ward.tasks"
    assert {"TRAINING_CONTRACT": "ward.contract"} in derived["swci_tasks"]["run-task.yml"]["Body"]["Envvars"]
    script = derived["swci_script"]
    assert "EXIT ON FAILURE OFF\nCREATE TASKRUNNER ward.tasks\nCREATE CONTRACT ward.contract\nEXIT ON FAILURE\n" in script
    assert "RESET CONTRACT ward.contract\n" in script
    assert "default" not in script


DOWNLOAD = {"url": "https://data.example.org/train.npz", "path": "/srv/data/train.npz", "sha256": "a" * 64}


@pytest.mark.parametrize(
    ("items", "message"),
    [
        (["https://x/y"], "swarm_training.downloads[0]: expected a mapping with url, path and sha256, got text"),
        ([{**DOWNLOAD, "out": "x"}], "swarm_training.downloads[0]: unknown key 'out'"),
        ([{"url": DOWNLOAD["url"], "path": "/srv/a"}], "swarm_training.downloads[0]: 'sha256' is missing; expected the 64"),
        ([{**DOWNLOAD, "sha256": "abc"}], "swarm_training.downloads[0].sha256: invalid value 'abc'; expected the 64"),
        (
            [{**DOWNLOAD, "path": "train.npz"}],
            "swarm_training.downloads[0].path: invalid value 'train.npz'; expected the file's absolute path",
        ),
        (
            [{**DOWNLOAD, "url": "ftp://me:a-secret@x/y"}],
            "swarm_training.downloads[0].url: invalid value; expected an address such as https://",
        ),
        ([DOWNLOAD, DOWNLOAD], "swarm_training.downloads: /srv/data/train.npz is the path of more than one"),
    ],
)
def test_downloads_that_cannot_be(items, message):
    said = stages.problems(two_orgs(training={"downloads": items}), lambda _path: True)
    assert any(message in sentence for sentence in said), said
    assert "a-secret" not in "".join(said)


def test_directories_of_what_is_copied_and_downloaded():
    assert stages.problems(two_orgs(training={"downloads": [DOWNLOAD]}), lambda _path: True) == []
    files = [{"path": "/srv/client/a.whl"}, {"path": "/srv/model/train.py"}]
    downloads = [DOWNLOAD, {**DOWNLOAD, "path": "/srv/model/data.npz"}]
    assert content.directories(files, downloads) == [
        {"path": "/srv/client", "mode": "0755"},
        {"path": "/srv/model", "mode": "0755"},
        {"path": "/srv/data"},
    ]


@pytest.mark.parametrize("key", ["taskrunner", "contract"])
def test_name_of_a_taskrunner_or_contract(key):
    said = stages.problems(two_orgs(training={key: "a/b"}), lambda _path: True)
    assert any(f"swarm_training.{key}: invalid name 'a/b'; expected letters" in sentence for sentence in said), said


def test_build_context(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "requirements.txt").write_text("keras", encoding="utf-8")
    (tmp_path / "data/ca.pem").write_text("certificate", encoding="utf-8")
    training = _training.normalise({**TRAINING, "client_wheel": "", "build_context": str(tmp_path)})
    files = content.listing(training, "/srv/client")
    assert {file["path"] for file in files} == {"/srv/client/requirements.txt", "/srv/client/data/ca.pem"}
    before = content.digest(str(tmp_path))
    first = swci.tasks(training, context=before)["first"]
    assert first["Body"]["BuildContext"] == "sl-cli-lib"
    (tmp_path / "requirements.txt").write_text("keras matplotlib", encoding="utf-8")
    assert swci.tasks(training, context=content.digest(str(tmp_path)))["first"]["Name"] != first["Name"]
    assert swci.tasks({**training, "build_context": ""})["first"]["Body"]["BuildContext"] is None


@pytest.mark.parametrize(
    ("training", "there", "message"),
    [
        ({"build_context": "/files/context"}, False, "swarm_training.build_context: '/files/context' does not exist on the controller"),
        (
            {"build_context": "/files/context"},
            True,
            "swarm_training.build_context has a Dockerfile: put its lines into swarm_training.build",
        ),
        ({"build_context": "/files/context", "build": []}, True, "swarm_training.build_context is for an image that is built"),
    ],
)
def test_build_context_that_cannot_be(training, there, message):
    said = stages.problems(two_orgs(training=training), lambda path: there or "context" not in path)
    assert any(message in sentence for sentence in said), said


def test_only_the_swci_host_has_the_script(model):
    assert model["host-2"]["swci_script"] == ""


def names(**changes):
    tasks = swci.tasks(_training.normalise({**CIFAR, **changes}))
    return tasks["first"]["Name"], tasks["run"]["Name"]


def test_a_changed_training_is_a_new_task_and_an_unchanged_one_is_not():
    first, run = names()
    assert names() == (first, run)
    assert first.startswith("cifar10-build-")
    assert run.startswith("cifar10-run-")
    other_first, other_run = names(epochs=3)
    assert other_first == first
    assert other_run != run
    assert names(build=["FROM other"])[0] != first


def test_a_pulled_image_comes_with_the_login_of_a_file():
    training = {**CIFAR, "build": [], "image": "r.example/ml:1", "pull_auth": "/platform/swarm/usr/config.json"}
    task = swci.tasks(_training.normalise(training))["first"]
    assert task["Body"] == {"Tag": "1", "RepoName": "ml", "OrgAndReg": "r.example/", "Auth": "/platform/swarm/usr/config.json"}
    assert formats.task_problems(task) == []


@pytest.mark.parametrize(
    ("image", "body"),
    [
        ("r.example:5000/team/ml:1", {"Tag": "1", "RepoName": "ml", "OrgAndReg": "r.example:5000/team/", "Auth": None}),
        ("debian", {"Tag": "latest", "RepoName": "debian", "OrgAndReg": "docker.io/library/", "Auth": None}),
    ],
)
def test_without_a_build_the_image_is_pulled(image, body):
    task = swci.tasks(_training.normalise({**CIFAR, "build": [], "image": image}))["first"]
    assert (task["TaskType"], task["Outcome"], task["Body"]) == ("PULL_IMAGE", image, body)
    assert formats.task_problems(task) == []


def test_a_build_that_installs_the_wheel_itself_is_left_alone():
    build = ["FROM x", f"COPY {WHEEL} /w/", f"RUN pip install /w/{WHEEL}"]
    assert swci.tasks(_training.normalise({**CIFAR, "build": build}))["first"]["Body"]["BuildSteps"] == build


def test_environment_of_the_program():
    changes = {"model_mount": "/data/model", "env": {"MAX_EPOCHS": 9, "A": "b"}, "private_data": "/d", "private_mount": "/p"}
    body = swci.tasks(_training.normalise({**CIFAR, **changes}))["run"]["Body"]
    assert body["Envvars"] == [{"MODEL_DIR": "/data/model"}, {"MAX_EPOCHS": 9}, {"MIN_PEERS": 2}, {"A": "b"}]
    assert body["PrivateContent"] == "/p"


def test_socket_file_of_an_agent_that_already_runs():
    model = _site.derive(two_orgs({"swarm_socket_path": "/run/spire/api.sock"}, training=CIFAR))
    attribute = model["host-1"]["swop_profiles"]["swop-1"]["nodes"][0]["slnodedef"]["identity"][0]["attribute"]
    assert attribute == {"aType": "SPIFFE_SOCKETPATH", "mType": "BIND", "src": "/run/spire/api.sock", "tgt": "/run/spire/api.sock"}


def test_files_of_a_training_for_the_hosts(tmp_path):
    (tmp_path / "model/sub/__pycache__").mkdir(parents=True)
    for name in ("client.whl", "model/b.py", "model/sub/a.py", "model/sub/__pycache__/a.pyc"):
        (tmp_path / name).write_text(name)
    training = {"client_wheel": f"{tmp_path}/client.whl", "model_source": f"{tmp_path}/model/", "model_dir": "/srv/model"}
    listed = content.listing(training, "/var/lib/x/client")
    assert [item["path"] for item in listed] == ["/var/lib/x/client/client.whl", "/srv/model/b.py", "/srv/model/sub/a.py"]
    assert listed[1]["sha256"] == hashlib.sha256(b"model/b.py").hexdigest()


def test_links_that_lead_nowhere_are_left_out_and_programs_stay_executable(tmp_path):
    for name in ("run.sh", "b.py"):
        (tmp_path / name).write_text(name)
    (tmp_path / "run.sh").chmod(0o755)
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "directory").symlink_to("nowhere-either")
    listed = content.listing({"client_wheel": "", "model_source": str(tmp_path), "model_dir": "/srv/model"}, "/client")
    assert {item["path"]: item["mode"] for item in listed} == {"/srv/model/b.py": "0644", "/srv/model/run.sh": "0755"}


def built(directory, version="2.3.0", python=">=3.8,<3.10"):
    """A wheel with METADATA and nothing else."""
    path = directory / WHEEL
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            f"swarmlearning-{version}.dist-info/METADATA", f"Name: swarmlearning\nVersion: {version}\nRequires-Python: {python}\n"
        )
    return path


def test_metadata_of_a_wheel(tmp_path):
    assert wheel.read(str(built(tmp_path))) == wheel.Wheel("2.3.0", ">=3.8,<3.10")
    assert wheel.read(str(tmp_path / "absent.whl")) == wheel.Wheel()
    (tmp_path / "text.whl").write_text("no archive", encoding="utf-8")
    assert wheel.read(str(tmp_path / "text.whl")) == wheel.Wheel()


@pytest.mark.parametrize(
    ("name", "version", "expected"),
    [
        (WHEEL, "2.3.0", "swarmlearning-2.3.0-py3-none-manylinux_2_24_x86_64.whl"),
        (WHEEL, "", WHEEL),
        ("swarmlearning-2.2.0-py3-none-any.whl", "2.2.0", "swarmlearning-2.2.0-py3-none-any.whl"),
        ("client.whl", "2.3.0", "client.whl"),
    ],
)
def test_name_under_which_pip_takes_the_wheel(name, version, expected):
    assert wheel.installable_name(name, version) == expected


def test_build_installs_the_wheel_under_its_version():
    training = {**_training.normalise(CIFAR), "client_version": "2.3.0"}
    target = "/tmp/hpe-swarmcli-pkg/swarmlearning-2.3.0-py3-none-manylinux_2_24_x86_64.whl"
    steps = swci.tasks(training)["first"]["Body"]["BuildSteps"]
    assert steps[-2:] == [f"COPY {WHEEL} {target}", f"RUN pip3 install {target}"]
    assert max(map(len, steps)) <= 160


@pytest.mark.parametrize(
    ("found", "build", "messages"),
    [
        (wheel.Wheel("2.3.0", ">=3.8,<3.10"), ["FROM python:3.9-slim"], []),
        (wheel.Wheel("2.3.0", ">=3.8,<3.10"), ["FROM tensorflow/tensorflow:2.7.0"], []),
        (wheel.Wheel(), ["FROM python:3.11"], []),
        (wheel.Wheel("2.2.0"), [], ["is of release 2.2.0, but swarm_release is 2.3.0"]),
        (wheel.Wheel("2.3.0", ">=3.8,<3.10"), ["ARG A", "FROM docker.io/library/python:3.11"], ["starts from Python 3.11"]),
    ],
)
def test_wheel_against_release_and_base_image(found, build, messages):
    said = wheel.problems(found, "2.3.0", build)
    assert len(said) == len(messages)
    assert all(message in sentence for message, sentence in zip(messages, said))


def test_the_script_that_all_hosts_of_swops_wait_for():
    site = _site.derive(two_orgs(host_1={"swci_name": "mine"}))
    assert [here["training_script"] for here in site.values()] == [{"host": "host-1", "name": "mine"}] * 2
    elsewhere = _site.derive(two_orgs(without=["swarm_swci"]))
    assert [here["training_script"] for here in elsewhere.values()] == [{}, {}], "another organisation has it"
    web_only = _site.derive(two_orgs(groups={"swarm_sl": ["host-2"]}, without=["swarm_swop"]))
    assert [here["training_script"] for here in web_only.values()] == [{}, {}], "no script starts SL nodes of swarm_sl"
