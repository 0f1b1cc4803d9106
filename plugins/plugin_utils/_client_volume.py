# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides whether the volume from which SWOPs build the ML image has to be created (private, pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..module_utils._container.spec import OWN_LABEL

LABEL = f"{OWN_LABEL}component"


def is_due(volumes: Iterable[Mapping[str, Any]], name: str, driver_options: Mapping[str, str]) -> bool:
    """Whether the volume `name` has to be created, or created again with these options of its driver.

    volumes: as the engine lists them. One that somebody made by hand, as the platform's documents say, has no label and stays as it is.
    """
    found = next((volume for volume in volumes if volume["Name"] == name), None)
    if found is None:
        return True
    return LABEL in (found.get("Labels") or {}) and (found.get("Options") or {}) != dict(driver_options)
