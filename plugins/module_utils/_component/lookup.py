# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the translation needs to know from the engine about other containers of this host (private to the collection)."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .._container.parse import normalise_image
from .._container.readiness import container_address
from .._releases import RELEASES
from .check_container import OptionError

if TYPE_CHECKING:
    from .._container.engine import Engine


class Lookup:
    """Answers from a running engine."""

    def __init__(self, engine: Engine, release: str) -> None:
        self._engine, self._release = engine, release

    def address(self, name: str | None, component: str, option: str, needed: bool = True) -> str:
        """The address of a running container: of that name, or, without a name, of the only one with that component's image.

        Empty if there is none and it is not needed. Raises OptionError, which names `option`, if it is needed.
        """
        name = name or self._only_one(component, option, needed)
        inspect = self._engine.inspect(name) if name else None
        address = container_address(inspect) if inspect else ""
        if not address and needed:
            raise OptionError(option, name, "is not a running container with an address on this host; start it, or set the address itself")
        return address

    def engine_socket(self) -> str:
        """The path of the engine's own socket on its host."""
        return self._engine.socket()

    def container_id(self, name: str) -> str:
        """The full ID of a container; the name itself if there is none, so that the engine reports it."""
        inspect = self._engine.inspect(name)
        return inspect["Id"] if inspect else name

    def _only_one(self, component: str, option: str, needed: bool) -> str:
        image = RELEASES[self._release][component].image
        running: list[str] = [
            c["Names"][0].lstrip("/")
            for c in self._engine.containers({"status": ["running"]})
            if normalise_image(c["Image"]).endswith("/" + image)
        ]
        if len(running) != 1 and needed:
            found = ", ".join(running) or "none"
            raise OptionError(
                option, None, f"is not set, so exactly one {component} ({image}) must be running on this host; found: {found}"
            )
        return running[0] if len(running) == 1 else ""

    def socket_volume(self, name: str) -> tuple[str, str]:
        """(volume, path in it) of the first socket found in a volume of that name, or in a volume of a container of that name."""
        for volume, directory in self._volumes(name):
            for path in _sockets(directory):
                return volume, os.path.relpath(path, directory)
        raise OptionError(
            "socket_path",
            name,
            "is not a volume with a socket, nor a container with such a volume; start the SPIRE Agent first, or set the path of the socket",
        )

    def _volumes(self, name: str) -> list[tuple[str, str]]:
        volume = self._engine.volume(name)
        if volume:
            return [(name, volume["Mountpoint"])]
        inspect = self._engine.inspect(name)
        mounts = inspect["Mounts"] if inspect else []
        return [(m["Name"], m["Source"]) for m in mounts if m["Type"] == "volume"]


def _sockets(directory: str) -> Iterator[str]:
    for folder, _folders, files in sorted(os.walk(directory)):
        for file in sorted(files):
            path = os.path.join(folder, file)
            if stat.S_ISSOCK(os.lstat(path).st_mode):
                yield path
