# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventories that we ship describe swarms that can work."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import stages
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model as _site

ROOT = Path(__file__).resolve().parents[3]


def load(name, **environment):
    """The Inventory that Ansible reads from inventories/NAME, its templates as they are written."""
    command = [str(Path(sys.executable).parent / "ansible-inventory"), "-i", f"inventories/{name}", "--list"]
    said = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, env={**os.environ, **environment}).stdout
    listed = json.loads(said)
    variables = listed.pop("_meta")["hostvars"]
    return _site.read(variables, {group: members.get("hosts", []) for group, members in listed.items()})


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "inventories").iterdir()))
def test_inventory_has_no_problems(name):
    assert stages.problems(load(name), lambda path: True) == []


def test_lab_has_the_requested_number_of_hosts():
    inventory = load("lab", LAB_HOSTS="5")
    assert list(inventory.hosts) == [f"host-{number}" for number in range(1, 6)]
    assert stages.problems(inventory, lambda path: True) == []
    model = _site.derive(inventory)
    assert model["host-5"]["address"] == "172.30.0.15"
    assert [peer["trust_domain"] for peer in model["host-5"]["federates_with"]] == [f"org{n}.swarm.learning" for n in range(1, 5)]


def test_two_organisations_are_the_examples():
    model = _site.derive(load("two-orgs"))
    assert {host: here["address"] for host, here in model.items()} == {"host-1": "172.1.1.1", "host-2": "172.2.2.2"}
    assert model["host-2"]["server_port"] == 30307
    assert "tensorflow/tensorflow:2.7.0" in model["host-1"]["images"]
    assert model["host-1"]["training"]["model_dir"] == "/tmp/spire/cifar10/model"
