# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a SPIRE Server keeps its data: a file of its own, or a database that several servers share (private to the collection, pure).

The forms are those of SPIRE's own plugin `sql` (doc/plugin_server_datastore_sql.md), which are the same from 0.12 to 1.15.
"""

from __future__ import annotations

import re
from typing import Any

from .._container.masking import mask_user

SQLITE = "sqlite"
PORTS = {"postgres": 5432, "mysql": 3306}
TYPES = (SQLITE, *PORTS)
KEYS = ("type", "host", "port", "database", "username", "password", "tls")
# Key of `tls` → the file's name beside the server's configuration.
TLS_FILES = {"ca_file": "datastore-ca.pem", "cert_file": "datastore-cert.pem", "key_file": "datastore-key.pem"}
_NEEDED = ("host", "database", "username", "password")
_NAME = re.compile(r"[A-Za-z0-9_.-]+\Z")
_HOST = re.compile(r"[A-Za-z0-9_.:-]+\Z")


def problems(wanted: object) -> list[str]:
    """Problems of a datastore as a user writes it, as a list of sentences without secrets."""
    if not isinstance(wanted, dict):
        return ["must be a mapping with the keys type, host, port, database, username, password and tls"]
    unknown = [f"has the unknown key {key!r}; expected one of {', '.join(KEYS)}" for key in wanted if key not in KEYS]
    kind = wanted.get("type", SQLITE)
    if kind not in TYPES:
        return [*unknown, f"type: invalid value {kind!r}; expected one of {', '.join(TYPES)}"]
    if kind == SQLITE:
        useless = [key for key in KEYS[1:] if wanted.get(key)]
        return [*unknown, *(f"{key} cannot be used with type: {SQLITE}, which is a file of the server's own" for key in useless)]
    return unknown + _database_problems(wanted, kind)


def _database_problems(wanted: dict[str, Any], kind: str) -> list[str]:
    found = [f"needs {key} with type: {kind}" for key in _NEEDED if not wanted.get(key)]
    for key, form in (("host", _HOST), ("database", _NAME), ("username", _NAME)):
        if wanted.get(key) and not form.match(str(wanted[key])):
            found.append(
                f"{key}: {mask_user(str(wanted[key]))!r} has a character that is not allowed; expected letters, digits, _, . and -"
            )
    port = wanted.get("port") or PORTS[kind]
    if not isinstance(port, int) or isinstance(port, bool) or not 1 <= port <= 65535:
        shown = repr(mask_user(port)) if isinstance(port, str) else port
        found.append(f"port: invalid port {shown}; expected 1 to 65535")
    tls = wanted.get("tls") or {}
    if not isinstance(tls, dict) or set(tls) - set(TLS_FILES):
        return [*found, f"tls must be a mapping with the keys {', '.join(TLS_FILES)}"]
    if bool(tls.get("cert_file")) != bool(tls.get("key_file")):
        found.append("tls: cert_file and key_file must be set together")
    return found


def is_shared(wanted: dict[str, Any]) -> bool:
    """Whether other servers can use it too."""
    kind: str = wanted.get("type", SQLITE)
    return kind != SQLITE


def place(wanted: dict[str, Any]) -> tuple[str, str | None, int | None, str | None]:
    """What is the same for all servers that share it: (type, host, port, database)."""
    kind = wanted.get("type", SQLITE)
    return kind, wanted.get("host"), wanted.get("port") or PORTS.get(kind), wanted.get("database")


def plugin_data(wanted: dict[str, Any], file: str, directory: str) -> dict[str, str]:
    """The data of the plugin `sql`; always with TLS, and the database's certificate must be for its host.

    wanted     as a user writes it, without problems
    file       path of the sqlite file
    directory  where the files of `tls` lie, both in the container
    """
    kind = wanted.get("type", SQLITE)
    if kind == SQLITE:
        return {"database_type": "sqlite3", "connection_string": file}
    paths = {key: f"{directory}/{name}" for key, name in TLS_FILES.items() if (wanted.get("tls") or {}).get(key)}
    if kind == "postgres":
        return {"database_type": "postgres", "connection_string": postgres(wanted, paths, {"password": wanted["password"]})}
    named = {"ca_file": "root_ca_path", "cert_file": "client_cert_path", "key_file": "client_key_path"}
    return {"database_type": "mysql", "connection_string": _mysql(wanted), **{named[key]: path for key, path in paths.items()}}


def postgres(wanted: dict[str, Any], paths: dict[str, str], secret: dict[str, str]) -> str:
    """The database as a PostgreSQL client reads it.

    paths   key of `tls` → the file's path for that client
    secret  where the client finds the password, as a keyword and its value
    """
    words = {
        "host": wanted["host"],
        "port": wanted.get("port") or PORTS["postgres"],
        "dbname": wanted["database"],
        "user": wanted["username"],
        **secret,
        "sslmode": "verify-full",
        "sslrootcert": paths.get("ca_file"),
        "sslcert": paths.get("cert_file"),
        "sslkey": paths.get("key_file"),
    }
    return " ".join(f"{name}={_quoted(str(value))}" for name, value in words.items() if value)


def _quoted(value: str) -> str:
    """As a PostgreSQL client reads it; a plain word stays as it is."""
    if re.fullmatch(r"[A-Za-z0-9_./:-]+", value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _mysql(wanted: dict[str, Any]) -> str:
    """`tls=true` trusts the authorities of the image; files of the user's own win over it in the server."""
    host, port = wanted["host"], wanted.get("port") or PORTS["mysql"]
    host = f"[{host}]" if ":" in host else host
    return f"{wanted['username']}:{wanted['password']}@tcp({host}:{port})/{wanted['database']}?parseTime=true&tls=true"
