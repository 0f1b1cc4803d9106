# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One file with everything that hosts without a way out need: packed, checked and unpacked (private to the collection).

A bundle is a tar archive: MANIFEST first, then the files that it lists, and at the end CHECKSUM, the SHA-256 of every byte before it. The same
content makes the same bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
from typing import IO, TYPE_CHECKING, Any

from . import sbom
from .files import sum_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ansible.module_utils.basic import AnsibleModule

FORMAT = 1
MANIFEST = "manifest.json"
SBOM = "sbom.cdx.json"
CHECKSUM = "checksum"
COLLECTIONS = "collections"
_BLOCK = 1 << 20
_END = 4 * tarfile.BLOCKSIZE  # header and content of CHECKSUM, and the two empty blocks at the end of a tar archive


def run(module: AnsibleModule, action: Callable[[Mapping[str, Any], bool], dict[str, Any]]) -> None:
    """Run action(params, check_mode) → result, and end the module."""
    try:
        module.exit_json(**action(module.params, module.check_mode))
    except (OSError, ValueError) as error:
        module.fail_json(msg=str(error))


# --- packing ------------------------------------------------------------------------------------------------------------


def pack(params: Mapping[str, Any], _check_mode: bool = False) -> dict[str, Any]:
    """swarm_bundle: write the bundle `path` from the files below `directory`, which are removed as they are written.

    Raises ValueError if a collection was not installed from an archive.
    """
    path, directory = params["path"], params["directory"]
    collections = pack_collections(params["collections"], os.path.join(directory, COLLECTIONS))
    files = [_described(directory, name) for name in _below(directory)]
    manifest = {"format": FORMAT, "collections": collections, "images": params["images"], "files": files}
    manifest["files"] = [*files, _added(directory, SBOM, sbom.document(manifest))]
    written = f"{path}.partial"
    try:
        digest = write(written, manifest, directory)
        changed = not os.path.exists(path) or _sum_of_file(path) != digest
        if changed:
            os.replace(written, path)
    finally:
        if os.path.exists(written):
            os.remove(written)
    return {"changed": changed, "sha256": digest, "size": os.path.getsize(path), "files": [one["name"] for one in manifest["files"]]}


def write(path: str, manifest: Mapping[str, Any], directory: str) -> str:
    """Write a bundle of a manifest and the files that it lists, and return the SHA-256 of the whole. Each file is removed when it is written."""
    with open(path, "wb") as file:
        out = _Summing(file)
        _put(out, MANIFEST, _json(manifest))
        for one in manifest["files"]:
            source = os.path.join(directory, one["name"])
            out.write(_header(one["name"], one["size"]))
            with open(source, "rb") as content:
                shutil.copyfileobj(content, out, _BLOCK)
            out.write(_padding(one["size"]))
            os.remove(source)
        out.write(_end(out.digest.hexdigest()))
    return out.digest.hexdigest()


def pack_collections(installed: Sequence[str], directory: str) -> list[dict[str, str]]:
    """Write an archive of each installed collection, as Galaxy serves them, and return {name, version, file} of each."""
    os.makedirs(directory, exist_ok=True)
    found = []
    for path in installed:
        if not os.path.exists(os.path.join(path, "MANIFEST.json")):
            raise ValueError(
                f"the collection in {path} is a checkout of its source: build and install it (ansible-galaxy collection build, then "
                "ansible-galaxy collection install), and run the playbook of the installed one"
            )
        manifest = _load(os.path.join(path, "MANIFEST.json"))
        about = manifest["collection_info"]
        file = "-".join((about["namespace"], about["name"], about["version"])) + ".tar.gz"
        _pack_collection(path, manifest, os.path.join(directory, file))
        found.append({"name": f"{about['namespace']}.{about['name']}", "version": about["version"], "file": f"{COLLECTIONS}/{file}"})
    return found


def _pack_collection(path: str, manifest: Mapping[str, Any], archive: str) -> None:
    """The lists of files are written again, as some ways to install leave out a collection's tests and documentation."""
    listed = _load(os.path.join(path, "FILES.json"))
    there = [_as_installed(path, one) for one in listed["files"] if os.path.exists(os.path.join(path, one["name"]))]
    files = _json({**listed, "files": there})
    about = {**manifest, "file_manifest_file": {**manifest["file_manifest_file"], "chksum_sha256": hashlib.sha256(files).hexdigest()}}
    with (
        open(archive, "wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar,
    ):
        for name, content in (("MANIFEST.json", _json(about)), ("FILES.json", files)):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
        for one in there:
            if one["name"] != ".":
                _add(tar, one["name"], os.path.join(path, one["name"]))


def _as_installed(path: str, listed: Mapping[str, Any]) -> dict[str, Any]:
    is_file = listed["ftype"] == "file"
    return {**listed, "chksum_sha256": _sum_of_file(os.path.join(path, listed["name"]))} if is_file else dict(listed)


def _add(tar: tarfile.TarFile, name: str, source: str) -> None:
    """Add a file or directory without what only its copy on this machine has: owner, group, time."""
    entry = tarfile.TarInfo(name)
    entry.mode = 0o755 if os.access(source, os.X_OK) else 0o644
    if os.path.isdir(source):
        entry.type = tarfile.DIRTYPE
        tar.addfile(entry)
        return
    entry.size = os.path.getsize(source)
    with open(source, "rb") as content:
        tar.addfile(entry, content)


def _load(path: str) -> Any:
    with open(path, "rb") as stream:
        return json.load(stream)


def _below(directory: str) -> list[str]:
    """Names of all files below a directory, from there, in order."""
    return sorted(os.path.relpath(os.path.join(place, name), directory) for place, _dirs, names in os.walk(directory) for name in names)


def _described(directory: str, name: str) -> dict[str, Any]:
    path = os.path.join(directory, name)
    return {"name": name, "size": os.path.getsize(path), "sha256": _sum_of_file(path)}


def _added(directory: str, name: str, document: Mapping[str, Any]) -> dict[str, Any]:
    with open(os.path.join(directory, name), "wb") as stream:
        stream.write(_json(document))
    return _described(directory, name)


def _json(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=2, sort_keys=True) + "\n").encode()


def _header(name: str, size: int) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size = size
    return entry.tobuf(tarfile.GNU_FORMAT)


def _padding(size: int) -> bytes:
    return b"\0" * (-size % tarfile.BLOCKSIZE)


def _put(out: _Summing, name: str, content: bytes) -> None:
    out.write(_header(name, len(content)) + content + _padding(len(content)))


def _end(digest: str) -> bytes:
    """The last bytes of a bundle whose other bytes have this SHA-256."""
    content = f"{digest}\n".encode()
    return (_header(CHECKSUM, len(content)) + content).ljust(_END, b"\0")


class _Summing:
    """A file that is written from its beginning to its end, and the SHA-256 of what was written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.digest = file, hashlib.sha256()

    def write(self, block: bytes) -> int:
        self._file.write(block)
        self.digest.update(block)
        return len(block)


# --- checking and unpacking ---------------------------------------------------------------------------------------------


def unpack(params: Mapping[str, Any], check_mode: bool = False) -> dict[str, Any]:
    """swarm_unbundle: check the whole bundle `path`, then write those of its files to `dest` that `files` names.

    Raises ValueError, before anything is written, if the bundle is not as it was written, or lacks such a file.
    """
    path, dest = params["path"], params["dest"]
    manifest = check(path)
    names = [one["name"] for one in manifest["files"]]
    wanted = [name for name in names if any(name == one or name.startswith(f"{one}/") for one in params["files"])]
    lacking = [one for one in params["files"] if not any(name == one or name.startswith(f"{one}/") for name in names)]
    if lacking:
        raise ValueError(f"{path} has no {', '.join(lacking)}: write the bundle again with the playbook swarm.learning.bundle")
    if dest and not check_mode:
        _extract(path, wanted, dest)
    return {"changed": bool(dest and wanted), "images": manifest["images"], "files": wanted}


def check(path: str) -> dict[str, Any]:
    """Read a bundle to its end, and return its manifest. Raises ValueError if any of its bytes is not as it was written."""
    again = "copy it again from the machine that wrote it, or write a new one with the playbook swarm.learning.bundle"
    if not os.path.isfile(path):
        raise ValueError(f"{path} does not exist: set swarm_bundle to a file that the playbook swarm.learning.bundle wrote")
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        if size < _END or not file.read(tarfile.BLOCKSIZE).startswith(f"{MANIFEST}\0".encode()):
            raise ValueError(
                f"{path} is not a bundle: set swarm_bundle to a file that the playbook swarm.learning.bundle wrote, or {again}"
            )
        file.seek(0)
        digest = hashlib.sha256()
        left = size - _END
        while block := file.read(min(_BLOCK, left)):
            digest.update(block)
            left -= len(block)
        end = file.read()
    if not end.startswith(f"{CHECKSUM}\0".encode()):
        raise ValueError(f"{path} is not complete, as its end is missing: {again}")
    if end != _end(digest.hexdigest()):
        raise ValueError(f"{path} was changed after it was written ({_differing(path)}): {again}")
    manifest = _manifest(path)
    if manifest["format"] > FORMAT:
        raise ValueError(
            f"{path} has format {manifest['format']}, of a newer version of the collection; this version reads up to {FORMAT}: install the "
            f"collection from the bundle, from its directory {COLLECTIONS}"
        )
    return manifest


def _manifest(path: str) -> dict[str, Any]:
    with tarfile.open(path, mode="r:") as tar:
        stream = tar.extractfile(MANIFEST)
        return json.load(stream) if stream else {}


def _differing(path: str) -> str:
    """Which part of a bundle that was changed is not as it was, as well as can be said."""
    try:
        sums = {one["name"]: one["sha256"] for one in _manifest(path)["files"]}
        with tarfile.open(path, mode="r:") as tar:
            for entry in tar:
                content = tar.extractfile(entry)
                if content and entry.name in sums and sum_of(content) != sums[entry.name]:
                    return f"{entry.name} differs from its checksum"
    except (tarfile.TarError, OSError, KeyError, TypeError, ValueError):
        return "its list of files cannot be read"
    return "what is between its files differs from its checksum"


def _extract(path: str, names: Iterable[str], dest: str) -> None:
    wanted = set(names)
    with tarfile.open(path, mode="r:") as tar:
        for entry in tar:
            content = tar.extractfile(entry) if entry.name in wanted else None
            if content:
                target = os.path.join(dest, entry.name)
                os.makedirs(os.path.dirname(target), exist_ok=True)
                with open(target, "wb") as out:
                    shutil.copyfileobj(content, out, _BLOCK)


def _sum_of_file(path: str) -> str:
    with open(path, "rb") as stream:
        return sum_of(stream)
