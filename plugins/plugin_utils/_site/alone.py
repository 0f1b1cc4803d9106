# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of hosts whose role works alone, without the groups of a site (private to the collection, reads files of the controller)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...module_utils._names import NODE_TYPES
from .._checks import certificates as checks
from .._checks import secrets
from . import certificate_files, certificates, model


def derive(hostvars: Mapping[str, Mapping[str, Any]], hosts: Iterable[str], component: str, now: float) -> dict[str, Any]:
    """{problems, hosts, requests}, as the filter `site` returns them: of each host its `identity` and its `certificates`.

    hostvars   of each host the fact model.RESOLVED, with the variables that decide
    component  the one whose nodes they are. Its files lie where they would lie if the host had all of them, so that roles that work alone
               one after the other do not overwrite each other's files.
    """
    listed = list(hosts)
    known = {host: {model.RESOLVED: hostvars[host][model.RESOLVED]} for host in listed}
    inventory = model.read(known, {f"swarm_{component}": listed})
    found = [*inventory.unresolved] or checks.shape(inventory) or checks.identities(inventory)
    if found:
        return {"problems": secrets.hidden(found, inventory.secrets), "hosts": {}, "requests": []}
    found, requests = certificate_files.review(inventory, now)
    every_node = model.read(known, {f"swarm_{one}": listed for one in NODE_TYPES})
    return {
        "problems": secrets.hidden(found, inventory.secrets),
        "hosts": {host: _of_host(every_node, host, component) for host in ([] if found else listed)},
        "requests": requests,
    }


def _of_host(inventory: model.Inventory, host: str, component: str) -> dict[str, Any]:
    options = certificates.options(inventory, host)
    return {
        "identity": {component: options[component]} if options else {},
        "certificates": certificate_files.laid(inventory, host, component) if options else {},
    }
