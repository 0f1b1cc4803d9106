# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the metrics of a host to a file for a textfile collector (private to the collection).

It runs on the host by itself, without Ansible: neither this file nor what it needs imports Ansible (`plugin_utils._monitoring` lays them).
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .._container.engine import DOCKER_IMPORT_ERROR, Engine, EngineError
from .._container.readiness import moment
from .._platform import containers, license_server, training_info
from .._spire import info, lifetime
from .._spire.config import seconds
from .._spire.server import Server, SpireError
from . import metrics
from .exposition import Sample, render

_TIMEOUT = 20  # seconds for one answer of the engine
_PATIENCE = 5  # seconds for one of a License Server
_ENGINE = {
    "tls": False,
    "validate_certs": False,
    "ca_path": None,
    "client_cert": None,
    "client_key": None,
    "api_version": "auto",
    "timeout": _TIMEOUT,
}
_FAILURES = (EngineError, SpireError, OSError, ValueError)


def main() -> None:
    """Gather what the configuration, the file in the first argument, says, and write it."""
    with open(sys.argv[1], encoding="utf-8") as stream:
        wanted = json.load(stream)
    if DOCKER_IMPORT_ERROR:
        raise SystemExit(f"the Docker SDK for Python is missing for {sys.executable}:\n{DOCKER_IMPORT_ERROR}")
    write(wanted["output"], render(metrics.METRICS, gather(wanted)))


def gather(wanted: dict[str, Any]) -> Iterator[Sample]:
    """All samples of a host. wanted: the configuration, {docker_host, output, directories, site}, `site` as `HostModel.monitoring` is."""
    start, site = time.time(), wanted["site"]
    engine = Engine({**_ENGINE, "docker_host": wanted["docker_host"]})
    yield from metrics.of_site(site)
    answers = _answers(engine)
    yield Sample("swarm_engine_up", {}, answers)
    parts: dict[str, Callable[[], Iterable[Sample]]] = {
        "directories": lambda: _directories(wanted["directories"]),
        "license_servers": lambda: _license_servers(site),
    }
    if answers:
        parts["containers"] = lambda: _containers(engine, site)
        parts["training"] = lambda: _training(engine)
    if answers and site["spire_server"]:
        parts["spire"] = lambda: _spire(engine, site)
    for part, find in parts.items():
        found, success = _attempt(part, find)
        yield from found
        yield Sample("swarm_metrics_success", {"part": part}, success)
    yield Sample("swarm_metrics_duration_seconds", {}, round(time.time() - start, 3))
    yield Sample("swarm_metrics_last_run_timestamp_seconds", {}, round(time.time()))


def _attempt(part: str, find: Callable[[], Iterable[Sample]]) -> tuple[list[Sample], bool]:
    """One part that cannot be gathered leaves the others; why is for the journal."""
    try:
        return list(find()), True
    except _FAILURES as error:
        sys.stderr.write(f"{part}: {error}\n")
        return [Sample("swarm_spire_up", {}, 0)] if part == "spire" else [], False


def _answers(engine: Engine) -> bool:
    try:
        engine.info()
    except EngineError as error:
        sys.stderr.write(f"{error}\n")
        return False
    return True


def _containers(engine: Engine, site: dict[str, Any]) -> Iterator[Sample]:
    found = containers.info(engine, {"components": [], "days": None, "x509_svid_ttl": None}, True)["containers"]
    running = [one["name"] for one in found if one["state"] == "running"]
    spoke = {name: engine.spoke_at(name) for name in running}
    yield from metrics.of_containers(site["containers"], found, {name: moment(text) for name, text in spoke.items() if text})
    life = seconds("x509_svid_ttl", site["x509_svid_ttl"]) if site["x509_svid_ttl"] else None
    ends = [(one, lifetime.end_of(one, life, int(time.time()))) for one in found]
    yield from metrics.of_identities((one, end) for one, end in ends if end)


def _license_servers(site: dict[str, Any]) -> list[Sample]:
    """Of the License Servers, as the nodes of this host use them."""
    return metrics.of_license_servers(license_server.look({**site["license"], "timeout": _PATIENCE})["servers"]) if site["license"] else []


def _spire(engine: Engine, site: dict[str, Any]) -> list[Sample]:
    asked: dict[str, Any] = {
        "days": None,
        "default_x509_svid_ttl": "1h",
        "token_dir": site["token_dir"] or None,
        "synchronized": [],
        "wait_timeout": 0,
    }
    facts = info.info(Server(engine, site["spire_server"]), asked, True)
    return metrics.of_spire(facts, lifetime.signing(facts["authorities"], time.time()))


def _training(engine: Engine) -> list[Sample]:
    nodes, failure = training_info.nodes_of(engine, containers.members(engine))
    return metrics.of_training(nodes, bool(failure))


def _directories(paths: Iterable[str]) -> Iterator[Sample]:
    for path in paths:
        with contextlib.suppress(FileNotFoundError):  # one that comes with the training
            facts = os.statvfs(path)
            yield from metrics.of_directory(path, facts.f_bavail * facts.f_frsize, facts.f_blocks * facts.f_frsize)


def write(path: str, text: str) -> None:
    """Write a file completely or not at all, as a collector may read it at any time."""
    handle, part = tempfile.mkstemp(dir=os.path.dirname(path), prefix=f".{os.path.basename(path)}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            os.fchmod(stream.fileno(), 0o644)
        os.replace(part, path)
    except OSError:
        os.unlink(part)
        raise
