# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with how an inventory gives its hosts certificates, without a look into the files (private, pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...module_utils._releases import RELEASES
from .._site import certificates
from . import formats

if TYPE_CHECKING:
    from .._site.model import Inventory


def shape(inventory: Inventory) -> list[str]:
    """swarm_certificates and swarm_certificates_trial are what they have to be."""
    found = []
    for host in inventory.hosts:
        if not isinstance(inventory.get(host, "swarm_certificates_trial"), bool):
            value = inventory.get(host, "swarm_certificates_trial")
            found.append(f"swarm_certificates_trial is {value!r} on {host}, it must be true or false")
        days = inventory.get(host, "swarm_training_days")
        if certificates.has(inventory, host) and (not str(days).isdigit() or int(days) < 1):
            found.append(f"swarm_training_days is {days!r} on {host}, it must be a whole number of days, at least 1")
        told = inventory.get(host, "swarm_certificates")
        found += [f"swarm_certificates of {host} {sentence}" for sentence in _mapping(told, certificates.KEYS, "")]
    return found


def _mapping(told: Any, known: tuple[str, ...], where: str) -> list[str]:
    if not isinstance(told, dict):
        return [f"{where}must be a mapping, not {told!r}"]
    found = []
    for key, value in told.items():
        if key not in known:
            found.append(f"{where}has the unknown key {key!r}{formats.did_you_mean(str(key), known)}")
        elif key in certificates.USERS:
            found += _mapping(value, certificates.KINDS, f"for {key}: ")
        elif not _is_path(value) and not (key == "cacert" and isinstance(value, list) and all(map(_is_path, value))):
            right = "a file on the controller, or a list of them" if key == "cacert" else "a path on the controller"
            found.append(f"{where}has {key}: {value!r}, it must be {right}")
    return found


def _is_path(value: object) -> bool:
    return isinstance(value, str) and value != ""


def identities(inventory: Inventory) -> list[str]:
    """Every host of the swarm has the same kind of identity, and all that it takes."""
    found, with_files = [], [host for host in inventory.hosts if certificates.has(inventory, host)]
    for host in with_files:
        release = str(inventory.get(host, "swarm_release"))
        if "key" not in RELEASES[release]["sn"].options:
            others = ", ".join(name for name, tables in RELEASES.items() if "key" in tables["sn"].options)
            found.append(f"{host} has certificates (swarm_certificates), which release {release} cannot use; {others} can")
        if host in inventory.members("spire_agent"):
            found.append(f"{host} is in swarm_spire_agent and has certificates (swarm_certificates) too: it takes one or the other")
        found += _incomplete(inventory, host)
    without = [
        host
        for host in inventory.hosts
        if host not in with_files and any(host in inventory.members(component) for component in certificates.USERS)
    ]
    if with_files and without and not found:
        found.append(
            f"{', '.join(with_files)} have certificates and {', '.join(without)} none: nodes with certificates and nodes with SPIRE"
            " do not trust each other, so give all hosts swarm_certificates (or swarm_certificates_trial), or none"
        )
    return found


def _incomplete(inventory: Inventory, host: str) -> list[str]:
    if certificates.on_trial(inventory, host):
        return []
    lacking: dict[str, list[str]] = {}
    for component, files in certificates.given(inventory, host).items():
        for kind in ("key", "cert"):
            if kind not in files:
                lacking.setdefault(f"has no {kind}", []).append(component)
        if "cacert" not in files and "capath" not in files:
            lacking.setdefault("has no cacert and no capath, the CA certificates that are trusted,", []).append(component)
    return [f"swarm_certificates of {host} {what} for {', '.join(components)}" for what, components in lacking.items()]
