# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One call of a module that changes nothing, beside community.docker's docker_container for the same container.

Both run as Ansible runs them on a host: the module and what it needs in one archive, unpacked and started by Python anew for each call.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ansible.executor.module_common import modify_module
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader, module_loader
from ansible.template import Templar

from tools.playbook import ROOT
from tools.terminal import bold, say, table

NAME = "swarm-bench-sn"
ROUNDS = 12
OURS = "swarm.learning.sn"
THEIRS = "community.docker.docker_container"


def options(image: str) -> dict[str, dict]:
    """Module → options, of which both make the same container."""
    environment = {"THIS_NODE_IP": "192.0.2.1", "SN_I_AM_SENTINEL": "1", "SN_API_SERVER_PORT": "30304", "SN_ETH_PORT_EXT": "30303"}
    alike = {"name": NAME, "image": image, "entrypoint": ["sleep"], "command": ["3600"], "state": "present"}
    own = {"host_ip": "192.0.2.1", "sentinel": True, "sn_api_port": 30304, "sn_p2p_port": 30303}
    labels = {"learning.swarm.component": "sn", "learning.swarm.release": "2.3.0"}
    ports = {"ports": ["30304:30304", "30303:30303"], "default_host_ip": ""}
    theirs = {"env": environment, "labels": labels, "hostname": NAME, "interactive": True, "detach": False, **ports}
    return {OURS: {**alike, **own}, THEIRS: {**alike, **theirs}}


def packed(module: str, arguments: dict, directory: Path) -> Path:
    """The file that Ansible would copy to a host and start there."""
    found = module_loader.find_plugin_with_context(module)
    made = modify_module(
        module_name=found.resolved_fqcn,
        module_path=found.plugin_resolved_path,
        module_args={**arguments, "_ansible_check_mode": False, "_ansible_diff": False},
        templar=Templar(loader=DataLoader()),
        task_vars={"ansible_python_interpreter": sys.executable},
    )
    path = directory / module.rpartition(".")[2]
    path.write_bytes(made.b_module_data)
    return path


def call(path: Path) -> tuple[float, dict]:
    """(seconds, result) of one start."""
    began = time.monotonic()
    said = subprocess.run([sys.executable, path], stdout=subprocess.PIPE, check=False).stdout
    seconds = time.monotonic() - began
    result = json.loads(said)
    if result.get("failed"):
        raise SystemExit(f"{path.name}: {result['msg']}")
    return seconds, result


def bench_module(image: str) -> dict[str, float]:
    """Module → median seconds of a call that changes nothing; the calls take turns, so that both meet the same machine."""
    os.chdir(ROOT)
    init_plugin_loader([str(ROOT / ".collections")])
    seconds: dict[str, list[float]] = {OURS: [], THEIRS: []}
    with tempfile.TemporaryDirectory() as directory:
        files = {module: packed(module, arguments, Path(directory)) for module, arguments in options(image).items()}
        subprocess.run(["docker", "rm", "--force", "--volumes", NAME], check=False, capture_output=True)
        try:
            call(files[OURS])
            for module, path in files.items():
                if call(path)[1]["changed"]:
                    raise SystemExit(f"{module} would change what {OURS} made")
            for _round in range(ROUNDS):
                for module, path in files.items():
                    seconds[module].append(call(path)[0])
        finally:
            subprocess.run(["docker", "rm", "--force", "--volumes", NAME], check=False, capture_output=True)
    return {module: statistics.median(times) for module, times in seconds.items()}


def report(image: str) -> None:
    """Say the figures."""
    figures = bench_module(image)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    say(bold("One module call that changes nothing"))
    table(("module", "median"), [(module, f"{figure * 1000:.0f} ms") for module, figure in figures.items()], right=(1,))
    say(f"{figures[OURS] / figures[THEIRS]:.2f} times {THEIRS}; at most {memory} MB of memory in either")
