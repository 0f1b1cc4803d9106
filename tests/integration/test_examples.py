# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples in the modules' documentation can be run: each in check mode, and those that create a container also on a real engine."""

import importlib
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from lab import packages
from tests.support.module_runner import IMAGE, MODULES, ROOT, run

OURS = "swarm.learning."
FILES = ("profile_file_name", "init_script_name")
ELSEWHERE = ("swci_command", "swarm_training_join")  # they need an SN that answers: tests/unit/lab/test_swci_command.py runs them
BUNDLE = '{"keys": [{"use": "x509-svid", "kty": "EC", "x5c": ["AAAA"]}]}'
TEMPLATES = {
    "{{ token }}": "11111111-2222-3333-4444-555555555555",
    "{{ hostvars['host-2'].__bundle.bundle }}": BUNDLE,
    "{{ lookup('ansible.builtin.file', 'org3.json') }}": BUNDLE,
    "{{ entries }}": [],
    "{{ 14 * 24 * 3600 }}": 14 * 24 * 3600,
}


def examples():
    """(module, number of the example, its arguments) of every task with a module of ours."""
    for path in sorted((ROOT / "plugins/modules").glob("*.py")):
        documented = importlib.import_module(f"{MODULES}.{path.stem}")
        for number, task in enumerate(yaml.safe_load(documented.EXAMPLES)):
            for key, arguments in task.items():
                if key.startswith(OURS) and path.stem not in ELSEWHERE:
                    yield pytest.param(key.removeprefix(OURS), arguments or {}, id=f"{path.stem}-{number}")


def here(value, directory):
    """The value with its host paths moved below a directory, where they are made, and its templates filled in."""
    if isinstance(value, dict):
        return {key: here(item, directory) for key, item in value.items()}
    if isinstance(value, list):
        return [here(item, directory) for item in value]
    if isinstance(value, str) and re.match(r"/(etc|srv|var)/", value):
        host, colon, rest = value.partition(":")
        moved = directory / host.lstrip("/")
        (moved.parent if moved.suffix else moved).mkdir(mode=0o700, parents=True, exist_ok=True)
        return f"{moved}{colon}{rest}"
    return TEMPLATES.get(value, value) if isinstance(value, str) else value


def archived(directory, arguments):
    """The parameters of swarm_restore for an archive that was made before, and a place where it can be put back."""
    packages.ensure("age")
    identity = subprocess.run(["age-keygen"], check=True, capture_output=True, text=True).stdout
    recipient = next(line.split()[-1] for line in identity.splitlines() if "public key" in line)
    kept, path = directory / "kept", directory / "archive.age"
    kept.mkdir()
    (kept / "file").touch()
    of = {key: arguments[key] for key in ("trust_domain", "host")}
    run("swarm_backup", path=str(path), directory=str(kept), recipients=[recipient], release="2.3.0", **of)
    return {"path": str(path), "identity": identity, "directory": str(directory / "new")}


@pytest.mark.parametrize(("module", "arguments"), list(examples()))
def test_example(world, module, arguments):
    params = {key: value for key, value in here(arguments, world.directory).items() if not str(value).startswith("{{")}
    for option in FILES:
        if option in params:
            (Path(params["usr_dir"]) / params[option]).touch()
    if "config_dir" in params:
        (Path(params["config_dir"]) / "agent.conf").write_text('join_token = "${SPIRE_JOIN_TOKEN}"\n', encoding="utf-8")
    if module == "swarm_training":  # that was started before
        pair = world.params("sl")
        run("sl", **pair)
        params["nodes"] = [{"name": pair["name"], "ml": pair["ml"]["name"]}]
    if module == "swarm_backup":
        packages.ensure("age")
    if module == "swarm_restore":
        params |= archived(world.directory, arguments)
    if module == "swarm_unbundle":
        installed = importlib.import_module("ansible_collections.community.docker").__path__[0]
        run("swarm_bundle", path=params["path"], directory=str(world.directory / "staged"), collections=[installed])
    if "swarm.learning.container" not in importlib.import_module(f"{MODULES}.{module}").DOCUMENTATION:
        assert "failed" not in run(module, check=True, **params)
        return
    params |= {"name": world.name(module), "image": IMAGE}
    params |= {"ml": {**params["ml"], "name": world.name("ml"), "image": IMAGE}} if "ml" in params else {}
    assert run(module, check=True, **params)["changed"] is True
    assert world.containers() == {}
    assert run(module, **params, state="present")["changed"] is True
    assert run(module, **params, state="present")["changed"] is False
