# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creates and updates directories and small text files of one host in one call (private to the collection)."""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Any

from .._container.host import Host
from .._container.masking import mask
from .._container.proxy_exceptions import only_more

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

_OWNER = {"owner": {"type": "str"}, "group": {"type": "str"}}
_PATH = {"path": {"type": "path", "required": True}}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "directories": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {**_PATH, "mode": {"type": "str"}, "purge": {"type": "bool", "default": False}, **_OWNER},
    },
    "files": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            **_PATH,
            "content": {"type": "str", "required": True},
            "mode": {"type": "str", "default": "0644"},
            **_OWNER,
        },
    },
    "sums": {"type": "dict", "default": {}},
    "aside": {"type": "list", "elements": "path", "default": []},
    "absent": {"type": "list", "elements": "path", "default": []},
    "required": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {**_PATH, "user": {"type": "str", "default": ""}},
    },
}
# A file that something else left there may be binary or huge; its diff would not help.
LONGEST_DIFF = 100_000


def arrange(module: AnsibleModule, params: dict[str, Any]) -> dict[str, Any]:
    """swarm_files: what `lay` returns, and `differing` and `unusable`. params: as ARGUMENTS has them."""
    moved = make_room(module, params["aside"])
    removed = clear(module, params["absent"])
    laid = lay(module, params["directories"], params["files"])
    found = {wanted["path"]: unusable(wanted["path"], wanted["user"]) for wanted in params["required"]}
    return {
        **laid,
        "changed": laid["changed"] or bool(moved or removed),
        "paths": [diff["before_header"] for diff in removed] + laid["paths"],
        "diff": removed + laid["diff"] + moved,
        "differing": differing(params["sums"]),
        "unusable": {path: why for path, why in found.items() if why},
    }


def lay(module: AnsibleModule, directories: list[dict[str, Any]], files: list[dict[str, Any]]) -> dict[str, Any]:
    """Create or update `directories` and `files` (lists of module parameters).

    Returns {"changed": bool, "paths": [those that were or would be changed], "created": [those of them that did not exist],
    "newer": [those of them whose readers have to be restarted], "diff": [one entry for each of `paths`]}. Fails through the module if a
    path exists as something else.
    """
    absent = {wanted["path"] for wanted in (*directories, *files) if not os.path.lexists(wanted["path"])}
    same_time = {wanted["path"] for wanted in files if _keeps_time(wanted)}
    diffs = [*(_directory(module, wanted) for wanted in directories), *(_file(module, wanted) for wanted in files)]
    kept = {wanted["path"] for wanted in files}
    diffs += [_removed(module, path) for wanted in directories for path in _surplus(wanted, kept)]
    changed = [diff for diff in diffs if diff]
    paths = [diff["after_header"] for diff in changed]
    return {
        "changed": bool(changed),
        "paths": paths,
        "created": list(filter(absent.__contains__, paths)),
        "newer": list(itertools.filterfalse(same_time.__contains__, paths)),
        "diff": changed,
    }


def _keeps_time(wanted: dict[str, Any]) -> bool:
    """Whether only proxy exceptions are added to a file, for which no container has to be restarted."""
    if not os.path.isfile(wanted["path"]):
        return False
    try:
        with open(wanted["path"], encoding="utf-8") as stream:
            return only_more(stream.read(), wanted["content"])
    except (OSError, UnicodeDecodeError):
        return False


def differing(sums: dict[str, str]) -> list[str]:
    """The paths in `sums` (path → SHA-256 in hex) without a readable file that has this checksum."""
    return [path for path, wanted in sums.items() if sum_at(path) != wanted.lower()]


def sum_at(path: str) -> str:
    """The SHA-256, in hex, of the file at a path; empty without a readable file."""
    try:
        with open(path, "rb") as stream:
            return sum_of(stream)
    except OSError:
        return ""


def sum_of(stream: IO[bytes]) -> str:
    """The SHA-256, in hex, of the rest of a stream."""
    digest = hashlib.sha256()
    for block in iter(lambda: stream.read(1 << 20), b""):
        digest.update(block)
    return digest.hexdigest()


def make_room(module: AnsibleModule, paths: Iterable[str]) -> list[dict[str, str]]:
    """Rename the existing ones of `paths` to PATH.YYYY-MM-DDTHH-MM-SS of their last change (UTC); returns one entry of a diff for each."""
    diffs = []
    for path in filter(os.path.lexists, paths):
        stamp = time.strftime("%Y-%m-%dT%H-%M-%S", time.gmtime(os.lstat(path).st_mtime))
        target = f"{path}.{stamp}"
        if os.path.lexists(target):
            module.fail_json(msg=f"cannot move {path} aside: {target} already exists; move one of the two away")
        if not module.check_mode:
            os.rename(path, target)
        diffs.append({"before_header": path, "after_header": target, "before": f"{path}\n", "after": f"{target}\n"})
    return diffs


def clear(module: AnsibleModule, paths: Iterable[str]) -> list[dict[str, str]]:
    """Remove the existing ones of `paths`, directories with what is in them; returns one entry of a diff for each."""
    diffs = []
    for path in filter(os.path.lexists, paths):
        if not os.path.isdir(path) or os.path.islink(path):
            diffs.append(_removed(module, path))
            continue
        diffs.append(_diff(path, "directory\n", ""))
        if not module.check_mode:
            try:
                shutil.rmtree(path)
            except OSError as error:
                module.fail_json(msg=f"the directory {path} cannot be removed: {error.strerror}")
    return diffs


def unusable(path: str, user: str) -> str:
    """Why a user (name or uid, with or without a group; empty: the caller) cannot read a directory; empty if they can."""
    if not os.path.isdir(path):
        return "it is not a directory" if os.path.lexists(path) else "it does not exist"
    if user and not _may_read(os.stat(path), *_ids(user)):
        return f"user {user} of the container cannot read it"
    return ""


def _ids(user: str) -> tuple[int | None, int | None]:
    name, _colon, group = user.partition(":")
    uid, gid = Host().user(name) or ((int(name), None) if name.isdigit() else (None, None))
    return uid, int(group) if group.isdigit() else gid


def _may_read(facts: os.stat_result, uid: int | None, gid: int | None) -> bool:
    """Whether mode, owner and group let that user list and enter a directory; root, and users unknown on this host, may."""
    if uid in (0, None):
        return True
    shift = 6 if facts.st_uid == uid else 3 if facts.st_gid == gid else 0
    return facts.st_mode >> shift & 5 == 5


def _directory(module: AnsibleModule, wanted: dict[str, Any]) -> dict[str, str] | None:
    path = wanted["path"]
    there = os.path.lexists(path)
    if there and not os.path.isdir(path):
        module.fail_json(msg=f"{path} must be a directory, but something else exists there: move it away")
    if not there and not module.check_mode:
        try:
            os.makedirs(path)
        except OSError as error:
            module.fail_json(msg=f"the directory {path} cannot be created: {error.strerror}")
    if _attributes(module, wanted) or not there:
        return _diff(path, "" if not there else "directory with other owner or mode\n", "directory\n")
    return None


def _surplus(wanted: dict[str, Any], kept: set[str]) -> list[str]:
    """The files in a directory that is to be purged that are not among `kept`."""
    if not wanted["purge"] or not os.path.isdir(wanted["path"]):
        return []
    return sorted(entry.path for entry in os.scandir(wanted["path"]) if not entry.is_dir(follow_symlinks=False) and entry.path not in kept)


def _removed(module: AnsibleModule, path: str) -> dict[str, str]:
    before = _text(_read(module, path)) if os.path.isfile(path) else "something else than a file\n"
    if not module.check_mode:
        try:
            os.unlink(path)
        except OSError as error:
            module.fail_json(msg=f"the file {path} cannot be removed: {error.strerror}")
    return _diff(path, before, "")


def _file(module: AnsibleModule, wanted: dict[str, Any]) -> dict[str, str] | None:
    path, content = wanted["path"], wanted["content"]
    there = os.path.lexists(path)
    if there and not os.path.isfile(path):
        module.fail_json(msg=f"{path} must be a file, but something else exists there: move it away")
    before = _read(module, path) if there else b""
    if there and before == content.encode():
        return _diff(path, "file with other owner or mode\n", "file\n") if _attributes(module, wanted) else None
    if not module.check_mode:
        try:
            _write(path, content.encode(), int(wanted["mode"], 8), os.stat(path) if _keeps_time(wanted) else None)
        except OSError as error:
            module.fail_json(msg=f"the file {path} cannot be written: {error.strerror}")
    _attributes(module, wanted)
    return _diff(path, _text(before), content)


def _read(module: AnsibleModule, path: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        module.fail_json(msg=f"the file {path} cannot be read: {error.strerror}")
        raise


def _write(path: str, content: bytes, mode: int, time_of: os.stat_result | None = None) -> None:
    """Write a file completely or not at all, and never readable by more users than `mode` allows; with the times of `time_of`, if given."""
    handle, part = tempfile.mkstemp(dir=os.path.dirname(path), prefix=f".{os.path.basename(path)}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            os.fchmod(stream.fileno(), mode)
        if time_of:
            os.utime(part, ns=(time_of.st_atime_ns, time_of.st_mtime_ns))
        os.replace(part, path)
    except OSError:
        os.unlink(part)
        raise


def _attributes(module: AnsibleModule, wanted: dict[str, Any]) -> bool:
    """Whether mode, owner or group had (or, in check mode, would have) to be changed."""
    path = wanted["path"]
    if module.check_mode and not os.path.lexists(path):
        return True
    changed: bool = module.set_owner_if_different(path, wanted["owner"], False)
    changed = module.set_group_if_different(path, wanted["group"], changed)
    if wanted["mode"] is not None and stat.S_IMODE(os.stat(path).st_mode) != int(wanted["mode"], 8):
        changed = module.set_mode_if_different(path, wanted["mode"], changed)
    return changed


def _text(content: bytes) -> str:
    if len(content) > LONGEST_DIFF or b"\0" in content:
        return f"({len(content)} bytes, not shown)\n"
    return content.decode(errors="replace")


def _diff(path: str, before: str, after: str) -> dict[str, str]:
    """One entry of a diff, without what looks like a secret."""
    before, hidden = mask(before), mask(after)
    return {
        "before_header": path,
        "after_header": path,
        "before": before,
        "after": f"{hidden}(another secret)\n" if hidden == before else hidden,
    }
