# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Image references: the image of a component, and the images that a host does not have (private to the collection)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from ..module_utils._container.spec import OWN_LABEL
from ..module_utils._releases import RELEASES

UPSTREAM_SPIRE = ("spire_server", "spire_agent")
DOCKER_HUB = ("docker.io/library/", "index.docker.io/library/", "docker.io/", "index.docker.io/")


def reference(component: str, release: str, registry: str = "", spire_version: str = "", platform: str = "") -> str:
    """The full reference of a component's image, for instance `hub.example.com/hpe/swarm-learning/sn:2.3.0`.

    registry       a mirror: takes the place of the registry's host, the path behind it stays
    spire_version  the tag of the upstream SPIRE images (releases 2.x); the release's own when empty
    platform       the ML platform, TF or PYT in any case, where it decides about the image (the SL of 0.3.0)
    Raises ValueError when there is no such release, or the release has no such component or platform.
    """
    if release not in RELEASES:
        raise ValueError(f"unknown release {release!r}; expected one of {', '.join(RELEASES)}")
    if component not in RELEASES[release]:
        having = ", ".join(name for name, components in RELEASES.items() if component in components)
        raise ValueError(f"release {release} does not have {component}; available in: {having or 'no release'}")
    entry = RELEASES[release][component]
    host, path = entry.registry.split("/", 1)
    image = _of_platform(component, release, entry.image_by[1], platform) if platform and entry.image_by else entry.image
    if spire_version and component in UPSTREAM_SPIRE and not release.startswith("0."):
        image = f"{image.rsplit(':', 1)[0]}:{spire_version}"
    return f"{registry.rstrip('/') or host}/{path}/{image}"


def _of_platform(component: str, release: str, images: dict[str, str], platform: str) -> str:
    if str(platform).upper() not in images:
        raise ValueError(f"release {release} does not have {component} for the platform {platform!r}; expected one of {', '.join(images)}")
    return images[str(platform).upper()]


def registry_of(image: str) -> str:
    """The registry's host (and port) of a reference; `docker.io` when it names none."""
    first, slash, _rest = image.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else "docker.io"


def missing(images: Iterable[str], there: Iterable[dict[str, Any]], labels: dict[str, str] | None = None) -> list[str]:
    """Those of the references `images` that are not among `there`, the engine's list of images, in order and once each.

    labels: an image without them does not count.
    """
    right = [image for image in there if all((image.get("Labels") or {}).get(name) == value for name, value in (labels or {}).items())]
    known = {name for image in right for key in ("RepoTags", "RepoDigests") for name in image.get(key) or ()}
    return [image for image in dict.fromkeys(images) if _familiar(image) not in known]


def _familiar(image: str) -> str:
    """The reference as the engine lists it: Docker Hub is not named, a tag always is."""
    for prefix in DOCKER_HUB:
        if image.startswith(prefix):
            image = image[len(prefix) :]
            break
    name, at, digest = image.partition("@")
    if at:
        repository = name.rsplit(":", 1)[0] if ":" in name.rsplit("/", 1)[-1] else name
        return f"{repository}@{digest}"
    return image if ":" in image.rsplit("/", 1)[-1] else f"{image}:latest"


def base_images(build_steps: Iterable[str]) -> list[str]:
    """The images that a Dockerfile's `FROM` lines name, without `scratch` and the build's own earlier stages."""
    found, stages = [], {"scratch"}
    for line in build_steps:
        words = [word for word in str(line).split() if not word.startswith("--")]
        if len(words) < 2 or words[0].upper() != "FROM":
            continue
        if words[1].lower() not in stages:
            found.append(words[1])
        if len(words) >= 4 and words[2].upper() == "AS":
            stages.add(words[3].lower())
    return found


def build_label(steps: Iterable[str], sums: Iterable[str] = ()) -> dict[str, str]:
    """The label, as a mapping, by which an image is known to be made of these Dockerfile lines, and files of these checksums."""
    return {f"{OWN_LABEL}build": hashlib.sha256(json.dumps([list(steps), list(sums)]).encode()).hexdigest()[:12]}
