# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One redacted archive of what helps to find a fault on a host (private to the collection).

The names in it are those of the platform's own collector, `swarmLogCollector.sh`: out.log, sn_TAG_INDEX.log, sn_inspect_TAG_INDEX.log, …,
user_INDEX.log and ml_inspect_INDEX.log for ML containers, the YAML files of SWOP and SWCI. APLS, SWCI and SPIRE are added in the same way.
"""

from __future__ import annotations

import collections
import io
import json
import os
import subprocess
import tarfile
import time
from typing import TYPE_CHECKING, Any

from .._container.engine import EngineError
from .._container.masking import mask
from .._container.readiness import explain
from .._container.spec import mask_inspect, secrets_of
from .._spire.server import Server, SpireError
from .containers import members, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._container.engine import Engine

# Commands that an administrator would be asked to run. Those that a host does not have are left out, with a note.
COMMANDS = (
    ("uname", "-a"),
    ("cat", "/etc/os-release"),
    ("uptime",),
    ("timedatectl", "status"),
    ("free", "-m"),
    ("df", "-h"),
    ("ip", "-brief", "address"),
    ("ss", "-ltnp"),
    ("sestatus",),
    ("nvidia-smi",),
)
SERVER_COMMANDS = (("healthcheck",), ("agent", "list"), ("entry", "show"), ("bundle", "list", "-format", "spiffe"))
COMMAND_TIMEOUT = 20  # seconds
TEXTS = (".yml", ".yaml", ".conf", ".json", ".hcl")
# Files that consist of secrets, so masking words does not make them harmless.
LEFT_OUT = ("keys.json", "tokens", "certificates", "data")
LARGEST_TEXT = 1 << 20  # bytes of a configuration file
_USER = "user"


def support(engine: Engine, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """swarm_support: write the archive `path`, and say which known causes the logs show."""
    found = [(component, release, engine.inspect(summary["Id"])) for component, release, summary in members(engine)]
    containers = [(component, release, inspect) for component, release, inspect in found if inspect]
    secrets = sorted(
        {secret for _c, _r, inspect in containers for secret in (*secrets_of(inspect), *params["secrets"])}, key=len, reverse=True
    )
    if check_mode:
        return {"changed": True, "containers": [_name(inspect) for _c, _r, inspect in containers], "causes": [], "size": 0}
    causes: list[dict[str, str]] = []
    archive = _Archive(params["path"], params["name"], secrets)
    with archive:
        archive.add("out.log", "\n".join(_host(engine)))
        index: collections.Counter[tuple[str, str]] = collections.Counter()
        for component, release, inspect in containers:
            number = index[component, release]
            index[component, release] += 1
            log = _log(engine, inspect, params)
            archive.add(_file(component, release, number, ""), log)
            archive.add(_file(component, release, number, "inspect_"), json.dumps(mask_inspect(inspect), indent=1))
            causes += [{"container": _name(inspect), "cause": cause} for cause in explain(log)]
        for name, text in _texts(params["directory"]):
            archive.add(name, text)
        for name, text in _servers(engine, containers):
            archive.add(name, text)
        archive.add("causes.txt", "".join(f"{one['container']}: {one['cause']}\n" for one in causes))
    return {
        "changed": True,
        "containers": [_name(inspect) for _c, _r, inspect in containers],
        "causes": causes,
        "size": os.stat(params["path"]).st_size,
    }


class _Archive:
    """A compressed tar file, readable by its owner only, of texts without secrets."""

    def __init__(self, path: str, name: str, secrets: list[str]) -> None:
        self._path, self._name, self._secrets = path, name, secrets

    def __enter__(self) -> None:
        directory = os.stat(os.path.dirname(self._path))
        self._file = os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        os.fchown(self._file.fileno(), directory.st_uid, directory.st_gid)
        self._tar = tarfile.open(fileobj=self._file, mode="w:gz")

    def __exit__(self, *_error: object) -> None:
        self._tar.close()
        self._file.close()

    def add(self, name: str, text: str) -> None:
        """Add a file, its secrets masked."""
        content = mask(text, self._secrets).encode()
        entry = tarfile.TarInfo(f"{self._name}/{name}")
        entry.size, entry.mode, entry.mtime = len(content), 0o600, int(time.time())
        self._tar.addfile(entry, io.BytesIO(content))


def _name(inspect: dict[str, Any]) -> str:
    name: str = inspect["Name"]
    return name.lstrip("/")


def _file(component: str, release: str, number: int, kind: str) -> str:
    """`sn_2.3.0_0.log` and its like; ML containers are the user's and have no release."""
    if component == "ml":
        return f"ml_{kind}{number}.log" if kind else f"{_USER}_{number}.log"
    return f"{component}_{kind}{release or 'unknown'}_{number}.log"


# --- what is in it ------------------------------------------------------------------------------------------------------


def _host(engine: Engine) -> Iterator[str]:
    yield f"Collected: {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}"
    for command in COMMANDS:
        yield f"\n$ {' '.join(command)}\n{_output(command)}"
    yield f"\nContainer engine:\n{json.dumps(engine.info(), indent=1)}"
    lines = (f"{name_of(one)}  {one['Image']}  {one['State']}  {one['Status']}" for one in engine.containers({}))
    yield "\nContainers:\n" + "\n".join(lines)


def _output(command: tuple[str, ...]) -> str:
    try:
        # run_command has no time limit.
        done = subprocess.run(command, capture_output=True, timeout=COMMAND_TIMEOUT, check=False)  # pylint: disable=ansible-bad-function
    except FileNotFoundError:
        return f"(this host has no {command[0]})"
    except subprocess.TimeoutExpired:
        return f"(no answer within {COMMAND_TIMEOUT} s)"
    return (done.stdout + done.stderr).decode(errors="replace").rstrip()


def _log(engine: Engine, inspect: dict[str, Any], params: dict[str, Any]) -> str:
    try:
        return engine.log_end(inspect, time.time() - params["since"], params["max_size"])
    except EngineError as error:
        return f"(the log cannot be read: {error})"


def _texts(directory: str) -> Iterator[tuple[str, str]]:
    """(name in the archive, text) of the profiles, tasks and configurations in the platform's directory."""
    for place, directories, files in os.walk(directory):
        directories[:] = sorted(name for name in directories if name not in LEFT_OUT)
        for name in sorted(files):
            path = os.path.join(place, name)
            if name.endswith(TEXTS) and name not in LEFT_OUT and os.path.isfile(path) and os.stat(path).st_size <= LARGEST_TEXT:
                with open(path, encoding="utf-8", errors="replace") as file:
                    yield os.path.relpath(path, directory), file.read()


def _servers(engine: Engine, containers: list[tuple[str, str, dict[str, Any]]]) -> Iterator[tuple[str, str]]:
    """(name, text) of what each SPIRE Server that runs says of agents, entries and bundles; a bundle has no private key."""
    for component, _release, inspect in containers:
        if component == "spire_server" and inspect["State"].get("Running"):
            server = Server(engine, _name(inspect))
            yield f"spire_{_name(inspect)}.log", "\n".join(_answer(server, command) for command in SERVER_COMMANDS)


def _answer(server: Server, command: tuple[str, ...]) -> str:
    try:
        said = server(*command)
    except (EngineError, SpireError) as error:
        said = str(error)
    return f"$ spire-server {' '.join(command)}\n{said}"
