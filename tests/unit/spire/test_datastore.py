# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a SPIRE Server keeps its data: what its configuration says, and what is refused."""

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._spire import config, datastore

DATABASE = {"type": "postgres", "host": "db.example", "database": "spire", "username": "spire", "password": "pw"}
TLS = {"ca_file": "/ca.pem", "cert_file": "/c.pem", "key_file": "/k.pem"}


def data(wanted):
    assert datastore.problems(wanted) == []
    return datastore.plugin_data(wanted, "/data/file", "/conf")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, {"database_type": "sqlite3", "connection_string": "/data/file"}),
        ({"type": "sqlite"}, {"database_type": "sqlite3", "connection_string": "/data/file"}),
        (
            DATABASE,
            {
                "database_type": "postgres",
                "connection_string": "host=db.example port=5432 dbname=spire user=spire password=pw sslmode=verify-full",
            },
        ),
        (
            {**DATABASE, "port": 6432, "tls": TLS, "password": "it's a \\ pass word"},
            {
                "database_type": "postgres",
                "connection_string": "host=db.example port=6432 dbname=spire user=spire password='it\\'s a \\\\ pass word' "
                "sslmode=verify-full sslrootcert=/conf/datastore-ca.pem sslcert=/conf/datastore-cert.pem sslkey=/conf/datastore-key.pem",
            },
        ),
        (
            {**DATABASE, "type": "mysql"},
            {"database_type": "mysql", "connection_string": "spire:pw@tcp(db.example:3306)/spire?parseTime=true&tls=true"},
        ),
        (
            {**DATABASE, "type": "mysql", "host": "::1", "tls": TLS},
            {
                "database_type": "mysql",
                "connection_string": "spire:pw@tcp([::1]:3306)/spire?parseTime=true&tls=true",
                "root_ca_path": "/conf/datastore-ca.pem",
                "client_cert_path": "/conf/datastore-cert.pem",
                "client_key_path": "/conf/datastore-key.pem",
            },
        ),
    ],
)
def test_plugin_data_of_the_datastore(wanted, expected):
    assert data(wanted) == expected


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("postgres", "must be a mapping"),
        ({"type": "oracle"}, "type: invalid value 'oracle'; expected one of sqlite, postgres, mysql"),
        ({"hots": "x"}, "has the unknown key 'hots'"),
        ({"host": "db"}, "host cannot be used with type: sqlite"),
        ({**DATABASE, "password": ""}, "needs password with type: postgres"),
        ({**DATABASE, "username": "a b"}, "username: 'a b' has a character"),
        ({**DATABASE, "host": "db/x"}, "host: 'db/x' has a character"),
        ({**DATABASE, "port": "x"}, "port: invalid port 'x'"),
        ({**DATABASE, "tls": {"ca": "/x"}}, "tls must be a mapping with the keys ca_file, cert_file, key_file"),
        ({**DATABASE, "tls": {"cert_file": "/x"}}, "tls: cert_file and key_file must be set together"),
    ],
)
def test_invalid_datastore_is_refused(wanted, says):
    found = datastore.problems(wanted)
    assert len(found) == 1
    assert says in found[0]
    with pytest.raises(ValueError, match="datastore: "):
        config.server({"version": "1.15.3", "trust_domain": "a.org", "datastore": wanted})


def test_no_problem_shows_the_password():
    wrong = {"type": "mysql", "password": "very-secret", "port": 0, "host": "/", "database": "/", "username": "/", "tls": 1, "x": 1}
    assert "very-secret" not in " ".join(datastore.problems(wrong))


@pytest.mark.parametrize("key", ["host", "database", "username", "port", "tls"])
def test_no_problem_shows_a_password_in_the_wrong_place(key):
    found = datastore.problems({**DATABASE, key: "user:very-secret@db"})
    assert len(found) == 1
    assert "very-secret" not in found[0]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (DATABASE, {**DATABASE, "port": 5432, "username": "x", "tls": TLS}, True),
        (DATABASE, {**DATABASE, "host": "other"}, False),
        (DATABASE, {**DATABASE, "type": "mysql"}, False),
    ],
)
def test_one_place(one, other, same):
    assert (datastore.place(one) == datastore.place(other)) == same
