# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts about the machine that the module runs on (private to the collection)."""

from __future__ import annotations

import glob
import json
import os
import pwd
import socket
import stat
import subprocess
from typing import TYPE_CHECKING, Any

from .parse import DEFAULT_SHM_SIZE, parse_size

if TYPE_CHECKING:
    from collections.abc import Iterator


class Host:
    """The machine that the module runs on. Tests replace it by a table."""

    def kind(self, path: str) -> str:
        """`file`, `directory`, `socket`, `other` or `missing`."""
        try:
            mode = os.stat(path).st_mode
        except OSError:
            return "missing"
        checks = (("file", stat.S_ISREG), ("directory", stat.S_ISDIR), ("socket", stat.S_ISSOCK))
        return next((kind for kind, is_kind in checks if is_kind(mode)), "other")

    def real_path(self, path: str) -> str:
        """The path without symbolic links."""
        return os.path.realpath(path)

    def read(self, path: str) -> str:
        """The file's text."""
        with open(path, encoding="utf-8") as file:
            return file.read()

    def modified(self, path: str, suffixes: tuple[str, ...]) -> float:
        """When the file, or the newest file with one of the suffixes in the directory, was modified: seconds since the epoch.

        Without suffixes, when a file last came into the directory or left it.
        """
        if suffixes and os.path.isdir(path):
            return max((e.stat(follow_symlinks=e.is_file()).st_mtime for e in os.scandir(path) if e.name.endswith(suffixes)), default=0)
        return os.stat(path).st_mtime

    def owns(self, address: str) -> bool:
        """Whether that is this machine: the first of `hostname -I`, its host name or its FQDN."""
        return address in (_first_address(), socket.gethostname()) or address == socket.getfqdn()

    def caller(self) -> tuple[int, int]:
        """The calling user's (uid, gid)."""
        return os.getuid(), os.getgid()

    def user(self, name: str) -> tuple[int, int] | None:
        """(uid, gid of the primary group) of a user by name or uid; None if there is no such user."""
        if str(name) == str(os.getuid()):
            return self.caller()
        try:
            entry = pwd.getpwuid(int(name)) if str(name).isdigit() else pwd.getpwnam(name)
        except (KeyError, OverflowError):
            return None
        return entry.pw_uid, entry.pw_gid

    def group_of(self, path: str) -> int:
        """The gid that owns a path."""
        return os.stat(path).st_gid

    def engine_defaults(self) -> dict[str, Any]:
        """The engine's defaults for containers, from its configuration file: `cgroupns`, `shm_size`, `log_options`."""
        try:
            settings = json.loads(self.read("/etc/docker/daemon.json"))
        except (OSError, ValueError):
            settings = {}
        unified = os.path.exists("/sys/fs/cgroup/cgroup.controllers")
        return {
            "cgroupns": settings.get("default-cgroupns-mode") or ("private" if unified else "host"),
            "shm_size": parse_size(settings.get("default-shm-size") or DEFAULT_SHM_SIZE),
            "log_options": settings.get("log-opts") or {},
        }

    def listener(self, port: int) -> str:
        """Who listens on a TCP port of this machine, as `process 12 (name)`; empty if that cannot be seen."""
        sockets = {link for table in ("/proc/net/tcp", "/proc/net/tcp6") for link in _listening(table, port)}
        for folder in glob.iglob("/proc/[0-9]*/fd/*"):
            try:
                if os.readlink(folder) in sockets:
                    pid = folder.split("/")[2]
                    return f"process {pid} ({self.read(f'/proc/{pid}/comm').strip()})"
            except OSError:
                continue
        return ""


def _listening(table: str, port: int) -> Iterator[str]:
    """`socket:[INODE]` of the sockets that listen on a port, from a table of proc(5)."""
    try:
        with open(table, encoding="ascii") as file:
            rows = [line.split() for line in file.readlines()[1:]]
    except OSError:
        return
    for row in rows:
        if int(row[1].rpartition(":")[2], 16) == port and row[3] == "0A":
            yield f"socket:[{row[9]}]"


def _first_address() -> str:
    """The first of `hostname -I`; where that program has no such option, the address that packets to the outside leave by."""
    try:
        # Read before there is a module whose run_command could be used.
        done = subprocess.run(["hostname", "-I"], check=True, capture_output=True, text=True)  # pylint: disable=ansible-bad-function
        addresses = done.stdout.split()
    except (OSError, subprocess.CalledProcessError):
        addresses = []
    return addresses[0] if addresses else _outgoing_address()


def _outgoing_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:  # nothing is sent
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        address: str = probe.getsockname()[0]
        return address
