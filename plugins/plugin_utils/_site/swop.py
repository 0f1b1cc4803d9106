# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SL/ML pairs that a SWOP starts, and its profile (private, pure). The format is the platform's own (2.x)."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from .. import _proxy
from .training import FIRST_SL_PORT, SL_PORT_STEP, filled, gpu_environment, gpu_options, gpus_of, mount_type, one_key_each, swop_devices

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Keys of a pair that SWOP's profile takes as they are, and what it calls them.
OPTIONAL_KEYS = {
    "sl_fs_service": "slfsservice",
    "sl_network_options": "slnetworkopts",
    "sl_labels": "sllabels",
    "ml_network_options": "usrnetworkopts",
    "ml_labels": "usrlabels",
}
PAIR_KEYS = (
    *("sl_hostname", "ml_hostname", "host_ip", "port", "env", "sl_env", "private_data", "private_mounts", "gpus", "container_options"),
    *OPTIONAL_KEYS,
)


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


def gpus(training: dict[str, Any], pairs: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """Which of these pairs are to have GPUs: [{name, gpus}], as SWOP is asked for them, or `amd`."""
    wanted = [(pair["ml_hostname"], gpus_of(pair, training)) for pair in pairs]
    return [{"name": name, "gpus": swop_devices(gpu)} for name, gpu in wanted if gpu != ""]


def profile(name: str, pairs: Sequence[dict[str, Any]], training: dict[str, Any], host_settings: dict[str, Any]) -> dict[str, Any]:
    """The SWOP profile, a mapping, of the SWOP called `name` that starts `pairs`.

    host_settings: network, apls_ip, apls_port, dns (name servers), proxy (the variables' values by name), and identity, the options
    of an SL node: socket_path (VOLUME:path in it, or a socket file), or key, cert, cacert and capath.
    """
    return {
        "groupname": name,
        "taskrunner": training["taskrunner"],
        "policyuri": None,
        "resourcemgr": {"mgrtype": "DOCKER", "accessinfo": {"accesstype": "FROMENV"}},
        "network": host_settings["network"],
        "apls": {"locator": {"host": host_settings["apls_ip"], "port": host_settings["apls_port"]}},
        "apisrv": {"locator": {"host": None, "port": None, "service": None}},
        "envvars": [
            *({key: host_settings["proxy"].get(key) or None} for key in _proxy.VARIABLES),
            *one_key_each(training["sl_env"]),
        ],
        **({"dns": host_settings["dns"]} if host_settings.get("dns") else {}),
        "nodes": [{"slnodedef": _node(index, one, training, host_settings)} for index, one in enumerate(pairs)],
    }


def _node(index: int, one: dict[str, Any], training: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    gpus = gpus_of(one, training)
    options = [*gpu_options(gpus), *one.get("container_options", [])]
    own = filled({**training["node_env"], **one.get("env", {})}, one)
    proxy = _proxy.of_program(settings["proxy"], {**training["env"], **own})
    definition = {
        "idx": index,
        "identity": [{"attribute": _attribute(option, value)} for option, value in settings["identity"].items()],
        "slhostname": one["sl_hostname"],
        "slhostip": one["host_ip"] or None,
        "slport": one["port"],
        "slenvvars": [{"swarm_node_type": "sl"}, *one_key_each(one.get("sl_env", {}))],
        "usrhostname": one["ml_hostname"],
        "usrenvvars": one_key_each({**proxy, **gpu_environment(gpus), **own}) or None,
        "privatedata": _private_data(one, training),
        **{field: one[key] for key, field in OPTIONAL_KEYS.items() if key in one},
    }
    if options:
        definition["usrcontaineropts"] = options
    return definition


def private_data(one: Mapping[str, Any], training: Mapping[str, Any]) -> str:
    """The directory or the volume with a pair's own data; empty without."""
    return str(filled(one.get("private_data") or training["private_data"], dict(one)))


def directories(training: Mapping[str, Any], pairs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """[{path, option, user, writable, made}]: directories of the user's with these pairs' own data, once each.

    made: it is there when the training has copied its files. A DATA_DIR below the private data is one of them.
    """
    found: dict[str, dict[str, Any]] = {}
    for one in pairs:
        private = private_data(one, training)
        if "/" in private:
            root, inside = posixpath.normpath(private), _data_below(one, training)
            made = bool(training["model_source"]) and f"{posixpath.normpath(training['model_dir'])}/".startswith(f"{root}/")
            option = "private_data of swop_pairs" if one.get("private_data") else "swarm_training.private_data"
            found.setdefault(root, {"option": option, "made": made})
            if inside:
                found.setdefault(posixpath.join(root, inside), {"option": f"DATA_DIR in {option}", "made": False})
        for source in (str(mount["src"]) for mount in one.get("private_mounts", ()) if "/" in str(mount["src"])):
            found.setdefault(posixpath.dirname(source), {"option": "private_mounts of swop_pairs", "made": False})
    return [{"path": path, "user": "", "writable": False, **facts} for path, facts in found.items()]


def _data_below(one: Mapping[str, Any], training: Mapping[str, Any]) -> str:
    """The program's DATA_DIR relative to the private data; empty where it is that itself, or elsewhere."""
    given = filled({**training["env"], **training["node_env"], **one.get("env", {})}, dict(one)).get("DATA_DIR")
    path = posixpath.normpath(posixpath.join(training["working_dir"], str(given or "")))
    mounts = [training["private_mount"], training["model_mount"], *(content["tgt"] for content in training["shared_content"])]
    around = [mount for mount in map(posixpath.normpath, filter(None, mounts)) if f"{path}/".startswith(f"{mount}/")]
    if not given or not around or max(around, key=len) != posixpath.normpath(training["private_mount"]):
        return ""
    inside = posixpath.relpath(path, training["private_mount"])
    return "" if inside == "." else inside


def _private_data(one: Mapping[str, Any], training: Mapping[str, Any]) -> dict[str, Any] | None:
    source, mounts = private_data(one, training), one.get("private_mounts")
    if not source:
        return None
    further = {"datamount": [{**mount, "mType": mount_type(mount["src"])} for mount in mounts]} if mounts else {}
    return {"src": source, "mType": mount_type(source), **further}


def _attribute(option: str, value: str) -> dict[str, str]:
    if option != "socket_path":
        return {"aType": option.upper(), "mType": "BIND", "src": value, "tgt": value}
    volume, colon, path = value.partition(":")
    if not colon:
        return {"aType": "SPIFFE_SOCKETPATH", "mType": "BIND", "src": volume, "tgt": volume}
    return {"aType": "SPIFFE_SOCKETPATH", "mType": "VOLUME", "src": volume, "tgt": "/tmp/spire-agent", "subPath": path}
