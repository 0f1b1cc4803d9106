# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the SL and the ML container of a pair must look like: pure functions of the profile, the task and where SWOP is.

The results are arguments of the Docker SDK's ``containers.create``; mounts are plain tuples, made into the SDK's by who calls.
"""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from swarmlab.environment import address
from swarmlab.process import Refusal

CHANNEL = "/tmp/channel"
CHANNELS = {"SL_REQUEST_CHANNEL": f"{CHANNEL}/request.channel", "SL_RESPONSE_CHANNEL": f"{CHANNEL}/response.channel"}
IDENTITY_VARIABLES = {
    "KEY": "SWARM_ID_KEY",
    "CERT": "SWARM_ID_CERT",
    "CACERT": "SWARM_ID_CACERT",
    "CAPATH": "SWARM_ID_CAPATH",
    "SPIFFE_SOCKETPATH": "SWARM_SPIFFE_WORKLOAD_API_SOCKET_PATH",
}
FS_PORT = 30305

Arguments = dict[str, Any]


@dataclass(frozen=True)
class Mounted:
    """One mount: ``kind`` is bind or volume, an anonymous volume has no source."""

    kind: str
    source: str | None
    target: str
    read_only: bool = False


@dataclass(frozen=True)
class Own:
    """Where this SWOP is: its image reference, the variables by which it finds its SN, and who ML programs run as."""

    image: str
    sn: Mapping[str, str]
    user: str


def sl_image(swop_image: str) -> str:
    """The SL image that belongs to a SWOP image: the last part of its name says ``sl``. Raises Refusal.

    >>> sl_image("registry:5000/hpe/swarm-learning/swop:2.3.0")
    'registry:5000/hpe/swarm-learning/sl:2.3.0'
    """
    path, slash, last = swop_image.rpartition("/")
    name = last.split("@")[0].split(":")[0]
    if "@" in last or "swop" not in name:
        raise Refusal(f"cannot derive the SL image from this SWOP's image {swop_image}; expected …/swop:TAG")
    return f"{path}{slash}{name.replace('swop', 'sl')}{last[len(name) :]}"


def flat(pairs: list[Mapping[str, Any]] | None) -> dict[str, str]:
    """A list of mappings as environment: null is empty, true and false as in YAML."""
    return {name: plain(value) for pair in pairs or [] for name, value in pair.items()}


def labels(given: Mapping[str, Any] | list[str] | None) -> dict[str, str]:
    """Labels of a container: a mapping, or a list of names whose values are empty."""
    return {name: plain(value) for name, value in given.items()} if isinstance(given, Mapping) else dict.fromkeys(given or [], "")


def plain(value: Any) -> str:
    """A YAML scalar as an environment variable has it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def identity(node: Mapping[str, Any]) -> tuple[dict[str, str], list[Mounted]]:
    """The environment and mounts of a node's identity attributes."""
    environment, mounts = {}, []
    for each in node["identity"]:
        attribute = each["attribute"]
        mount = Mounted(attribute["mType"].lower(), attribute["src"], attribute["tgt"], read_only=attribute["aType"] != "SPIFFE_SOCKETPATH")
        if mount not in mounts:
            mounts.append(mount)
        environment[IDENTITY_VARIABLES[attribute["aType"]]] = posixpath.join(attribute["tgt"], attribute.get("subPath") or "").rstrip("/")
    return environment, mounts


def sn_variables(profile: Mapping[str, Any], own: Own) -> dict[str, str]:
    """Where the SL finds its SN: what the profile's ``apisrv.locator`` says, else where SWOP itself was pointed."""
    locator = profile["apisrv"].get("locator") or {}
    if locator.get("service"):
        return {"SN_API_SERVICE": locator["service"]}
    if locator.get("host"):
        return {"SN_NODE_IP": locator["host"], **({"SN_API_SERVER_PORT": str(locator["port"])} if locator.get("port") else {})}
    return dict(own.sn)


def sl(profile: Mapping[str, Any], node: Mapping[str, Any], own: Own, name: str) -> Arguments:
    """The SL container of a node."""
    licence = profile["apls"]["locator"]
    environment = {"SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_IP": licence["host"], **sn_variables(profile, own), **CHANNELS}
    if licence.get("port"):
        environment["SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_PORT"] = str(licence["port"])
    hostname = node["slhostname"] or name
    port = node.get("slport")
    if node.get("slfsservice"):
        environment["SL_FS_SERVICE"] = node["slfsservice"]
        port = address(None, 0, node["slfsservice"], port or 0)[1] or None
    if node.get("slhostip") or not node.get("slfsservice"):
        # On one Docker network the host name is an address too.
        environment |= {"THIS_NODE_IP": node.get("slhostip") or hostname, "SL_FS_PORT": str(port or FS_PORT)}
    identity_environment, mounts = identity(node)
    return {
        "image": sl_image(own.image),
        "name": name,
        "hostname": hostname,
        "environment": environment | identity_environment | flat(profile["envvars"]) | flat(node["slenvvars"]),
        "labels": labels(node.get("sllabels")),
        # Nodes of one host that reach each other by name publish nothing, as in the platform's examples for one host.
        "ports": {f"{FS_PORT}/tcp": port} if port else {},
        "mounts": [Mounted("volume", None, CHANNEL), *mounts],
        "dns": profile.get("dns"),
        **network(profile, node.get("slnetworkopts"), hostname),
    }


def ml(profile: Mapping[str, Any], node: Mapping[str, Any], own: Own, name: str, task: Mapping[str, Any]) -> Arguments:
    """The ML container of a node for a RUN_SWARM task; ``task`` also has ``Image``, its Prereq's outcome. Raises Refusal."""
    body = task["Body"]
    hostname = node["usrhostname"] or name
    mounts = [Mounted(each["MType"].lower(), each["Src"], each["Tgt"]) for each in body["SharedContent"] or []]
    if body["PrivateContent"]:
        if not node["privatedata"]:
            raise Refusal(f"the task mounts private data at {body['PrivateContent']}, and node {node['idx']} has no privatedata")
        mounts.append(Mounted(node["privatedata"]["mType"].lower(), node["privatedata"]["src"], body["PrivateContent"]))
    further = (node["privatedata"] or {}).get("datamount") or []
    mounts += [Mounted(each["mType"].lower(), each["src"], each["tgt"]) for each in further]
    return {
        "image": task["Image"],
        "name": name,
        "hostname": hostname,
        "entrypoint": shlex.split(body["Entrypoint"]),
        "command": shlex.split(body["Command"]),
        "working_dir": body["WorkingDir"],
        "environment": {**CHANNELS, **flat(body["Envvars"]), **flat(node["usrenvvars"])},
        "labels": labels(node.get("usrlabels")),
        "user": own.user,
        "mounts": mounts,
        "dns": profile.get("dns"),
        **network(profile, node.get("usrnetworkopts"), hostname),
        **container_options(node.get("usrcontaineropts")),
    }


def trains_alone(environment: Mapping[str, str]) -> bool:
    """Whether the ML program with this environment leaves its SL out."""
    return environment.get("SWARM_LOOPBACK", "").lower() == "true"


def network(profile: Mapping[str, Any], options: list[Mapping[str, Any]] | None, hostname: str) -> Arguments:
    """The network, the fixed address in it (None: any), and the name by which others on it find the container."""
    named = profile["network"] not in ("bridge", "host", "none")  # Docker gives names on networks of one's own only
    return {
        "network": profile["network"],
        "ip": next((each["ip"] for each in options or [] if "ip" in each), None),
        "aliases": [hostname] if named else None,
    }


def container_options(options: list[Mapping[str, Any]] | None) -> Arguments:
    """``usrcontaineropts`` as the Docker SDK's arguments; ``gpus`` stays a word (``all``, a number or ``device=0,1``). Raises Refusal."""
    names = {"device": "devices", "group-add": "group_add", "cap-add": "cap_add", "security-opt": "security_opt"}
    single = {"gpus": "gpus", "ipc": "ipc_mode", "shm-size": "shm_size"}
    found: Arguments = {}
    for option in options or []:
        for name, value in option.items():
            if name in names:
                found.setdefault(names[name], []).extend(value if isinstance(value, list) else [plain(value)])
            elif name == "privileged":
                found["privileged"] = plain(value) == "true"
            elif name in single:
                found[single[name]] = plain(value)
            else:
                raise Refusal(f"usrcontaineropts: {name} is not one of {', '.join([*names, *single, 'privileged'])}")
    return found
