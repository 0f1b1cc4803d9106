# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules show of their own parameters has no secrets in it."""

from __future__ import annotations

import json

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.swarm.learning.plugins.module_utils._component.converge import secrets

from tests.support.module_runner import ROOT, Failed, run

PROFILE = "envvars:\n- API_TOKEN: hunter2-in-a-file\n- http_proxy: http://user:hunter2-in-a-url@proxy:3128\nnetwork: swarm\n"


def test_content_of_files_is_written_as_it_is_and_shown_without_secrets(tmp_path):
    result = run("swarm_files", files=[{"path": str(tmp_path / "profile.yml"), "content": PROFILE}])
    assert (tmp_path / "profile.yml").read_text(encoding="utf-8") == PROFILE
    assert "hunter2" not in json.dumps(result)
    assert "network: swarm" in json.dumps(result["invocation"])


def test_a_failure_shows_no_secrets_either(tmp_path):
    with pytest.raises(Failed) as failed:
        run("swarm_files", files=[{"path": str(tmp_path / "missing/profile.yml"), "content": PROFILE}])
    assert "hunter2" not in json.dumps(failed.value.result)


def test_no_parameter_comes_into_the_system_log(tmp_path, monkeypatch):
    """As a task calls a module: Ansible then sets `no_log` anew, whatever the module's constructor said."""
    logged = []
    monkeypatch.setattr(AnsibleModule, "log", lambda _module, text, *_more: logged.append(text))
    run("swarm_files", files=[{"path": str(tmp_path / "profile.yml"), "content": PROFILE}], _ansible_no_log=False)
    assert [line for line in logged if "Invoked with" in line] == []


@pytest.mark.parametrize("path", sorted((ROOT / "plugins/modules").glob("*.py")), ids=lambda path: path.stem)
def test_every_module_is_one_that_logs_no_parameters(path):
    text = path.read_text(encoding="utf-8")
    assert "AnsibleModule(" not in text
    assert ("QuietModule(" in text) or "def main" not in text


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"command": ["--password", "hunter2", "run"]}, {"hunter2"}),
        ({"entrypoint": ["serve", "--api-token=hunter2"]}, {"hunter2"}),
        ({"ml": {"command": "model/x.py --token hunter2"}}, {"hunter2"}),
        ({"ml": {"labels": {"api-token": "hunter2"}}, "env": {"DB_PASSWORD": "hunter3", "NAME": "value"}}, {"hunter2", "hunter3"}),
        ({"command": ["--password-file", "/run/secret"], "env": {"URL": "http://u:hunter2@x"}}, {"hunter2"}),
        ({}, set()),
    ],
)
def test_secrets_among_the_options_of_a_container(params, expected):
    assert secrets(params) == expected
