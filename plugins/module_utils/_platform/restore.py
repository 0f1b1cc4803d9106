# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks a host's whole archive, then restores it (private to the collection). `backup` says what is in it."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import shutil
import tarfile
import tempfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from .._spire import dump
from . import age, database
from .backup import DIRECTORY, DUMP, FORMAT, MANIFEST, MARKERS, VOLUMES
from .containers import is_below, members, name_of
from .files import sum_of
from .ours import own

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._container.engine import Engine

RESTORING, RESTORED = MARKERS
_BLOCK = 1 << 20
# What is done with the database: the archive has none; it is not looked at; it has the dump's content already; it stays as it is.
NONE, UNSEEN, SAME, KEEP, RESTORE = "none", "unseen", "same", "kept", "restored"


@dataclass(frozen=True)
class Content:
    """What is in an archive: its manifest, the names of its volumes, and the database's dump with its digest, both empty if it has none."""

    manifest: dict[str, Any]
    volumes: list[str]
    dumped: IO[bytes]
    digest: str


def restore(engine: Engine, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """swarm_restore: restore the content of the archive `path`.

    Raises ValueError, before anything is touched, if the archive is not this host's, damaged or too new, or if something would be lost.
    """
    with tempfile.TemporaryFile() as dumped:
        return _restore(engine, params, check_mode, check(params, dumped))


def _restore(engine: Engine, params: dict[str, Any], check_mode: bool, content: Content) -> dict[str, Any]:
    manifest = content.manifest
    result = {"created": manifest["created"], "release": manifest["release"], "files": len(manifest["files"]), "volumes": content.volumes}
    stored = params["datastore"] if "datastore" in manifest else None
    with open(params["path"], "rb") as file:
        archive = sum_of(file)
    directory = params["directory"]
    if _marker(directory, RESTORED) == archive:
        return {"changed": False, "datastore": UNSEEN if stored else NONE, **result}
    running = [name_of(s) for _c, _r, s in own(engine, members(engine), [params["network"]], directory)]
    if running:
        raise ValueError(
            f"this platform still has containers on this host ({', '.join(sorted(running))}), whose files restoring would change: "
            "remove them first (playbook teardown)"
        )
    if _marker(directory, RESTORING) != archive:
        _check_room(engine, directory, content.volumes)
    doing, replaced = _look(engine, params, content.digest, check_mode) if stored else (NONE, ())
    if not check_mode:
        _begin(directory, archive)
        if stored and doing == RESTORE:
            database.load(engine, stored, content.dumped, replaced)
        _put_back(engine, params, content.volumes)
    return {"changed": True, "datastore": doing, **result}


# --- the archive --------------------------------------------------------------------------------------------------------


def check(params: dict[str, Any], dumped: IO[bytes]) -> Content:
    """Read an archive to its end; `dumped` gets the database's dump.

    Raises ValueError if it must not be restored here.
    """
    path = params["path"]
    sums: dict[str, str] = {}
    volumes: dict[str, None] = {}
    manifest: dict[str, Any] = {}
    for entry, content in _members(path, params["identity"]):
        if entry.name == MANIFEST and content:
            manifest = json.loads(content.read())
            continue
        if entry.name == DUMP and content:
            shutil.copyfileobj(content, dumped)
            dumped.seek(0)
            sums[DUMP] = sum_of(dumped)
            continue
        place = _place(entry)
        if place[0] == VOLUMES:
            volumes[place[1]] = None
        if content:
            sums[entry.name] = sum_of(content)
    _check_manifest(path, manifest, params)
    if manifest["files"] != sums:
        wrong = sorted(name for name in {*sums, *manifest["files"]} if sums.get(name) != manifest["files"].get(name))
        raise ValueError(f"{path} is damaged: {', '.join(wrong[:3])} does not match its checksum in the manifest")
    digest = _check_dump(path, manifest["datastore"], params["datastore"], dumped) if "datastore" in manifest else ""
    return Content(manifest, list(volumes), dumped, digest)


def _check_dump(path: str, manifest: dict[str, Any], wanted: dict[str, Any] | None, dumped: IO[bytes]) -> str:
    """The dump's digest. Raises ValueError for a dump that is not whole, or of another kind of database than the host's SPIRE Server has."""
    if not wanted or wanted["type"] != manifest["type"]:
        has = f"one of type {wanted['type']}" if wanted else "none that is restored with this host"
        raise ValueError(
            f"{path} has a dump of {dump.title(manifest)}, but the inventory's spire_server_datastore is {has}: set it, on the first of the "
            "hosts that share it, to a database of that type"
        )
    facts = database.facts(dumped)
    if not facts.complete:
        raise ValueError(f"{path} is damaged: its dump of {dump.title(manifest)} has no end")
    return facts.digest


def _check_manifest(path: str, manifest: dict[str, Any], params: dict[str, Any]) -> None:
    if not manifest:
        raise ValueError(f"{path} is not a backup of this collection: it has no {MANIFEST}")
    if manifest["format"] > FORMAT:
        raise ValueError(
            f"{path} has format {manifest['format']} of a newer version of the collection; this version reads "
            f"up to {FORMAT}: upgrade the collection"
        )
    for key, word in (("trust_domain", "trust domain"), ("host", "host")):
        if manifest[key] != params[key]:
            raise ValueError(f"{path} is a backup of {word} {manifest[key]}, not of {params[key]}")


def _members(path: str, identity: str) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
    """(entry, its content, None if it is not a file) of all members of an archive, one after the other."""
    try:
        with age.decrypting(path, identity) as stream:
            with gzip.GzipFile(fileobj=stream) as packed, tarfile.open(fileobj=packed, mode="r|") as tar:
                for entry in tar:
                    yield entry, tar.extractfile(entry) if entry.isreg() else None
            while stream.read(_BLOCK):  # until age ends, so that it reports whether the whole archive was intact
                pass
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{path} is damaged: {error}") from error


def _place(entry: tarfile.TarInfo) -> tuple[str, str, str]:
    """(DIRECTORY or VOLUMES, the volume's name, the path in it) of a member. Raises ValueError for one outside these."""
    words = entry.name.split("/")
    known = words[0] == DIRECTORY or (words[0] == VOLUMES and len(words) > 1)
    if not known or ".." in words or not (entry.isreg() or entry.isdir() or entry.issym()):
        raise ValueError(f"the archive has an unexpected member: {entry.name}")
    skip = 1 if words[0] == DIRECTORY else 2
    return words[0], words[1] if skip == 2 else "", "/".join(words[skip:])


# --- the host -----------------------------------------------------------------------------------------------------------


def _marker(directory: str, name: str) -> str:
    try:
        with open(os.path.join(directory, name), encoding="ascii") as file:
            return file.read().strip()
    except FileNotFoundError:
        return ""


def _check_room(engine: Engine, directory: str, volumes: list[str]) -> None:
    """Raise ValueError if a target is not empty."""
    targets = [(directory, directory)]
    targets += [(f"volume {name}", found["Mountpoint"]) for name in volumes for found in [engine.volume(name)] if found]
    full = [what for what, path in targets if os.path.isdir(path) and any(name not in MARKERS for name in os.listdir(path))]
    if full:
        raise ValueError(f"{', '.join(full)} is not empty on this host; move the content away first, as restoring would replace it")


def _look(engine: Engine, params: dict[str, Any], digest: str, check_mode: bool) -> tuple[str, tuple[str, ...]]:
    """(what is done with the host's database, the tables that are replaced). Raises ValueError if content of it would be lost unasked."""
    wanted, existing = params["datastore"], params["existing_database"]
    if check_mode and not engine.image(wanted["image"]):
        return UNSEEN, ()
    with tempfile.TemporaryFile() as present:
        there = database.save(engine, wanted, present)
    if there.digest == digest:
        return SAME, ()
    if there.tables and existing == "keep":
        return KEEP, ()
    if there.tables and existing != "replace":
        raise ValueError(
            f"{dump.title(wanted)} has content that the archive does not have, which would be lost: set backup_existing_database to keep, if "
            "the database was not lost, or to replace"
        )
    return RESTORE, there.tables


def _begin(directory: str, archive: str) -> None:
    os.makedirs(directory, mode=0o755, exist_ok=True)
    with open(os.path.join(directory, RESTORING), "w", encoding="ascii") as file:
        file.write(archive)


def _put_back(engine: Engine, params: dict[str, Any], volumes: list[str]) -> None:
    directory = params["directory"]
    roots = {("", DIRECTORY): directory}
    for name in volumes:
        found = engine.volume(name) or engine.create_volume(name)
        roots[name, VOLUMES] = found["Mountpoint"]
    for root in roots.values():
        _empty(root)
    times: list[tuple[str, int]] = []
    for entry, content in _members(params["path"], params["identity"]):
        if entry.name not in (MANIFEST, DUMP):
            kind, volume, path = _place(entry)
            _extract(entry, content, roots[volume, kind], path, times)
    for path, modified in reversed(times):
        os.utime(path, (modified, modified))
    with contextlib.suppress(FileNotFoundError):
        os.unlink(os.path.join(directory, RESTORED))
    os.rename(os.path.join(directory, RESTORING), os.path.join(directory, RESTORED))


def _empty(root: str) -> None:
    for name in os.listdir(root):
        path = os.path.join(root, name)
        if name in MARKERS:
            continue
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)


def _extract(entry: tarfile.TarInfo, content: IO[bytes] | None, root: str, path: str, times: list[tuple[str, int]]) -> None:
    """Put one member below its root, with its owner, mode and time; times of directories are collected, because later members change them."""
    target = os.path.join(root, path) if path else root
    if path and not is_below(os.path.realpath(os.path.dirname(target)), os.path.realpath(root)):
        raise ValueError(f"the archive has a member outside {root}: {entry.name}")
    if entry.issym():
        os.symlink(entry.linkname, target)
        os.chown(target, entry.uid, entry.gid, follow_symlinks=False)
        return
    if entry.isdir():
        os.makedirs(target, exist_ok=True)
        times.append((target, int(entry.mtime)))
    elif content:
        with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
            shutil.copyfileobj(content, file, _BLOCK)
    os.chown(target, entry.uid, entry.gid)
    os.chmod(target, entry.mode)
    os.utime(target, (entry.mtime, entry.mtime))
