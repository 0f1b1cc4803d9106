# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every construct and limit of SWOP profiles and tasks: what the platform's schemas take, and what they refuse."""

import datetime

import pytest
from ansible_collections.swarm.learning.plugins.filter.format_problems import format_problems
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import formats

from tests.support.documents import changed

DATE = datetime.date(2024, 5, 1)
ATTRIBUTE = {"aType": "CACERT", "mType": "BIND", "src": "/certs/ca.pem", "tgt": "/certs/ca.pem", "subPath": None}
NODE = {
    "idx": 0,
    "identity": [{"attribute": ATTRIBUTE}],
    "slhostname": "sl-1",
    "slhostip": "<HOST>",
    "slport": 16000,
    "slfsservice": "fs.sl-1.swarm",
    "slenvvars": [{"A": "1"}],
    "slnetworkopts": [{"ip": "<ADDRESS>"}],
    "sllabels": {"site": "a"},
    "usrhostname": "ml-1",
    "usrenvvars": [{"A": "1"}],
    "usrnetworkopts": [{"ip": "<ADDRESS>"}],
    "usrlabels": ["study"],
    "usrcontaineropts": [{"gpus": "all"}],
    "privatedata": {"src": "<DATA>", "mType": "BIND", "datamount": [{"src": "/srv/a", "tgt": "/work/a", "mType": "BIND"}]},
}
PROFILE = {
    "groupname": "ward",
    "taskrunner": "defaulttaskbb.taskdb.sml.hpe",
    "policyuri": None,
    "resourcemgr": {"mgrtype": "DOCKER", "accessinfo": {"accesstype": "FROMENV"}},
    "network": "<NETWORK>",
    "apls": {"locator": {"host": "<LICENSE>", "port": 5814}},
    "apisrv": {"locator": {"host": None, "port": None, "service": None}},
    "envvars": [{"SL_LOG_LEVEL": "INFO"}],
    "dns": ["<RESOLVER>"],
    "nodes": [{"slnodedef": NODE}],
}
BODIES = {
    "MAKE_USER_CONTAINER": {"BuildContext": "sl-cli-lib", "BuildType": "INLINE", "BuildSteps": ["FROM python:3.9", " ", ""]},
    "PULL_IMAGE": {
        "Tag": "2.7.0",
        "RepoName": "program",
        "OrgAndReg": "registry.example.org/team/",
        "Auth": {"Username": "u", "Password": "p"},
    },
    "RUN_SWARM": {
        "Command": "model/run.py --cuda",
        "Entrypoint": "python3",
        "WorkingDir": "/work",
        "Envvars": [{"MAX_EPOCHS": 2}],
        "PrivateContent": "/work/",
        "SharedContent": [{"Src": "<MODEL>", "Tgt": "/work/model", "MType": "BIND"}],
    },
    "MAKE_SWARM_USER_CONTENT": {
        "ContentType": "SWARMCONTENT",
        "OpsList": [{"Operation": "DOWNLOAD", "Target": "https://example.org/a.zip", "Options": [{"Out": "a.zip"}]}],
    },
}


def task(kind):
    return {"Name": "a", "TaskType": kind, "Author": "b", "Prereq": "ROOTTASK", "Outcome": "c", "Body": BODIES[kind]}


def text(least, most, letter="x"):
    """(taken, refused) of a text with so many characters."""
    return [letter * least, letter * most, "<PLACEHOLDER>"], [
        *([letter * (least - 1)] if least else []),
        letter * (most + 1),
        1,
        True,
        DATE,
        [],
        {},
    ]


def bytes_of(least):
    """(taken, refused) of a text on the chain: of at least so many characters, and at most 160 bytes."""
    taken, refused = text(least, 160)
    return [*taken, "é" * 80], [*refused, "é" * 81, "€" * 54]


def or_null(pair):
    return [*pair[0], None], pair[1]


def not_null(pair):
    return pair[0], [*pair[1], None]


def choice(*values):
    return [*values], [values[0].lower(), "", None, 1, [], {}]


TEXT = (["", "<PLACEHOLDER>", "x" * 300], [None, 1, True, DATE, [], {}])
LABEL, LABEL_OR_NULL, CHAIN = not_null(text(2, 240)), or_null(text(2, 240)), not_null(bytes_of(1))
PORT = ([0, 1, 65535, 65536, 4_000_000, None, ...], [-1, 1.5, "5814", True, [], {}])
ENVIRONMENT = (
    [
        *(None, [], [{"A": "x" * 5000}], [{"A": 1, "B": 2.5, "C": True, "D": None, "E": DATE}], [{"A": ""}, {"A": ""}]),
        *([{}], [{"A": [1, None]}], [{"A": {"B": [{"C": 1}]}}, {"D": []}]),
    ],
    [{"A": "1"}, "A=1", ["A=1"], [["A", "1"]], [None], [1], 1],
)
LABELS = (
    [None, {}, {"a": "b", "empty": None, "number": 7}, {"a": {"b": ["c"]}}, [], ["a", "b"], ["a", "a"], ...],
    ["a", 1, [1], [None], [{"a": "b"}]],
)
REQUIRED = ([], [...])
KIND = choice("BIND", "VOLUME")

# path in the profile → (values taken, values refused); `...` is a key that is not there
FIELDS = {
    "groupname": TEXT,
    "taskrunner": TEXT,
    "network": TEXT,
    "policyuri": (["<POLICY>", "", None], [1, [], {}, ...]),
    "resourcemgr": REQUIRED,
    "resourcemgr.mgrtype": choice("DOCKER"),
    "resourcemgr.accessinfo": ([], [None, ..., "FROMENV", {}]),
    "resourcemgr.accessinfo.accesstype": choice("FROMENV"),
    "apls": ([], [..., None, {}, "host"]),
    "apls.locator": ([{"host": "a"}], [..., None, {}, "host", {"port": 1}]),
    "apls.locator.host": TEXT,
    "apls.locator.port": PORT,
    "apisrv": ([{}, {"colour": 1}], [..., None, "host"]),
    "apisrv.locator": (
        [{"host": None, "service": None}, {"host": "a", "service": "b"}, {"host": "<SN>", "port": None}, {"host": "sn1"}],
        [None, {}, {"service": None}, {"host": None}, {"host": None, "port": 30304}],
    ),
    "apisrv.locator.host": or_null(text(1, 253)),
    "apisrv.locator.port": PORT,
    "apisrv.locator.service": or_null(text(1, 253)),
    "envvars": ENVIRONMENT,
    "dns": ([None, [], ["a", "b"], ["x" * 253], ["a", "a"], ...], ["a", [""], ["x" * 254], [1], [None]]),
    "nodes": ([[]], [None, {}, "a", [None], [{}], [{"slnodedef": None}], [NODE], ...]),
    "nodes.0.slnodedef.idx": ([0, 7, 2.0], [-1, 1.5, "0", None, True, ...]),
    "nodes.0.slnodedef.identity": ([[]], [None, {}, [ATTRIBUTE], [{}], [None], ...]),
    "nodes.0.slnodedef.identity.0.attribute.aType": choice("KEY", "CERT", "CACERT", "CAPATH", "SPIFFE_SOCKETPATH"),
    "nodes.0.slnodedef.identity.0.attribute.mType": KIND,
    "nodes.0.slnodedef.identity.0.attribute.src": LABEL,
    "nodes.0.slnodedef.identity.0.attribute.tgt": LABEL,
    "nodes.0.slnodedef.identity.0.attribute.subPath": or_null(text(2, 240)),
    "nodes.0.slnodedef.slhostname": LABEL_OR_NULL,
    "nodes.0.slnodedef.slhostip": LABEL_OR_NULL,
    "nodes.0.slnodedef.slport": PORT,
    "nodes.0.slnodedef.slfsservice": or_null(text(2, 253)),
    "nodes.0.slnodedef.slenvvars": ENVIRONMENT,
    "nodes.0.slnodedef.slnetworkopts": ENVIRONMENT,
    "nodes.0.slnodedef.sllabels": LABELS,
    "nodes.0.slnodedef.usrhostname": LABEL_OR_NULL,
    "nodes.0.slnodedef.usrenvvars": ENVIRONMENT,
    "nodes.0.slnodedef.usrnetworkopts": ENVIRONMENT,
    "nodes.0.slnodedef.usrlabels": LABELS,
    "nodes.0.slnodedef.usrcontaineropts": (
        [
            None,
            [],
            ...,
            [{"gpus": "device=<GPU>"}, {"gpus": 2}],
            [{"device": ["/dev/kfd", "/dev/dri"]}, {"group-add": ["video", 44]}, {"cap-add": ["SYS_PTRACE"]}],
            [{"security-opt": ["seccomp=unconfined"]}, {"ipc": "host", "shm-size": "16G", "privileged": True}],
            [{"runtime": "nvidia"}, {"sysctls": {"a": 1}}, {}],
        ],
        [{"gpus": "all"}, ["all"], [{"device": "/dev/kfd"}], [{"group-add": "video"}], [{"cap-add": [1]}], [{"privileged": "yes"}]],
    ),
    "nodes.0.slnodedef.privatedata": (
        [None, {"src": "<DATA>", "mType": "VOLUME"}],
        ["/srv/data", [], {}, {"src": "/srv"}, {"mType": "BIND"}, ...],
    ),
    "nodes.0.slnodedef.privatedata.src": LABEL,
    "nodes.0.slnodedef.privatedata.mType": KIND,
    "nodes.0.slnodedef.privatedata.datamount": ([None, [], ...], [{}, "a", [{}], [{"src": "/srv/a", "tgt": "/work/a"}]]),
}
MAPPINGS = (
    "",
    "resourcemgr",
    "resourcemgr.accessinfo",
    "apls",
    "apls.locator",
    "apisrv.locator",
    "nodes.0",
    "nodes.0.slnodedef",
    "nodes.0.slnodedef.identity.0",
    "nodes.0.slnodedef.identity.0.attribute",
    "nodes.0.slnodedef.privatedata",
    "nodes.0.slnodedef.privatedata.datamount.0",
)
HEAD_FIELDS = {
    "Name": CHAIN,
    "Author": CHAIN,
    "Prereq": CHAIN,
    "Outcome": CHAIN,
    "TaskType": ([], ["RUN", "run_swarm", "", None, 1, [], ["RUN_SWARM"], {}, ...]),
    "Body": ([], [None, [], "x", {}, ...]),
}
BODY_FIELDS = {
    "MAKE_USER_CONTAINER": {
        "BuildContext": or_null(bytes_of(3)),
        "BuildType": choice("INLINE", "REMOTE"),
        "BuildSteps": ([["RUN a"] * 80], [[], ["RUN a"] * 81, None, "FROM a", {}, ...]),
        "BuildSteps.0": not_null(bytes_of(0)),
    },
    "PULL_IMAGE": {
        "Tag": CHAIN,
        "RepoName": CHAIN,
        "OrgAndReg": CHAIN,
        "Auth": (
            [None, "/root/.docker/config.json", "x" * 160],
            ["", "x" * 161, 1, True, [], {}, {"Username": "u"}, {"Password": "p"}, {"Username": "u", "Password": "p", "Colour": 1}, ...],
        ),
        "Auth.Username": CHAIN,
        "Auth.Password": not_null(bytes_of(0)),
    },
    "RUN_SWARM": {
        "Command": CHAIN,
        "Entrypoint": CHAIN,
        "WorkingDir": (["/w", "/" + "é" * 79, "work", "./"], ["/", "/" + "x" * 160, "/" + "é" * 80, None, 1, ...]),
        "Envvars": ENVIRONMENT,
        "PrivateContent": or_null(bytes_of(2)),
        "SharedContent": ([None, [{"Src": "v1", "Tgt": "/t", "MType": "VOLUME"}] * 10], [[], {}, "a", [None], [{}], ...]),
        "SharedContent.0.Src": not_null(bytes_of(2)),
        "SharedContent.0.Tgt": not_null(bytes_of(2)),
        "SharedContent.0.MType": KIND,
    },
    "MAKE_SWARM_USER_CONTENT": {
        "ContentType": choice("BUILDCONTENT", "SWARMCONTENT"),
        "OpsList": ([], [None, [], {}, "a", [None], [{}], ...]),
        "OpsList.0.Operation": choice("DOWNLOAD", "EXTRACT"),
        "OpsList.0.Target": CHAIN,
        "OpsList.0.Options": (
            [[], [{"Out": "a", "Other": 1}], [{"Out": "a"}, {"Out": "b"}]],
            [None, {}, "a", ["a"], [{"Out": "a"}] * 2, ...],
        ),
    },
}
TASK_FIELDS = [
    *(("RUN_SWARM", path, *values) for path, values in HEAD_FIELDS.items()),
    *((kind, f"Body.{path}", *values) for kind, fields in BODY_FIELDS.items() for path, values in fields.items()),
]


def place(what, path):
    """The place that a sentence names for a path, and without its last step for a key that is missing."""
    return what + "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in path.split(".") if part)


def check_refusal(said, what, path, value):
    """The sentences name the place, and the key that is missing."""
    assert said, (path, value)
    around, _dot, key = path.rpartition(".")
    wanted = f"{place(what, around)}: {key!r} is missing" if value is ... else place(what, path)
    assert any(sentence.startswith(wanted) for sentence in said), said


@pytest.mark.parametrize(("path", "taken", "refused"), [(path, *values) for path, values in FIELDS.items()])
def test_field_of_a_profile(path, taken, refused):
    assert formats.profile_problems(PROFILE) == []
    for value in taken:
        assert formats.profile_problems(changed(PROFILE, path, value)) == [], value
    for value in refused:
        check_refusal(formats.profile_problems(changed(PROFILE, path, value)), "profile", path, value)


@pytest.mark.parametrize(("kind", "path", "taken", "refused"), TASK_FIELDS)
def test_field_of_a_task(kind, path, taken, refused):
    assert formats.task_problems(task(kind)) == []
    for value in taken:
        assert formats.task_problems(changed(task(kind), path, value)) == [], value
    for value in refused:
        check_refusal(formats.task_problems(changed(task(kind), path, value)), "task", path, value)


@pytest.mark.parametrize("path", MAPPINGS)
def test_unknown_key_of_a_profile(path):
    [sentence] = formats.profile_problems(changed(PROFILE, f"{path}.colour".lstrip("."), 1))
    assert sentence.startswith(f"{place('profile', path)}: unknown key 'colour'")


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("RUN_SWARM", ""),
        ("RUN_SWARM", "Body.SharedContent.0"),
        ("PULL_IMAGE", "Body.Auth"),
        ("MAKE_SWARM_USER_CONTENT", "Body.OpsList.0"),
        *((kind, "Body") for kind in BODIES),
    ],
)
def test_unknown_key_of_a_task(kind, path):
    [sentence] = formats.task_problems(changed(task(kind), f"{path}.colour".lstrip("."), 1))
    assert sentence.startswith(f"{place('task', path)}: unknown key 'colour'")


@pytest.mark.parametrize("kind", BODIES)
def test_body_of_another_type_of_task(kind):
    for other in BODIES.keys() - {kind}:
        assert formats.task_problems({**task(kind), "TaskType": other})


def test_lists_that_are_too_long():
    shared = [{"Src": f"v{number}", "Tgt": f"/v{number}", "MType": "VOLUME"} for number in range(11)]
    [sentence] = formats.task_problems(changed(task("RUN_SWARM"), "Body.SharedContent", shared))
    assert sentence == "task.Body.SharedContent has 11 items; expected 1 to 10"
    steps = BODIES["MAKE_SWARM_USER_CONTENT"]["OpsList"] * 21
    [sentence] = formats.task_problems(changed(task("MAKE_SWARM_USER_CONTENT"), "Body.OpsList", steps))
    assert sentence == "task.Body.OpsList has 21 items; expected 1 to 20"


def test_profile_for_a_release():
    """Profiles of 1.x name no service; a SWOP of 2.x wants the key."""
    earlier = changed(PROFILE, "apisrv.locator", {"host": "<SN>", "port": None})
    wanted = ["profile.apisrv.locator: 'service' is missing; profiles for 2.0.0 and later have it, as null where it is unused"]
    assert format_problems(earlier, "profile") == []
    assert format_problems(earlier, "profile", "2.3.0") == wanted
    assert format_problems(changed(PROFILE, "apisrv.locator", {"host": None}), "profile", "2.3.0") == wanted
    assert format_problems(PROFILE, "profile", "2.3.0") == []


@pytest.mark.parametrize(("value", "kind"), [(2.7, "a number"), (DATE, "a date"), (True, "a truth value")])
def test_text_that_yaml_reads_as_something_else(value, kind):
    [sentence] = format_problems(changed(task("PULL_IMAGE"), "Body.Tag", value), "task")
    assert sentence == f"task.Body.Tag: expected text, got {kind}; put it into quotes"
    assert format_problems(changed(PROFILE, "envvars", [{"SINCE": value}]), "profile") == []


def test_value_that_is_no_secret_is_named():
    [sentence] = formats.profile_problems(changed(PROFILE, "nodes.0.slnodedef.idx", 1.5))
    assert sentence == "profile.nodes[0].slnodedef.idx: invalid value 1.5; expected a whole number"
    [sentence] = formats.task_problems(changed(task("RUN_SWARM"), "TaskType", 7))
    assert sentence.startswith("task.TaskType: invalid value 7; expected one of MAKE_USER_CONTAINER, ")
