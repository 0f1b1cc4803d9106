# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collects the bundles that a SPIRE Server gets (private, pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def bundles(federates_with: Iterable[Mapping[str, Any]], hostvars: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What `spire_bundle` takes as `bundles`: {trust_domain, bundle, bootstrap} of each trust domain whose bundle is known.

    federates_with  trust domains with a `bundle` of their own, which the federation renews, or a `host` whose server's bundle was read
    hostvars        Ansible's; `spire_server_state` of a host is the result of its `spire_server`

    Without both, another server of the same domain sets it in the datastore that they share.
    """
    found = [(one, one["bundle"] if "bundle" in one else _told(hostvars, one.get("host"))) for one in federates_with]
    return [{"trust_domain": one["trust_domain"], "bundle": text, "bootstrap": "bundle" in one} for one, text in found if text]


def _told(hostvars: Mapping[str, Any], host: str | None) -> str:
    """Empty in check mode, as long as the server does not run."""
    bundle: str = (hostvars[host].get("spire_server_state") or {}).get("bundle", "") if host else ""
    return bundle
