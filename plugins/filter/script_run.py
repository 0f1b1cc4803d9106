# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: script_run
short_description: Decide whether a SWCI runs its script
description:
  - Decides whether the script of a SWCI must run, from the host's record of earlier runs and from the state of the SWCI's container.
  - A script resets the taskrunner and the contract, so running it again ends a training that is in progress.
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
options:
  _input:
    description: The container's C(State), as the engine reports it. Empty without a container.
    type: dict
    required: true
  recorded:
    description: Whether the record on the host matches the current script and tasks.
    type: bool
    required: true
  known:
    description: Whether the host has a record.
    type: bool
    required: true
  rewritten:
    description: Whether the script or one of its tasks was written in this run.
    type: bool
    required: true
  again:
    description: Whether the user asked to run the script again.
    type: bool
    default: false
  held:
    description: Whether a training is in progress, so that a script waits for its end.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show whether the script would be run
  ansible.builtin.debug:
    msg: "{{ {'Status': 'exited', 'ExitCode': 0} | swarm.learning.script_run(recorded=true, known=true, rewritten=false) }}"
"""

RETURN = r"""
_value:
  description:
    - V(run), whether the script must run; V(record), whether the record must be written without a run; V(interrupted), whether the script
      was stopped before its end and does not run again automatically; V(waits), whether it would run if no training were in progress.
  type: dict
"""

from collections.abc import Callable
from typing import Any


def script_run(
    state: dict[str, Any], recorded: bool, known: bool, rewritten: bool, again: bool = False, held: bool = False
) -> dict[str, Any]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _script_run

    return _script_run.decide(recorded, known, rewritten, state, again, held)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"script_run": script_run}
