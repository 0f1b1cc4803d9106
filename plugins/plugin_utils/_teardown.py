# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports what teardown would remove, and what is left after it (private, pure).

Things are mappings, as `swarm_stop` and `swarm_teardown` return them: kind, name, and of what was kept, reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Thing = Mapping[str, str]


def plan(hosts: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A line for each host, sorted by name: its trust domain and what would be removed. hosts: name → trust_domain, removed."""
    return [f"{hosts[host]['trust_domain']}, {host}: {_listed(hosts[host]['removed']) or 'nothing'}" for host in sorted(hosts)]


def outcome(
    stopped: Iterable[Thing], containers: Iterable[Thing], removable: Iterable[Thing], kept: Iterable[Thing]
) -> dict[str, list[str]]:
    """{left, kept}: what is still there although it was removed, and what had to stay, with its reason.

    stopped     the containers that were removed
    containers  those of any platform that are on the host now
    removable   what else of the platform is on the host now and may be removed
    kept        what else of the platform is on the host now and has to stay
    """
    present = [_name(one) for one in containers]
    gone = {_name(one) for one in stopped}
    return {
        "left": [name for name in present if name in gone] + [_name(one) for one in removable],
        "kept": [f"{name} (another platform)" for name in present] + [f"{_name(one)}: {one['reason']}" for one in kept],
    }


def _name(one: Thing) -> str:
    return f"{one['kind']} {one['name']}"


def _listed(things: Iterable[Thing]) -> str:
    return ", ".join(map(_name, things))
