# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make matrix`: run the checks that need no Docker Engine with the oldest and newest versions that the collection allows.

Two kinds of cell, each in an environment of its own in the cache, from PyPI:
- a controller: a Python, an ansible-core, and the collections that the collection depends on; the unit tests and Ansible's sanity tests run in it;
- a host: a Python and a Docker SDK; the development environment's Ansible sends a module there, which asks an engine that answers like
  Docker's, or says in a sentence what is too old.
Cells whose Python is not installed are shown as such. Arguments choose cells by a part of their name: `make matrix ARGS="core-2.21 host"`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from lab.playbook_runner import BIN, ROOT

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "swarm-learning/matrix"
LOGS = ROOT / "tests/output/matrix"
# What unit and sanity tests import, in versions that fit the core; the development environment has the pinned ones.
TESTS_NEED = ("cryptography", "docker>=7.1,<8", "hypothesis", "jsonschema", "numpy", "pytest", "PyYAML", "radon", "scikit-learn", "spiffe")
# Packages `ansible` of PyPI that carry a collection in the version named.
OLDEST = {"community.docker": "11.0.0", "community.crypto": "8.3.0"}  # 4.0.1 and 2.15.0
NEWEST = {"community.docker": "14.5.0", "community.crypto": "14.5.0"}  # 5.4.0 and 3.5.0
LIBRARY = "community.library_inventory_filtering_v1"  # community.docker depends on it; the package with the newest has it
SECONDS = 3600


@dataclass(frozen=True)
class Controller:
    """A cell whose unit and sanity tests run."""

    python: str
    core: str
    collections: str

    @property
    def name(self) -> str:
        return f"core-{self.core} python-{self.python} {self.collections} collections"


@dataclass(frozen=True)
class Host:
    """A cell whose Python and Docker SDK run a module. `says` is a pattern of the message that is expected, empty for success."""

    python: str
    packages: tuple[str, ...]
    says: str = ""

    @property
    def name(self) -> str:
        return f"host python-{self.python} {' '.join(self.packages)}"


TOO_OLD = r"the Docker SDK for Python {} of \S+ is too old; 7\.1 or newer is required"
CELLS: tuple[Controller | Host, ...] = (
    Controller("3.11", "2.19.0", "oldest"),
    Controller("3.13", "2.19.*", "newest"),
    Controller("3.12", "2.20.*", "newest"),
    Controller("3.12", "2.21.*", "oldest"),
    Controller("3.13", "2.21.*", "newest"),
    Controller("3.14", "2.21.*", "newest"),
    Host("3.8", ("docker==7.1.0",), r"Python 3\.8\.\d+ at \S+ is too old; 3\.9 or newer is required"),
    Host("3.9", ("docker==5.0.3", "requests<2.29", "urllib3<2"), TOO_OLD.format(r"5\.0\.3")),
    Host("3.9", ("docker==6.1.3", "requests<2.32"), TOO_OLD.format(r"6\.1\.3")),
    Host("3.9", ("docker==7.0.0", "requests"), TOO_OLD.format(r"7\.0\.0")),
    Host("3.9", ("docker==7.1.0", "requests==2.31.0", "urllib3<2")),
    Host("3.9", ("docker==7.*", "requests")),
    Host("3.10", ("docker==7.1.0", "requests==2.32.*")),
    Host("3.11", ("docker==7.*", "requests")),
    Host("3.12", ("docker==7.1.0", "requests")),
    Host("3.13", ("docker==7.*", "requests")),
    Host("3.14", ("docker==7.*", "requests")),
)


def interpreter(version: str) -> str | None:
    """An installed Python of this version, from the PATH or pyenv."""
    ours = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for candidate in (shutil.which(f"python{version}"), *sorted(map(str, ours.glob(f"{version}.*/bin/python")), reverse=True)):
        # A shim of pyenv has the name and does not run.
        if candidate and subprocess.run([candidate, "-c", "import venv, ensurepip"], check=False, capture_output=True).returncode == 0:
            return candidate
    return None


def environment(python: str, packages: Sequence[str], add: Callable[[Path], None] = lambda _: None) -> Path:
    """The Python of a virtual environment with these packages, created where it does not exist. `add` completes it, given its directory."""
    key = hashlib.sha256(json.dumps([python, *packages]).encode()).hexdigest()[:16]
    directory = CACHE / key
    program = directory / "bin/python"
    if not (directory / ".complete").exists():
        shutil.rmtree(directory, ignore_errors=True)
        _run([python, "-m", "venv", str(directory)])
        _run([str(program), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages])
        add(directory)
        (directory / ".complete").touch()
    return program


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=SECONDS)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:4])} … failed: {(done.stderr or done.stdout).strip().splitlines()[-1]}")


def add_collections(directory: Path, carriers: dict[str, str]) -> None:
    """Unpack collections from the packages that carry them to where Ansible finds those of its environment."""
    [site_packages] = directory.glob("lib/python*/site-packages")
    for collection, version in {**carriers, LIBRARY: carriers["community.docker"]}.items():
        downloads = CACHE / "downloads"
        [*found] = downloads.glob(f"ansible-{version}-*.whl")
        if not found:
            wheel = ["--no-deps", "--ignore-requires-python", "--only-binary=:all:", "--dest", str(downloads), f"ansible=={version}"]
            _run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", *wheel])
            [*found] = downloads.glob(f"ansible-{version}-*.whl")
        below = f"ansible_collections/{collection.replace('.', '/')}/"
        with zipfile.ZipFile(found[0]) as archive:
            archive.extractall(site_packages, [name for name in archive.namelist() if name.startswith(below)])


def run_controller(cell: Controller, python: str) -> str:
    """The outcome of a controller cell."""
    carriers = OLDEST if cell.collections == "oldest" else NEWEST
    packages = [f"ansible-core=={cell.core}", *TESTS_NEED, *(f"{name}:{version}" for name, version in carriers.items())]
    program = environment(python, [one for one in packages if ":" not in one], lambda directory: add_collections(directory, carriers))
    outcomes = []
    for name, arguments in (
        (
            "unit",
            ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/unit", "--ignore", "tests/unit/docs", "--ignore", "tests/unit/lab"],
        ),
        ("sanity", ["tests/tools/sanity.py"]),
    ):
        log = LOGS / f"{re.sub(r'[^a-z0-9.]+', '-', cell.name)}-{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w", encoding="utf-8") as stream:
            search = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}
            command = [str(program), *arguments]
            status = subprocess.run(command, cwd=ROOT, env=search, check=False, stdout=stream, stderr=stream, timeout=SECONDS).returncode
        outcomes.append(f"{name} ok" if status == 0 else f"{name} FAILED, see {log.relative_to(ROOT)}")
    return ", ".join(outcomes)


class _Engine(BaseHTTPRequestHandler):
    """Answers like a Docker Engine that has no containers."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        answer = b"[]" if "/json" in self.path else b'{"ApiVersion": "1.47", "Version": "27.0.0", "Components": []}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def address_string(self) -> str:
        return "the module"  # at the other end of a Unix socket there is no address

    def log_message(self, *_arguments: object) -> None:
        pass


@contextmanager
def engine() -> Iterator[str]:
    """The address of an engine that answers."""
    with tempfile.TemporaryDirectory() as directory:
        path = f"{directory}/engine.sock"
        with socketserver.ThreadingUnixStreamServer(path, _Engine) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"unix://{path}"
            server.shutdown()


def run_host(cell: Host, python: str) -> str:
    """The outcome of a host cell."""
    program = environment(python, cell.packages)
    with engine() as address:
        arguments = ["-m", "swarm.learning.swarm_info", "-a", f"docker_host={address}", "-e", f"ansible_python_interpreter={program}"]
        command = [str(BIN / "ansible"), "localhost", "-i", "localhost,", "-c", "local", "-o", *arguments]
        done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=SECONDS)
    said = " ".join((done.stdout + done.stderr).split())
    if cell.says:
        return "refused in a sentence" if done.returncode and re.search(cell.says, said) else f"FAILED: {said[-300:]}"
    return "ok" if done.returncode == 0 else f"FAILED: {said[-300:]}"


def run(cell: Controller | Host) -> str:
    """The outcome of a cell, in a few words."""
    python = interpreter(cell.python)
    if python is None:
        return f"not run: Python {cell.python} is not installed"
    try:
        return run_controller(cell, python) if isinstance(cell, Controller) else run_host(cell, python)
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        return f"FAILED: {error}"


def main(chosen: Sequence[str]) -> int:
    """Run the cells whose name contains one of the words, all without words. Returns 1 if one failed."""
    cells = [cell for cell in CELLS if not chosen or any(word in cell.name for word in chosen)]
    if not cells:
        print(f"matrix: no cell's name contains {' or '.join(chosen)}; they are:", *(cell.name for cell in CELLS), sep="\n  ")
        return 2
    width = max(len(cell.name) for cell in cells)
    failed = False
    for cell in cells:
        start = time.monotonic()
        outcome = run(cell)
        failed |= "FAILED" in outcome
        print(f"{cell.name:{width}}  {outcome} ({time.monotonic() - start:.0f} s)", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
