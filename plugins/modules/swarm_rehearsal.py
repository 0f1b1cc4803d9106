#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_rehearsal
short_description: Run the ML programs of a host without the platform
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Starts the ML containers of a host without SL nodes, waits until their programs have ended, and removes the containers.
  - The programs are expected to have C(SWARM_LOOPBACK) in their environment, which makes the platform's client check its parameters and leave
    out everything else. A program that then runs to its end and saves its model has no error that a training would show in its first epoch.
  - Each program gets a copy of its model directory, without the models of trainings, so that those are not touched.
  - Fails before it starts anything if an ML container of a training runs that is the same program or has the GPUs that a program asks for.
  - A program that fails does not fail the module. See RV(programs[].state).
extends_documentation_fragment:
  - swarm.learning.engine
  - swarm.learning.attributes
  - swarm.learning.attributes.sdk
options:
  programs:
    description: The programs. All run at the same time, as in a training.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the program, that of its ML container in a training.
        type: str
        required: true
      container:
        description: The ML container. Takes the suboptions of O(swarm.learning.sl#module:ml), of which C(name) and C(image) are required.
        type: dict
        required: true
      model_dir:
        description: Model directory of the training on the host. If empty, the module fails, as the program could write into it.
        type: path
        required: true
      model_mount:
        description: Where the program sees its model directory.
        type: str
        required: true
      rehearsal_dir:
        description: Directory on the host that the program gets instead. Removed first if it exists.
        type: path
        required: true
  saved:
    description: Directory in the model directory in which the programs save their models.
    type: str
    default: saved_models
  release:
    description: Release of the platform.
    type: str
    choices: ["0.3.0", "2.0.0", "2.1.0", "2.2.0", "2.3.0"]
    default: "2.3.0"
  wait_timeout:
    description: Seconds within which all programs must have ended. Those that have not are stopped.
    type: int
    default: 3600
attributes:
  check_mode:
    support: full
    description: In check mode, the module checks everything and returns what it would start.
  diff_mode:
    support: none
    description: What a program does is not known before.
  idempotent:
    support: none
    description: Each call runs the programs again.
seealso:
  - module: swarm.learning.sl
  - module: swarm.learning.swarm_training
"""

EXAMPLES = r"""
- name: Run the program of ml-1 alone
  swarm.learning.swarm_rehearsal:
    programs:
      - name: ml-1
        container:
          name: ml-1-rehearsal
          hostname: ml-1
          image: user-env
          command: python3 model/cifar10.py
          workdir: /tmp/test
          env: { MODEL_DIR: model, MAX_EPOCHS: "1", MIN_PEERS: "2", SWARM_LOOPBACK: "True" }
        model_dir: /srv/cifar10/model
        model_mount: /tmp/test/model
        rehearsal_dir: /var/lib/swarm-learning/rehearsal/ml-1
  register: __rehearsal

- name: Show why it failed
  ansible.builtin.debug:
    msg: "{{ __rehearsal.programs[0].failure }}"
"""

RETURN = r"""
changed:
  description: Whether there are programs, which have run, or would in check mode.
  returned: always
  type: bool
programs:
  description: How each program has ended, in the order of O(programs).
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the program.
      type: str
    state:
      description:
        - V(finished) if it has ended well and saved a model, V(failed) if it has not, V(late) if it did not end in time, V(none) in check mode.
      type: str
    container:
      description: Name of its container, which no longer exists.
      type: str
    image:
      description: Image of the container.
      type: str
    model_dir:
      description: Where its model is.
      type: str
    exit_code:
      description: Exit code. Null if the program was not started or has not ended.
      type: int
    seconds:
      description: How long it ran.
      type: int
    log:
      description: The last lines of its log, with secrets masked.
      type: list
      elements: str
    failure:
      description: Why it failed, with the last lines of its log and what they mean. Empty if it did not.
      type: str
"""

from ..module_utils._component.arguments import CONTAINER, ENGINE
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._platform import rehearsal

PROGRAM = {
    "name": {"type": "str", "required": True},
    "container": {"type": "dict", "required": True},
    "model_dir": {"type": "path", "required": True},
    "model_mount": {"type": "str", "required": True},
    "rehearsal_dir": {"type": "path", "required": True},
}
OPTIONS = {
    "programs": {"type": "list", "elements": "dict", "required": True, "options": PROGRAM},
    "saved": {"type": "str", "default": "saved_models"},
    "release": CONTAINER["release"],
    "wait_timeout": {"type": "int", "default": 3600},
}


def main() -> None:
    """Run the module."""
    rehearsal.run(QuietModule({**ENGINE, **OPTIONS}, supports_check_mode=True))


if __name__ == "__main__":
    main()
