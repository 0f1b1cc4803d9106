# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SL nodes that no SWOP starts: what each host of the group `swarm_sl` gets, in both lines of releases (private, pure)."""

from __future__ import annotations

import posixpath
import shlex
from typing import TYPE_CHECKING, Any

from .. import _proxy
from .._images import build_label, reference
from . import classic, services
from . import training as _training

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .model import Inventory

# Inventory variables of the role `sl` that the model reads, with the role's defaults.
DEFAULTS: dict[str, Any] = {
    "sl_nodes": [],
    "sl_options": {},
    "sl_sn_ip": "",
    "sl_sn_api_port": 30304,
    "sl_fs_port": _training.FIRST_SL_PORT,
    "sl_platform": "",
    "sl_rehearsal_epochs": 1,
}
CLASSIC_MODEL, CLASSIC_DATA = "/platform/swarmml/model", "/platform/swarmml/data"  # where 0.3.0 mounts them (docs/contract.md)


def nodes(inventory: Inventory, pairs: dict[str, list[int]]) -> dict[str, list[dict[str, Any]]]:
    """host → its SL nodes, each the options of the module `sl` but for its SN's.

    pairs: host → the numbers of the SL nodes that its SWOPs start; names and ports go on after theirs.
    """
    given = {host: _given(inventory, host) for host in inventory.members("sl")}
    taken = [number for own in pairs.values() for number in own]
    names = {host: [str(node.get("name") or "") for node in own] for host, own in given.items()}
    total = len(taken) + sum(map(len, given.values()))
    assigned = inventory.assign("sl", names, len(taken) + 1, taken)
    found: dict[str, list[dict[str, Any]]] = {}
    for host, own in given.items():
        found[host] = []
        for number, (index, settings) in zip(assigned[host], enumerate(own, len(pairs.get(host, ())))):
            found[host].append(_node(inventory, host, settings, {"index": index, "number": number, "nodes": total}))
    return found


def _given(inventory: Inventory, host: str) -> list[dict[str, Any]]:
    peers = inventory.training().get("peers_per_host", _training.DEFAULTS["peers_per_host"])
    shared = inventory.options(host, "sl")
    return [{**shared, **own} for own in inventory.get(host, "sl_nodes") or [{}] * peers]


def _node(inventory: Inventory, host: str, settings: dict[str, Any], place: dict[str, int]) -> dict[str, Any]:
    port = inventory.get(host, "sl_fs_port")
    name = str(settings.get("name") or f"sl-{place['number']}")
    node = {
        "name": name,
        "host_ip": inventory.address(host),
        "sl_fs_port": port + _training.SL_PORT_STEP * place["index"] if isinstance(port, int) else port,
    }
    training = inventory.training() and _training.normalise(inventory.training())
    if classic.is_classic(inventory, host):
        return _classic(inventory, host, node, settings, training, place)
    node.update(services.of_sl(inventory, host, name))
    derived = {"name": f"ml-{place['number']}", "network": inventory.get(host, "swarm_network")}
    if training:
        derived.update(program(training, place, settings.get("ml") or {}, _proxy.of_host(inventory, host)))
        node["env"] = _training.as_texts({**training["sl_env"], **(settings.get("env") or {})})
    elif settings.get("env"):
        node["env"] = settings["env"]
    ml = settings.get("ml") or {}
    ml = {**derived, **ml, "env": {**derived.get("env", {}), **(ml.get("env") or {})}}
    return {**node, **{key: value for key, value in settings.items() if key != "env"}, "ml": ml}


def program(training: dict[str, Any], place: dict[str, Any], given: dict[str, Any], proxy: dict[str, str]) -> dict[str, Any]:
    """The ML container of one node, as options of `ml` of the module `sl`.

    place: the node's number, from 1, and how many nodes there are. given: what the inventory says of this container. proxy: see `_proxy.of_host`.
    """
    own = {**_training.environment(training), **_training.filled(training["node_env"], place)}
    proxy = _proxy.of_program(proxy, {**own, **(given.get("env") or {})})
    volumes = [f"{training['model_dir']}:{training['model_mount']}", *(f"{one['src']}:{one['tgt']}" for one in training["shared_content"])]
    if training["private_data"]:
        volumes.append(f"{_training.filled(training['private_data'], place)}:{training['private_mount']}:ro")
    return {
        "image": training["image"],
        "entrypoint": shlex.split(training["entrypoint"]),
        "command": training["program"],
        "workdir": training["working_dir"],
        "volumes": volumes,
        "env": _training.as_texts({**proxy, **_training.gpu_environment(training["gpus"]), **own}),
        **_gpus(training["gpus"]),
    }


def _gpus(gpus: str | int) -> dict[str, Any]:
    """The GPUs as options of an ML container."""
    if _training.is_amd(gpus):
        return {"devices": list(_training.AMD_DEVICES), "group_add": ["video"]}
    return {"gpus": _training.devices(gpus)} if str(gpus) else {}


def _classic(
    inventory: Inventory, host: str, node: dict[str, Any], settings: dict[str, Any], training: dict[str, Any], place: dict[str, int]
) -> dict[str, Any]:
    platform = settings.get("sl_platform") or inventory.get(host, "sl_platform") or "TF"
    image = inventory.get(host, "sl_image") or settings.get("image") or image_of(inventory, host, platform)
    node.update(sl_platform=platform, image=image)
    if training:
        node.update(
            model_dir=training["model_dir"],
            data_dir=_training.filled(training["data_dir"], place),
            **({"gpu": str(training["gpus"])} if str(training["gpus"]) else {}),
            env=_training.as_texts(
                {
                    **training["sl_env"],
                    **_training.environment(training),
                    "MODEL_DIR": CLASSIC_MODEL,
                    **({"DATA_DIR": CLASSIC_DATA} if training["data_dir"] else {}),
                    **_training.filled(training["node_env"], place),
                }
            ),
        )
        if not settings.get("ml_cmd"):
            node["model_program"] = _training.in_model_dir(training, classic=True)
    return {**node, **settings, "env": {**node.get("env", {}), **(settings.get("env") or {})}}


def image_of(inventory: Inventory, host: str, platform: str = "") -> str:
    """The SL image of a host: in 0.3.0 the platform, TF or PYT in any case, decides. Raises ValueError for another."""
    return reference("sl", str(inventory.get(host, "swarm_release")), inventory.get(host, "swarm_registry"), platform=platform)


def images(inventory: Inventory, host: str, own: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Images that the SL nodes `own` of a host name, their own or their ML containers' → the variables that decide about them."""
    found = {}
    for node in own:
        if "image" in node:
            found[node["image"]] = "sl_image" if inventory.given(host, "sl_image") else "swarm_release, swarm_registry, sl_platform"
        image = (node.get("ml") or {}).get("image")
        if image and image != inventory.training().get("image"):
            found[image] = "ml.image of sl_nodes"
    return found


def directories(own: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """[{path, option, user, writable}]: directories of the user's that these nodes need on their host, once each.

    user: who the ML program is, empty for root; writable: it writes there.
    """
    found: dict[str, dict[str, Any]] = {}
    for node in own:
        ml = node.get("ml") or {}
        user = ml.get("user") or node.get("user") or ""
        for volume in ml.get("volumes", ()):
            source, _colon, rest = volume.partition(":")
            if source.startswith("/"):
                found.setdefault(source, {"option": f"ml.volumes of {node['name']}", "user": user, "writable": not _read_only(rest)})
        for option in ("model_dir", "data_dir"):
            if node.get(option):
                found.setdefault(node[option], {"option": f"{option} of {node['name']}", "user": user, "writable": option == "model_dir"})
    return [{"path": posixpath.normpath(path), **facts} for path, facts in found.items()]


def owned(needed: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """[{path, owner, group}] of those directories that must belong to an ML program's user, as far as it is known."""
    found = []
    for one in needed:
        if one["writable"] and one["user"]:
            owner, _colon, group = one["user"].partition(":")
            found.append({"path": one["path"], "owner": owner, **({"group": group} if group else {})})
    return found


def models(own: Sequence[dict[str, Any]], training: dict[str, Any], swops: Sequence[dict[str, Any]]) -> list[str]:
    """The directories on a host in which the programs of these nodes, and those that its SWOPs start, leave their models."""
    found = [node["model_dir"] for node in own if node.get("model_dir")]
    mounted = {volume.partition(":")[0] for node in own for volume in (node.get("ml") or {}).get("volumes", ())}
    if training and (swops or training["model_dir"] in mounted):
        found.append(training["model_dir"])
    return list(dict.fromkeys(found))


def _read_only(rest: str) -> bool:
    return "ro" in rest.partition(":")[2].split(",")


def gpus(own: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """Which of these nodes are to have GPUs: [{name, gpus}], as an engine is asked for them, or `amd`."""
    wanted = [
        (node["name"], _training.devices(node.get("gpu") or "") or node.get("gpus") or _of_program(node.get("ml") or {})) for node in own
    ]
    return [{"name": name, "gpus": str(gpus)} for name, gpus in wanted if gpus]


def _of_program(ml: dict[str, Any]) -> str:
    """The GPUs of an ML container; AMD's are devices of it."""
    is_amd = _training.AMD_DEVICES[0] in [str(device).partition(":")[0] for device in ml.get("devices") or ()]
    return "amd" if is_amd else ml.get("gpus") or ""


def ml_image(training: dict[str, Any], context: str, sums: list[str]) -> dict[str, Any]:
    """How the ML image is built on a host without SWOP: {name, label, context, dockerfile}; nothing if it is pulled.

    context: the directory on the host that has the client's wheel; sums: the checksum of every file there.
    """
    if not training or not training["build"]:
        return {}
    steps = _training.build_steps(training)
    label = build_label(steps, sums)
    lines = [*steps, "LABEL " + " ".join(f"{name}={value}" for name, value in label.items())]
    return {"name": training["image"], "label": label, "context": context, "dockerfile": "\n".join(lines) + "\n"}
