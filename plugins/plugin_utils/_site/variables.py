# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which variables a host is asked for its part of the site: the inventory's, and those that a play or `import_playbook` sets (private)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from .model import DEFAULTS

_COLLECTION = "swarm.learning."
_SHARED = f"{_COLLECTION}swarm"
_OF_ANSIBLE = {"ansible_host"}  # a task sees it on every host, as the host's name if the inventory does not set it
_ROLES = Path(__file__).parents[3] / "roles"


def names(inventory: Iterable[str], defined: Iterable[str], roles: Iterable[str]) -> list[str]:
    """The names of the model's variables that somebody has set, sorted.

    inventory  names of the host's variables in the inventory
    defined    names of all variables that a task sees, defaults of roles among them
    roles      the roles of the play, whose own defaults count as not set; those of the role `swarm` are the model's own
    """
    own = {name for role in roles if role.startswith(_COLLECTION) for name in _defaults(role)}
    return sorted(DEFAULTS.keys() & (set(inventory) | (set(defined) - own - _OF_ANSIBLE)))


def _defaults(role: str) -> set[str]:
    path = _ROLES / role.removeprefix(_COLLECTION) / "defaults/main.yml"
    found: dict[str, Any] = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}) if path.is_file() else {}
    return {name for name, value in found.items() if role != _SHARED or "{{" in str(value)}
