# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identity without SPIRE in the site model: whose certificates a host's nodes have, and where they lie (private, pure).

The user's files are on the controller. On a host the nodes share a directory, or, where their files differ, each component has its
own, so that a renewed certificate touches only what uses it.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from ...module_utils._names import NODE_TYPES

if TYPE_CHECKING:
    from .model import Inventory

KINDS = ("key", "cert", "cacert", "capath")
USERS = NODE_TYPES
KEYS = (*KINDS, *USERS)
SHARED = "nodes"
LIVES = {"reserve": 30, "authority": 3650}  # days, of the certificates that are made for a trial


def has(inventory: Inventory, host: str) -> bool:
    """Whether the host's nodes have certificates instead of SPIRE."""
    return bool(inventory.get(host, "swarm_certificates")) or on_trial(inventory, host)


def on_trial(inventory: Inventory, host: str) -> bool:
    """Whether the host's certificates are made for it, as it has none of its own."""
    return inventory.get(host, "swarm_certificates_trial") is True and not inventory.get(host, "swarm_certificates")


def used(inventory: Inventory, host: str) -> list[str]:
    """The components of the host that have an identity; a SWOP's SL nodes are among them."""
    there = [component for component in USERS if host in inventory.members(component)]
    return [component for component in USERS if component in there or (component == "sl" and "swop" in there)]


def given(inventory: Inventory, host: str) -> dict[str, dict[str, Any]]:
    """component → {key, cert, cacert: [files], capath}, all on the controller; kinds that are not given are left out."""
    if on_trial(inventory, host):
        own = trial_files(inventory, host)
        found = {"key": own["key"], "cert": own["cert"], "cacert": trial_authorities(inventory)}
        return dict.fromkeys(used(inventory, host), found)
    given = inventory.get(host, "swarm_certificates")
    shared = {kind: given[kind] for kind in KINDS if given.get(kind)}
    return {component: _listed({**shared, **(given.get(component) or {})}) for component in used(inventory, host)}


def _listed(files: dict[str, Any]) -> dict[str, Any]:
    authorities = files.get("cacert")
    return {**files, "cacert": [authorities]} if isinstance(authorities, str) else files


def options(inventory: Inventory, host: str) -> dict[str, dict[str, str]]:
    """component → the module options that point to its files on the host; empty if SPIRE gives the identity."""
    if not has(inventory, host):
        return {}
    return {
        component: {kind: place(inventory, host, component, kind) for kind in KINDS if kind in files}
        for component, files in given(inventory, host).items()
    }


def place(inventory: Inventory, host: str, component: str, kind: str) -> str:
    """Where a component's file, or its directory of authorities, is on the host."""
    name = kind if kind == "capath" else f"{kind}.pem"
    return posixpath.join(base(inventory, host), next(key for key, value in sets(inventory, host).items() if component in value[0]), name)


def sets(inventory: Inventory, host: str) -> dict[str, tuple[tuple[str, ...], dict[str, Any]]]:
    """directory below `base` → (components, their files on the controller): one for all, or one for each component."""
    files = given(inventory, host)
    each = list(files.values())
    if all(one == each[0] for one in each):
        return {SHARED: (tuple(files), each[0])} if each else {}
    return {component: ((component,), one) for component, one in files.items()}


def base(inventory: Inventory, host: str) -> str:
    """The directory on the host that nobody but its owner can enter; the engine mounts what is in it."""
    return posixpath.join(inventory.get(host, "swarm_dir"), "certificates")


# --- certificates for a trial --------------------------------------------------------------------------------------------


def _trial_dir(inventory: Inventory, host: str) -> str:
    place_of_all = inventory.get(host, "swarm_certificates_dir") or posixpath.join(inventory.get(host, "inventory_dir"), "certificates")
    return posixpath.join(place_of_all, inventory.get(host, "swarm_trust_domain"))


def trial_files(inventory: Inventory, host: str) -> dict[str, str]:
    """{key, cert, ca_key, ca_cert} on the controller; the CA is the one of the host's organisation, its trust domain."""
    directory = _trial_dir(inventory, host)
    return {
        "key": posixpath.join(directory, f"{host}-key.pem"),
        "cert": posixpath.join(directory, f"{host}.pem"),
        "ca_key": posixpath.join(directory, "ca-key.pem"),
        "ca_cert": posixpath.join(directory, "ca.pem"),
    }


def trial_authorities(inventory: Inventory) -> list[str]:
    """The CA certificates of all organisations that have one for a trial."""
    return list(dict.fromkeys(trial_files(inventory, host)["ca_cert"] for host in inventory.hosts if on_trial(inventory, host)))


def trial_request(inventory: Inventory, host: str) -> dict[str, Any]:
    """What community.crypto is asked for, for this host: files, names and lives in days."""
    address = inventory.address(host)
    numeric = address.replace(".", "").isdigit() or ":" in address
    names = dict.fromkeys([f"DNS:{host}", *([f"{'IP' if numeric else 'DNS'}:{address}"] if address else [])])
    return {
        **trial_files(inventory, host),
        "directory": _trial_dir(inventory, host),
        "organisation": inventory.get(host, "swarm_trust_domain"),
        "name": host,
        "subject_alt_name": list(names),
        "days": 2 * int(inventory.get(host, "swarm_training_days")) + LIVES["reserve"],
        "authority_days": LIVES["authority"],
    }
