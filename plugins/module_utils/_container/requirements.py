# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module needs on a host whose engine it uses: a Python and a Docker SDK that are new enough (private to the collection)."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from .engine import DOCKER_IMPORT_ERROR, SDK_VERSION
from .least_python import check_python

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

LEAST_SDK = "7.1"


def check_sdk(module: AnsibleModule) -> None:
    """End the module with a message if the host's Python is too old, or its Docker SDK is missing or too old."""
    check_python(module)
    if DOCKER_IMPORT_ERROR:
        # What runs on hosts without Ansible imports this file too.
        from ansible.module_utils.basic import missing_required_lib

        module.fail_json(msg=missing_required_lib(f"docker>={LEAST_SDK}"), exception=DOCKER_IMPORT_ERROR)
    if is_older(SDK_VERSION, LEAST_SDK):
        module.fail_json(
            msg=f"the Docker SDK for Python {SDK_VERSION} of {sys.executable} is too old; {LEAST_SDK} or newer is required; "
            f"install docker>={LEAST_SDK} for that Python, or set ansible_python_interpreter of this host to a Python that has it"
        )


def is_older(version: str, least: str) -> bool:
    """Whether a version such as `7.0.0` comes before another, by their first two numbers."""
    return _numbers(version) < _numbers(least)


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:2]]
