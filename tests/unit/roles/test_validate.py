# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The output of the entry point validate, as ansible-playbook shows it to a user. No host is touched."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.site_inventory import GROUPS, HOSTS

ROOT = Path(__file__).resolve().parents[3]
PLAY = [
    {
        "hosts": "all",
        "gather_facts": False,
        "tasks": [{"ansible.builtin.import_role": {"name": "swarm.learning.swarm", "tasks_from": "validate"}}],
    }
]
SECRET = "topsecret-value"


def validate(directory, everywhere, *arguments, **hosts):
    """The exit status and the output of validate for two organisations with these variables."""
    tree = {name: {**own, **hosts.get(name.replace("-", "_"), {})} for name, own in HOSTS.items()}
    children = {
        group: {"hosts": {name: {} for name in members if name in tree}} for group, members in GROUPS.items() if group != "swarm_swci"
    }
    children.pop("swarm_swop")
    everything = {"all": {"hosts": tree, "vars": {"ansible_connection": "local", **everywhere}, "children": children}}
    (directory / "hosts.json").write_text(json.dumps(everything), encoding="utf-8")
    (directory / "play.json").write_text(json.dumps(PLAY), encoding="utf-8")
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "hosts.json", "play.json", *arguments]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections")}
    done = subprocess.run(command, cwd=directory, env=environment, check=False, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("value", ["{{ ansible_default_ipv4.address }}", "{{ my_own }}"])
def test_variable_without_a_value_is_named_with_its_host(tmp_path, value):
    status, output = validate(tmp_path, {}, host_2={"spire_agent_id": value})
    assert status != 0
    assert "spire_agent_id of host-2 cannot be resolved: " in output
    assert "is undefined; write the value itself, or gather the facts" in output


def test_variable_may_look_into_those_of_another_host(tmp_path):
    status, output = validate(tmp_path, {}, host_2={"swarm_host_ip": "{{ hostvars['host-1'].ansible_host }}"})
    assert status != 0
    assert "host-1, host-2 have the same address 172.1.1.1" in output


@pytest.mark.parametrize("node", [{"join_token": SECRET}, {"env": {"API_KEY": SECRET}}], ids=["join token", "environment"])
@pytest.mark.parametrize("wrong", [False, True], ids=["good inventory", "problem"])
def test_secrets_of_nodes_are_not_shown(tmp_path, node, wrong):
    status, output = validate(tmp_path, {}, "-vvv", host_1={"sn_nodes": node if wrong else [node]})
    assert (status != 0) == wrong, output
    assert SECRET not in output
    assert ("sn_nodes of host-1: expected a list of mappings, got a mapping" in output) == wrong


def test_a_password_in_the_wrong_place_is_not_shown(tmp_path):
    datastore = {"type": "postgres", "host": f"user:{SECRET}@db", "database": "spire", "username": "spire", "password": "other"}
    status, output = validate(tmp_path, {}, "-vvv", host_1={"spire_server_datastore": datastore, "sn_sentinel": f"user:{SECRET}@db"})
    assert status != 0
    assert "host-1" in output
    assert SECRET not in output
