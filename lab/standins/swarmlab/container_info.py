# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a container knows of itself: the file that the platform's scripts put into it before its start."""

from __future__ import annotations

from pathlib import Path

from swarmlab.process import Refusal

FILE = Path("/tmp/container_info_file")


def read(path: Path = FILE) -> tuple[str, str, str]:
    """This container's ID, its image reference as it was given, its image's ID. Raises Refusal."""
    try:
        lines = path.read_text().split("\n")
    except OSError as error:
        raise Refusal(
            f"{path} cannot be read ({error.strerror}): it tells SWOP what image it is, and is put there before the start"
        ) from error
    found = [line.strip() for line in lines if line.strip()]
    if len(found) != 3 or not found[2].startswith("sha256:"):
        raise Refusal(f"{path} must have three lines (container ID, image reference, image ID sha256:…), it has: {' | '.join(found)}")
    return found[0], found[1], found[2]


def release(path: Path = FILE) -> str:
    """The tag of the image that this container was made from, empty where the file or the tag is missing."""
    try:
        reference = read(path)[1]
    except Refusal:
        return ""
    return reference.rpartition("/")[2].partition("@")[0].partition(":")[2]
