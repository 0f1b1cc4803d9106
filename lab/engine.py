# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Docker Engine of this machine: the one that is there, or one of our own."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import docker
from docker.errors import DockerException

from lab import packages
from lab.process import run
from lab.report import LabError, say, step, tail, wait_for
from lab.settings import STATE

LOG = STATE / "dockerd.log"
PID = STATE / "dockerd.pid"


def connect() -> docker.DockerClient | None:
    """A client of the engine that answers, or None."""
    try:
        client = docker.from_env(timeout=600)
        client.ping()
    except (DockerException, OSError):
        return None
    return client


def client() -> docker.DockerClient:
    found = connect()
    if found is None:
        raise LabError("no Docker Engine answers: run 'python -m lab engine' first")
    return found


def ensure() -> docker.DockerClient:
    """A client of a running engine; starts one when none answers and we are root."""
    found = connect()
    if found is not None:
        return found
    if os.environ.get("DOCKER_HOST"):
        raise LabError(f"DOCKER_HOST is {os.environ['DOCKER_HOST']}, where no engine answers: start it, or unset DOCKER_HOST")
    if os.geteuid() != 0:
        raise LabError("no Docker Engine answers: start it (or join the group docker), or run as root and the lab starts one")
    if not packages.find("dockerd"):
        packages.ensure("dockerd")
        if Path("/run/systemd/system").exists():
            run(["systemctl", "start", "docker"], "the Docker Engine does not start")
            return client()
    daemon = packages.ensure("dockerd")
    with step("starting a Docker Engine"):
        STATE.mkdir(parents=True, exist_ok=True)
        with LOG.open("ab") as log:
            process = subprocess.Popen([daemon], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        PID.write_text(str(process.pid))

        def dead() -> str | None:
            return None if process.poll() is None else f"it exited with {process.returncode}:\n{tail(LOG.read_text(errors='replace'))}"

        wait_for(lambda: connect() is not None, "the Docker Engine's socket", 120, dead)
    return client()


def _our_pid() -> int | None:
    """The process ID of the engine that we started, when it still runs."""
    try:
        pid = int(PID.read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
    except (OSError, ValueError):
        return None
    return pid if command.endswith(b"dockerd") else None


def stop() -> None:
    """End the engine that we started; one that was there before us stays."""
    pid = _our_pid()
    if pid is None:
        say("the lab has not started a Docker Engine")
        return
    with step("stopping the lab's Docker Engine"):
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: _our_pid() is None or _zombie(pid), "the end of the Docker Engine", 60)
        PID.unlink(missing_ok=True)
        # It leaves its own network namespace mounted.
        for mount in (line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()):
            if mount.startswith("/run/docker/netns/"):
                run(["umount", mount], f"{mount} cannot be unmounted")


def _zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True
