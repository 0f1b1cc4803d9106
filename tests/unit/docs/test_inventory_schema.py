# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON Schemas of an inventory are those that the roles' specifications give, and know right from wrong."""

import json

import pytest
import yaml
from jsonschema import Draft7Validator
from referencing import Registry
from referencing.jsonschema import DRAFT7

from tests.unit.test_house import ROOT
from tools import inventory_schema

SCHEMAS = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in (inventory_schema.VARIABLES, inventory_schema.INVENTORY)}
REGISTRY = Registry().with_resources((name, DRAFT7.create_resource(schema)) for name, schema in SCHEMAS.items())
EXAMPLES = sorted(path for path in (ROOT / "inventories").rglob("*.yml") if "playbooks" not in path.parts)


def problems(name, value):
    """Paths of what the schema refuses."""
    Draft7Validator.check_schema(SCHEMAS[name])
    return ["/".join(map(str, error.path)) for error in Draft7Validator(SCHEMAS[name], registry=REGISTRY).iter_errors(value)]


def test_files_are_generated():
    assert {path: path.read_text(encoding="utf-8") for path in inventory_schema.page_texts()} == inventory_schema.page_texts()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.relative_to(ROOT / "inventories")))
def test_inventories_of_the_collection_are_valid(path):
    name = "inventory.json" if path.name == "hosts.yml" else "variables.json"
    assert problems(name, yaml.safe_load(path.read_text(encoding="utf-8"))) == []


def test_inventory_of_the_readme_is_valid():
    blocks = (ROOT / "README.md").read_text(encoding="utf-8").split("```yaml\n")
    [inventory] = [block.partition("```")[0] for block in blocks if "children:" in block]
    assert problems("inventory.json", yaml.safe_load(inventory)) == []


@pytest.mark.parametrize(
    ("variables", "wrong"),
    [
        ({"swarm_releaze": "2.3.0"}, ["swarm_releaze"]),
        ({"my_own": 1, "ansible_host": "192.0.2.1"}, []),
        ({"sn_api_port": "thirty"}, ["sn_api_port"]),
        ({"sn_api_port": "{{ port }}"}, []),
        ({"sn_api_port": None}, []),
        ({"sn_options": {"memory": "4g"}}, []),
        ({"sn_options": {"memori": "4g"}}, ["sn_options"]),
        ({"sn_nodes": [{"name": "sn-1"}, {"nam": "sn-2"}]}, ["sn_nodes"]),
        ({"swop_nodes": [{"pairs": [{"port": 16000}]}]}, []),
        ({"swop_pairs": [{"portt": 16000}]}, ["swop_pairs"]),
        ({"swarm_training": {"name": "a", "program": "b", "model_dir": "/c", "epoch": 1}}, ["swarm_training"]),
        ({"spire_server_datastore": {"type": "postgres", "hostt": "db"}}, ["spire_server_datastore"]),
        ({"swarm_agent_log_level": "LOUD"}, ["swarm_agent_log_level"]),
        ({"swarm_site_host": {}}, ["swarm_site_host"]),
    ],
)
def test_variables(variables, wrong):
    assert problems("variables.json", variables) == wrong


def test_groups():
    host = {"hosts": {"host-1": {"sn_sentinel": True}}}
    assert problems("inventory.json", {"all": {"children": {"swarm_sn": host, "mine": None}}}) == []
    assert problems("inventory.json", {"all": {"children": {"swarm_sn": {"host": {}}}}}) == ["all/children/swarm_sn"]
    assert problems("inventory.json", {"swarm_sn": {"hosts": {"host-1": {"sn_sentinal": True}}}}) == ["swarm_sn/hosts/host-1/sn_sentinal"]
