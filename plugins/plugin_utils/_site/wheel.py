# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The platform's client as a Python wheel: what it says of itself, and the name under which every pip takes it (private)."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from email.parser import HeaderParser

_OFFICIAL_PYTHON = re.compile(r"^FROM\s+(?:--\S+\s+)*(?:docker\.io/)?(?:library/)?python:(\d+\.\d+)", re.IGNORECASE)
_VERSION = re.compile(r"\d+\.\d+\.\d+$")


@dataclass(frozen=True)
class Wheel:
    """What a wheel's METADATA says; empty texts where it does not say so.

    version          such as `2.3.0`
    requires_python  the versions of Python that it runs on, such as `>=3.8,<3.10`
    """

    version: str = ""
    requires_python: str = ""


def read(path: str) -> Wheel:
    """The wheel at a path on the controller; an empty one where there is none, or none that can be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            name = next(entry for entry in archive.namelist() if entry.endswith(".dist-info/METADATA"))
            facts = HeaderParser().parsestr(archive.read(name).decode(errors="replace"))
    except (OSError, zipfile.BadZipFile, StopIteration, KeyError):
        return Wheel()
    return Wheel(facts.get("Version", "").strip(), facts.get("Requires-Python", "").strip())


def installable_name(name: str, version: str) -> str:
    """The wheel's file name with its version where a version belongs: the platform's own has the word `client` there, which pip from 24.1 refuses."""
    parts = name.removesuffix(".whl").split("-")
    if not version or len(parts) < 5 or parts[1][:1].isdigit():
        return name
    return "-".join((parts[0], version, *parts[-3:])) + ".whl"


def problems(wheel: Wheel, release: str, build: Sequence[str]) -> list[str]:
    """What keeps the wheel from being used with a release of the platform and with the build's base image, as far as that can be known."""
    found = []
    if _VERSION.match(wheel.version) and wheel.version != release:
        remedy = f"take the wheel that comes with release {release}, or set swarm_release"
        found.append(f"swarm_training.client_wheel is of release {wheel.version}, but swarm_release is {release}: {remedy}")
    version = next((match[1] for match in map(_OFFICIAL_PYTHON.match, build) if match), "")
    if version and wheel.requires_python and not _admits(wheel.requires_python, version):
        remedy = f"build on an image with a Python of {wheel.requires_python}, such as python:3.9"
        found.append(f"swarm_training.build starts from Python {version}, which client_wheel does not support: {remedy}")
    return found


def _admits(specifiers: str, version: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return SpecifierSet(specifiers).contains(f"{version}.0")
    except InvalidSpecifier:
        return True
