# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of the SPIRE Agent inside a node of release 0.3.0, as a mapping (private to the collection, pure).

It is SPIRE 0.12 with the workload attestor `swarm`; paths are those of the platform's images.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from ..module_utils._spire.config import swarm_attestor
from ._hcl import render

AGENT_DATA = "/spire/data/agent"
KEPT = ("agent_svid.der", "svid.key", "bundle.der")  # what an agent keeps there, and prefers to a token and a bundle that it is given
BUNDLE = "bootstrap.pem"  # below AGENT_DATA, beside what the agent keeps itself
SOCKET = "/tmp/agent.sock"
PLUGIN = "/spire/bin/spire-swarm-plugin"
SETTINGS = {"trust_domain": None, "server_address": None, "server_port": 8081, "log_level": "INFO"}


def configuration(settings: dict[str, Any], plugin_checksum: str) -> dict[str, Any]:
    """The configuration mapping. The join token is not in it: it is an argument of the container, used once.

    settings: SETTINGS. Raises ValueError for unknown or missing ones, and for a checksum that is none.
    """
    unknown = sorted(set(settings) - set(SETTINGS))
    if unknown:
        raise ValueError(f"unknown settings for a node's SPIRE Agent: {', '.join(unknown)}; expected only {', '.join(SETTINGS)}")
    wanted: dict[str, Any] = {**SETTINGS, **{name: value for name, value in settings.items() if value not in (None, "")}}
    absent = [name for name, value in wanted.items() if value is None]
    if absent:
        raise ValueError(f"a node's SPIRE Agent needs {', '.join(absent)}")
    return {
        "agent": {
            "trust_domain": wanted["trust_domain"],
            "server_address": wanted["server_address"],
            "server_port": int(wanted["server_port"]),
            "data_dir": AGENT_DATA,
            "socket_path": SOCKET,
            "log_level": wanted["log_level"],
            "trust_bundle_path": f"{AGENT_DATA}/{BUNDLE}",
        },
        "plugins": {
            "KeyManager": {"disk": {"plugin_data": {"directory": AGENT_DATA}}},
            "NodeAttestor": {"join_token": {"plugin_data": {}}},
            "WorkloadAttestor": {"swarm": swarm_attestor(PLUGIN, plugin_checksum)},
        },
    }


def config_path(directory: str, name: str) -> str:
    """Where the configuration of a node's agent is on the host."""
    return f"{directory}/{name}/agent.conf"


def files(
    nodes: list[dict[str, Any]], checksums: dict[str, str], directory: str, settings: dict[str, Any]
) -> dict[str, list[dict[str, Any]]]:
    """{directories, files} of the agents of nodes ({name, image, …}), each below `directory`; checksums: image → the plugin's.

    A node with a `config` elsewhere, of the user's own, gets none. Raises ValueError as `configuration` does.
    """
    return {
        "directories": [{"path": f"{directory}/{node['name']}/data", "mode": "0700"} for node in nodes],
        "files": [
            {"path": config_path(directory, node["name"]), "content": render(configuration(settings, checksums[node["image"]]))}
            for node in nodes
            if (node.get("config") or config_path(directory, node["name"])) == config_path(directory, node["name"])
        ],
    }


def bundle_pem(bundle: str) -> str:
    """The X.509 authorities of a bundle (SPIFFE JSON text; empty in check mode) as PEM. Raises ValueError for what is no bundle."""
    if not bundle:
        return ""
    try:
        found = [key["x5c"][0] for key in json.loads(bundle)["keys"] if key["use"] == "x509-svid"]
    except (ValueError, KeyError, TypeError, IndexError):
        raise ValueError(f"{bundle.strip()[:40]!r} is not a SPIFFE bundle; expected the JSON of `bundle show -format spiffe`") from None
    return "".join(f"-----BEGIN CERTIFICATE-----\n{textwrap.fill(one, 64)}\n-----END CERTIFICATE-----\n" for one in found)


def to_attest(results: Iterable[dict[str, Any]], node_type: str, trust_domain: str) -> dict[str, dict[str, Any]]:
    """The nodes that will start, so that the SPIRE Agent inside them has to be attested: name → its agent, as `spire_token` takes `agents`.

    results    of the node's module in check mode, in a loop over the nodes' names; those of nodes that were skipped are left out
    node_type  sn, sl or swci: an SN that runs may lack an identity, an SL that has not trained will be started, and so will what changes
    """

    def will_start(result: dict[str, Any]) -> bool:
        if node_type == "sn":
            return bool(result.get("needs_join_token"))
        return node_type == "sl" and result.get("training") in ("none", "failed")

    asked = [result for result in results if not result.get("skipped") and (node_type != "sl" or "training" in result)]
    starting = [one for one in asked if one.get("actions")] + [one for one in asked if not one.get("actions") and will_start(one)]
    return {
        str(result["item"]): {
            "spiffe_id": f"spiffe://{trust_domain}/swarm/{node_type}-agent",
            "agent_id": (result.get("identity") or {}).get("spiffe_id", ""),
            "distrusts_server": bool(result.get("distrusts_server")),
            "refused_token": result.get("refused_token", ""),
        }
        for result in starting
    }


def handed_out(
    agents: Mapping[str, Mapping[str, Any]], answers: Iterable[Mapping[str, Any]], directory: str, bundle: str
) -> dict[str, Any]:
    """What nodes get so that the agents inside them are attested: {tokens, bundles, stale}.

    agents     what `to_attest` returns
    answers    the results of `spire_token` for these agents, in their order; none where it was not asked
    directory  the one on the host in which each node has its directory
    bundle     the SPIRE Server's, as SPIFFE JSON; empty in check mode on a first run

    tokens: node → join token, of nodes that need one. bundles: the files with the server's bundle for these, as `swarm_files` takes them.
    stale: files that have to be deleted. Raises ValueError for what is no bundle.
    """
    answered = list(zip(agents.items(), answers))
    tokens = {name: str(answer["token"]) for (name, _agent), answer in answered if answer["needed"]}
    stale = [name for (name, agent), _answer in answered if agent["distrusts_server"] or (name in tokens and agent["agent_id"])]
    pem = bundle_pem(bundle)
    return {
        "tokens": tokens,
        "bundles": [{"path": f"{directory}/{name}/data/{BUNDLE}", "content": pem} for name in tokens],
        "stale": [f"{directory}/{name}/data/{file}" for name in stale for file in KEPT],
    }
