# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Merges the complete options of a container's module from the settings of the user and of the collection (private, pure).

Layers, a later one wins, option by option. `env` and `labels` are merged key by key instead.

1. what the collection knows of the host: proxy (in `env`), License Servers, certificates, the SPIRE Agent's socket
2. the role's own variables, such as `sn_api_port`; `sn_env` in `env`
3. `sn_options`
4. an item of `sn_nodes`; in a site with what is derived for it
5. what makes a node what it is: `swarm_node_type` in `env`, and in release 0.3.0 what the SPIRE Agent inside the node needs

An option that ends up empty is left out, so that the module's own default applies. So is a key of `env` or `labels` whose value is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..module_utils._names import NODE_TYPES
from ._images import reference
from ._node_agent import AGENT_DATA, config_path
from ._site.classic import has_agents_inside

MERGED = ("env", "labels")  # options that are merged key by key
LEDGER = "smlnode:/platform/swarm/SMLNODE"
_NODE_TYPE = "swarm_node_type"
FOLLOWS_TRUST = ("sn", "swop")  # re-created for new trust bundles; SL and SWCI are not, so that their training is not disturbed


@dataclass(frozen=True)
class Facts:
    """What the collection knows of a host (the fact `swarm_node_facts`).

    proxy         the proxy variables of its containers
    license       the options that point to the License Servers
    certificates  component → the options that point to its certificates; empty with SPIRE
    socket_path   the socket of the host's SPIRE Agent
    trust_dir     where that agent records whom to trust
    renewed       components, or `nodes` for all, that are re-created for new certificates or new trust
    registry      mirror of the images
    security_opts those of containers that mount files of the host
    """

    proxy: Mapping[str, str] = field(default_factory=dict)
    license: Mapping[str, Any] = field(default_factory=dict)
    certificates: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    socket_path: str = ""
    trust_dir: str = ""
    renewed: Sequence[str] = ()
    registry: str = ""
    security_opts: Sequence[str] = ()


@dataclass(frozen=True)
class AgentInside:
    """What is known of the SPIRE Agents inside the nodes of release 0.3.0 (the fact `node_agent_facts`).

    directory  below it, each node has a directory with the agent's configuration and data
    missing    directories in it that do not exist yet, as a run in check mode only would create them
    tokens     node → its join token, for nodes that need one
    """

    directory: str = ""
    missing: Sequence[str] = ()
    tokens: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Variables:
    """A role's variables: `own` as options of its module, and those that add to them, `sn_options` and `sn_env`."""

    own: Mapping[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    env: Mapping[str, Any] = field(default_factory=dict)


def complete(
    component: str,
    nodes: Iterable[Mapping[str, Any]],
    variables: Variables,
    facts: Facts | None = None,
    agents: AgentInside | None = None,
) -> dict[str, dict[str, Any]]:
    """name → the complete options of the module `component`, in the order of `nodes`.

    nodes: each with its `name` and the options that it says itself. Raises ValueError for a release or an ML platform that does not exist, and
    for an `env` or `labels` that is no mapping.
    """
    found = {}
    for index, node in enumerate(nodes):
        own = {**variables.own, "sentinel": False} if component == "sn" and index else variables.own  # sn_sentinel is about the first
        found[str(node["name"])] = _of_one(component, node, replace(variables, own=own), facts or Facts(), agents or AgentInside())
    return found


def _of_one(component: str, node: Mapping[str, Any], variables: Variables, facts: Facts, agents: AgentInside) -> dict[str, Any]:
    classic = component in NODE_TYPES and has_agents_inside(variables.own["release"])
    merged = merge(
        _of_host(component, classic, facts),
        {"volumes": _volumes(component, str(node["name"]), classic, agents)},
        variables.own,
        {"env": variables.env},
        variables.options,
        node,
    )
    merged.update(_without_null(component, merged))
    if component == "sl" and not merged.get("image"):
        merged["image"] = reference("sl", str(merged["release"]), facts.registry, platform=str(merged.get("sl_platform") or "TF"))
    if merged.get("ml") and facts.security_opts:
        merged["ml"] = {"security_opts": list(facts.security_opts), **merged["ml"]}
    if classic:
        merged.update(_classic(component, merged, agents))
    return {name: value for name, value in merged.items() if not is_empty(value)}


def _without_null(component: str, merged: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The options that are merged key by key, with the kind of the node, and without what somebody has set to null."""
    found = {option: dict(merged[option]) for option in MERGED if option in merged}
    if component in NODE_TYPES and found.get("env", {}).get(_NODE_TYPE, "") is not None:
        found.setdefault("env", {})[_NODE_TYPE] = component
    return {option: {key: value for key, value in mapping.items() if value is not None} for option, mapping in found.items()}


def merge(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """One mapping of options; a later layer wins, and adds to `env` and `labels`."""
    found: dict[str, Any] = {}
    for layer in layers:
        together = {option: {**(found.get(option) or {}), **_mapping(option, layer[option])} for option in MERGED if option in layer}
        found = {**found, **layer, **together}
    return found


def _mapping(option: str, value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    if is_empty(value):
        return {}
    raise ValueError(f"{option}: expected a mapping, found {type(value).__name__}")


def is_empty(value: Any) -> bool:
    """Whether an option says nothing, so that the module's own default applies."""
    return value is None or value in ("", [], {})


def sentinels(nodes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Names of the SNs among complete options that are Sentinels; in release 0.3.0 such a node names its own address as the Sentinel's."""
    return [
        name for name, one in nodes.items() if one.get("sentinel") or (one.get("sentinel_ip") and one["sentinel_ip"] == one.get("host_ip"))
    ]


def _of_host(component: str, classic: bool, facts: Facts) -> dict[str, Any]:
    if component not in NODE_TYPES:
        return {}
    certificates = facts.certificates.get(component, {})
    found: dict[str, Any] = {"env": facts.proxy, **certificates}
    if component != "sn" or certificates:  # an SN has volumes only
        found["security_opts"] = list(facts.security_opts)
    if not (classic and component == "swci"):  # which needs no licence
        found.update(facts.license)
    if not classic and not facts.certificates:
        found["socket_path"] = facts.socket_path
    if component in FOLLOWS_TRUST:
        found["recreate"] = not {component, "nodes"}.isdisjoint(facts.renewed)
        found["restart_after"] = "" if classic or facts.certificates else facts.trust_dir
    return found


def _volumes(component: str, name: str, classic: bool, agents: AgentInside) -> list[str]:
    ledger = [f"{name}-{LEDGER}"] if component == "sn" else []
    return [*ledger, f"{_agent_dir(name, agents)}/data:{AGENT_DATA}"] if classic and _has_agent(name, agents) else ledger


def _agent_dir(name: str, agents: AgentInside) -> str:
    return f"{agents.directory}/{name}"


def _has_agent(name: str, agents: AgentInside) -> bool:
    return bool(agents.directory) and f"{_agent_dir(name, agents)}/data" not in agents.missing


def _classic(component: str, node: Mapping[str, Any], agents: AgentInside) -> dict[str, Any]:
    """The options that are different because the SPIRE Agent is inside the node."""
    name = str(node["name"])
    configured = config_path(agents.directory, name) if _has_agent(name, agents) else ""
    found = {
        "socket_path": "",
        "config": node.get("config") or configured,
        "join_token": agents.tokens.get(name) or node.get("join_token") or "",
    }
    if component in ("sn", "sl"):  # the role swci decides itself when its container is re-created
        found["recreate"] = bool(node.get("recreate")) or name in agents.tokens
    if component == "sn":  # the Sentinel is the SN with its own address as the Sentinel's
        found["sentinel"] = False
        found["sentinel_ip"] = node["host_ip"] if node.get("sentinel") and not node.get("sentinel_ip") else node.get("sentinel_ip")
    return found
