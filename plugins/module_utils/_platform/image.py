# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads an image from an archive where it is missing (private to the collection)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._container.engine import Engine


def load(engine: Engine, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """swarm_image_load: the image `name` is there afterwards. Raises ValueError if the archive does not have it."""
    name, path = params["name"], params["path"]
    if engine.image(name):
        return {"changed": False}
    if not check_mode:
        engine.load(path)
        if not engine.image(name):
            raise ValueError(f"{path} was loaded, but does not have {name}: save that image again (docker save {name})")
    return {"changed": True}
