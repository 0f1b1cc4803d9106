# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's Python or Docker SDK that is too old is reported in a sentence."""

import re
import sys

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._container import least_python, requirements

from tests.support.module_runner import ROOT


class Ended(Exception):
    """The module has failed."""


class Module:
    def fail_json(self, msg, **_others):
        raise Ended(msg)


@pytest.mark.parametrize(
    ("version", "older"), [("5.0.3", True), ("7.0.0", True), ("7.1.0", False), ("7.1", False), ("7.2.1", False), ("10.0", False)]
)
def test_versions(version, older):
    assert requirements.is_older(version, "7.1") is older


def test_old_sdk(monkeypatch):
    monkeypatch.setattr(requirements, "SDK_VERSION", "6.1.3")
    with pytest.raises(Ended, match=r"Docker SDK for Python 6\.1\.3 .* is too old; 7\.1 or newer is required; install docker>=7\.1"):
        requirements.check_sdk(Module())


def test_missing_sdk(monkeypatch):
    monkeypatch.setattr(requirements, "DOCKER_IMPORT_ERROR", "ImportError: no docker")
    with pytest.raises(Ended, match=r"docker>=7\.1"):
        requirements.check_sdk(Module())


def test_old_python(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 8, 18))
    with pytest.raises(Ended, match=r"is too old; 3\.9 or newer is required; set ansible_python_interpreter"):
        least_python.check_python(Module())


def test_the_versions_are_those_that_the_documents_name():
    assert f"docker>={requirements.LEAST_SDK}" in (ROOT / "requirements.txt").read_text(encoding="utf-8")
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert re.search(rf"Python {'.'.join(map(str, least_python.LEAST_PYTHON))} or newer", readme)
    assert f"Docker SDK for Python {requirements.LEAST_SDK} or newer" in readme
