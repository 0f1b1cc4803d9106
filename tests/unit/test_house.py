# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for the repository as a whole."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
HEADERLESS = {
    "LICENSE",
    "LICENSES/GPL-3.0-or-later.txt",
    "CHANGELOG.md",
    "changelogs/changelog.yaml",
    "README.md",
}  # the licence itself, and what tools write
HEADERLESS_SUFFIXES = {".md", ".sum", ".json", ".svg", ".png"}
HEADER = ("SPDX-FileCopyrightText: The swarm.learning authors", "SPDX-License-Identifier: GPL-3.0-or-later")


def tracked():
    """Names of the files that git tracks and that are there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def load(name):
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_action_group_lists_every_module():
    modules = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))
    assert sorted(load("meta/runtime.yml")["action_groups"]["swarm"]) == modules


def test_execution_environment_names_files_that_are_shipped():
    for name in load("meta/execution-environment.yml")["dependencies"].values():
        assert (ROOT / name).is_file()
        assert name not in load("galaxy.yml")["build_ignore"]


def test_every_file_states_its_licence():
    def silent(name):
        head = (ROOT / name).read_text(encoding="utf-8")[:600]
        return not all(line in head for line in HEADER)

    written = [name for name in tracked() if name not in HEADERLESS and Path(name).suffix not in HEADERLESS_SUFFIXES]
    assert [name for name in written if silent(name)] == []


@pytest.mark.parametrize("path", sorted((ROOT / "roles").glob("*")), ids=lambda path: path.name)
def test_role_documents_its_defaults(path):
    """Every default is an option of the specification, and where both name a value it is the same."""
    entry_points = load(path / "meta/argument_specs.yml")["argument_specs"].values()
    options = {name: option for entry_point in entry_points for name, option in entry_point.get("options", {}).items()}
    of_roles = [load(name) for name in (path / "defaults/main.yml", ROOT / "roles/swarm/defaults/main.yml") if name.is_file()]
    public = {name: value for defaults in reversed(of_roles) for name, value in defaults.items() if not name.startswith("__")}
    specified = {name: option["default"] for name, option in options.items() if "default" in option}
    assert specified == {name: public.get(name) for name in specified}
    assert (path / "README.md").is_file()


def test_no_order_is_left_to_chance():
    """The filters of sets return their elements in an order that differs from run to run: they may only be counted."""
    of_sets = re.compile(
        r"\| ?(?:ansible\.builtin\.)?(?:difference|intersect|symmetric_difference|union)\((?:[^()]|\([^()]*\))*\)(?! \| length)"
    )
    written = [name for name in tracked() if name.startswith(("roles/", "playbooks/")) and name.endswith(".yml")]
    assert [name for name in written if of_sets.search((ROOT / name).read_text(encoding="utf-8"))] == []


def imports_of(path):
    """Dotted names below `plugins` that a file imports from this collection."""
    package = path.parent.relative_to(ROOT / "plugins").parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield ".".join((*package[: len(package) - node.level + 1], *(node.module or "").split(".")))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ansible_collections.swarm"):
            yield f"absolute: {node.module}"


@pytest.mark.parametrize(
    ("folder", "foreign"),
    [
        ("module_utils", "plugin_utils"),
        ("module_utils/_container", "module_utils._component"),
        ("module_utils/_container", "module_utils._spire"),
        ("module_utils/_container", "module_utils._platform"),
        ("module_utils/_container", "module_utils._releases"),
        ("", "absolute"),
    ],
)
def test_imports_point_one_way(folder, foreign):
    """What runs on managed hosts knows nothing of the controller, and a container nothing of Swarm Learning."""
    files = sorted((ROOT / "plugins" / folder).rglob("*.py"))
    assert files
    found = {str(path.relative_to(ROOT)): list(imports_of(path)) for path in files}
    assert {name: names for name, names in found.items() if any(one.startswith(foreign) for one in names)} == {}


# What each of the packages beside the collection must not import; the tests of the tools are what may import them.
FOREIGN = {"lab": ("tests", "tools"), "tools": ("tests",), "tests": ("tools",)}
TESTS_OF_TOOLS = {"tests/unit/test_tools.py", "tests/unit/test_bench.py", "tests/unit/docs"}


def packages_imported(path):
    """First words of the dotted names that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").partition(".")[0]


@pytest.mark.parametrize("package", FOREIGN)
def test_tools_and_tests_share_only_the_lab(package):
    """What both need is in the lab, so that neither depends on the other."""
    names = [name for name in tracked() if name.startswith(f"{package}/") and name.endswith(".py")]
    checked = [name for name in names if not any(name.startswith(exempt) for exempt in TESTS_OF_TOOLS)]
    assert checked
    assert [name for name in checked if not set(FOREIGN[package]).isdisjoint(packages_imported(ROOT / name))] == []
