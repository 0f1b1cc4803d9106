# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds hosts outside `--limit` that a deployment needs, in sentences (private, pure)."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from .._site import spire
from .wording import listed

if TYPE_CHECKING:
    from .._site.model import Inventory


def problems(inventory: Inventory, hosts: Collection[str]) -> list[str]:
    """hosts: those that the run has; agents among them need the SPIRE Server that makes their join tokens and entries."""
    domains = spire.domains(inventory)
    needed: dict[str, list[str]] = {}
    for host in (one for one in inventory.members("spire_agent") if one in hosts):
        for server in [one for one in spire.servers_of(inventory, host, domains) if one in inventory.hosts][:1]:
            if server not in hosts:
                needed.setdefault(server, []).append(host)
    return [
        f"--limit leaves out {server}, whose SPIRE Server gives {listed(agents)} join tokens and entries: add it, as in "
        f"--limit {','.join((*hosts, server))}"
        for server, agents in needed.items()
    ]
