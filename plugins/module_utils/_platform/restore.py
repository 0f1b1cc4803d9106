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
import zlib
from typing import IO, TYPE_CHECKING, Any

from . import age
from .backup import DIRECTORY, FORMAT, MANIFEST, MARKERS, VOLUMES
from .containers import is_below, members, name_of
from .files import sum_of
from .ours import own

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._container.engine import Engine

RESTORING, RESTORED = MARKERS
_BLOCK = 1 << 20


def restore(engine: Engine, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """swarm_restore: restore the content of the archive `path`.

    Raises ValueError, before anything is touched, if the archive is not this host's, damaged or too new, or if something would be lost.
    """
    manifest, volumes = check(params)
    result = {"created": manifest["created"], "release": manifest["release"], "files": len(manifest["files"]), "volumes": volumes}
    with open(params["path"], "rb") as file:
        archive = sum_of(file)
    directory = params["directory"]
    if _marker(directory, RESTORED) == archive:
        return {"changed": False, **result}
    running = [name_of(s) for _c, _r, s in own(engine, members(engine), [params["network"]], directory)]
    if running:
        raise ValueError(
            f"this platform still has containers on this host ({', '.join(sorted(running))}), whose files restoring would change: "
            "remove them first (playbook teardown)"
        )
    if _marker(directory, RESTORING) != archive:
        _check_room(engine, directory, volumes)
    if not check_mode:
        _put_back(engine, params, volumes, archive)
    return {"changed": True, **result}


# --- the archive --------------------------------------------------------------------------------------------------------


def check(params: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Read an archive to its end and return its manifest and the names of its volumes. Raises ValueError if it must not be restored here."""
    path = params["path"]
    sums: dict[str, str] = {}
    volumes: dict[str, None] = {}
    manifest: dict[str, Any] = {}
    for entry, content in _members(path, params["identity"]):
        if entry.name == MANIFEST and content:
            manifest = json.loads(content.read())
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
    return manifest, list(volumes)


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


def _put_back(engine: Engine, params: dict[str, Any], volumes: list[str], archive: str) -> None:
    directory = params["directory"]
    os.makedirs(directory, mode=0o755, exist_ok=True)
    marker = os.path.join(directory, RESTORING)
    with open(marker, "w", encoding="ascii") as file:
        file.write(archive)
    roots = {("", DIRECTORY): directory}
    for name in volumes:
        found = engine.volume(name) or engine.create_volume(name)
        roots[name, VOLUMES] = found["Mountpoint"]
    for root in roots.values():
        _empty(root)
    times: list[tuple[str, int]] = []
    for entry, content in _members(params["path"], params["identity"]):
        if entry.name != MANIFEST:
            kind, volume, path = _place(entry)
            _extract(entry, content, roots[volume, kind], path, times)
    for path, modified in reversed(times):
        os.utime(path, (modified, modified))
    with contextlib.suppress(FileNotFoundError):
        os.unlink(os.path.join(directory, RESTORED))
    os.rename(marker, os.path.join(directory, RESTORED))


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
