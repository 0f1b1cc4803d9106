# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ML programs of a host as a rehearsal runs them: alone, with SWARM_LOOPBACK and a model directory of their own (private, pure).

The platform bypasses everything but its check of parameters then, and needs no container of Swarm Learning (its frequently asked questions).
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from . import sl, swop
from . import training as _training

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# What only one container can have at a time, or what would not let it end with its program, or takes it away before its end is read.
LEFT_OUT = ("publish", "network_aliases", "ip", "ip6", "restart_policy", "auto_remove")
# Keys of a pair's container_options, which are SWOP's, and the options of an ML container that they are.
SINGLE = {"gpus": "gpus", "ipc": "ipc_mode", "shm-size": "shm_size"}
SEVERAL = {"device": "devices", "group-add": "group_add", "cap-add": "cap_add", "security-opt": "security_opts"}


def programs(
    training: dict[str, Any], epochs: int, directory: str, nodes: Sequence[Mapping[str, Any]], pairs: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """[{name, container, model_dir, model_mount, rehearsal_dir}] of a host: `programs` of the module `swarm_rehearsal`.

    epochs     how many each program trains, instead of the training's; 0: as many
    directory  the host's directory below which each program has one of its own for its model
    nodes      the SL nodes that no SWOP starts, as `sl.nodes` has them
    pairs      the ML containers that SWOPs start, as `of_pair` has them
    """
    if not training:
        return []
    return [_alone(ml, training, epochs, directory) for ml in (*(node["ml"] for node in nodes if node.get("ml")), *pairs)]


def of_pair(pair: dict[str, Any], training: dict[str, Any], host: Mapping[str, Any]) -> dict[str, Any]:
    """The ML container that a SWOP starts for a pair, as `ml` of the module `sl` would have it.

    host: network, dns, proxy (the six variables' values by name) and user (who the SWOP's programs are; empty for the one who runs the module)
    """
    own = {"node_env": {**training["node_env"], **pair.get("env", {})}, "gpus": _training.gpus_of(pair, training), "private_data": ""}
    made = sl.program({**training, **own}, pair, {}, host["proxy"])
    private = swop.private_data(pair, training)
    further = [f"{mount['src']}:{mount['tgt']}" for mount in pair.get("private_mounts", ()) if private]
    volumes = [*made["volumes"], *([f"{private}:{training['private_mount']}"] if private else []), *further]
    found = {**made, "name": pair["ml_hostname"], "network": host["network"], "volumes": volumes}
    found.update({key: host[key] for key in ("dns", "user") if host[key]})
    return _with_options(found, pair.get("container_options", []))


def _with_options(container: dict[str, Any], options: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    found = dict(container)
    for name, value in ((name, value) for option in options for name, value in option.items()):
        if name in SEVERAL:
            more = value if isinstance(value, list) else [value]
            found[SEVERAL[name]] = [*found.get(SEVERAL[name], []), *map(str, more)]
        elif name in SINGLE:
            found[SINGLE[name]] = str(value)
        elif name == "privileged":
            found[name] = str(value).lower() == "true"
    return found


def _alone(ml: Mapping[str, Any], training: Mapping[str, Any], epochs: int, directory: str) -> dict[str, Any]:
    volumes = list(ml.get("volumes") or [])
    model = next((volume for volume in volumes if _target(volume) == posixpath.normpath(training["model_mount"])), "")
    source = model.partition(":")[0]
    env = {**(ml.get("env") or {}), "SWARM_LOOPBACK": "True"}
    if epochs and env.get("MAX_EPOCHS") == str(training["epochs"]):
        env["MAX_EPOCHS"] = str(epochs)
    container = {key: value for key, value in ml.items() if key not in LEFT_OUT}
    if training["build"] and ml["image"] == training["image"]:
        container["image"] = of_rehearsal(ml["image"])
    container.update(name=f"{ml['name']}-rehearsal", env=env, volumes=[volume for volume in volumes if volume != model])
    if not ml.get("uts_mode"):
        container.setdefault("hostname", ml["name"])  # programs know by it which node they are
    return {
        "name": ml["name"],
        "container": container,
        "model_dir": source if "/" in source else "",
        "model_mount": training["model_mount"],
        "rehearsal_dir": posixpath.join(directory, ml["name"]),
    }


def _target(volume: str) -> str:
    return posixpath.normpath(volume.partition(":")[2].partition(":")[0] or volume)


def image(training: Mapping[str, Any], context: str, sums: Sequence[str]) -> dict[str, Any]:
    """How a rehearsal builds the ML image: `sl.ml_image`, under a name of its own; empty if the image is pulled, or there is none (0.3.0)."""
    if not training.get("image"):
        return {}
    return sl.ml_image({**training, "image": of_rehearsal(training["image"])}, context, list(sums))


def of_rehearsal(name: str) -> str:
    """The image that a rehearsal builds: another tag beside the training's, which stays as it is.

    >>> of_rehearsal("registry:5000/team/user-env")
    'registry:5000/team/user-env:latest-rehearsal'
    """
    return f"{name if ':' in name.rpartition('/')[2] else f'{name}:latest'}-rehearsal"
