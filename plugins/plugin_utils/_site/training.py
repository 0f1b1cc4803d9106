# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one mapping that describes a training, and what every node's ML program gets of it, whoever starts the node (private, pure)."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

from .wheel import installable_name

PACKAGES = "/tmp/hpe-swarmcli-pkg"  # a path inside the ML image, the platform's own
FIRST_SL_PORT, SL_PORT_STEP = 16000, 1000
AMD_DEVICES = ("/dev/kfd", "/dev/dri")

REQUIRED = ("name", "image", "program", "model_dir")
CLASSIC_REQUIRED = ("name", "program", "model_dir")
# What only one line of releases has: in 0.3.0 the ML program runs inside the SL container, and no SWOP makes an image for it.
ONLY_CURRENT = (
    *("image", "build", "build_context", "pull_auth", "client_wheel", "shared_content", "private_data", "private_mount"),
    *("compare_alone", "runs", "taskrunner", "contract"),
)
ONLY_CLASSIC = ("data_dir",)
PATHS = ("client_wheel", "build_context", "model_source")  # on the controller
TASKRUNNER = "defaulttaskbb.taskdb.sml.hpe"
CONTRACT = "defaultbb.cqdb.sml.hpe"
# What a further run of the program may have of its own.
RUN_KEYS = ("name", "program", "entrypoint", "env", "epochs", "min_peers")
DEFAULTS: dict[str, Any] = {
    "build": [],
    "build_context": "",
    "pull_auth": "",
    "client_wheel": "",
    "client_volume": "sl-cli-lib",
    "entrypoint": "python3",
    "working_dir": "/tmp/test",
    "model_mount": "",
    "model_source": "",
    "shared_content": [],
    "downloads": [],
    "peers_per_host": 2,
    "peers": 0,
    "min_peers": 2,
    "epochs": 1,
    "runs": [],
    "taskrunner": TASKRUNNER,
    "contract": CONTRACT,
    "env": {},
    "node_env": {},
    "sl_env": {},
    "gpus": "",
    "private_data": "",
    "private_mount": "",
    "data_dir": "",
    "compare_alone": False,
    "save_seconds": 60,
    "author": "swarm.learning",
}


def normalise(training: dict[str, Any]) -> dict[str, Any]:
    """The training with every key there. The mapping must be free of `problems` (see there)."""
    wanted = {**DEFAULTS, **training}
    wanted["model_mount"] = wanted["model_mount"] or posixpath.join(wanted["working_dir"], "model")
    return wanted


def devices(gpus: str | int) -> str:
    """`all`, or GPUs by their numbers or IDs, as an engine is asked for them; a bare number would mean how many. CDI names stay as they are."""
    text = str(gpus)
    return f"device={text}" if text[:1].isdigit() or text.startswith(("GPU-", "MIG-")) else text


def swop_devices(gpus: str | int) -> str:
    """The same as SWOP is asked for them, which knows no CDI names."""
    text = devices(gpus)
    names = [name.partition("=")[2] for name in text.split(",")] if "/" in text else []
    return "all" if "all" in names else f"device={','.join(names)}" if names else text


def gpus_of(one: Mapping[str, Any], training: Mapping[str, Any]) -> str | int:
    """The GPUs of a pair, 0 among them, else those of all; empty without any."""
    return next((gpus for gpus in (one.get("gpus"), training.get("gpus")) if gpus not in ("", None)), "")


def is_amd(gpus: str | int) -> bool:
    """Whether these are GPUs of AMD: `amd`, or some of them as `amd=0,1`."""
    return str(gpus).partition("=")[0] == "amd"


def gpu_options(gpus: str | int) -> list[dict[str, Any]]:
    """The GPUs as SWOP's profile has them in `usrcontaineropts`; AMD's are devices, without a driver of the engine's."""
    if gpus == "":
        return []
    return [{"device": list(AMD_DEVICES)}, {"group-add": ["video"]}] if is_amd(gpus) else [{"gpus": swop_devices(gpus)}]


def gpu_environment(gpus: str | int) -> dict[str, str]:
    """What tells the ML program which of AMD's GPUs it has; engines give all or none."""
    numbers = str(gpus).partition("=")[2]
    return {"HIP_VISIBLE_DEVICES": numbers} if is_amd(gpus) and numbers else {}


def filled(value: Any, one: dict[str, Any]) -> Any:
    """The text, or the mapping's texts, with {index} (from 0), {number} (from 1) and {nodes} replaced."""
    if isinstance(value, dict):
        return {key: filled(item, one) for key, item in value.items()}
    if not isinstance(value, str):
        return value
    for word, number in (("index", one["number"] - 1), ("number", one["number"]), ("nodes", one["nodes"])):
        value = value.replace(f"{{{word}}}", str(number))
    return value


def mount_type(source: str) -> str:
    """How SWOP and SWCI call a mount of this source: a path on the host, or a volume's name, which has no slash."""
    return "BIND" if "/" in source else "VOLUME"


def in_model_dir(training: dict[str, Any], classic: bool = False) -> str:
    """The program's path in model_dir, without its arguments; empty if it is elsewhere.

    In 0.3.0 (classic) it is always there, however it is named.
    """
    program: str = posixpath.join(training["working_dir"], training["program"].partition(" ")[0])
    inside = f"{training['model_mount'].rstrip('/')}/"
    if program.startswith(inside):
        return program[len(inside) :]
    return training["program"] if classic else ""


def environment(training: dict[str, Any]) -> dict[str, Any]:
    """The settings of every ML program: where the model is, how long to train, and the minimum number of peers."""
    model = training["model_mount"]
    inside = f"{training['working_dir'].rstrip('/')}/"
    return {
        "MODEL_DIR": model.removeprefix(inside),
        "MAX_EPOCHS": training["epochs"],
        "MIN_PEERS": training["min_peers"],
        **({"TRAINING_CONTRACT": training["contract"]} if training["contract"] != CONTRACT else {}),
        **training["env"],
    }


def has_context(training: Mapping[str, Any]) -> bool:
    """Whether the build takes files from the controller: the client's wheel, or a directory."""
    return bool(training["client_wheel"] or training["build_context"])


def client_volume(training: Mapping[str, Any], directory: str) -> dict[str, Any]:
    """{name, driver_options} of the volume that SWOPs build the ML image from, which is `directory`; {} if no build takes files."""
    if not training or not has_context(training):
        return {}
    return {"name": training["client_volume"], "driver_options": {"type": "none", "o": "bind", "device": directory}}


def further_runs(training: dict[str, Any]) -> list[dict[str, Any]]:
    """The training as each of its further runs sees it, in their order; `run` is that run's name."""
    alone = [{"name": "alone", "env": {"SWARM_LOOPBACK": True}}] if training["compare_alone"] else []
    return [
        {
            **training,
            **{key: value for key, value in one.items() if key != "name"},
            "run": one["name"],
            "env": {**training["env"], **one.get("env", {})},
        }
        for one in [*alone, *training["runs"]]
    ]


def build_steps(training: dict[str, Any]) -> list[str]:
    """The Dockerfile lines that make the ML image, those that install the client's wheel among them."""
    return [*training["build"], *_client_steps(training)]


def _client_steps(training: dict[str, Any]) -> list[str]:
    """The lines that install the platform's client, unless the build's own lines do it."""
    wheel = posixpath.basename(training["client_wheel"])
    installable = installable_name(wheel, training.get("client_version", ""))
    if not wheel or any(wheel in str(line) for line in training["build"]):
        return []
    return [
        f"RUN mkdir -p {PACKAGES}",
        f"COPY {wheel} {PACKAGES}/{installable}",
        f"RUN pip3 install {PACKAGES}/{installable}",
    ]


def as_texts(mapping: dict[str, Any]) -> dict[str, str]:
    """An environment's values as an engine wants them, and as SWOP makes them of YAML: true and false in small letters, null empty."""
    return {name: "" if value is None else str(value).lower() if isinstance(value, bool) else str(value) for name, value in mapping.items()}


def one_key_each(mapping: dict[str, Any]) -> list[dict[str, Any]]:
    """The mapping as SWOP and SWCI write environments."""
    return [{key: value} for key, value in mapping.items()]
