# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two servers of one domain on one PostgreSQL: its content is created once, and identities are issued whichever server is lost."""

import os
import shutil
import stat
import time

import pytest

from lab import databases, images
from tests.integration.spire.spire_pair import ALIAS, DOMAIN, Spire

SERVER, AGENT = "swarm.learning.spire_server", "swarm.learning.spire_agent"
SERVERS = ("one", "two")
SECONDS = 90  # how long the agent may take until it has found the server that is left
NAME = f"spire-server.{DOMAIN}"


def entry(name):
    return {"spiffe_id": f"spiffe://{DOMAIN}/swarm/{name}", "parent_id": ALIAS, "selectors": [f"docker:env:swarm_node_type={name}"]}


class Pair(Spire):
    """The two servers, `one` and `two`, the database, and one agent that finds both by one name."""

    def container(self, name):
        return self.client.containers.get(f"{self.prefix}-{name}")

    def bring_up(self, database_image):
        self.client.networks.create(self.network)
        self.database_image = database_image
        database, files = self.new_database()
        self.password = files["run/lab/password"][0].decode()
        self.datastore = {
            "type": "postgres",
            "host": database,
            "database": "spire",
            "username": "spire",
            "password": self.password,
            "tls": {"ca_file": str(self.directory / "database/ca.crt")},
        }

    def new_database(self):
        """An empty one, with the certificate and password of the one before; its name and files."""
        name = f"{self.prefix}-database"
        files = databases.prepare(self.directory / "database", [name], [])
        databases.create(self.client, self.database_image, name, self.network, files)
        return name, files

    def servers(self):
        """Converge both; their Run."""
        return self.roles(
            SERVER,
            hosts=SERVERS,
            swarm_dir=f"{self.directory}/{{{{ inventory_hostname }}}}",
            spire_server_name=f"{self.prefix}-{{{{ inventory_hostname }}}}",
            spire_server_datastore=self.datastore,
            spire_server_entries="{{ %s if inventory_hostname == 'one' else [] }}" % [entry("sn")],
        )

    def agents_run(self):
        """Converge the agent, whose token the server `two` makes."""
        addresses = [self.container(name).attrs["NetworkSettings"]["Networks"][self.network]["IPAddress"] for name in SERVERS]
        return self.roles(
            AGENT,
            spire_agent_server_name=f"{self.prefix}-two",
            spire_agent_server_address=NAME,
            spire_agent_options={**self.options, "extra_hosts": {NAME: ",".join(addresses)}},
        )

    def known(self, name):
        """SPIFFE IDs of the workloads' entries that a server has."""
        self.server = f"{self.prefix}-{name}"
        return {one["spiffe_id"]["path"] for one in self.spire("entry", "show", "-parentID", ALIAS)["entries"]}


@pytest.fixture(scope="module")
def pair(docker_client, spire_images, tmp_path_factory):
    made = Pair(docker_client, tmp_path_factory.mktemp("pair"), f"spire-test-{os.getpid()}-pair", spire_images)
    try:
        with pytest.MonkeyPatch.context() as patch:  # as for somebody who wants to see everything
            patch.setenv("ANSIBLE_DIFF_ALWAYS", "1")
            patch.setenv("ANSIBLE_VERBOSITY", "3")
            made.bring_up(images.postgres(docker_client, images.base(docker_client)))
            made.servers()
            made.agents_run()
        yield made
    finally:
        made.clean()


def test_password_is_readable_by_the_server_only(pair):
    for name in SERVERS:
        conf = pair.directory / name / "spire-server/conf/server.conf"
        assert pair.password in conf.read_text(encoding="utf-8")
        assert (stat.S_IMODE(conf.stat().st_mode), conf.stat().st_uid) == (0o600, 1000)
        assert pair.password not in str(pair.container(name).attrs)
    answer = [
        path for path in pair.directory.glob("play-*") if path.suffix != ".json" and pair.password in path.read_text(encoding="utf-8")
    ]
    assert answer == []


def test_shared_entries_are_created_once(pair):
    assert pair.known("one") == pair.known("two") == {"/swarm/sn"}
    assert pair.healthy()
    runs = [run.stats[host]["changed"] for run in (pair.servers(), pair.agents_run()) for host in run.stats]
    assert runs == [0, 0, 0]


@pytest.mark.parametrize(("lost", "left"), [SERVERS, SERVERS[::-1]])
def test_identities_are_issued_when_one_server_is_lost(pair, lost, left):
    """The agent hears of an entry that is made while the other server is away."""
    pair.container(lost).stop(timeout=1)
    pair.server = f"{pair.prefix}-{left}"
    pair.call("spire_entry", entries=[entry(f"without-{lost}")])
    end = time.monotonic() + SECONDS
    while f"/swarm/without-{lost}".encode() not in pair.container("agent").logs():
        assert time.monotonic() < end, pair.container("agent").logs(tail=5)
        time.sleep(0.5)
    pair.container(lost).start()
    assert pair.servers().stats[lost]["changed"] == 0


def test_a_lost_database_and_its_server_come_back(pair):
    """Both are restored from one archive, and the agent goes on without a new token."""
    before, agents, made = pair.known("two"), pair.agents(), pair.tokens_made()
    directory = pair.directory / "one"
    assert pair.archive("main", "one", directory).failures == []
    for name in SERVERS:
        pair.container(name).stop(timeout=1)
    for name in ("one", "database"):
        pair.container(name).remove(force=True, v=True)
    shutil.rmtree(directory)

    pair.new_database()
    assert pair.archive("restore", "one", directory).failures == []
    pair.container("two").start()
    pair.servers()
    pair.agents_run()
    assert pair.known("one") == pair.known("two") == before
    assert (pair.agents(), pair.tokens_made()) == (agents, made)
    assert pair.healthy()
    assert not pair.client.containers.list(all=True, filters={"name": f"^{pair.prefix}.*-dump"})
