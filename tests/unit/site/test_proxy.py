# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxies of containers whose role works alone, without a site."""

import json
import sys
from pathlib import Path

import pytest
from ansible_collections.swarm.learning.plugins.filter.proxy_environment import proxy_environment

from tests.support.ansible_programs import ansible

ROOT = Path(__file__).resolve().parents[3]
ROLES = ("sn", "sl", "swop", "swci")
DIRECT = "example.org,localhost,127.0.0.1"


@pytest.mark.parametrize(
    ("given", "http", "https", "direct"),
    [
        (("http://p",), "http://p", "", "localhost,127.0.0.1"),
        (("", "http://s", "example.org"), "", "http://s", DIRECT),
        (("", "", "example.org"), "", "", "example.org"),
    ],
)
def test_environment(given, http, https, direct):
    lower = {"http_proxy": http, "https_proxy": https, "no_proxy": direct}
    assert proxy_environment(*given) == {**lower, **{name.upper(): value for name, value in lower.items()}}


def test_without_a_proxy_nothing_is_set():
    assert proxy_environment("") == {}


def test_containers_of_a_role_alone_use_the_proxies(tmp_path):
    """Evaluates what the roles hand to their modules, with their own defaults and without a site's model."""
    files = [str(ROOT / "roles" / role / f"{kind}/main.yml") for role in ("swarm", "node_agent", *ROLES) for kind in ("defaults", "vars")]
    environments = {role: f"{{{{ (__{role}_containers.values() | first).env }}}}" for role in ROLES}
    variables = {"swarm_http_proxy": "http://p", "swarm_no_proxy": "example.org"}
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars_files": files,
        "tasks": [{"ansible.builtin.copy": {"content": environments, "dest": str(tmp_path / "out"), "mode": "0600"}, "vars": variables}],
    }
    (tmp_path / "play.json").write_text(json.dumps([play]), encoding="utf-8")
    words = ("-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}", tmp_path / "play.json")
    ansible(tmp_path, "ansible-playbook", *words, ANSIBLE_COLLECTIONS_PATH=str(ROOT / ".collections"))
    found = json.loads((tmp_path / "out").read_text(encoding="utf-8"))
    expected = proxy_environment("http://p", "", "example.org")
    shown = {
        role: {name: value for name, value in environment.items() if not name.startswith("SWCI_")} for role, environment in found.items()
    }
    assert shown == {role: {**expected, "swarm_node_type": role} for role in ROLES}
    assert found["swci"]["SWCI_RUN_TASK_MAX_WAIT_TIME"] == str(7 * 24 * 60)
