# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The output of the entry point validate, as ansible-playbook shows it to a user. No host is touched."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model

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


def validate(directory, everywhere, *arguments, play=None, **hosts):
    """The exit status and the output of validate for two organisations with these variables."""
    tree = {name: {**own, **hosts.get(name.replace("-", "_"), {})} for name, own in HOSTS.items()}
    children = {
        group: {"hosts": {name: {} for name in members if name in tree}} for group, members in GROUPS.items() if group != "swarm_swci"
    }
    children.pop("swarm_swop")
    everything = {"all": {"hosts": tree, "vars": {"ansible_connection": "local", **everywhere}, "children": children}}
    (directory / "hosts.json").write_text(json.dumps(everything), encoding="utf-8")
    (directory / "play.json").write_text(json.dumps(play or PLAY), encoding="utf-8")
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


@pytest.mark.parametrize("entry_point", ["validate", "named"])
def test_a_training_that_the_inventory_does_not_have_is_refused(tmp_path, entry_point):
    role = {"name": "swarm.learning.swarm", "tasks_from": entry_point}
    status, output = validate(tmp_path, {}, "-e", "training=heart", play=[{**PLAY[0], "tasks": [{"ansible.builtin.import_role": role}]}])
    assert status != 0
    assert "in swarm_trainings, which has none: correct the name, or add it there" in " ".join(output.split())


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


def playing(variables, roles=()):
    """A play that sets variables of its own, as `vars` of import_playbook do, and shows what is derived from them."""
    shown = "{{ [swarm_site_host.network, swarm_site_host.sn_nodes[0].sn_api_port, swarm_site_host.address, swarm_network] }}"
    tasks = [*PLAY[0]["tasks"], {"ansible.builtin.debug": {"msg": shown}}]
    return [
        {
            **PLAY[0],
            "vars": variables,
            "tasks": [*tasks, *({"ansible.builtin.import_role": {"name": role}, "when": False} for role in roles)],
        }
    ]


@pytest.mark.parametrize("limit", [(), ("--limit", "host-1")], ids=["all", "one host"])
@pytest.mark.parametrize("roles", [[], ["swarm.learning.sn", "swarm.learning.swop"]], ids=["alone", "with other roles"])
def test_variables_of_a_play_are_the_models_too(tmp_path, limit, roles):
    """Otherwise roles take one value and the model another: containers would ask for a network that nobody makes."""
    variables = {"swarm_network": "mine", "swarm_release": "2.2.0", **({} if roles else {"sn_api_port": 31000})}
    status, output = validate(tmp_path, {"ansible_python_interpreter": sys.executable}, *limit, play=playing(variables, roles))
    assert status == 0, output
    assert output.replace("\n", "").replace(" ", "").count(f'["mine",{30304 if roles else 31000},"172.1.1.1","mine"]') == 1, output


def test_a_variable_of_the_inventory_wins_over_the_roles_default_and_loses_against_the_plays(tmp_path):
    status, output = validate(tmp_path, {"swarm_network": "inventory"}, play=playing({}))
    assert (status, '"inventory"' in output) == (0, True), output
    status, output = validate(tmp_path, {"swarm_network": "inventory"}, play=playing({"swarm_network": "mine"}))
    assert (status, '"inventory"' in output) == (0, False), output


def test_defaults_of_the_role_are_those_of_the_model():
    """What a task sees is taken for set where it differs from them."""
    told_by_role = yaml.safe_load((ROOT / "roles/swarm/defaults/main.yml").read_text(encoding="utf-8"))
    same = {name: value for name, value in told_by_role.items() if name in model.DEFAULTS and "{{" not in str(value)}
    assert same == {name: model.DEFAULTS[name] for name in same}
