# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a database is dumped and restored by its own programs, and what a dump says of itself."""

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._spire import dump

POSTGRES = {
    "type": "postgres",
    "host": "db.example",
    "database": "spire",
    "username": "swarm",
    "password": "very:secret\\",
    "tls": {"ca": "CA\n", "cert": "CERT\n", "key": "KEY\n"},
}
MYSQL = {**POSTGRES, "type": "mysql", "port": 3307, "tls": {"ca": "CA\n", "cert": None}, "password": 'very"secret\\#'}
TLS = {"/tmp/swarm-ca.pem": "CA\n", "/tmp/swarm-cert.pem": "CERT\n", "/tmp/swarm-key.pem": "KEY\n"}
CLIENT = """\
[client]
host="db.example"
port="3307"
user="swarm"
password="very\\"secret\\\\#"
protocol="tcp"
loose-ssl-mode="VERIFY_IDENTITY"
loose-ssl-verify-server-cert="1"
ssl-ca="/tmp/swarm-ca.pem"
"""


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (POSTGRES, {**TLS, "/tmp/swarm-credentials": "*:*:*:*:very\\:secret\\\\\n"}),
        (MYSQL, {"/tmp/swarm-ca.pem": "CA\n", "/tmp/swarm-credentials": CLIENT}),
    ],
    ids=["postgres", "mysql"],
)
def test_files_of_the_programs(wanted, expected):
    assert dump.files(wanted) == expected


@pytest.mark.parametrize("wanted", [POSTGRES, MYSQL], ids=["postgres", "mysql"])
@pytest.mark.parametrize("program", [dump.dump, dump.load])
def test_password_is_in_no_argument(wanted, program):
    assert "secret" not in " ".join(program(wanted).words("x"))


def test_postgres_programs():
    conninfo = (
        "host=db.example port=5432 dbname=spire user=swarm passfile=/tmp/swarm-credentials sslmode=verify-full sslrootcert=/tmp/swarm-ca.pem "
        "sslcert=/tmp/swarm-cert.pem sslkey=/tmp/swarm-key.pem"
    )
    written, read = dump.dump(POSTGRES), dump.load(POSTGRES)
    assert (written.names, read.names) == (("pg_dump",), ("psql",))
    assert written.arguments[-2:] == ("--file=/tmp/swarm-dump.sql", f"--dbname={conninfo}")
    assert {"--single-transaction", "--set=ON_ERROR_STOP=1", f"--dbname={conninfo}"} < set(read.arguments)
    assert read.words("psql")[:4] == ("sh", "-c", 'exec "$0" "$@" </tmp/swarm-dump.sql', "psql")


def test_mysql_programs():
    written, read = dump.dump(MYSQL), dump.load(MYSQL)
    assert (written.names, read.names) == (("mariadb-dump", "mysqldump"), ("mariadb", "mysql"))
    assert (written.arguments[0], written.arguments[-1]) == ("--defaults-file=/tmp/swarm-credentials", "spire")  # must be the first
    assert "--single-transaction" in written.arguments
    assert read.arguments == ("--defaults-file=/tmp/swarm-credentials", "--default-character-set=utf8mb4", "spire")
    assert written.words("mysqldump")[2] == 'exec "$0" "$@" </dev/null'


OF_POSTGRES = b"""\
--
\\restrict abc
-- Dumped from database version 17.5 (Debian 17.5-1)
SET client_encoding = 'UTF8';
CREATE TABLE public.bundles (
    id bigint NOT NULL
);
CREATE TABLE public."of mine" (
);
COPY public.bundles (id) FROM stdin;
1
\\.
-- PostgreSQL database dump complete
\\unrestrict abc
"""
OF_MYSQL = b"""\
-- Server version\t11.8.2-MariaDB
CREATE TABLE `bundles` (
  `id` int(11)
);
INSERT INTO `bundles` VALUES (1);
-- Dump completed on 2026-11-28  7:12:00
"""


@pytest.mark.parametrize(
    ("text", "version", "complete", "tables"),
    [
        (OF_POSTGRES, "17.5 (Debian 17.5-1)", True, ("public.bundles", 'public."of mine"')),
        (OF_MYSQL, "11.8.2-MariaDB", True, ("`bundles`",)),
        (OF_MYSQL[:60], "11.8.2-MariaDB", False, ("`bundles`",)),
        (b"", "", False, ()),
    ],
    ids=["postgres", "mysql", "cut off", "empty"],
)
def test_what_a_dump_says_of_itself(text, version, complete, tables):
    found = dump.facts(text.splitlines(keepends=True))
    assert (found.version, found.complete, found.tables) == (version, complete, tables)


@pytest.mark.parametrize(
    ("text", "old", "new", "same"),
    [
        (OF_POSTGRES, b"restrict abc", b"restrict xyz", True),
        (OF_MYSQL, b"2026-11-28", b"2026-11-29", True),
        (OF_POSTGRES, b"\n1\n", b"\n2\n", False),
        (OF_MYSQL, b"(1)", b"(2)", False),
    ],
)
def test_dumps_of_one_content_are_the_same(text, old, new, same):
    digests = {dump.facts(one.splitlines(keepends=True)).digest for one in (text, text.replace(old, new))}
    assert (len(digests) == 1) == same


@pytest.mark.parametrize(
    ("kind", "tables", "expected"),
    [
        ("postgres", ["public.a", 'public."b c"'], 'DROP TABLE public.a CASCADE;\nDROP TABLE public."b c" CASCADE;\n'),
        ("mysql", ["`a`"], "SET FOREIGN_KEY_CHECKS=0;\nDROP TABLE `a`;\nSET FOREIGN_KEY_CHECKS=1;\n"),
        ("postgres", [], ""),
    ],
)
def test_tables_are_dropped_whatever_refers_to_them(kind, tables, expected):
    assert dump.clearing(kind, tables) == expected
