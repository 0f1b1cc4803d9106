# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds problems of the SL nodes that no SWOP starts, in sentences (private, pure)."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from ...module_utils._component import arguments
from ...module_utils._releases import RELEASES
from .._site import classic, model
from .._site.training import normalise
from .wording import Claim, did_you_mean, listed, not_mappings, shown, unknown_keys, wrong_type

if TYPE_CHECKING:
    from .._site.model import Inventory

PLATFORMS = ("TF", "PYT")


def shape(inventory: Inventory) -> list[str]:
    found = []
    for host in inventory.members("sl"):
        given = inventory.get(host, "sl_nodes")
        wrong = not_mappings("sl_nodes", host, given)
        found += wrong or [
            wrong_type(f"sl_nodes[{index}].{option} of {host}", node[option], "a mapping")
            for index, node in enumerate(given)
            for option in ("env", "ml")
            if not isinstance(node.get(option) or {}, dict)
        ]
    return found


def nodes(inventory: Inventory) -> list[str]:
    """What the nodes' options say: unknown ones, those of other releases, an unknown platform, no SN."""
    found = []
    for host in inventory.members("sl"):
        release = str(inventory.get(host, "swarm_release"))
        options = RELEASES[release]["sl"].options
        for node in inventory.get(host, "sl_nodes"):
            found += _option_names(host, release, node)
            found += unknown_keys(f"ml in sl_nodes of {host}", node.get("ml") or {}, arguments.SIDECAR)
        found += _platforms(inventory, host, "sl_platform" in options)
        if not _has_sn(inventory, host):
            found.append(f"{host} is in swarm_sl, but there is no SN: put a host into swarm_sn, or set sl_sn_ip")
    return found


def _option_names(host: str, release: str, node: dict[str, Any]) -> list[str]:
    known = (*arguments.CONTAINER, *RELEASES[release]["sl"].options)
    found = []
    for key in (one for one in node if one not in known):
        elsewhere = [name for name, components in RELEASES.items() if key in components["sl"].options]
        hint = f", which release {release} does not have; available in: {listed(elsewhere)}" if elsewhere else ""
        found.append(f"sl_nodes of {host}: unknown key {str(key)!r}{hint or did_you_mean(str(key), known)}")
    return found


def _has_sn(inventory: Inventory, host: str) -> bool:
    if inventory.members("sn") or inventory.get(host, "sl_sn_ip"):
        return True
    return all(any(node.get(option) for option in ("sn_ip", "sn_docker_name", "sn_api_service")) for node in _given(inventory, host))


def _given(inventory: Inventory, host: str) -> list[dict[str, Any]]:
    return inventory.get(host, "sl_nodes") or [{}]


def _platforms(inventory: Inventory, host: str, is_classic: bool) -> list[str]:
    if not is_classic:
        if inventory.get(host, "sl_platform"):
            return [f"sl_platform of {host} is an option of release 0.3.0; in 2.x the ML container's image has the framework"]
        return []
    found = []
    for node in _given(inventory, host):
        platform = str(node.get("sl_platform") or inventory.get(host, "sl_platform") or "TF")
        image = str(node.get("image") or inventory.get(host, "sl_image"))
        other = {"TF": "sl-pyt:", "PYT": "sl-tf:"}.get(platform.upper())
        if other is None:
            found.append(f"sl_platform of {host}: invalid value {shown(platform)}; expected one of {listed(PLATFORMS)}")
        elif f"/{other}" in image:
            found.append(f"sl_platform of {host} is {platform.upper()}, but its image {image} is the one for the other platform")
    return found


def programs(inventory: Inventory) -> list[str]:
    """What the nodes, complete, are to run."""
    found = []
    for host, own in model.sl_nodes(inventory).items():
        check = _classic_program if classic.is_classic(inventory, host) else _ml_image
        found += [sentence for node in own for sentence in check(host, node)]
    return found


def _ml_image(host: str, node: dict[str, Any]) -> list[str]:
    if node["ml"].get("image"):
        return []
    return [f"{node['name']} on {host} has no image for its ML container: set swarm_training.image, or ml.image in sl_nodes"]


def _classic_program(host: str, node: dict[str, Any]) -> list[str]:
    program, model_dir = node.get("model_program"), node.get("model_dir")
    if not program and not node.get("ml_cmd"):
        return [f"{node['name']} on {host} has no program: set swarm_training.program, or model_program in sl_nodes"]
    if program and model_dir:
        inside = posixpath.normpath(posixpath.join(model_dir, program))
        if posixpath.isabs(program) or not inside.startswith(f"{posixpath.normpath(model_dir)}/"):
            return [f"model_program of {node['name']} on {host}: invalid path {program!r}; expected a path inside model_dir {model_dir!r}"]
    return []


def names(inventory: Inventory) -> list[Claim]:
    """Of all containers of these nodes."""
    claims = []
    for host, own in model.sl_nodes(inventory).items():
        for node in own:
            claims.append(Claim(node["name"], f"{node['name']} on {host}"))
            if "ml" in node:
                claims.append(Claim(node["ml"]["name"], f"ml.name {node['ml']['name']} on {host}"))
    return claims


def ports(inventory: Inventory, host: str) -> list[Claim]:
    """That these nodes publish on a host; one whose port is null publishes none."""
    nodes = model.sl_nodes(inventory).get(host, ())
    return [Claim(node["sl_fs_port"], f"{node['name']} (sl_fs_port)") for node in nodes if node["sl_fs_port"] is not None]


def peers(inventory: Inventory) -> list[str]:
    """There are enough of these nodes, where no SWOP starts any."""
    training, own = inventory.training(), model.sl_nodes(inventory)
    available = sum(map(len, own.values()))
    if not training or not available or any(model.swop_nodes(inventory).values()):
        return []
    wanted = normalise(training)["min_peers"]
    if wanted > available:
        return [f"swarm_training.min_peers is {wanted}, more than the {available} SL nodes of swarm_sl ({listed(own)}): lower it"]
    return []
