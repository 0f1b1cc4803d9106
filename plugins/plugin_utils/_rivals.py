# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds why a training cannot start while others are in progress (private to the collection, pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ._checks import licences
from ._site.trainings import title


def problems(site: Mapping[str, Any], found: Iterable[Mapping[str, Any]]) -> list[str]:
    """Sentences; none if nothing is in the way.

    site   what is derived for a host: rivals and rival_licences of it are the same on all
    found  of each host, the loop over the rivals' names that asked whether they are in progress there
    """
    results = [one for host in found for one in host.get("results", [])]
    running = [name for name in site["rivals"] if any(one["item"] == name and one.get("in_progress") for one in results)]
    both = [
        f"{title(name)} is in progress, and needs the same {'; '.join(site['rivals'][name])}" for name in running if site["rivals"][name]
    ]
    return both + licences.beyond(site["rival_licences"], running)
