# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists what on a host belongs to the platform and what to the user, for teardown (private, pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import _upstream_agent
from . import services
from .training import has_context

if TYPE_CHECKING:
    from .model import Inventory

USER_PATHS = ("model_dir", "data_dir", "private_data")  # keys of swarm_training, SL nodes and SL/ML pairs
NAMED = ("apls", "spire_server", "spire_agent", "swci")  # components with one container on a host, whose name is a variable


def on_host(inventory: Inventory, host: str, here: Mapping[str, Any], pairs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Four fields of HostModel: containers, volumes, agent_volume and user_paths.

    here   the model as far as it is known: sn_nodes, swop_nodes, sl_nodes, training and directories
    pairs  the SL/ML pairs of the host's SWOPs
    """
    agent_volume, colon, _path = str(inventory.get(host, "swarm_socket_path")).partition(":")
    own_agent = agent_volume if colon and host in inventory.members("spire_agent") else ""
    own_name = str(inventory.get(host, "spire_agent_name"))
    upstream = _upstream_agent.name(own_name) if inventory.get(host, "spire_server_upstream") else ""
    ledgers = [f"{node['name']}-smlnode" for node in here["sn_nodes"]]
    client = here["training"]["client_volume"] if here["training"] and has_context(here["training"]) else ""
    owners = [here["training"], *here["sl_nodes"], *pairs]
    own_paths = [str(owner[key]) for owner in owners for key in USER_PATHS if owner.get(key)]
    return {
        "containers": [*_nodes(here), *_named(inventory, host), *filter(None, [upstream, _proxy(inventory, host)])],
        "volumes": [*ledgers, *filter(None, [own_agent, client, upstream and _upstream_agent.socket_volume(own_name)])],
        "agent_volume": own_agent,
        "user_paths": list(dict.fromkeys([*own_paths, *(one["path"] for one in here["directories"])])),
    }


def _nodes(here: Mapping[str, Any]) -> list[str]:
    nodes = [node["name"] for kind in ("sn_nodes", "swop_nodes", "sl_nodes") for node in here[kind]]
    return nodes + [node["ml"]["name"] for node in here["sl_nodes"] if (node.get("ml") or {}).get("name")]


def _proxy(inventory: Inventory, host: str) -> str:
    return str(inventory.get(host, "reverse_proxy_name")) if services.has_own(inventory, host) else ""


def _named(inventory: Inventory, host: str) -> list[str]:
    return [str(inventory.get(host, f"{component}_name")) for component in NAMED if host in inventory.members(component)]
