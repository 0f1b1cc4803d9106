# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds problems of the certificates in an inventory, without reading the files (private, pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...module_utils._releases import RELEASES
from .._site import certificates
from .wording import listed, shown, unknown_keys, wrong_type

if TYPE_CHECKING:
    from .._site.model import Inventory


def shape(inventory: Inventory) -> list[str]:
    """swarm_certificates and swarm_certificates_trial have the right types."""
    found = []
    for host in inventory.hosts:
        trial = inventory.get(host, "swarm_certificates_trial")
        if not isinstance(trial, bool):
            found.append(f"swarm_certificates_trial of {host}: invalid value {shown(trial)}; expected true or false")
        days = inventory.get(host, "swarm_training_days")
        if certificates.has(inventory, host) and (not str(days).isdigit() or int(days) < 1):
            found.append(f"swarm_training_days of {host}: invalid value {shown(days)}; expected a whole number of days, at least 1")
        found += _mapping(inventory.get(host, "swarm_certificates"), certificates.KEYS, "swarm_certificates", host)
    return found


def _mapping(value: Any, known: tuple[str, ...], name: str, host: str) -> list[str]:
    if not isinstance(value, dict):
        return [wrong_type(f"{name} of {host}", value, "a mapping")]
    found = unknown_keys(f"{name} of {host}", value, known)
    for key in (one for one in value if one in known):
        if key in certificates.USERS:
            found += _mapping(value[key], certificates.KINDS, f"{name}.{key}", host)
        elif not _is_path(value[key]) and not (key == "cacert" and _is_path_list(value[key])):
            expected = "a file on the controller, or a list of them" if key == "cacert" else "a path on the controller"
            found.append(wrong_type(f"{name}.{key} of {host}", value[key], expected))
    return found


def _is_path_list(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_path, value))


def _is_path(value: object) -> bool:
    return isinstance(value, str) and value != ""


def identities(inventory: Inventory) -> list[str]:
    """Every host of the swarm has the same kind of identity, and everything that it needs."""
    with_files = [host for host in inventory.hosts if certificates.has(inventory, host)]
    found = [sentence for host in with_files for sentence in _of_host(inventory, host)]
    without = [
        host
        for host in inventory.hosts
        if host not in with_files and any(host in inventory.members(component) for component in certificates.USERS)
    ]
    if with_files and without and not found:
        found.append(
            f"{listed(with_files)} have certificates, but {listed(without)} have none: nodes with certificates and nodes with SPIRE do not"
            " trust each other; give all hosts swarm_certificates (or swarm_certificates_trial), or none"
        )
    return found


def _of_host(inventory: Inventory, host: str) -> list[str]:
    found = []
    release = str(inventory.get(host, "swarm_release"))
    if "key" not in RELEASES[release]["sn"].options:
        others = listed(name for name, tables in RELEASES.items() if "key" in tables["sn"].options)
        found.append(f"swarm_certificates of {host} cannot be used with release {release}; available in: {others}")
    if host in inventory.members("spire_agent"):
        found.append(f"{host} has swarm_certificates and is in swarm_spire_agent: remove one of the two")
    return found + _incomplete(inventory, host)


def _incomplete(inventory: Inventory, host: str) -> list[str]:
    if certificates.on_trial(inventory, host):
        return []
    missing: dict[str, list[str]] = {}
    for component, files in certificates.given(inventory, host).items():
        for kind in ("key", "cert"):
            if kind not in files:
                missing.setdefault(f"{kind!r} is missing", []).append(component)
        if "cacert" not in files and "capath" not in files:
            missing.setdefault("'cacert' or 'capath', the CA certificates to trust, is missing", []).append(component)
    return [f"swarm_certificates of {host}: {what} for {listed(components)}" for what, components in missing.items()]
