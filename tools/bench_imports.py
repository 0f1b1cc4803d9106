# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module call carries and loads: the size of what Ansible sends, what of it is the collection's, and the time that imports take."""

from __future__ import annotations

import base64
import io
import json
import re
import statistics
import subprocess
import sys
import zipfile
from dataclasses import asdict, dataclass

from ansible.executor.module_common import modify_module
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader, module_loader
from ansible.template import Templar

from lab.playbook_runner import ROOT

ROUNDS = 5
KIB = 1024
MODULES = (
    *(f"swarm.learning.{name}" for name in ("sn", "spire_server", "spire_agent", "spire_bundle", "spire_token", "spire_entry")),
    "swarm.learning.swarm_files",
    "community.docker.docker_container",
    "ansible.builtin.ping",
)
_LINE = re.compile(r"import time: +\d+ \| +(\d+) \| (.*)")
_ARCHIVE = re.compile(rb"UEsDB[A-Za-z0-9+/=]+")


@dataclass(frozen=True)
class Size:
    """KiB that Ansible sends, KiB of source in it that are the collection's, and milliseconds of imports."""

    sent: int
    own: int
    imports: float


def size(name: str) -> Size:
    """The Size of a module, by its full name."""
    found = module_loader.find_plugin_with_context(name)
    built = modify_module(
        module_name=name,
        module_path=found.plugin_resolved_path,
        module_args={},
        templar=Templar(loader=DataLoader()),
        task_vars={"ansible_python_interpreter": "/usr/bin/python3"},
        module_compression="ZIP_DEFLATED",
    )
    archive = _ARCHIVE.search(built.b_module_data)
    own = 0
    if archive:
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(archive[0]))) as files:
            own = sum(one.file_size for one in files.infolist() if "/swarm/learning/" in one.filename)
    return Size(len(built.b_module_data) // KIB, own // KIB, _imports(name))


def _imports(name: str) -> float:
    """Milliseconds that all imports of a module take, the median of some processes."""
    namespace, collection, module = name.split(".")
    package = f"ansible_collections.{namespace}.{collection}.plugins" if namespace != "ansible" else "ansible"
    return statistics.median(_once(f"{package}.modules.{module}") for _round in range(ROUNDS))


def _once(module: str) -> float:
    done = subprocess.run([sys.executable, "-X", "importtime", "-c", f"import {module}"], check=True, capture_output=True, text=True)
    found = [_LINE.fullmatch(line) for line in done.stderr.splitlines()]
    # Top-level imports, those of the interpreter itself left out: Ansible and the collection are the first that count.
    last = [int(match[1]) for match in found if match and not match[2].startswith(" ")]
    names = [match[2] for match in found if match and not match[2].startswith(" ")]
    begun = next((number for number, what in enumerate(names) if what.startswith(("ansible", module.split(".")[0]))), 0)
    return sum(last[begun:]) / 1000


def sizes() -> dict[str, Size]:
    """Module → Size, from a process of its own: Ansible's loader has to come before any collection is imported otherwise."""
    done = subprocess.run([sys.executable, "-m", "tools.bench_imports"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return {name: Size(**measured) for name, measured in json.loads(done.stdout).items()}


if __name__ == "__main__":
    init_plugin_loader([str(ROOT / ".collections")])
    print(json.dumps({name: asdict(size(name)) for name in MODULES}))
