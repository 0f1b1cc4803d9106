# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The oldest Python on hosts (private to the collection). Older versions must be able to import this file and the files that import it."""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

LEAST_PYTHON = (3, 9)


def check_python(module: AnsibleModule) -> None:
    """End the module with a message if the host's Python is too old."""
    if sys.version_info < LEAST_PYTHON:
        least = ".".join(map(str, LEAST_PYTHON))
        module.fail_json(
            msg=f"Python {platform.python_version()} at {sys.executable} is too old; {least} or newer is required; "
            "set ansible_python_interpreter of this host to a newer one"
        )
