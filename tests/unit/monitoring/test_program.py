# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that hosts run is complete, needs no Ansible, and says what it cannot gather."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils import _monitoring

from tests.support.monitoring_site import SITE

ROOT = Path(__file__).resolve().parents[3]
MODULE_UTILS = ROOT / "plugins/module_utils"


def is_for_types(node):
    return isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"


def imported(path):
    """The files of module_utils that a file imports when it runs."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {id(one) for node in ast.walk(tree) if is_for_types(node) for one in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level and id(node) not in for_types:
            base = path.parents[node.level - 1] / (node.module or "").replace(".", "/")
            own = [base.with_suffix(".py")] if node.module else []
            yield from (one for one in [*own, *(base / f"{alias.name}.py" for alias in node.names)] if one.is_file())


def test_all_that_the_program_imports_is_in_it():
    found, left = set(), {MODULE_UTILS / "_monitoring/program.py"}
    while left:
        path = left.pop()
        found.add(path)
        left |= set(imported(path)) - found
    assert sorted(str(path.relative_to(MODULE_UTILS)) for path in found) == sorted(_monitoring.PROGRAM)


@pytest.fixture
def laid(tmp_path):
    """The program as a host gets it: its directory, the launcher's path, and a function that runs it."""
    output = tmp_path / "swarm_learning.prom"
    settings = {
        "site": SITE,
        "output": str(output),
        "docker_host": f"unix://{tmp_path}/no.sock",
        "directories": [str(tmp_path), "/no/such"],
    }
    program = _monitoring.files(settings, str(tmp_path / "monitoring"), sys.executable)
    for directory in program["directories"]:
        Path(directory["path"]).mkdir(parents=True, exist_ok=True)
    for file in program["files"]:
        Path(file["path"]).write_text(file["content"], encoding="utf-8")
        Path(file["path"]).chmod(int(file.get("mode", "0644"), 8))
    return tmp_path / "monitoring", output


NO_ANSIBLE = (
    "import sys; sys.modules['ansible'] = None; import runpy; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
)


def test_it_runs_without_ansible_and_without_an_engine(laid):
    place, output = laid
    command = [sys.executable, "-c", f"import sys; sys.path[0] = {str(place)!r}; {NO_ANSIBLE}", str(place / "swarm-metrics")]
    done = subprocess.run([*command, str(place / "configuration.json")], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "no.sock" in done.stderr
    text = output.read_text(encoding="utf-8")
    assert "\nswarm_engine_up 0\n" in text
    assert 'swarm_metrics_success{part="directories"} 1' in text
    assert f'swarm_directory_free_bytes{{path="{output.parent}"}}' in text
    assert "/no/such" not in text
    assert "swarm_container" not in text
    assert [path.name for path in output.parent.iterdir() if path.is_file()] == [output.name]
    assert output.stat().st_mode & 0o777 == 0o644


def test_the_launcher_names_the_python_and_runs_by_itself(laid):
    place, output = laid
    done = subprocess.run([str(place / "swarm-metrics"), str(place / "configuration.json")], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert output.is_file()
    assert json.loads((place / "configuration.json").read_text(encoding="utf-8"))["site"] == SITE


def test_an_output_directory_that_is_gone_is_a_failure(laid):
    place, output = laid
    settings = json.loads((place / "configuration.json").read_text(encoding="utf-8"))
    (place / "configuration.json").write_text(json.dumps({**settings, "output": f"{output.parent}/gone/metrics.prom"}), encoding="utf-8")
    done = subprocess.run([str(place / "swarm-metrics"), str(place / "configuration.json")], check=False, capture_output=True, text=True)
    assert done.returncode != 0
    assert "gone" in done.stderr
