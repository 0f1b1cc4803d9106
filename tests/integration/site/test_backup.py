# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that lost everything except their images get the same platform back from an encrypted backup that was written while it ran."""

from __future__ import annotations

import subprocess

import pytest

from lab import packages
from tests.integration.site import lab_platform as world
from tests.integration.site.test_stop import known

BACKUP, RESTORE = "swarm.learning.backup", "swarm.learning.restore"
SWARM_DIR = "/var/lib/swarm-learning"
WIPE = f"docker ps --all --quiet | xargs docker rm --force --volumes; docker volume ls --quiet | xargs docker volume rm; rm -rf {SWARM_DIR}"


@pytest.fixture
def identity(tmp_path):
    """The file with the private key, its public key, and age on both hosts."""
    program = packages.ensure("age")
    for host in world.HOSTS:
        subprocess.run(["docker", "cp", program, f"{host.container}:/usr/local/bin/age"], check=True)
    file = tmp_path / "identity.txt"
    subprocess.run(["age-keygen", "--output", file], check=True, capture_output=True)
    return file, next(line.split()[-1] for line in file.read_text().splitlines() if "public key" in line)


@pytest.fixture
def own_platform(lab, log):
    """The platform on hosts that had nothing, and nothing left of it: the test loses what others need."""
    world.lab_empty()
    world.worked(world.play(log, "-i", str(world.LAB)))
    world.trained()
    yield
    world.lab_empty()


@pytest.mark.usefixtures("own_platform")
def test_a_platform_comes_back_after_its_hosts_lost_it(log, tmp_path, identity):
    file, recipient = identity
    arguments = [
        *("-i", str(world.LAB)),
        *world.extra(tmp_path, {"backup_dir": str(tmp_path / "backups"), "backup_recipients": [recipient], "backup_name": "nightly"}),
    ]
    before, containers = known(), world.containers()
    world.worked(world.play(log, *arguments, book=BACKUP))
    assert world.containers() == containers  # paused, but neither stopped nor made again
    assert world.running(world.HOSTS[0]) >= {"sn-1", "spire-agent", "apls"}

    arguments += ["-e", f"backup_identity_file={file}"]
    refused = world.play(log, *arguments, book=RESTORE)
    assert refused.run.status != 0
    assert "this platform still has containers on this host (" in refused.said

    for host in world.HOSTS:
        host.run("sh", "-c", WIPE)
    tried = world.worked(world.play(log, *arguments, "--check", book=RESTORE))
    assert sorted(host for host, _task in tried.changes()) == ["host-1", "host-2"]
    assert [host.run("sh", "-c", f"ls {SWARM_DIR} 2>/dev/null | wc -l").strip() for host in world.HOSTS] == ["0", "0"]
    world.worked(world.play(log, *arguments, book=RESTORE))
    assert world.worked(world.play(log, *arguments, book=RESTORE)).changes() == []

    world.worked(world.play(log, "-i", str(world.LAB)))
    assert world.tokens_made() == [0, 0]
    assert known() == before
    assert {name for _host, name in world.containers()} >= {"apls", "spire-server", "spire-agent", "sn-1", "sn-2", "swop-1", "swop-2"}
    again = world.worked(world.play(log, "-i", str(world.LAB)))
    assert again.changes() == []
