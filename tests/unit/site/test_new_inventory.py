# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook `init` writes inventories that can work, and overwrites nothing."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.swarm.learning.plugins.module_utils._releases import RELEASES
from ansible_collections.swarm.learning.plugins.plugin_utils import _new_inventory
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import stages
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model

ROOT = Path(__file__).resolve().parents[3]
PROGRAMS = Path(sys.executable).parent
TWO = "org1.example=192.0.2.11,org2.example=192.0.2.21+node.org2.example"


def init(directory, *variables):
    """(exit status, output) of the playbook."""
    words = [word for variable in variables for word in ("-e", variable)]
    command = [PROGRAMS / "ansible-playbook", "swarm.learning.init", *words]
    environment = {"PATH": f"{PROGRAMS}:/usr/bin:/bin", "HOME": str(directory), "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections")}
    done = subprocess.run(command, cwd=directory, env=environment, check=False, capture_output=True, text=True)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def load(directory):
    """The Inventory that Ansible reads from a directory."""
    command = [PROGRAMS / "ansible-inventory", "-i", directory, "--list"]
    listed = json.loads(subprocess.run(command, cwd=directory, check=True, stdout=subprocess.PIPE).stdout)
    variables = listed.pop("_meta")["hostvars"]
    return model.read(variables, {group: members.get("hosts", []) for group, members in listed.items()})


def test_written_inventory_passes_the_check_of_a_site(tmp_path):
    status, output = init(tmp_path, f"organisations={TWO}")
    assert status == 0, output
    inventory = load(tmp_path / "inventory")
    assert stages.problems(inventory, lambda path: True) == []
    here = model.derive(inventory)
    assert [one["address"] for one in here.values()] == ["192.0.2.11", "192.0.2.21", "node.org2.example"]
    assert [one["trust_domain"] for one in here["host-1"]["federates_with"]] == ["org2.example"]


def test_second_run_changes_nothing_and_other_files_are_kept(tmp_path):
    hosts = tmp_path / "mine/hosts.yml"
    assert init(tmp_path, f"organisations={TWO}", "directory=mine")[0] == 0
    status, output = init(tmp_path, f"organisations={TWO}", "directory=mine")
    assert (status, "changed=0" in output) == (0, True), output
    hosts.write_text("all: {}\n", encoding="utf-8")
    status, output = init(tmp_path, f"organisations={TWO}", "directory=mine")
    assert status != 0
    assert f"Nothing was written, because {hosts} exists with other content" in output
    assert hosts.read_text(encoding="utf-8") == "all: {}\n"


def test_bad_input_is_refused_before_anything_is_written(tmp_path):
    status, output = init(tmp_path, "organisations=Org1=192.0.2.1")
    assert status != 0
    assert "organisations: invalid trust domain 'Org1'" in output
    assert list(tmp_path.glob("inventory")) == []


def test_training_is_valid_when_its_marks_are_removed():
    files = _new_inventory.files(TWO)
    text = re.sub(r"^# ((?!yaml|The training|\.\.\.).*)$", r"\1", files["group_vars/all/training.yml"], flags=re.MULTILINE)
    variables = yaml.safe_load(text)
    assert variables["swarm_training"]["program"] == "model/mnist.py"
    hosts = yaml.safe_load(files["hosts.yml"])["all"]
    groups = {name: list(group["hosts"]) for name, group in hosts["children"].items()}
    own = {name: dict(group["hosts"]) for name, group in hosts["children"].items()}
    sentinel = own["swarm_sn"]["host-1"]
    hostvars = {name: {**hosts["vars"], **one, **variables} for name, one in hosts["hosts"].items()}
    hostvars["host-1"].update(sentinel)
    assert stages.problems(model.read(hostvars, groups), lambda path: True) == []


@pytest.mark.parametrize("release", [release for release in RELEASES if release != "0.3.0"])
def test_every_current_release(release):
    assert f'swarm_release: "{release}"' in _new_inventory.files({"org1": "192.0.2.1"}, release)["hosts.yml"]


@pytest.mark.parametrize(
    ("organisations", "release", "sentence"),
    [
        ("", "2.3.0", "name each organisation's trust domain"),
        (7, "2.3.0", "name each organisation's trust domain"),
        ("org1", "2.3.0", "'org1' has no address"),
        ("org1=", "2.3.0", "org1 has the invalid address ''"),
        ({"org1": []}, "2.3.0", "org1 has no hosts"),
        ({"org1": ["192.0.2.1 x"]}, "2.3.0", "invalid address '192.0.2.1 x'"),
        ({"Org 1": ["192.0.2.1"]}, "2.3.0", "invalid trust domain 'Org 1'"),
        ("org1=192.0.2.1,org2=192.0.2.1", "2.3.0", "192.0.2.1 is named more than once"),
        ("org1=192.0.2.1,org1=192.0.2.2", "2.3.0", "org1 is named twice"),
        ("org1=192.0.2.1", "2.9.0", "release: '2.9.0' cannot be used for a new inventory"),
        ("org1=192.0.2.1", "0.3.0", "for 0.3.0 start from"),
    ],
)
def test_refused(organisations, release, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        _new_inventory.files(organisations, release)
