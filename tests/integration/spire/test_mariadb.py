# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server with its data in a MySQL-compatible database: Debian's MariaDB, over TLS."""

import os
import shutil

import pytest

from lab import databases, images
from tests.integration.spire.spire_pair import ALIAS, DOMAIN, Spire

SERVER = "swarm.learning.spire_server"
SN = f"spiffe://{DOMAIN}/swarm/sn"


@pytest.fixture(name="stored", scope="module")
def _stored(docker_client, spire_images, tmp_path_factory):
    """A network with the database, and what is needed to have a server there."""
    made = Spire(docker_client, tmp_path_factory.mktemp("mariadb"), f"spire-test-{os.getpid()}-mariadb", spire_images)
    database = f"{made.prefix}-database"
    try:
        docker_client.networks.create(made.network)
        files = databases.prepare(made.directory / "database", [database], [])
        made.database_image = images.mariadb(docker_client, images.base(docker_client))
        databases.create(docker_client, made.database_image, database, made.network, files)
        made.datastore = {
            "type": "mysql",
            "host": database,
            "database": "spire",
            "username": "spire",
            "password": files["run/lab/password"][0].decode(),
            "tls": {"ca_file": str(made.directory / "database/ca.crt")},
        }
        yield made
    finally:
        made.clean()


def converge(stored):
    """How many tasks changed something."""
    entry = {"spiffe_id": SN, "parent_id": ALIAS, "selectors": ["docker:env:swarm_node_type=sn"]}
    return stored.roles(SERVER, spire_server_datastore=stored.datastore, spire_server_entries=[entry]).stats["localhost"]["changed"]


def test_data_of_a_server_is_in_the_database(stored):
    assert converge(stored) > 0
    assert converge(stored) == 0
    stored.wipe("server")  # its keys go, and what it knows stays
    assert converge(stored) == 0
    assert [one["parent_id"]["path"] for one in stored.spire("entry", "show", "-spiffeID", SN)["entries"]] == [
        ALIAS.removeprefix(f"spiffe://{DOMAIN}")
    ]
    assert not list((stored.directory / "host/spire-server/data").glob("*.sqlite3"))


def test_a_server_comes_back_with_the_content_of_its_database(stored):
    directory = stored.directory / "host"
    assert stored.archive("main", "localhost", directory).failures == []
    stored.call("spire_entry", entries=[{"spiffe_id": f"{SN}-newer", "parent_id": ALIAS, "selectors": ["docker:env:swarm_node_type=sn"]}])

    stored.client.containers.get(stored.server).remove(force=True)
    shutil.rmtree(directory)
    refused = stored.archive("restore", "localhost", directory)
    assert "the MySQL database spire on" in "".join(refused.failures)
    assert "would be lost: set backup_existing_database to keep" in "".join(refused.failures)
    assert not directory.exists()
    kept = stored.archive("restore", "localhost", directory, "--check", backup_existing_database="keep")
    replaced = stored.archive("restore", "localhost", directory, backup_existing_database="replace")
    assert [run.stats["localhost"]["changed"] for run in (kept, replaced)] == [1, 1]
    converge(stored)
    assert [one["spiffe_id"]["path"] for one in stored.spire("entry", "show", "-parentID", ALIAS)["entries"]] == ["/swarm/sn"]
