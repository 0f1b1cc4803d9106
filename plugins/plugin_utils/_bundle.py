# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bundle gets, and which images hosts get from it (private to the collection)."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from . import _images


def wanted(hosts: Iterable[str], models: Mapping[str, Mapping[str, Any]]) -> dict[str, list[dict[str, str]]]:
    """host → {reference, file} of the images that are pulled with its login: those that no host before it needs."""
    known: set[str] = set()
    found = {}
    for host in hosts:
        mine = [image for image in models[host].get("images", {}) if image not in known]
        known.update(mine)
        found[host] = [{"reference": image, "file": f"images/{re.sub('[^A-Za-z0-9._-]', '_', image)}.tar"} for image in mine]
    return found


def exported(results: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What the manifest says about each image, from the results of `docker_image_export`, one image each."""
    return [
        {
            **one["item"],
            "id": one["images"][0]["Id"],
            "digests": one["images"][0].get("RepoDigests") or [],
            "architecture": one["images"][0]["Architecture"],
        }
        for one in results
    ]


def missing(hosts: Iterable[str], models: Mapping[str, Mapping[str, Any]], there: Mapping[str, Iterable[dict[str, Any]]]) -> list[str]:
    """The images that any of the hosts lacks. there: host → the images that its engine lists."""
    return list(dict.fromkeys(image for host in hosts for image in _images.missing(models[host].get("images", {}), there[host])))


def collections(name: str, directory: Callable[[str], Path] | None = None) -> list[str]:
    """The directories of a collection and of all that it depends on, as they are installed."""
    directory = directory or _directory
    found: dict[str, Path] = {}
    names = [name]
    while names:
        one = names.pop(0)
        if one not in found:
            found[one] = directory(one)
            names += _dependencies(found[one])
    return [str(path) for path in found.values()]


def _directory(name: str) -> Path:
    return Path(importlib.import_module(f"ansible_collections.{name}").__path__[0])


def _dependencies(path: Path) -> list[str]:
    manifest = path / "MANIFEST.json"  # a checkout of the source has none
    about = json.loads(manifest.read_text(encoding="utf-8"))["collection_info"] if manifest.is_file() else {}
    return list(about.get("dependencies") or ())
