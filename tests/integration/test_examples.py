# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the modules' documentation are run, on a host that is laid out as they say."""

import importlib
import re

import pytest
import yaml
from ansible_collections.swarm.learning.plugins.module_utils._releases import NEWEST, RELEASES

from tests.integration.running import IMAGE, MODULES, run

COMPONENTS = tuple(RELEASES[NEWEST])
SPIRE = ("spire_token", "spire_entry", "spire_bundle")
DIRECTORIES = ("directory", "configuration")


def examples(module):
    """The options of each example of a module, without those that a playbook would have filled in."""
    tasks = yaml.safe_load(importlib.import_module(f"{MODULES}.{module}").EXAMPLES)
    given = [task.get(f"swarm.learning.{module}", "{{") or {} for task in tasks]
    return [{name: v for name, v in options.items() if "{{" not in str(v)} for options in given if isinstance(options, dict)]


EVERY = [pytest.param(module, options, id=f"{module}-{n}") for module in COMPONENTS for n, options in enumerate(examples(module))]


def laid_out(world, module, options):
    """The options with the example's absolute paths below this test's directory, where all that they name is made."""
    kinds = {name: what.kind for name, what in RELEASES[options.get("release", NEWEST)][module].options.items()}

    def placed(name, value):
        if isinstance(value, dict):
            return {key: placed(key, item) for key, item in value.items()}
        if isinstance(value, list):
            return [placed(name, item) for item in value]
        if not isinstance(value, str) or not re.match(r"/(etc|srv|var/lib|opt)/", value):
            return value
        path, colon, rest = value.partition(":")
        here = world.directory / path.lstrip("/")
        if colon or kinds.get(name) in DIRECTORIES:
            here.mkdir(parents=True, exist_ok=True)
        else:
            world.file(path.lstrip("/"))
        return f"{here}{colon}{rest}"

    made = placed("", options)
    for name, kind in kinds.items():
        if kind == "file_in_usr_dir" and made.get(name):
            world.file(f"{made['usr_dir']}/{made[name]}")
    return made


@pytest.mark.parametrize(("module", "options"), EVERY)
def test_example(world, module, options):
    given = {**laid_out(world, module, options), "name": world.name(module), "image": IMAGE, "state": "present"}
    if "ml" in given:
        given["ml"] = {**given["ml"], "image": IMAGE, "name": world.name("ml")}
    assert run(module, **given)["changed"] is True
    assert run(module, **given)["changed"] is False


@pytest.mark.parametrize("module", SPIRE)
def test_example_without_a_server_yet(world, module):
    for options in examples(module):
        given = {"entries": [], **options} if module == "spire_entry" else options
        assert "changed" in run(module, check=True, **{**given, "name": world.name("spire-server")})
