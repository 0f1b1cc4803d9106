# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What roles say about their variables, in their several places, is the same."""

import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model, training

ROLES = Path(__file__).resolve().parents[3] / "roles"
NAMES = sorted(path.name for path in ROLES.iterdir())


def load(role, name):
    return yaml.safe_load((ROLES / role / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("role", NAMES)
def test_options_are_the_defaults_and_what_is_required(role):
    entry_points = load(role, "meta/argument_specs.yml")["argument_specs"].values()
    options = {name: option for entry_point in entry_points for name, option in entry_point["options"].items()}
    public = {name for name in load(role, "defaults/main.yml") if not name.startswith("__")}
    assert {name for name, option in options.items() if not option.get("required")} == public
    assert all(option.get("description") for option in options.values())


@pytest.mark.parametrize("role", NAMES)
def test_variables_start_with_the_roles_name(role):
    names = set(load(role, "defaults/main.yml"))
    if (ROLES / role / "vars/main.yml").exists():
        internal = set(load(role, "vars/main.yml"))
        assert all(name.startswith("__") for name in internal)
        names |= internal
    assert {name for name in names if not name.lstrip("_").startswith(f"{role}_")} == set()


@pytest.mark.parametrize("path", sorted((ROLES.parent / "playbooks").glob("*.yml")), ids=lambda path: path.stem)
def test_hosts_of_a_play_keep_in_step(path):
    """Whatever ANSIBLE_STRATEGY says. The plain word, as callbacks compare it."""
    assert {play["strategy"] for play in yaml.safe_load(path.read_text(encoding="utf-8"))} == {"linear"}


def test_the_oldest_ansible_is_the_same_everywhere():
    needed = yaml.safe_load((ROLES.parent / "meta/runtime.yml").read_text(encoding="utf-8"))["requires_ansible"]
    assert needed == ">=2.19.0"
    assert {load(role, "meta/main.yml")["galaxy_info"]["min_ansible_version"] for role in NAMES} == {"2.19"}
    first = load("swarm", "tasks/validate.yml")[0]["ansible.builtin.assert"]
    assert first["that"] == "ansible_version.full is version('2.19.0', '>=')"


def test_the_model_of_a_site_and_the_roles_have_the_same_defaults():
    defaults = {name: value for role in NAMES for name, value in load(role, "defaults/main.yml").items()}
    derived = {"sn_nodes", "sl_nodes", "swop_nodes"}  # without a site these are one node, in a site they are derived
    shared = {name: value for name, value in model.DEFAULTS.items() if name in defaults and "{{" not in str(defaults[name])}
    assert {name: defaults[name] for name in shared if name not in derived} == {k: v for k, v in shared.items() if k not in derived}
    assert len(shared) > 15


def test_the_model_reads_only_variables_that_exist():
    defaults = {name for role in NAMES for name in load(role, "defaults/main.yml")}
    elsewhere = {"ansible_host", "inventory_dir"}
    assert set(model.DEFAULTS) - defaults == elsewhere


def test_readme_lists_every_key_of_the_training():
    text = (ROLES / "swarm/README.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    listed = {key for row in rows for key in re.findall(r"`([a-z_]+)`", row)}
    assert {*training.REQUIRED, *training.DEFAULTS} <= listed
