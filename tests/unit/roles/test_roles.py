# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Defaults, specifications and READMEs of roles agree on their variables."""

import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model, training

ROLES = Path(__file__).resolve().parents[3] / "roles"
NAMES = sorted(path.name for path in ROLES.iterdir())
ROLES_AND_PLAYBOOKS = [*sorted(ROLES.iterdir()), *sorted((ROLES.parent / "playbooks").glob("*.yml"))]


def load(role, name):
    return yaml.safe_load((ROLES / role / name).read_text(encoding="utf-8"))


def defaults(role):
    return load(role, "defaults/main.yml") if (ROLES / role / "defaults/main.yml").exists() else {}


def options(role):
    entry_points = load(role, "meta/argument_specs.yml")["argument_specs"].values()
    return {name: option for entry_point in entry_points for name, option in entry_point["options"].items()}


def test_every_option_is_documented_by_one_role():
    by_role = {role: set(options(role)) for role in NAMES}
    assert sum(map(len, by_role.values())) == len(set().union(*by_role.values()))


@pytest.mark.parametrize("role", NAMES)
def test_options_are_the_defaults_and_what_is_required(role):
    """The defaults of swarm_* are all in the role swarm; the role whose job a variable concerns documents it."""
    mine = {name for name, option in options(role).items() if not option.get("required")}
    shared = {name for name in mine if name.startswith("swarm_")}
    assert mine - shared == (set(defaults(role)) if role != "swarm" else set())
    assert shared <= set(defaults("swarm"))
    assert all(option.get("description") for option in options(role).values())


def test_every_shared_variable_is_documented():
    assert set(defaults("swarm")) <= {name for role in NAMES for name in options(role)}


@pytest.mark.parametrize("role", NAMES)
def test_variables_start_with_the_roles_name(role):
    names = set(defaults(role))
    assert not {name for name in names if name.startswith("_")}, "what is private and computed is in vars"
    if (ROLES / role / "vars/main.yml").exists():
        internal = set(load(role, "vars/main.yml"))
        assert all(name.startswith("__") for name in internal)
        names |= internal
    assert {name for name in names if not name.lstrip("_").startswith(f"{role}_")} == set()


PRIVATE = re.compile(r"(?<![a-zA-Z0-9_])__[a-z]\w*")


def private_names(path):
    """(private variables that the YAML files below a path set, those that they name)."""
    files = [path] if path.is_file() else sorted(path.rglob("*.yml"))
    named = {name for file in files for name in PRIVATE.findall(without_comments(file))}
    made = {name for file in files for name in set_in(yaml.safe_load(file.read_text(encoding="utf-8")))}
    return made, named


def without_comments(path):
    return "\n".join(re.sub(r"(^|\s)#.*", "", line) for line in path.read_text(encoding="utf-8").splitlines())


def set_in(value):
    """Names that a YAML value sets: keys of its mappings, what it registers and what it loops with."""
    if isinstance(value, list):
        for item in value:
            yield from set_in(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from [item] if key in ("register", "loop_var") else [str(key)]
            yield from set_in(item)


@pytest.mark.parametrize("path", ROLES_AND_PLAYBOOKS, ids=lambda path: path.stem)
def test_private_variables_stay_in_their_role(path):
    """What one role tells another is public, and in its argument_specs."""
    made, named = private_names(path)
    assert named <= made


def test_no_private_variable_is_set_in_two_places():
    private = [name for path in ROLES_AND_PLAYBOOKS for name in private_names(path)[0] if name.startswith("__")]
    assert sorted(set(private)) == sorted(private)


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
    known = {name: value for role in NAMES for name, value in defaults(role).items()}
    derived = {"sn_nodes", "sl_nodes", "swop_nodes"}  # without a site these are one node, in a site they are derived
    shared = {name: value for name, value in model.DEFAULTS.items() if name in known and "{{" not in str(known[name])}
    assert {name: known[name] for name in shared if name not in derived} == {k: v for k, v in shared.items() if k not in derived}
    assert len(shared) > 15


def test_the_model_reads_only_variables_that_exist():
    known = {name for role in NAMES for name in defaults(role)}
    elsewhere = {"ansible_host", "inventory_dir", "training"}  # the last one is set on the command line
    assert set(model.DEFAULTS) - known == elsewhere


def test_readme_lists_every_key_of_the_training():
    text = (ROLES / "swarm/README.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    listed = {key for row in rows for key in re.findall(r"`([a-z_]+)`", row)}
    assert {*training.REQUIRED, *training.DEFAULTS} <= listed


def test_truth_values_may_be_texts():
    """INI inventories and `-e name=false` give texts, of which Jinja takes every one but the empty one for true."""
    defaults = [
        option for role in NAMES if (ROLES / role / "defaults/main.yml").exists() for option in load(role, "defaults/main.yml").items()
    ]
    names = "|".join({name for name, value in defaults if isinstance(value, bool) and not name.startswith("__")})
    used_as_it_is = re.compile(rf"\b({names})\b(?!:| \| (default\(\w+\) \| )?bool\b)")
    files = [*ROLES.glob("*/[dtv]*/*.yml"), *ROLES.parent.glob("playbooks/*.yml")]
    found = [
        (path.relative_to(ROLES.parent).as_posix(), match[0])
        for path in files
        for line in path.read_text(encoding="utf-8").splitlines()
        for match in used_as_it_is.finditer(line)
        if not (path.parent.name == "vars" and line.strip() == f"- {match[0]}")  # a name in a list of names
    ]
    assert found == []
