#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_drift
short_description: Find what on a host differs from what is wanted
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Asks many modules of this collection, in a single call, what they would change, and changes nothing.
  - The playbook C(swarm.learning.site) ends after this question if no host differs.
extends_documentation_fragment:
  - swarm.learning.attributes.sdk
  - swarm.learning.attributes.info
options:
  questions:
    description: What to ask, in order.
    type: list
    elements: dict
    required: true
    suboptions:
      module:
        description:
          - Name of the module that is asked in check mode.
          - V(checksum) and V(trust) are no modules. They return RV(checksums) and RV(trust), which are compared with those of other hosts.
        type: str
        required: true
        choices: [apls, checksum, sl, sn, spire_agent, spire_entry, spire_server, swarm_files, swci, swop, trust]
      options:
        description:
          - Options of the module.
          - V(checksum) takes C(path). V(trust) takes the C(name) of a SPIRE Server's container, whether it C(federates), and C(record_dir), see
            M(swarm.learning.spire_bundle).
        type: dict
        required: true
      part:
        description: Part of the platform that the question is about. RV(parts) has those with reasons.
        type: str
        default: ''
seealso:
  - module: swarm.learning.swarm_info
"""

EXAMPLES = r"""
- name: Find whether the License Server and a file are as wanted
  swarm.learning.swarm_drift:
    questions:
      - module: apls
        options:
          name: apls
      - module: swarm_files
        options:
          files:
            - path: /etc/swarm/site.conf
              content: "trust_domain = hospital.example\n"
  register: __drift

- name: Show what differs
  ansible.builtin.debug:
    var: __drift.reasons
"""

RETURN = r"""
reasons:
  description: What the modules would do, or why they would fail, in words. Empty if everything is as wanted.
  returned: success
  type: list
  elements: str
  sample: ["create sn-1", "start sn-1"]
parts:
  description: The O(questions[].part) of the questions that have reasons, once each.
  returned: success
  type: list
  elements: str
  sample: ["identity"]
trust:
  description: For each SPIRE Server that was asked, what its bundle (C(own)) and its copies of the bundles of other trust domains (C(copies)) contain.
  returned: success
  type: dict
  sample: {"spire-server": {"own": {"authorities": ["3f0a…"], "newest": 1795312800}, "copies": {}}}
agents:
  description: For each SPIRE Agent that was asked, the SHA-256 of the CA certificates that it keeps.
  returned: success
  type: dict
  sample: {"spire-agent": ["3f0a…"]}
checksums:
  description: For each V(checksum) that was asked for, the SHA-256 of the file. Empty if the file does not exist.
  returned: success
  type: dict
"""

from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._container.requirements import check_sdk
from ..module_utils._platform.drift import QUESTIONS, Look, WrongQuestion

ARGUMENTS = {
    "questions": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "module": {"type": "str", "required": True, "choices": sorted(QUESTIONS)},
            "options": {"type": "dict", "required": True},
            "part": {"type": "str", "default": ""},
        },
    },
}


def main() -> None:
    """Run the module."""
    module = QuietModule(ARGUMENTS, supports_check_mode=True)
    check_sdk(module)
    module.check_mode = True
    questions = module.params["questions"]
    # What Ansible shows of a module's parameters, it takes from here.
    module.params["questions"] = [question["module"] for question in questions]
    look = Look(module)
    for number, question in enumerate(questions):
        try:
            look.ask(question)
        except WrongQuestion as error:
            module.fail_json(msg=f"questions[{number}]: {error}")
    module.exit_json(changed=False, reasons=look.reasons, parts=look.parts, trust=look.trust, agents=look.agents, checksums=look.checksums)


if __name__ == "__main__":
    main()
