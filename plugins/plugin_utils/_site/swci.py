# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks that a SWCI hands to the SWOPs, and its script (private, pure). The formats are the platform's own (2.x)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from .. import _files_below, _proxy
from .swop import TASKRUNNER
from .training import build_steps, environment, mount_type, one_key_each

CONTRACT = "defaultbb.cqdb.sml.hpe"
LONGEST_STEP = 160  # bytes of a build step: the cells of the blockchain
USR_DIR = "/platform/swarm/usr"  # where SWOP and SWCI see their user directory


def tasks(training: dict[str, Any], proxy: Mapping[str, str] | None = None) -> dict[str, dict[str, Any]]:
    """{"first": …, "run": …}: the definitions of the task that makes the ML image there and of the one that trains.

    With compare_alone also "alone": the same training, in which each node trains without the others.

    proxy: variable → value of the proxies that the build downloads through.

    A finalized task can neither be changed nor deleted, so each name carries a digest of what the task does: a changed
    training is a new task, an unchanged one is found again.
    """
    first = _build_task(training, proxy or {}) if training["build"] else _pull_task(training)
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
            "Envvars": one_key_each(environment(training)),
            "PrivateContent": training["private_mount"] or None,
            "SharedContent": [
                {"Src": training["model_dir"], "Tgt": training["model_mount"], "MType": "BIND"},
                *({"Src": one["src"], "Tgt": one["tgt"], "MType": mount_type(one["src"])} for one in training["shared_content"]),
            ],
        },
    }
    tasks = {"first": first, "run": run}
    if training["compare_alone"]:
        alone = one_key_each({**environment(training), "SWARM_LOOPBACK": True})
        tasks["alone"] = {**run, "Body": {**run["Body"], "Envvars": alone}}
    for kind in (one for one in tasks if one != "first"):
        tasks[kind]["Name"] = tasks[kind]["Outcome"] = f"{training['name']}-{kind}-{_digest(tasks[kind])}"
    return tasks


def digest(contents: Iterable[Any]) -> str:
    """SHA-256, in hex, of a SWCI's files in their order, as the role `swci` takes it of those that are written."""
    return hashlib.sha256("\n".join(map(_files_below.text, contents)).encode()).hexdigest()


def _build_task(training: dict[str, Any], proxy: Mapping[str, str]) -> dict[str, Any]:
    task = {
        "Name": "",
        "TaskType": "MAKE_USER_CONTAINER",
        "Author": training["author"],
        "Prereq": "ROOTTASK",
        "Outcome": training["image"],
        "Body": {
            "BuildContext": training["client_volume"] if training["client_wheel"] else None,
            "BuildType": "INLINE",
            "BuildSteps": _proxied(build_steps(training), _proxy.build_lines(proxy, LONGEST_STEP)),
        },
    }
    return {**task, "Name": f"{training['name']}-build-{_digest(task)}"}


def _proxied(steps: list[str], lines: list[str]) -> list[str]:
    """The steps with these lines at the beginning of each stage."""
    return [line for step in steps for line in (step, *(lines if str(step).lstrip().upper().startswith("FROM ") else ()))]


def _pull_task(training: dict[str, Any]) -> dict[str, Any]:
    repository, tag = _split_tag(training["image"])
    organisation, _slash, name = repository.rpartition("/")
    task = {
        "Name": "",
        "TaskType": "PULL_IMAGE",
        "Author": training["author"],
        "Prereq": "ROOTTASK",
        "Outcome": training["image"],
        "Body": {
            "Tag": tag,
            "RepoName": name,
            "OrgAndReg": f"{organisation or 'docker.io/library'}/",
            "Auth": training["pull_auth"] or None,
        },
    }
    return {**task, "Name": f"{training['name']}-pull-{_digest(task)}"}


def _split_tag(image: str) -> tuple[str, str]:
    head, slash, last = image.rpartition("/")
    name, _colon, tag = last.partition(":")
    return f"{head}{slash}{name}", tag or "latest"


def _digest(document: dict[str, Any]) -> str:
    """Eight hexadecimal digits that differ when the document does."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:8]


def script(training: dict[str, Any], definitions: dict[str, dict[str, Any]], place: dict[str, Any]) -> str:
    """The SWCI script's text.

    definitions: what `tasks` returns. place: sn_ip and sn_api_port, or sn_api_service, files (as the definitions: file name), swops (how
    many SWOPs make the image there) and peers (how many SL/ML pairs train).
    """
    context = training["name"]
    service = place.get("sn_api_service")
    endpoint = f"SERVICE {service}" if service else f"IP {place['sn_ip']} {place['sn_api_port']}"
    lines = [
        "EXIT ON FAILURE",
        f"WAIT FOR {endpoint}",
        f"CREATE CONTEXT {context} WITH {endpoint}",
        f"SWITCH CONTEXT {context}",
        f"CD {USR_DIR}",
    ]
    for key in definitions:
        name, peers = definitions[key]["Name"], place["swops"] if key == "first" else place["peers"]
        lines += [
            *(
                ["# The ML containers save their models, before they are removed.", f"SLEEP {training['save_seconds']}"]
                if key == "alone"
                else []
            ),
            "# A task that is already there stays as it is: its name says what it does.",
            "EXIT ON FAILURE OFF",
            f"CREATE TASK FROM {place['files'][key]}",
            f"FINALIZE TASK {name}",
            "EXIT ON FAILURE",
            f"GET TASK INFO {name}",
            f"GET TASK BODY {name}",
            f"RESET TASKRUNNER {TASKRUNNER}",
            *(["# Peers of a training that failed are not waited for.", f"RESET CONTRACT {CONTRACT}"] if key != "first" else []),
            f"ASSIGN TASK {name} TO {TASKRUNNER} WITH {peers} PEERS",
            f"WAIT FOR TASKRUNNER {TASKRUNNER}",
        ]
    lines += [
        "# The ML containers save their models. Nothing is reset: a wait that ran out says nothing about the training.",
        f"SLEEP {training['save_seconds']}",
        "LIST CONTRACTS",
        "EXIT",
    ]
    return "\n".join(lines) + "\n"
