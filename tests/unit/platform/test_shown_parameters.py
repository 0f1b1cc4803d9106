# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules show of their own parameters has no secrets in it."""

from __future__ import annotations

import json

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._component.converge import _secrets

from tests.support.module_runner import Failed, run

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


@pytest.mark.parametrize(
    ("params", "secrets"),
    [
        ({"command": ["--password", "hunter2", "run"]}, {"hunter2"}),
        ({"entrypoint": ["serve", "--api-token=hunter2"]}, {"hunter2"}),
        ({"ml": {"command": "model/x.py --token hunter2"}}, {"hunter2"}),
        ({"ml": {"labels": {"api-token": "hunter2"}}, "env": {"DB_PASSWORD": "hunter3", "NAME": "value"}}, {"hunter2", "hunter3"}),
        ({"command": ["--password-file", "/run/secret"], "env": {"URL": "http://u:hunter2@x"}}, {"hunter2"}),
        ({}, set()),
    ],
)
def test_secrets_among_the_options_of_a_container(params, secrets):
    assert _secrets(params) == secrets
