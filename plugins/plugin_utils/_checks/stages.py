# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order in which an inventory is checked (private, pure).

Every check takes an Inventory and returns sentences that say what is wrong, where, and what would be right. Later checks build on
earlier ones, so they run in stages, and a stage that finds something is the last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from . import certificates, environment, inventory, licences, services, sl, spire, training

if TYPE_CHECKING:
    from .._site.model import Inventory


def problems(of: Inventory, exists: Callable[[str], bool], complete: bool = True) -> list[str]:
    """All problems of the first stage that has any.

    exists    says whether a path exists on the controller
    complete  whether the files of all organisations that train together exist; they do not before they are exchanged
    """
    stages: tuple[tuple[Callable[[Inventory], list[str]], ...], ...] = (
        (inventory.groups,),
        (
            inventory.releases,
            inventory.addresses,
            spire.trust_domains,
            inventory.port_numbers,
            inventory.shape,
            licences.shape,
            sl.shape,
            services.shape,
            certificates.shape,
        ),
        (inventory.images, inventory.sentinel, inventory.license_server, spire.datastores, spire.servers, spire.federation),
        (spire.paths, spire.identities, spire.versions, certificates.identities, inventory.operators, sl.nodes),
        (training.itself,),
        (services.proxies,),
        (inventory.names, inventory.port_clashes, licences.capacity, sl.programs, environment.variables),
        (training.peers, sl.peers) if complete else (),
        (training.documents, lambda one: spire.files(one, exists) + training.files(one, exists)),
    )
    for stage in stages:
        found = [sentence for check in stage for sentence in check(of)]
        if found:
            return found
    return []
