# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes one encrypted archive of the platform's data on a host (private to the collection).

The archive is a compressed tar file: `directory/…`, `volumes/NAME/…`, the dump of an external database as `datastore/dump.sql`, and, as its last
member, `manifest.json` with a checksum of each file.
"""

from __future__ import annotations

import contextlib
import datetime
import gzip
import hashlib
import io
import json
import os
import sqlite3
import stat
import tarfile
import tempfile
import time
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from .._spire import datastore, dump
from . import age, database
from .containers import is_below, members, name_of, sources
from .files import sum_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._container.engine import Engine

FORMAT = 1
MANIFEST = "manifest.json"
DIRECTORY = "directory"
VOLUMES = "volumes"
DUMP = "datastore/dump.sql"
# Restoring leaves these in the directory; they belong to one host's disk, not to its platform.
MARKERS = (".restoring", ".restored")
# Their files must be consistent. While paused, they change no file that is copied; SQLite itself copies a SPIRE Server's datastore.
PAUSED = ("apls", "sn", "spire_agent")
_SQLITE = b"SQLite format 3\0"
_BESIDE_SQLITE = ("-wal", "-shm", "-journal")
_COMPRESSION = 1  # containers are paused meanwhile


@dataclass(frozen=True)
class Part:
    """A tree that is archived: its path on the host, the prefix of its members, and the volume's name (empty for the directory)."""

    path: str
    prefix: str
    volume: str = ""


@dataclass
class Written:
    """What went into an archive: member → SHA-256 in hex, its size in bytes, and files that changed while they were read."""

    sums: dict[str, str] = field(default_factory=dict)
    size: int = 0
    changed: list[str] = field(default_factory=list)


def backup(engine: Engine, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """swarm_backup: write the archive `path`. Raises ValueError if there is nothing to archive or the result would be inconsistent."""
    parts = list(_parts(engine, params))
    if not parts:
        raise ValueError(f"the platform keeps nothing on this host: neither {params['directory']} nor any of its volumes exists")
    age.find()
    users = _to_pause(engine, parts)
    stored = params["datastore"]
    result = {
        "changed": True,
        "parts": [*(part.volume or part.path for part in parts), *([dump.title(stored)] if stored else [])],
        "paused": [name_of(summary) for summary in users],
    }
    if check_mode:
        return {**result, "paused_seconds": 0.0, "size": 0, "sha256": ""}
    with _replacing(params["path"]) as file, tempfile.NamedTemporaryFile() as dumped:
        found = database.save(engine, stored, dumped) if stored else None
        began = time.monotonic()
        with _paused(engine, users):
            written = _write(file, parts, params, (dumped.name, found) if found else None)
            seconds = time.monotonic() - began if users else 0.0
        if written.changed:
            raise ValueError(
                f"{', '.join(written.changed)} changed while it was read, for example because SPIRE rotated a key; run the backup again"
            )
    with open(params["path"], "rb") as archive:
        return {**result, "paused_seconds": round(seconds, 1), "size": written.size, "sha256": sum_of(archive)}


def _parts(engine: Engine, params: dict[str, Any]) -> Iterator[Part]:
    directory = params["directory"]
    if os.path.isdir(directory) and any(name not in MARKERS for name in os.listdir(directory)):
        yield Part(directory, DIRECTORY)
    for name in params["volumes"]:
        volume = engine.volume(name)
        if volume:
            yield Part(volume["Mountpoint"], f"{VOLUMES}/{name}", name)


# --- a state that holds together ----------------------------------------------------------------------------------------


def _to_pause(engine: Engine, parts: list[Part]) -> list[dict[str, Any]]:
    """Summaries of the running containers that write into a part, including those that an interrupted backup left paused."""
    return [
        summary
        for component, _release, summary in members(engine)
        if component in PAUSED and summary["State"] in ("running", "paused") and any(_uses(summary, part) for part in parts)
    ]


def _uses(summary: dict[str, Any], part: Part) -> bool:
    if part.volume:
        return any(mount.get("Name") == part.volume for mount in summary.get("Mounts") or ())
    return any(is_below(source, part.path) for source in sources(summary))


@contextlib.contextmanager
def _paused(engine: Engine, users: list[dict[str, Any]]) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for summary in users:
            stack.callback(engine.unpause, summary["Id"])
            if summary["State"] == "running":
                engine.pause(summary["Id"])
        yield


@contextlib.contextmanager
def _replacing(path: str) -> Iterator[IO[bytes]]:
    """A new file, readable only by the owner of its directory, that replaces `path` if nothing failed."""
    directory = os.path.dirname(path)
    owner = os.stat(directory)
    descriptor, temporary = tempfile.mkstemp(dir=directory, prefix=".backup.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        os.chown(temporary, owner.st_uid, owner.st_gid)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


# --- writing ------------------------------------------------------------------------------------------------------------


def _write(target: IO[bytes], parts: list[Part], params: dict[str, Any], dumped: tuple[str, dump.Facts] | None) -> Written:
    """Write the archive; `dumped` is the file with the database's dump, and what it says of itself."""
    written = Written()
    stored = {}
    with contextlib.ExitStack() as stack:
        stream = stack.enter_context(age.encrypting(target, params["recipients"]))
        packed = stack.enter_context(gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=_COMPRESSION))
        tar = stack.enter_context(tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT))
        for part in parts:
            for path in _below(part.path, params["keep"]):
                _add(tar, part, path, written)
        if dumped:
            file, found = dumped
            _add_file(tar, tar.gettarinfo(file, DUMP), file, written)
            stored = {"datastore": {**_place(params["datastore"]), "version": found.version}}
        _add_manifest(tar, written, params, stored)
    target.flush()
    written.size = os.fstat(target.fileno()).st_size
    return written


def _place(wanted: dict[str, Any]) -> dict[str, Any]:
    return dict(zip(("type", "host", "port", "database"), datastore.place(wanted)))


def _below(root: str, keep: list[str]) -> Iterator[str]:
    """The root and everything in it, parents first, without the user's own paths and sockets."""
    yield root
    for directory, directories, files in os.walk(root):
        directories[:] = sorted(name for name in directories if not any(is_below(os.path.join(directory, name), own) for own in keep))
        for name in sorted([*directories, *files]):
            path = os.path.join(directory, name)
            if not (directory == root and name in MARKERS) and not any(is_below(path, own) for own in keep) and not _is_beside(path):
                yield path


def _is_beside(path: str) -> bool:
    """Whether a file is a database's log, which its copy contains."""
    ending = next((ending for ending in _BESIDE_SQLITE if path.endswith(ending)), "")
    return bool(ending) and _is_sqlite(path[: -len(ending)])


def _is_sqlite(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False


def _add(tar: tarfile.TarFile, part: Part, path: str, written: Written) -> None:
    name = os.path.normpath(os.path.join(part.prefix, os.path.relpath(path, part.path)))
    before = os.lstat(path)
    if stat.S_ISREG(before.st_mode) and _is_sqlite(path):
        with tempfile.NamedTemporaryFile() as copy:
            _copy_database(path, copy.name)
            _add_file(tar, tar.gettarinfo(path, name), copy.name, written)
        return
    entry = tar.gettarinfo(path, name)
    if entry is None or entry.isfifo():
        return  # a socket or pipe, which its process creates again
    if not stat.S_ISREG(before.st_mode):
        tar.addfile(entry)
        return
    entry.type, entry.linkname = tarfile.REGTYPE, ""  # hard links too: each name has its content
    _add_file(tar, entry, path, written)
    after = os.lstat(path)
    if (after.st_mtime_ns, after.st_size) != (before.st_mtime_ns, before.st_size):
        written.changed.append(path)


def _copy_database(path: str, copy: str) -> None:
    """Copy an SQLite database that others may be writing to."""
    with (
        contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as source,
        contextlib.closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)


class _Summing(io.RawIOBase):
    """A file that is read, with the checksum of what was read."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file, self.digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self.digest.update(block)
        return block


def _add_file(tar: tarfile.TarFile, entry: tarfile.TarInfo, path: str, written: Written) -> None:
    with open(path, "rb") as file:
        summing = _Summing(file)
        entry.size = os.fstat(file.fileno()).st_size
        tar.addfile(entry, summing)
    written.sums[entry.name] = summing.digest.hexdigest()


def _add_manifest(tar: tarfile.TarFile, written: Written, params: dict[str, Any], stored: dict[str, Any]) -> None:
    now = datetime.datetime.now(datetime.timezone.utc)
    manifest = {
        "format": FORMAT,
        "trust_domain": params["trust_domain"],
        "host": params["host"],
        "release": params["release"],
        "created": now.isoformat(timespec="seconds"),
        "files": written.sums,
        **stored,
    }
    content = json.dumps(manifest, indent=1, sort_keys=True).encode()
    entry = tarfile.TarInfo(MANIFEST)
    entry.size, entry.mode, entry.mtime = len(content), 0o600, int(now.timestamp())
    tar.addfile(entry, io.BytesIO(content))
