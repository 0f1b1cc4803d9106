# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a SPIRE Server's external database is dumped and restored by its own programs (private to the collection, pure).

A dump is SQL text: `pg_dump` writes it for `psql`, `mariadb-dump` or `mysqldump` for `mariadb` or `mysql`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import datastore

if TYPE_CHECKING:
    from collections.abc import Iterable

# In the container of the programs.
FILE = "/tmp/swarm-dump.sql"
_CREDENTIALS = "/tmp/swarm-credentials"
_TLS = {"ca": "/tmp/swarm-ca.pem", "cert": "/tmp/swarm-cert.pem", "key": "/tmp/swarm-key.pem"}
_NAMES = {"postgres": "PostgreSQL", "mysql": "MySQL"}
# The names that images have for one program, first that of MariaDB, which MySQL's images lack.
_DUMPS = {"postgres": ("pg_dump",), "mysql": ("mariadb-dump", "mysqldump")}
_CLIENTS = {"postgres": ("psql",), "mysql": ("mariadb", "mysql")}
_PROGRAMS = {"postgres": "pg_dump and psql", "mysql": "mariadb-dump and mariadb, or mysqldump and mysql"}
_EXAMPLES = {"postgres": "docker.io/library/postgres:17", "mysql": "docker.io/library/mariadb:11 or docker.io/library/mysql:8.4"}
# What is in the database if restoring it fails.
REMAINS = {
    "postgres": "the database is as it was",
    "mysql": "MySQL restores table by table, so the database may have a part: mend the cause and restore again with backup_existing_database=replace",
}
_VERSION = re.compile(rb"-- (?:Dumped from database version|Server version)\s+(.+)")
_COMPLETE = re.compile(rb"-- (?:PostgreSQL database dump complete|Dump completed)")
_TABLE = re.compile(rb"CREATE TABLE (.+) \(\s*\Z")
# What differs between two dumps of one content: comments, and the key that psql's later versions bracket a dump with.
_PASSING = (b"--", b"\\restrict ", b"\\unrestrict ")


@dataclass(frozen=True)
class Program:
    """A program in a container: its possible names, its arguments, and whether it reads FILE as its standard input."""

    names: tuple[str, ...]
    arguments: tuple[str, ...]
    reads: bool = False

    def words(self, name: str) -> tuple[str, ...]:
        """The whole command with that one of its names."""
        return ("sh", "-c", f'exec "$0" "$@" <{FILE if self.reads else "/dev/null"}', name, *self.arguments)


@dataclass(frozen=True)
class Facts:
    """What a dump says of itself.

    version   of the database server
    complete  whether it has its end
    tables    their names, as SQL has them
    digest    the same for two dumps of one content
    """

    version: str
    complete: bool
    tables: tuple[str, ...]
    digest: str


def title(wanted: dict[str, Any]) -> str:
    """The database in words, without its user."""
    return f"the {_NAMES[wanted['type']]} database {wanted['database']} on {wanted['host']}"


def advice(kind: str) -> str:
    """Which image has the programs."""
    return f"set it to an image of the version of the database server that has {_PROGRAMS[kind]}, such as {_EXAMPLES[kind]}"


def dump(wanted: dict[str, Any]) -> Program:
    """Writes FILE, from one consistent view of the database."""
    if wanted["type"] == "postgres":
        words = ("--no-password", "--no-owner", "--no-privileges", f"--file={FILE}", f"--dbname={_conninfo(wanted)}")
        return Program(_DUMPS["postgres"], words)
    options = (
        f"--defaults-file={_CREDENTIALS}",
        "--single-transaction",
        "--no-tablespaces",  # to see them, a user needs a right to the whole server
        "--order-by-primary",
        "--hex-blob",
        "--default-character-set=utf8mb4",
        # MySQL's own: setting these again needs a right to the whole server; MariaDB's servers do not have them.
        "--loose-set-gtid-purged=OFF",
        "--loose-column-statistics=0",
        f"--result-file={FILE}",
    )
    return Program(_DUMPS["mysql"], (*options, wanted["database"]))


def load(wanted: dict[str, Any]) -> Program:
    """Carries out FILE: all of it or nothing in PostgreSQL; MySQL's tables are not created and dropped in transactions."""
    if wanted["type"] == "postgres":
        options = ("--no-password", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
        # A terse error does not show the row that it is about.
        return Program(_CLIENTS["postgres"], (*options, "--set=VERBOSITY=terse", "--file=-", f"--dbname={_conninfo(wanted)}"), reads=True)
    # It ends at the first error of its standard input, but not at one of a file that it sources.
    return Program(
        _CLIENTS["mysql"], (f"--defaults-file={_CREDENTIALS}", "--default-character-set=utf8mb4", wanted["database"]), reads=True
    )


def files(wanted: dict[str, Any]) -> dict[str, str]:
    """Path → content of the files that the programs need beside FILE. `tls` has at least `ca`."""
    found = {_TLS[key]: text for key, text in wanted["tls"].items() if text}
    if wanted["type"] == "postgres":
        escaped = wanted["password"].replace("\\", "\\\\").replace(":", "\\:")
        return {**found, _CREDENTIALS: f"*:*:*:*:{escaped}\n"}
    lines = {
        "host": wanted["host"],
        "port": wanted.get("port") or datastore.PORTS["mysql"],
        "user": wanted["username"],
        "password": wanted["password"],
        "protocol": "tcp",
        # Each client knows one of these two.
        "loose-ssl-mode": "VERIFY_IDENTITY",
        "loose-ssl-verify-server-cert": 1,
        **{f"ssl-{key}": path for key, path in _TLS.items() if path in found},
    }
    return {**found, _CREDENTIALS: "".join(["[client]\n", *(f"{name}={_quoted(str(value))}\n" for name, value in lines.items())])}


def _conninfo(wanted: dict[str, Any]) -> str:
    paths = {f"{key}_file": path for key, path in _TLS.items() if wanted["tls"].get(key)}
    return datastore.postgres(wanted, paths, {"passfile": _CREDENTIALS})


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def facts(lines: Iterable[bytes]) -> Facts:
    """What a dump says of itself."""
    version, complete, tables, digest = "", False, [], hashlib.sha256()
    for line in lines:
        if line.startswith(b"--"):
            named = _VERSION.match(line)
            version = named[1].decode(errors="replace").strip() if named else version
            complete = complete or bool(_COMPLETE.match(line))
        table = _TABLE.match(line)
        if table:
            tables.append(table[1].decode())
        if not line.startswith(_PASSING):
            digest.update(line)
    return Facts(version, complete, tuple(tables), digest.hexdigest())


def clearing(kind: str, tables: Iterable[str]) -> str:
    """SQL that drops the tables, whatever refers to them."""
    if kind == "postgres":
        return "".join(f"DROP TABLE {table} CASCADE;\n" for table in tables)
    return "".join(["SET FOREIGN_KEY_CHECKS=0;\n", *(f"DROP TABLE {table};\n" for table in tables), "SET FOREIGN_KEY_CHECKS=1;\n"])
