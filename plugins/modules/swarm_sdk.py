#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_sdk
short_description: Install the Docker SDK for Python from a directory of wheels
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Creates a virtual environment, if it does not exist, and installs the Docker SDK in it. The system's Python is never changed.
  - The host needs neither C(pip) nor a network. C(pip) is one of the wheels.
extends_documentation_fragment:
  - swarm.learning.attributes
options:
  python:
    description: The Python that gets the SDK, such as V(/opt/swarm-learning/bin/python3), in its virtual environment.
    type: path
    required: true
  wheels:
    description: Directory on the host with wheels of C(docker), of what it needs, and of C(pip).
    type: path
    required: true
attributes:
  check_mode:
    support: full
    description: Only finds out whether O(python) would get the SDK, and could.
  diff_mode:
    support: none
    description: See RV(version) instead.
  idempotent:
    support: full
    description: A Python that has the SDK is left alone.
seealso:
  - module: swarm.learning.swarm_unbundle
"""

EXAMPLES = r"""
- name: Install the Docker SDK
  swarm.learning.swarm_sdk:
    python: /opt/swarm-learning/bin/python3
    wheels: /srv/wheels
"""

RETURN = r"""
version:
  description: Version of the SDK, empty if it would be installed.
  returned: success
  type: str
  sample: 7.1.0
"""


from ..module_utils._container.least_python import check_python
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._platform import bundle, sdk

OPTIONS = {
    "python": {"type": "path", "required": True},
    "wheels": {"type": "path", "required": True},
}


def main() -> None:
    """Run the module."""
    module = QuietModule(OPTIONS, supports_check_mode=True)
    check_python(module)
    bundle.run(module, sdk.install)


if __name__ == "__main__":
    main()
