# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server with its data in a MySQL-compatible database: Debian's MariaDB, over TLS."""

import os

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
        databases.create(docker_client, images.mariadb(docker_client, images.base(docker_client)), database, made.network, files)
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
