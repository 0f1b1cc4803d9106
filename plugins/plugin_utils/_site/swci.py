# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks that a SWCI hands to the SWOPs, and its script (private, pure). The formats are the platform's own (2.x)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from .. import _files_below, _proxy
from .training import CONTRACT, TASKRUNNER, build_steps, environment, further_runs, has_context, mount_type, one_key_each

LONGEST_STEP = 160  # bytes of a build step: the cells of the blockchain
USR_DIR = "/platform/swarm/usr"  # where SWOP and SWCI see their user directory


def tasks(training: dict[str, Any], proxy: Mapping[str, str] | None = None, context: str = "") -> dict[str, dict[str, Any]]:
    """{"first": …, "run": …}: the definitions of the task that makes the ML image there, and of the one that trains; then of each further run.

    proxy: variable → value of the proxies that the build downloads through. context: a digest of the files that it is built from.

    A finalized task can neither be changed nor deleted, so each name carries a digest of what the task does: a changed
    training is a new task, an unchanged one is found again.
    """
    first = _build_task(training, proxy or {}, context) if training["build"] else _pull_task(training)
    runs = {"run": training, **{one["run"]: one for one in further_runs(training)}}
    return {"first": first, **{name: _run_task(one, name, first["Name"]) for name, one in runs.items()}}


def _run_task(training: dict[str, Any], name: str, prerequisite: str) -> dict[str, Any]:
    task = {
        "Name": "",
        "TaskType": "RUN_SWARM",
        "Author": training["author"],
        "Prereq": prerequisite,
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
    task["Name"] = task["Outcome"] = f"{training['name']}-{name}-{_digest(task)}"
    return task


def digest(contents: Iterable[Any]) -> str:
    """SHA-256, in hex, of a SWCI's files in their order, as the role `swci` takes it of those that are written."""
    return hashlib.sha256("\n".join(map(_files_below.text, contents)).encode()).hexdigest()


def _build_task(training: dict[str, Any], proxy: Mapping[str, str], context: str) -> dict[str, Any]:
    task = {
        "Name": "",
        "TaskType": "MAKE_USER_CONTAINER",
        "Author": training["author"],
        "Prereq": "ROOTTASK",
        "Outcome": training["image"],
        "Body": {
            "BuildContext": training["client_volume"] if has_context(training) else None,
            "BuildType": "INLINE",
            "BuildSteps": _proxied(build_steps(training), _proxy.build_lines(proxy, LONGEST_STEP)),
        },
    }
    return {**task, "Name": f"{training['name']}-build-{_digest({**task, 'Context': context} if context else task)}"}


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
    context, runner = training["name"], training["taskrunner"]
    service = place.get("sn_api_service")
    endpoint = f"SERVICE {service}" if service else f"IP {place['sn_ip']} {place['sn_api_port']}"
    lines = [
        "EXIT ON FAILURE",
        f"WAIT FOR {endpoint}",
        f"CREATE CONTEXT {context} WITH {endpoint}",
        f"SWITCH CONTEXT {context}",
        f"CD {USR_DIR}",
        *_created(training),
    ]
    for key, definition in definitions.items():
        name, peers = definition["Name"], place["swops"] if key == "first" else place["peers"]
        if key not in ("first", "run"):
            lines += _saved(training)
        lines += [
            "# A task that is already there stays as it is: its name says what it does.",
            "EXIT ON FAILURE OFF",
            f"CREATE TASK FROM {place['files'][key]}",
            f"FINALIZE TASK {name}",
            "EXIT ON FAILURE",
            f"GET TASK INFO {name}",
            f"GET TASK BODY {name}",
            f"RESET TASKRUNNER {runner}",
            *(
                ["# Peers of a training that failed are not waited for.", f"RESET CONTRACT {training['contract']}"]
                if key != "first"
                else []
            ),
            f"ASSIGN TASK {name} TO {runner} WITH {peers} PEERS",
            f"WAIT FOR TASKRUNNER {runner}",
        ]
    lines += [
        "# The ML containers save their models. Nothing is reset: a wait that ran out says nothing about the training.",
        f"SLEEP {training['save_seconds']}",
        "LIST CONTRACTS",
        "EXIT",
    ]
    return "\n".join(lines) + "\n"


def _created(training: dict[str, Any]) -> list[str]:
    """The lines that register a taskrunner and a contract of the training's own."""
    own = [
        *([f"CREATE TASKRUNNER {training['taskrunner']}"] if training["taskrunner"] != TASKRUNNER else []),
        *([f"CREATE CONTRACT {training['contract']}"] if training["contract"] != CONTRACT else []),
    ]
    return ["# What is already there stays as it is.", "EXIT ON FAILURE OFF", *own, "EXIT ON FAILURE"] if own else []


def _saved(training: dict[str, Any]) -> list[str]:
    return ["# The ML containers save their models, before they are removed.", f"SLEEP {training['save_seconds']}"]
