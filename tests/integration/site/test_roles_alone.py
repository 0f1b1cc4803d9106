# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each role alone: the playbook that its README shows, on a host of its own, without the groups of a site.

The playbooks build on each other, as a user's would: the SPIRE Server, its agent, an SN, a SWOP, a SWCI. The License Server is the
one of the platform on the other hosts, taken by its address.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from lab import settings, training
from tests.integration.site import lab_platform as world

PLAYBOOKS = Path(__file__).parent / "playbooks"
ROLES = ("apls", "spire_server", "spire_agent", "sn", "swop", "swci")
SPARE = settings.docker_host(3)
ADDRESSES = {"192.0.2.11": settings.host_ip(1), "192.0.2.12": SPARE.ip}  # those of the READMEs, and what they are in the lab
SHARED = ("swarm_registry", "swarm_spire_version")
# What a container says when it is what its role wants it to be.
SIGNS = {
    "apls": ("apls", ""),
    "spire_server": ("spire-server", "Starting Server APIs"),
    "spire_agent": ("spire-agent", "Node attestation was successful"),
    "sn": ("sn-1", "swarm.blCnt : INFO : Starting SWARM-API-SERVER on port: 30304"),
    "swop": ("swop-1", "SWOPExecutor : Ready for Task Execution!"),
    "swci": ("swci-1", "API Server is UP!"),
}


def remove():
    for words in (("rm", "--force", "--volumes", SPARE.container), ("volume", "rm", "--force", SPARE.volume)):
        subprocess.run(["docker", *words], check=True, capture_output=True)


@pytest.fixture(scope="module")
def spare(platform):
    """A third host, with nothing on it but a login to the registry; gone afterwards."""
    remove()
    world.lab("up", "--hosts", "3")
    password = (settings.STATE / "registry-password").read_text(encoding="utf-8")
    login = ["docker", "exec", "-i", SPARE.container, "docker", "login", "--username", settings.REGISTRY_USER, "--password-stdin"]
    subprocess.run([*login, settings.REGISTRY], input=password, check=True, capture_output=True, text=True)
    yield training.Host(SPARE.name, SPARE.container)
    remove()


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    """Where the playbooks are with the lab's addresses, and an inventory without our groups."""
    place = tmp_path_factory.mktemp("books")
    shutil.copytree(PLAYBOOKS, place, dirs_exist_ok=True)
    for path in place.rglob("*.yml"):
        text = path.read_text(encoding="utf-8")
        for shown, real in ADDRESSES.items():
            text = text.replace(shown, real)
        path.write_text(text, encoding="utf-8")
    variables = {}
    for path in (world.LAB / "group_vars/all").glob("*.yml"):
        variables.update(yaml.safe_load(path.read_text(encoding="utf-8")))
    mine = {name: value for name, value in variables.items() if name.startswith(("ansible_", "lab_")) or name in SHARED}
    names = ("license-host", "spire-host", "host-1")
    inventory = {"all": {"hosts": {name: {"ansible_host": SPARE.ip} for name in names}, "vars": mine}}
    (place / "hosts.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")
    return place


def play(books, log, *roles):
    *others, last = (str(books / f"{role}.yml") for role in roles)
    return world.worked(world.play(log, "-i", str(books / "hosts.yml"), *others, book=last))


@pytest.mark.parametrize("role", ROLES)
def test_a_role_works_alone(spare, books, log, role):
    before = world.containers(spare)
    play(books, log, role)
    name, sign = SIGNS[role]
    assert set(world.containers(spare)) - set(before) == {(spare.name, name)}
    assert sign in world.log_of(spare, name)


def test_the_script_of_swci_was_run_to_its_end(spare):
    """It found the SN and the SWOP, so each of them has its identity and its licence."""
    assert world.ended("swci-1", spare) == 0
    said = world.log_of(spare, "swci-1")
    assert [kind for kind in ("SN, ", "SWOP, ") if kind not in said] == [], said


def test_a_second_run_of_all_changes_nothing(spare, books, log):
    before = world.containers(spare)
    assert set(play(books, log, *ROLES).changed.values()) == {0}
    assert world.containers(spare) == before
