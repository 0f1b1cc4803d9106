# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one mapping that describes a training, and what becomes of it: SWOP profiles, tasks and the SWCI script (private).

Formats: the platform's own (swarm 2.x). Everything here returns plain mappings and texts; roles write them to files.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
from typing import TYPE_CHECKING, Any

from .. import _proxy
from .._checks.formats import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

TASKRUNNER = "defaulttaskbb.taskdb.sml.hpe"
CONTRACT = "defaultbb.cqdb.sml.hpe"
USR_DIR = "/platform/swarm/usr"  # where SWOP and SWCI see their user directory
PACKAGES = "/tmp/hpe-swarmcli-pkg"  # a path inside the ML image, the platform's own
FIRST_SL_PORT, SL_PORT_STEP = 16000, 1000

REQUIRED = ("name", "image", "program", "model_dir")
CLASSIC_REQUIRED = ("name", "program", "model_dir")
# What only one line of releases has: in 0.3.0 the ML program runs inside the SL container, and no SWOP makes an image for it.
ONLY_CURRENT = ("image", "build", "client_wheel", "private_data", "private_mount")
ONLY_CLASSIC = ("data_dir",)
DEFAULTS: dict[str, Any] = {
    "build": [],
    "client_wheel": "",
    "client_volume": "sl-cli-lib",
    "entrypoint": "python3",
    "working_dir": "/tmp/test",
    "model_mount": "",
    "model_source": "",
    "peers_per_host": 2,
    "peers": 0,
    "min_peers": 2,
    "epochs": 1,
    "env": {},
    "node_env": {},
    "sl_env": {},
    "gpus": "",
    "private_data": "",
    "private_mount": "",
    "data_dir": "",
    "save_seconds": 60,
    "author": "swarm.learning",
}
PAIR_KEYS = ("sl_hostname", "ml_hostname", "host_ip", "port", "env", "sl_env", "private_data", "gpus", "container_options")


def normalise(training: dict[str, Any]) -> dict[str, Any]:
    """The training with every key there. The mapping must be free of `problems` (see there)."""
    wanted = {**DEFAULTS, **training}
    wanted["model_mount"] = wanted["model_mount"] or posixpath.join(wanted["working_dir"], "model")
    return wanted


def problems(training: object, classic: bool = False) -> list[str]:
    """Sentences that say what is wrong with the mapping itself, before anything is derived from it; classic: release 0.3.0."""
    if not isinstance(training, dict):
        return [f"swarm_training must be a mapping, not {training!r}"]
    known, required = (*REQUIRED, *DEFAULTS), CLASSIC_REQUIRED if classic else REQUIRED
    found = [f"swarm_training has the unknown key {key!r}{did_you_mean(str(key), known)}" for key in training if key not in known]
    found += [f"swarm_training lacks {key!r}: every training has {', '.join(required)}" for key in required if not training.get(key)]
    found += [sentence for key in known if key in training for sentence in _wrong_kind(key, training[key])]
    found += [
        f"swarm_training.{key} does not belong to release {'0.3.0' if classic else '2.x'}: {remedy}"
        for keys, remedy in _ELSEWHERE[classic]
        for key in keys
        if training.get(key)
    ]
    return found or _wrong_values(training)


_ELSEWHERE: dict[bool, list[tuple[tuple[str, ...], str]]] = {
    False: [(ONLY_CLASSIC, "a node's own data is private_data there, and private_mount where the program sees it")],
    True: [(ONLY_CURRENT, "the ML program runs inside the SL container there, and finds a node's own data in data_dir")],
}


def _wrong_kind(key: str, value: object) -> list[str]:
    default = DEFAULTS.get(key, "")
    if isinstance(default, int) and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        return [f"swarm_training.{key} must be a whole number from 0, not {value!r}"]
    if isinstance(default, str) and not isinstance(value, (str, int)):
        return [f"swarm_training.{key} must be a text, not {value!r}"]
    if isinstance(default, (dict, list)) and not isinstance(value, type(default)):
        return [f"swarm_training.{key} must be a {'mapping' if isinstance(default, dict) else 'list'}, not {value!r}"]
    return []


def _wrong_values(training: dict[str, Any]) -> list[str]:
    found = [
        f"swarm_training.{key} must be an absolute path, not {training[key]!r}"
        for key in ("model_dir", "working_dir", "model_mount", "private_mount", "data_dir")
        if training.get(key) and not str(training[key]).startswith("/")
    ]
    if training["program"].startswith("/"):
        found.append(f"swarm_training.program is {training['program']!r}: it is named from working_dir on, such as model/train.py")
    if training.get("epochs", 1) < 1:
        found.append("swarm_training.epochs must be at least 1")
    if bool(training.get("private_data")) != bool(training.get("private_mount")):
        found.append("swarm_training.private_data (on the hosts) and private_mount (where the program sees it) go together")
    return found


# --- the SL/ML pairs and the SWOP profile --------------------------------------------------------------------------------


def pair(settings: dict[str, Any], index: int, number: int, nodes: int, address: str) -> dict[str, Any]:
    """One SL/ML pair, complete.

    settings  what the inventory says about this pair (PAIR_KEYS), often nothing
    index     its place on the host, from 0: it decides about the port
    number    its place in the whole training, from 1: it decides about the names
    nodes     how many pairs there are
    address   the host's address
    """
    return {
        "sl_hostname": f"sl-{number}",
        "ml_hostname": f"ml-{number}",
        "host_ip": address,
        "port": FIRST_SL_PORT + SL_PORT_STEP * index,
        "number": number,
        "nodes": nodes,
        **settings,
    }


def gpus(training: dict[str, Any], pairs: Sequence[dict[str, Any]]) -> list[str]:
    """Which of these pairs are to have GPUs: [`ml-1 (gpu 0)`, …]."""
    wanted = [(pair["ml_hostname"], pair.get("gpus") or training.get("gpus")) for pair in pairs]
    return [f"{name} (gpu {gpu})" for name, gpu in wanted if gpu]


def profile(name: str, pairs: Sequence[dict[str, Any]], training: dict[str, Any], surroundings: dict[str, Any]) -> dict[str, Any]:
    """The SWOP profile, a mapping, of the SWOP called `name` that starts `pairs`.

    surroundings: network, apls_ip, apls_port, proxy (the variables' values by name), and identity, the options of an SL node:
    socket_path (VOLUME:path in it, or a socket file), or key, cert, cacert and capath.
    """
    return {
        "groupname": name,
        "taskrunner": TASKRUNNER,
        "policyuri": None,
        "resourcemgr": {"mgrtype": "DOCKER", "accessinfo": {"accesstype": "FROMENV"}},
        "network": surroundings["network"],
        "apls": {"locator": {"host": surroundings["apls_ip"], "port": surroundings["apls_port"]}},
        "apisrv": {"locator": {"host": None, "port": None, "service": None}},
        "envvars": [
            *({key: surroundings["proxy"].get(key) or None} for key in _proxy.VARIABLES),
            *_one_key_each(training["sl_env"]),
        ],
        "nodes": [{"slnodedef": _node(index, one, training, surroundings["identity"])} for index, one in enumerate(pairs)],
    }


def _node(index: int, one: dict[str, Any], training: dict[str, Any], identity: dict[str, str]) -> dict[str, Any]:
    private = filled(one.get("private_data") or training["private_data"], one)
    gpus = one.get("gpus") or training["gpus"]
    options = [*([{"gpus": str(gpus)}] if gpus not in ("", None) else []), *one.get("container_options", [])]
    definition = {
        "idx": index,
        "identity": [{"attribute": _attribute(option, value)} for option, value in identity.items()],
        "slhostname": one["sl_hostname"],
        "slhostip": one["host_ip"],
        "slport": one["port"],
        "slenvvars": [{"swarm_node_type": "sl"}, *_one_key_each(one.get("sl_env", {}))],
        "usrhostname": one["ml_hostname"],
        "usrenvvars": _one_key_each(filled({**training["node_env"], **one.get("env", {})}, one)) or None,
        "privatedata": {"src": private, "mType": "BIND"} if private else None,
    }
    if options:
        definition["usrcontaineropts"] = options
    return definition


def _attribute(option: str, value: str) -> dict[str, str]:
    if option != "socket_path":
        return {"aType": option.upper(), "mType": "BIND", "src": value, "tgt": value}
    volume, colon, path = value.partition(":")
    if not colon:
        return {"aType": "SPIFFE_SOCKETPATH", "mType": "BIND", "src": volume, "tgt": volume}
    return {"aType": "SPIFFE_SOCKETPATH", "mType": "VOLUME", "src": volume, "tgt": "/tmp/spire-agent", "subPath": path}


def filled(value: Any, one: dict[str, Any]) -> Any:
    """The text, or the mapping's texts, with {index} (from 0), {number} (from 1) and {nodes} replaced."""
    if isinstance(value, dict):
        return {key: filled(item, one) for key, item in value.items()}
    if not isinstance(value, str):
        return value
    for word, number in (("index", one["number"] - 1), ("number", one["number"]), ("nodes", one["nodes"])):
        value = value.replace(f"{{{word}}}", str(number))
    return value


def in_model_dir(training: dict[str, Any], classic: bool = False) -> str:
    """The program's path in model_dir; empty where it is elsewhere. In 0.3.0 (classic) it is always there, however it is named."""
    program: str = posixpath.join(training["working_dir"], training["program"])
    inside = f"{training['model_mount'].rstrip('/')}/"
    if program.startswith(inside):
        return program[len(inside) :]
    return training["program"] if classic else ""


def _one_key_each(mapping: dict[str, Any]) -> list[dict[str, Any]]:
    return [{key: value} for key, value in mapping.items()]


# --- tasks and script ----------------------------------------------------------------------------------------------------


def tasks(training: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """{"first": …, "run": …}: the definitions of the task that makes the ML image there and of the one that trains.

    A finalized task can neither be changed nor deleted, so each name carries a digest of what the task does: a changed
    training is a new task, an unchanged one is found again.
    """
    first = _build_task(training) if training["build"] else _pull_task(training)
    run = {
        "Name": "",
        "TaskType": "RUN_SWARM",
        "Author": training["author"],
        "Prereq": first["Name"],
        "Outcome": "",
        "Body": {
            "Command": training["program"],
            "Entrypoint": training["entrypoint"],
            "WorkingDir": training["working_dir"],
            "Envvars": _one_key_each(environment(training)),
            "PrivateContent": training["private_mount"] or None,
            "SharedContent": [{"Src": training["model_dir"], "Tgt": training["model_mount"], "MType": "BIND"}],
        },
    }
    run["Name"] = run["Outcome"] = f"{training['name']}-run-{_digest(run)}"
    return {"first": first, "run": run}


def _build_task(training: dict[str, Any]) -> dict[str, Any]:
    task = {
        "Name": "",
        "TaskType": "MAKE_USER_CONTAINER",
        "Author": training["author"],
        "Prereq": "ROOTTASK",
        "Outcome": training["image"],
        "Body": {
            "BuildContext": training["client_volume"] if training["client_wheel"] else None,
            "BuildType": "INLINE",
            "BuildSteps": build_steps(training),
        },
    }
    return {**task, "Name": f"{training['name']}-build-{_digest(task)}"}


def build_steps(training: dict[str, Any]) -> list[str]:
    """The Dockerfile lines that make the ML image, those that install the client's wheel among them."""
    return [*training["build"], *_client_steps(training)]


def _client_steps(training: dict[str, Any]) -> list[str]:
    """The lines that install the platform's client, unless the build's own lines do it."""
    wheel = posixpath.basename(training["client_wheel"])
    if not wheel or any(wheel in str(line) for line in training["build"]):
        return []
    return [
        f"RUN mkdir -p {PACKAGES}",
        f"COPY {wheel} {PACKAGES}/{wheel}",
        f"RUN pip3 install {PACKAGES}/{wheel}",
    ]


def _pull_task(training: dict[str, Any]) -> dict[str, Any]:
    repository, tag = _split_tag(training["image"])
    organisation, _slash, name = repository.rpartition("/")
    task = {
        "Name": "",
        "TaskType": "PULL_IMAGE",
        "Author": training["author"],
        "Prereq": "ROOTTASK",
        "Outcome": training["image"],
        "Body": {"Tag": tag, "RepoName": name, "OrgAndReg": organisation or None, "Auth": None},
    }
    return {**task, "Name": f"{training['name']}-pull-{_digest(task)}"}


def _split_tag(image: str) -> tuple[str, str]:
    head, slash, last = image.rpartition("/")
    name, _colon, tag = last.partition(":")
    return f"{head}{slash}{name}", tag or "latest"


def environment(training: dict[str, Any]) -> dict[str, Any]:
    """What every ML program is told: where the model is, how long to train, with how many peers at least."""
    model = training["model_mount"]
    inside = f"{training['working_dir'].rstrip('/')}/"
    return {
        "MODEL_DIR": model.removeprefix(inside),
        "MAX_EPOCHS": training["epochs"],
        "MIN_PEERS": training["min_peers"],
        **training["env"],
    }


def _digest(document: dict[str, Any]) -> str:
    """Eight hexadecimal digits that differ when the document does."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:8]


def script(training: dict[str, Any], definitions: dict[str, dict[str, Any]], place: dict[str, Any]) -> str:
    """The SWCI script's text.

    definitions: what `tasks` returns. place: sn_ip, sn_api_port, files ({"first": file name, "run": file name}), swops (how many
    SWOPs make the image there) and peers (how many SL/ML pairs train).
    """
    context = training["name"]
    endpoint = f"{place['sn_ip']} {place['sn_api_port']}"
    lines = [
        "EXIT ON FAILURE",
        f"WAIT FOR IP {endpoint}",
        f"CREATE CONTEXT {context} WITH IP {endpoint}",
        f"SWITCH CONTEXT {context}",
        f"CD {USR_DIR}",
    ]
    for key, peers in (("first", place["swops"]), ("run", place["peers"])):
        name = definitions[key]["Name"]
        lines += [
            "# A task that is already there stays as it is: its name says what it does.",
            "EXIT ON FAILURE OFF",
            f"CREATE TASK FROM {place['files'][key]}",
            f"FINALIZE TASK {name}",
            "EXIT ON FAILURE",
            f"GET TASK INFO {name}",
            f"GET TASK BODY {name}",
            f"RESET TASKRUNNER {TASKRUNNER}",
            *(["# Peers of a training that failed are not waited for.", f"RESET CONTRACT {CONTRACT}"] if key == "run" else []),
            f"ASSIGN TASK {name} TO {TASKRUNNER} WITH {peers} PEERS",
            f"WAIT FOR TASKRUNNER {TASKRUNNER}",
        ]
    lines += [
        "# The ML containers save their models.",
        f"SLEEP {training['save_seconds']}",
        f"RESET TASKRUNNER {TASKRUNNER}",
        "LIST CONTRACTS",
        f"RESET CONTRACT {CONTRACT}",
        "EXIT",
    ]
    return "\n".join(lines) + "\n"
