# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the translation asks about the machine that the module runs on (private to the collection)."""

from __future__ import annotations

import grp
import json
import os
import pwd
import socket
import stat


class Host:
    """The machine that the module runs on. Tests replace it by a table."""

    def kind(self, path):
        """`file`, `directory`, `socket`, `other` or `missing`."""
        try:
            mode = os.stat(path).st_mode
        except OSError:
            return "missing"
        checks = (("file", stat.S_ISREG), ("directory", stat.S_ISDIR), ("socket", stat.S_ISSOCK))
        return next((kind for kind, is_kind in checks if is_kind(mode)), "other")

    def real_path(self, path):
        """The path without symbolic links."""
        return os.path.realpath(path)

    def read(self, path):
        """The file's text."""
        with open(path, encoding="utf-8") as file:
            return file.read()

    def modified(self, path, suffixes):
        """When the file, or the newest file with one of the suffixes in the directory, was modified: seconds since the epoch."""
        if os.path.isdir(path):
            return max((e.stat().st_mtime for e in os.scandir(path) if e.name.endswith(suffixes)), default=0)
        return os.stat(path).st_mtime

    def owns(self, address):
        """Whether that is this machine: the first of `hostname -I`, its host name or its FQDN (platform-contract.md)."""
        return address in (socket.gethostname(), socket.getfqdn(), _first_address())

    def caller(self):
        """The calling user's (uid, gid)."""
        return os.getuid(), os.getgid()

    def primary_group(self, user):
        """The gid of a user's (name or uid) primary group; None where there is no such user."""
        try:
            return (pwd.getpwuid(int(user)) if str(user).isdigit() else pwd.getpwnam(user)).pw_gid
        except KeyError:
            return None

    def group_of(self, path):
        """The gid that owns a path; the group named docker's where the path cannot be read."""
        try:
            return os.stat(path).st_gid
        except OSError:
            return grp.getgrnam("docker").gr_gid

    def default_cgroupns(self):
        """The engine's default cgroup namespace mode: private on pure cgroup v2, host otherwise."""
        return "private" if os.path.exists("/sys/fs/cgroup/cgroup.controllers") else "host"

    def default_log_options(self):
        """The engine's default log options, from its configuration file."""
        try:
            return json.loads(self.read("/etc/docker/daemon.json")).get("log-opts") or {}
        except (OSError, ValueError):
            return {}


def _first_address():
    """The address of the interface that a packet to the outside would leave by; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return probe.getsockname()[0]
