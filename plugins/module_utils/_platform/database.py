# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dumps and restores a SPIRE Server's external database, by programs in a container (private to the collection)."""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import IO, TYPE_CHECKING, Any

from .._container.engine import Engine, EngineError
from .._container.spec import ContainerSpec
from .._spire import dump

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DATASTORE = {
    "type": "dict",
    "options": {
        "type": {"type": "str", "required": True, "choices": ["postgres", "mysql"]},
        "host": {"type": "str", "required": True},
        "port": {"type": "int"},
        "database": {"type": "str", "required": True},
        "username": {"type": "str", "required": True},
        "password": {"type": "str", "required": True, "no_log": True},
        "tls": {
            "type": "dict",
            "default": {},
            "options": {"ca": {"type": "str"}, "cert": {"type": "str"}, "key": {"type": "str", "no_log": True}},
        },
        "image": {"type": "str", "required": True},
        "network": {"type": "str", "required": True},
        "container": {"type": "str", "required": True},
    },
}
_SECONDS = 3600  # for one run of a program
_LINES = 10  # of its log, in a message
_STATEMENT = "--------------"  # around a statement, in the log of MariaDB's client
_NOT_FOUND = 127  # a shell's exit code for a program that the image does not have
# Where distributions keep the certificates that they trust.
_TRUSTED = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem")


def save(engine: Engine, wanted: dict[str, Any], target: IO[bytes]) -> dump.Facts:
    """Write a dump of the database to the file `target`, and say what is in it. Raises EngineError."""
    _run(engine, wanted, dump.dump, after=lambda name: engine.fetch(name, dump.FILE, target))
    found = facts(target)
    if not found.complete:
        raise EngineError(f"the dump of {dump.title(wanted)} has no end; run the backup again")
    return found


def load(engine: Engine, wanted: dict[str, Any], source: IO[bytes], replaced: Iterable[str]) -> None:
    """Restore the dump `source` in the database, in the place of the tables `replaced`. Raises EngineError."""
    with tempfile.TemporaryFile() as whole:
        whole.write(dump.clearing(wanted["type"], replaced).encode())
        source.seek(0)
        shutil.copyfileobj(source, whole)
        whole.seek(0)
        try:
            _run(engine, wanted, dump.load, before=lambda name: engine.send(name, dump.FILE, whole, 0o600))
        except EngineError as error:
            raise EngineError(f"{error}; {dump.REMAINS[wanted['type']]}") from error


def facts(file: IO[bytes]) -> dump.Facts:
    """What the dump in a file says of itself."""
    file.seek(0)
    return dump.facts(file)


def _nothing(_name: str) -> None:
    pass


def _run(
    engine: Engine,
    wanted: dict[str, Any],
    choose: Callable[[dict[str, Any]], dump.Program],
    before: Callable[[str], None] = _nothing,
    after: Callable[[str], None] = _nothing,
) -> None:
    """Run the program that `choose` says to its end in a container of its own; `before` and `after` get that container's name."""
    wanted = {**wanted, "tls": {**wanted["tls"], "ca": wanted["tls"].get("ca") or _authorities(wanted)}}
    program = choose(wanted)
    if not engine.image(wanted["image"]):
        engine.pull(wanted["image"])
    name = f"{wanted['container']}-dump"
    try:
        for one in program.names:
            engine.remove(name)  # of a run that was cut off, or of the name that the image does not have
            code = _code(engine, wanted, program.words(one), name, before)
            if code != _NOT_FOUND:
                break
        if code == _NOT_FOUND:
            raise EngineError(
                f"backup_datastore_image is {wanted['image']}, which has no {' or '.join(program.names)}: {dump.advice(wanted['type'])}"
            )
        if code:
            raise EngineError(f"{one} failed on {dump.title(wanted)}: {_said(engine, name)}")
        after(name)
    finally:
        engine.remove(name)


def _code(engine: Engine, wanted: dict[str, Any], command: tuple[str, ...], name: str, before: Callable[[str], None]) -> int:
    """The exit code of a command in a new container."""
    # A host that lost its platform does not have the network yet.
    network = wanted["network"] if engine.network(wanted["network"]) else "host"
    engine.create(ContainerSpec(name, wanted["image"], entrypoint=command[:1], command=command[1:], user="0", network=network))
    for path, text in dump.files(wanted).items():
        engine.put_file(name, path, text, 0o600)
    before(name)
    engine.start(name)
    return engine.wait(name, _SECONDS)


def _said(engine: Engine, name: str) -> str:
    """The end of a program's log, without the statement that failed, which may be a row, and what it says of options for other programs."""
    lines = engine.log_tail(name, _LINES).rpartition(_STATEMENT)[2].splitlines()
    return " ".join(line for line in lines if not line.startswith("Warning: "))


def _authorities(wanted: dict[str, Any]) -> str:
    path = next(filter(os.path.isfile, _TRUSTED), None)
    if path is None:
        raise EngineError(
            f"this host has none of {', '.join(_TRUSTED)} to verify the certificate of {dump.title(wanted)}: install the package "
            "ca-certificates, or set spire_server_datastore.tls.ca_file"
        )
    with open(path, encoding="utf-8") as file:
        return file.read()
