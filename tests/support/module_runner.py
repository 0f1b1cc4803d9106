# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the collection's modules for real, in this process or in one of their own, and describes the containers that tests ask for."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import multiprocessing
import os
import socket
import tarfile
from pathlib import Path

import docker
from ansible.module_utils.testing import patch_module_args
from ansible.release import __version__

MODULES = "ansible_collections.swarm.learning.plugins.modules"
HERE = Path(__file__).parent
ROOT = HERE.parents[1]
IMAGE = "swarm-test/stub:1"
OTHER_IMAGE = "swarm-test/stub:2"
ENGINE = "/var/run/docker.sock"
SN_UP = "swarm.blCnt : INFO : Starting SWARM-API-SERVER on port: 30304"
# Its children come from a process without threads, which has imported everything already.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__, f"{MODULES}.sn", f"{MODULES}.sl"])
VERSION = tuple(map(int, __version__.split(".")[:2]))
HEALTHY = "#!/bin/sh\nexit 0\n"


class Failed(Exception):
    """The module ended with fail_json; `result` is what it said."""

    def __init__(self, result):
        super().__init__(result["msg"])
        self.result = result


def run(module, check=False, **params):
    """Run a module in this process and return its result. Raises Failed."""
    # As a run with -vvv: the result shows the parameters. Before ansible-core 2.21 it always does, and the argument is unknown.
    shown = {"_ansible_inject_invocation": True} if VERSION >= (2, 21) else {}
    arguments = {**params, "_ansible_check_mode": check, "_ansible_diff": True, **shown}
    said = io.StringIO()
    main = importlib.import_module(f"{MODULES}.{module}").main
    with patch_module_args(arguments), contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        main()
    return judged(said.getvalue())


def judged(output):
    """The result that a module printed. Raises Failed."""
    result = json.loads(output.strip().splitlines()[-1])
    if result.get("failed"):
        raise Failed(result)
    return result


def start(module, **params):
    """Run a module in a process of its own, which a test may kill."""
    process = _FORKS.Process(target=run, args=(module,), kwargs=params)
    process.start()
    return process


def _in_process(user, answers, module, params):
    with contextlib.suppress(Failed):
        run(module, check=True, **params)  # what is imported on the way is not to be had for another user
    os.setuid(user)
    try:
        answers.send(run(module, **params))
    except Failed as failed:
        answers.send(failed.result)


def process(module, user, **params):
    """The result of a module that runs as another user, in a process of its own; a failure's too."""
    mine, its = _FORKS.Pipe()
    child = _FORKS.Process(target=_in_process, args=(user, its, module, params))
    child.start()
    its.close()
    result = mine.recv()
    child.join()
    return result


def free_port():
    """A TCP port of this machine that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def build_context(base, variant):
    """A build context, as a tar file, for the stub's image; variant: what tells one image from another."""
    dockerfile = f"""FROM {base}
COPY stub.py /stub.py
COPY healthy /opt/spire/bin/spire-server
COPY healthy /opt/spire/bin/spire-agent
COPY healthy /spire/bin/spire-server
RUN chmod +x /opt/spire/bin/* /spire/bin/*
ENV VARIANT={variant} FROM_IMAGE=yes
LABEL org.example.from=image
VOLUME /image-volume
WORKDIR /srv
ENTRYPOINT ["python3", "/stub.py"]
CMD ["--say", "the image's own command"]
"""
    files = {"Dockerfile": dockerfile, "stub.py": (HERE / "stub.py").read_text(encoding="utf-8"), "healthy": HEALTHY}
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    context.seek(0)
    return context


class Sandbox:
    """One test's own names, paths and containers; everything in it is removed afterwards."""

    def __init__(self, client, directory, prefix):
        self.client, self.directory, self.prefix = client, directory, prefix

    def name(self, component):
        """A container's name of this test."""
        return f"{self.prefix}-{component}"

    def file(self, name, text="x\n"):
        """The path of a file that is there."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)

    def inspect(self, component):
        """What the engine says of a container of this test."""
        return self.client.api.inspect_container(self.name(component))

    def id(self, component):
        """A container's ID."""
        return self.inspect(component)["Id"]

    def status(self, component):
        """A container's state in the engine's word, `absent` where there is none."""
        return {name.removeprefix(f"{self.prefix}-"): c.status for name, c in self.containers().items()}.get(component, "absent")

    def containers(self):
        """Name → container of this test."""
        return {c.name: c for c in self.client.containers.list(all=True, filters={"name": f"^{self.prefix}-"})}

    def make(self, component, **options):
        """A running container that no module made."""
        return self.client.containers.run(IMAGE, detach=True, name=self.name(component), hostname=self.name(component), **options)

    def network(self, name, subnet=None):
        """A network of this test; returns its name."""
        ipam = docker.types.IPAMConfig(pool_configs=[docker.types.IPAMPool(subnet=subnet)]) if subnet else None
        return self.client.networks.create(self.name(name), ipam=ipam).name

    def params(self, module, release="2.3.0", **others):
        """Parameters with which a module's container starts and becomes ready, in that release."""
        given = {"name": self.name(module.replace("_", "-")), "release": release, "image": IMAGE, "stop_timeout": 1}
        return {**given, **getattr(self, f"_{module}")(release), **others}

    def _apls(self, release):
        return {"apls_port": free_port(), "command": ["--tls", "5814"]}

    def _spire_server(self, release):
        config = self.file("server/server.conf") if release == "0.3.0" else str(Path(self.file("server/server.conf")).parent)
        return {"config": config, "command": ["--say", "Starting Server APIs"]}

    def _spire_agent(self, release):
        config = str(Path(self.file("agent/agent.conf")).parent)
        return {"config_dir": config, "command": ["--say", "Starting Workload and SDS APIs"], "socket_dir": f"{self.prefix}-socket"}

    def _sn(self, release):
        own = {"sentinel_ip": "192.0.2.1"} if release == "0.3.0" else {"sentinel": True, "socket_path": f"{self.prefix}-socket:api.sock"}
        return {"host_ip": "192.0.2.1", "apls_ip": "192.0.2.9", "command": ["--say", SN_UP], **own}

    def _sl(self, release):
        given = {"host_ip": "192.0.2.1", "sn_ip": "192.0.2.1", "apls_ip": "192.0.2.9", "command": ["--listen", "30305"]}
        if release == "0.3.0":
            return {**given, "ml_cmd": "run nothing", "data_dir": str(self.directory)}
        return {**given, "ml": {"image": IMAGE, "name": self.name("ml"), "command": "--say 'hello there'"}}

    def _swop(self, release):
        usr_dir = str(Path(self.file("usr/profile.yaml")).parent)
        return {"usr_dir": usr_dir, "profile_file_name": "profile.yaml", "command": ["--say", "SWOPExecutor : Ready for Task Execution!"]}

    def _swci(self, release):
        usr_dir = str(Path(self.file("usr/swci-init")).parent)
        return {"usr_dir": usr_dir, "init_script_name": "swci-init", "command": ["--say", "API Server is UP!"]}

    def clean(self):
        """Remove what the test left."""
        self.clean_containers()
        for network in self.client.networks.list(filters={"name": f"^{self.prefix}-"}):
            network.remove()
        for volume in self.client.volumes.list(filters={"name": f"^{self.prefix}-"}):
            volume.remove()

    def clean_containers(self):
        """Remove this test's containers."""
        for container in self.containers().values():
            self._remove(container)

    def _remove(self, container):
        if container.status == "paused":
            container.unpause()
        container.remove(force=True, v=True)
