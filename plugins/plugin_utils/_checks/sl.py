# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the SL nodes that no SWOP starts, in sentences (private, pure). `_problems` says in which stage."""

from __future__ import annotations

import posixpath
from typing import Any

from ...module_utils._component import arguments
from ...module_utils._releases import RELEASES
from .._site import classic as _site_classic
from .._site import model
from .._site import training as _training
from . import formats

PLATFORMS = ("TF", "PYT")


def shape(inventory: model.Inventory) -> list[str]:
    found = []
    for host in inventory.members("sl"):
        given = inventory.get(host, "sl_nodes")
        if not isinstance(given, list) or not all(isinstance(node, dict) for node in given):
            found.append(f"sl_nodes of {host} must be a list of mappings, not {given!r}")
            continue
        for node in given:
            for option in ("env", "ml"):
                if not isinstance(node.get(option) or {}, dict):
                    found.append(f"sl_nodes of {host} has {option} {node[option]!r}, it must be a mapping")
    return found


def nodes(inventory: model.Inventory) -> list[str]:
    """What the nodes' options say: unknown ones, the other release's, a platform that is none, no SN."""
    found = []
    for host in inventory.members("sl"):
        release = str(inventory.get(host, "swarm_release"))
        options = RELEASES[release]["sl"].options
        known = (*arguments.CONTAINER, *options)
        for node in inventory.get(host, "sl_nodes"):
            for key in node:
                if key not in known:
                    elsewhere = [one for one, components in RELEASES.items() if key in components["sl"].options]
                    hint = f", which release {release} has not; releases that have it: {', '.join(elsewhere)}" if elsewhere else ""
                    found.append(f"sl_nodes of {host} has the unknown key {key!r}{hint or formats.did_you_mean(str(key), known)}")
            found += _ml_keys(host, node.get("ml") or {})
        found += _platforms(inventory, host, "sl_platform" in options)
        if not inventory.members("sn") and not inventory.get(host, "sl_sn_ip"):
            pointed = all(node.get("sn_ip") or node.get("sn_docker_name") or node.get("sn_api_service") for node in _given(inventory, host))
            if not pointed:
                found.append(f"{host} is in swarm_sl, but there is no SN: put a host into swarm_sn, or set sl_sn_ip")
    return found


def _given(inventory: model.Inventory, host: str) -> list[dict[str, Any]]:
    return inventory.get(host, "sl_nodes") or [{}]


def _ml_keys(host: str, ml: dict[str, Any]) -> list[str]:
    return [
        f"sl_nodes of {host} has the unknown key 'ml.{key}'{formats.did_you_mean(str(key), arguments.SIDECAR)}"
        for key in ml
        if key not in arguments.SIDECAR
    ]


def _platforms(inventory: model.Inventory, host: str, classic: bool) -> list[str]:
    found = []
    if inventory.get(host, "sl_platform") and not classic:
        found.append(f"sl_platform of {host} belongs to release 0.3.0; in 2.x the ML container's image has the framework")
    if not classic:
        return found
    for node in _given(inventory, host):
        platform = str(node.get("sl_platform") or inventory.get(host, "sl_platform") or "TF")
        image = str(node.get("image") or inventory.get(host, "sl_image"))
        other = {"TF": "sl-pyt:", "PYT": "sl-tf:"}.get(platform.upper())
        if other is None:
            found.append(f"sl_platform is {platform!r} on {host}, it must be one of {', '.join(PLATFORMS)}")
        elif f"/{other}" in image:
            found.append(f"sl_platform is {platform.upper()} on {host}, but its image {image} is the one of the other platform")
    return found


def programs(inventory: model.Inventory) -> list[str]:
    """What the nodes, complete, are to run."""
    found = []
    for host, own in model.sl_nodes(inventory).items():
        classic = _site_classic.is_classic(inventory, host)
        for node in own:
            found += _classic_program(host, node) if classic else _ml_image(host, node)
    return found


def _ml_image(host: str, node: dict[str, Any]) -> list[str]:
    if node["ml"].get("image"):
        return []
    return [f"{node['name']} on {host} has no ML container's image: set swarm_training with its image, or ml.image in sl_nodes"]


def _classic_program(host: str, node: dict[str, Any]) -> list[str]:
    program, model_dir = node.get("model_program"), node.get("model_dir")
    if not program and not node.get("ml_cmd"):
        return [f"{node['name']} on {host} has no program: set swarm_training with its program, or model_program in sl_nodes"]
    if program and model_dir:
        inside = posixpath.normpath(posixpath.join(model_dir, program))
        if posixpath.isabs(program) or not inside.startswith(f"{posixpath.normpath(model_dir)}/"):
            return [f"model_program is {program!r} for {node['name']} on {host}: it must be a path inside model_dir {model_dir!r}"]
    return []


def names(inventory: model.Inventory) -> list[tuple[Any, str]]:
    """[(name, where)] of all containers of these nodes."""
    named = []
    for host, own in model.sl_nodes(inventory).items():
        for node in own:
            named.append((node["name"], f"{node['name']} on {host}"))
            if "ml" in node:
                named.append((node["ml"]["name"], f"ml.name {node['ml']['name']} on {host}"))
    return named


def ports(inventory: model.Inventory, host: str) -> list[tuple[Any, str]]:
    """[(port, what)] that these nodes publish on a host."""
    return [(node["sl_fs_port"], f"{node['name']} (sl_fs_port)") for node in model.sl_nodes(inventory).get(host, ())]


def peers(inventory: model.Inventory) -> list[str]:
    training, own = inventory.training(), model.sl_nodes(inventory)
    there = sum(map(len, own.values()))
    if not training or not there or any(model.swop_nodes(inventory).values()):
        return []
    wanted = _training.normalise(training)["min_peers"]
    if wanted > there:
        hosts = ", ".join(own)
        return [f"swarm_training.min_peers is {wanted}, more than the {there} SL nodes of swarm_sl ({hosts})"]
    return []
