# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets of every kind are planted in the inventory and searched for in all that a run shows."""

from __future__ import annotations

import os
import subprocess
from concurrent import futures

import pytest

from tests.integration.site import lab_platform as world


def planted(number: int) -> str:
    return f"planted-{number:02}-8f14e45fceea167a"


# Variables of all hosts.
ONLY_LOOKED_AT = f"""
swarm_http_proxy: "http://user:{planted(1)}@proxy.lab:3128"
swarm_no_proxy: "172.30.0.0/16"
swarm_registry_password: "{planted(2)}"
spire_server_datastore: {{type: postgres, host: db.lab, database: spire, username: spire, password: "{planted(3)}"}}
sl_env: {{SL_API_TOKEN: "{planted(4)}"}}
swop_env: {{SWOP_KEEP_CONTAINERS: "1", STORE_URL: "s3://user:{planted(5)}@store/x"}}
swop_options: {{labels: {{api-token: "{planted(6)}"}}, log_driver: json-file}}
swci_env: {{CI_PASSWORD: "{planted(7)}"}}
swci_options: {{command: [--password, "{planted(8)}"]}}
swop_pairs:
  - {{env: {{AWS_SECRET_ACCESS_KEY: "{planted(9)}"}}, sl_env: {{MYSQL_PWD: "{planted(10)}"}}}}
  - {{}}
"""
# Those of one host in a run that would change its SN. VAULT stands for a value that ansible-vault has encrypted.
OF_ONE_HOST = f"""
sn_env:
  DB_PASSWORD: "{planted(11)}"
  PIP_INDEX_URL: "https://{planted(12)}@index.lab/simple"
  VAULTED_TOKEN: !vault |
VAULT
sn_options: {{labels: {{registry-secret: "{planted(13)}"}}}}
"""


# Those of one host in a run that really changes its SWOP, and what a SWOP and its nodes are given by it.
REALLY_CHANGED = f"""
swop_env:
  SWOP_KEEP_CONTAINERS: "1"
  STORE_URL: "s3://user:{planted(5)}@store/x"
  VAULTED_TOKEN: !vault |
VAULT
swop_options: {{labels: {{api-token: "{planted(6)}"}}}}
swop_pairs:
  - {{env: {{AWS_SECRET_ACCESS_KEY: "{planted(9)}"}}, sl_env: {{MYSQL_PWD: "{planted(10)}"}}}}
  - {{}}
"""
# Takes what programs of a host would hand to its journal, until it is told to end: hosts of the lab have none of their own.
JOURNAL = """
import os, socket
path = "/dev/log"
if os.path.lexists(path):
    os.unlink(path)
taken = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
taken.bind(path)
with open("/tmp/journal", "wb", buffering=0) as file:
    while (line := taken.recv(1 << 20)) != b"end":
        file.write(line + b"\\n")
os.unlink(path)
"""
END = "import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'end', '/dev/log')"
# Files with a planted secret that others than their owner can read; the engine's own are below /var/lib/docker, where only root comes.
LEFT = "grep --recursive --files-with-matches planted- /var/lib/swarm-learning /tmp /root /home /etc /var/log 2>/dev/null | xargs -r stat -c '%a %n'"


@pytest.fixture
def inventory(tmp_path):
    """A function that makes an inventory like the lab's, with more variables of a host or of all; the arguments for it."""
    key = tmp_path / "vault-password"
    key.write_text("only for this test\n", encoding="utf-8")

    def make(variables: str, whose: str) -> list[str]:
        place = tmp_path / str(len(list(tmp_path.iterdir())))
        vaulted = subprocess.run(
            [world.playbook_runner.BIN / "ansible-vault", "encrypt", "--vault-password-file", key, "--output", "-", "-"],
            input=planted(14),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        arguments = world.inventory(place, lambda tree: None)
        (place / "inventories/lab/host_vars").mkdir()
        lines = "\n".join(f"    {line}" for line in vaulted.splitlines())
        (place / "inventories/lab" / whose).write_text(variables.replace("VAULT\n", f"{lines}\n"), encoding="utf-8")
        return [*arguments, "--vault-password-file", str(key)]

    return make


def output(*arguments: str) -> tuple[int, str]:
    """The status and all that a user sees of `site`, at the highest verbosity that people use."""
    command = [world.playbook_runner.BIN / "ansible-playbook", world.SITE, "-vvv", "--diff", *arguments]
    environment = {**os.environ, "ANSIBLE_FORCE_COLOR": "0"}
    done = subprocess.run(
        command, cwd=world.ROOT, env=environment, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    return done.returncode, done.stdout


def shown(text: str) -> list[str]:
    """Which of the planted secrets are in a text."""
    return [planted(number) for number in range(1, 15) if planted(number) in text]


@pytest.mark.usefixtures("platform")
def test_no_secret_is_shown(inventory, log):
    everywhere = "group_vars/all/planted.yml"
    status, tried = output(*inventory(ONLY_LOOKED_AT, everywhere), "--check", "-e", "swarm_registry_username=")
    assert (shown(tried), status) == ([], 0), tried[-3000:]

    wrong = ONLY_LOOKED_AT.replace("sl_env: {MYSQL_PWD", "unknown: {MYSQL_PWD")
    status, failed = output(*inventory(wrong, everywhere), "--check")
    assert status != 0
    assert "unknown key 'unknown'" in failed
    assert shown(failed) == []

    changed = inventory(OF_ONE_HOST, "host_vars/host-2.yml")
    status, tried = output(*changed, "--tags", "sn", "--check")
    assert (shown(tried), status) == ([], 0), tried[-3000:]
    assert "VAULTED_TOKEN" in tried
    # What AWX keeps.
    results = world.worked(world.play(log, *changed, "--tags", "sn", "--check", "--diff"))
    assert results.changes() == [("host-2", "Start the other SN nodes")]
    assert shown(log.read_text(encoding="utf-8")) == []


@pytest.mark.usefixtures("platform")
def test_no_secret_is_left_on_a_host_by_a_run_that_changes_something(inventory, tmp_path):
    host = world.HOSTS[1]
    subprocess.run(["docker", "exec", "--detach", host.container, "python3", "-c", JOURNAL], check=True)
    arguments, only = inventory(REALLY_CHANGED, "host_vars/host-2.yml"), ("--tags", "swop", "--limit", "host-2")
    with futures.ThreadPoolExecutor(1) as pool:
        run = pool.submit(output, *arguments, *only)
        processes = ""
        while not run.done():
            processes += host.run("ps", "-eo", "args")
    status, said = run.result()
    host.run("python3", "-c", END)
    try:
        assert (shown(said), status) == ([], 0), said[-3000:]
        assert "swop-2" in said
        assert "swop" in processes
        assert shown(processes) == []
        profile = host.run("cat", "/var/lib/swarm-learning/swop/swop-2/profile.yml")
        assert shown(profile) == [planted(9), planted(10)], "the run has to change what has secrets in it"
        journal = host.run("cat", "/tmp/journal")
        assert "ansible" in journal, "the modules have to write to the journal"
        assert shown(journal) == []
        assert [line for line in host.run("sh", "-c", LEFT).splitlines() if not line.startswith("600 ")] == []
        assert host.run("sh", "-c", "cat /root/.docker/config.json 2>/dev/null || true").find('"auth"') == -1
    finally:
        host.run("rm", "-f", "/tmp/journal")
        world.worked(world.play(tmp_path / "back.jsonl", "-i", str(world.LAB), *only))
