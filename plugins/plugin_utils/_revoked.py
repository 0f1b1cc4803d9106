# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left of an organisation or host that was revoked, by what those say that stay (private, pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def review(revoked: Mapping[str, Any], hosts: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """{left, holding, lines}: what servers still have of it, which nodes still trust it by `host: names`, and the report.

    revoked  fields of `_site.revocation.Revocation`
    hosts    host → {server: the result of `spire_info`, empty without a server; containers: as `swarm_info` returns them;
             since: when whom to trust has changed last, in seconds since the epoch, 0 if never}
    """
    left = [f"the SPIRE Server of {host} still has {what}" for host, here in hosts.items() for what in _left(revoked, here["server"])]
    older = {host: _older(here) for host, here in hosts.items()} if revoked["domain"] else {}
    holding = [f"{host}: {', '.join(names)}" for host, names in older.items() if names]
    return {"left": left, "holding": holding, "lines": _lines(revoked, holding)}


def _left(revoked: Mapping[str, Any], known: Mapping[str, Any]) -> list[str]:
    domain, agents = revoked["domain"], {agent["spiffe_id"] for agent in revoked["agents"]}
    bundles = [f"the bundle of {domain}" for one in known.get("bundles", ()) if one["trust_domain"] == domain]
    return bundles + [
        f"the entry {one['spiffe_id']}"
        for one in known.get("entries", ())
        if domain in one["federates_with"] or agents & {one["parent_id"], one["spiffe_id"]}
    ]


def _older(here: Mapping[str, Any]) -> list[str]:
    """The running nodes that were started before whom to trust changed last: a node learns whom to trust when it starts."""
    running = [one for one in here["containers"] if one["state"] == "running"]
    return [one["name"] for one in running if one["started_at"] < int(here["since"])]


def _lines(revoked: Mapping[str, Any], holding: Sequence[str]) -> list[str]:
    name, domain, hosts = revoked["name"], revoked["domain"], ", ".join(revoked["hosts"])
    said = f"{name} is revoked: no SPIRE Server that stays has a bundle, an entry or an agent of it."
    inventory = [f"Take {hosts or 'its file in swarm_peers'} out of the inventory: the playbook site would trust it again."]
    if not domain:
        last = (
            f"What {name} holds now stays valid for up to {revoked['until']}, as SPIRE does not revoke certificates: stop what runs there."
        )
        return [said, *([last] if revoked["until"] else []), *inventory]
    if not holding:
        return [said, "All nodes have been started since, and refuse it.", *inventory]
    now = "Start them again with -e swarm_revoke_restart=true; the playbook site does it too."
    return [
        said,
        "These nodes were started before, and trust it until they are started again:",
        *(f"  {one}" for one in holding),
        now,
        *inventory,
    ]
