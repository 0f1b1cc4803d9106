# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of `checks` that look at registries and their images (private, pure)."""

from __future__ import annotations

from collections.abc import Iterator

from .look import Look, Words, away, idle_registries

_REFUSALS = ("unauthorized", "denied", "authentication required", "no basic auth", "401", "403")
_ABSENT = ("not found", "manifest unknown", "no such image", "name unknown", "404")


def registry_reachable(look: Look) -> Iterator[Words]:
    idle = idle_registries(look)
    yield from (words for words in away(look, "registry") if words["address"] not in idle)


def _refused_images(look: Look, kind: str) -> dict[str, str]:
    """image → what the engine says, of those that the registry did not serve for a reason of that kind."""
    return {image: answer["problem"] for image, answer in look.fact("registry").items() if _kind(answer.get("problem", "")) == kind}


def _kind(problem: str) -> str:
    """Why a registry did not serve an image: login, image, trust or answer; empty if it did."""
    text = problem.lower()
    if any(word in text for word in ("x509", "certificate")):
        return "trust"
    if any(word in text for word in _REFUSALS):
        return "login"
    if any(word in text for word in _ABSENT):
        return "image"
    return "answer" if text else ""


def registry_login(look: Look) -> Iterator[Words]:
    """An image that was made on the host, and that no registry has, is refused by Docker Hub too: it needs none."""
    missing, own = _missing(look, "login"), f"{look.host.model['registry']}/"
    images = [image for image in _refused_images(look, "login") if image in missing or image.startswith(own)]
    if images:
        yield {"images": ", ".join(images)}


def _missing(look: Look, kind: str) -> dict[str, str]:
    """Those of them that the host does not have already."""
    return {image: problem for image, problem in _refused_images(look, kind).items() if not look.fact("images_here").get(image)}


def registry_image(look: Look) -> Iterator[Words]:
    for image in _missing(look, "image"):
        yield {"images": image, "variables": look.host.model["images"].get(image, "")}


def registry_trust(look: Look) -> Iterator[Words]:
    yield from ({"problem": problem} for problem in dict.fromkeys(_missing(look, "trust").values()))


def registry_answer(look: Look) -> Iterator[Words]:
    missing = _missing(look, "answer")
    for problem in dict.fromkeys(missing.values()):
        yield {"images": ", ".join(image for image, answer in missing.items() if answer == problem), "problem": problem}


def image_platform(look: Look) -> Iterator[Words]:
    for image, answer in look.fact("registry").items():
        platforms = answer.get("platforms") or ()
        if platforms and "linux/amd64" not in platforms:
            yield {"image": image, "platforms": ", ".join(platforms), "variables": look.host.model["images"].get(image, "")}
