# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes into an image: files from the checkout and from the cache, their key, and the archive that Docker builds from."""

from __future__ import annotations

import hashlib
import io
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_LEFT_OUT = {"__pycache__", ".pytest_cache", ".ruff_cache"}


@dataclass(frozen=True)
class Tree:
    """A file or directory outside the build context; `key` stands for its content, so that it need not be read again."""

    path: Path
    key: str


def key_of(parts: Iterable[str | bytes]) -> str:
    """A short hash of the parts, in order; where one part ends and the next begins counts."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(b"%d:" % len(data) + data)
    return digest.hexdigest()[:16]


def files_below(directory: Path) -> list[tuple[str, Path]]:
    """(name in the archive, path) of each file, in a fixed order, without what tools leave behind."""
    found = []
    for path in sorted(directory.rglob("*")):
        name = path.relative_to(directory)
        if path.is_file() and not _LEFT_OUT & set(name.parts) and path.suffix not in {".pyc", ".md"}:
            found.append((name.as_posix(), path))
    return found


def context_key(files: Iterable[tuple[str, Path]], trees: Mapping[str, Tree], *more: str) -> str:
    """The key of a build: the same files (name, executable or not, content), trees and words give the same key."""
    parts: list[str | bytes] = list(more)
    for name, path in files:
        parts += [name, "x" if path.stat().st_mode & 0o100 else "-", path.read_bytes()]
    for name in sorted(trees):
        parts += [name, trees[name].key]
    return key_of(parts)


@contextmanager
def archive(files: Iterable[tuple[str, Path]], trees: Mapping[str, Tree]) -> Iterator[IO[bytes]]:
    """A tar of the files and trees in a temporary file; owners and times are left out, for they are not content."""

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = member.mtime = 0
        member.uname = member.gname = ""
        return member

    with tempfile.TemporaryFile() as stream:
        with tarfile.open(fileobj=stream, mode="w") as tar:
            for name, path in files:
                tar.add(path, name, filter=plain)
            for name, tree in trees.items():
                tar.add(tree.path, name, filter=plain)
        stream.seek(0)
        yield stream


def archive_of(members: Mapping[str, tuple[bytes, int]], owner: int = 0) -> bytes:
    """A tar of `{path: (content, mode)}` for put_archive; the directories on the way are root's, the files their owner's."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        made: set[str] = set()
        for name, (content, mode) in members.items():
            for parent in reversed(Path(name).parents[:-1]):
                if parent.as_posix() not in made:
                    made.add(parent.as_posix())
                    directory = tarfile.TarInfo(parent.as_posix())
                    directory.type, directory.mode = tarfile.DIRTYPE, 0o700 if parent.name == ".ssh" else 0o755
                    tar.addfile(directory)
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.uid = len(content), mode, owner
            tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()
