# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: train_result
short_description: Join how a training ended on several hosts to one verdict
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Combines the output of M(swarm.learning.swarm_training) for several hosts, and the models that were copied from them.
positional: fetched
options:
  _input:
    description: Result of the module on each host, by the host's name.
    type: dict
    required: true
  fetched:
    description:
      - Result of the loop of M(ansible.builtin.fetch) that copied the models of each host, by the host's name. Its items are files as
        M(ansible.builtin.find) returns them, with their SHA-256 checksums.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show how the training ended
  ansible.builtin.debug:
    msg: "{{ ({'host-1': waited} | swarm.learning.train_result({'host-1': fetched})).result.verdict }}"
"""

RETURN = r"""
_value:
  description:
    - C(result) with C(verdict) (V(none), V(running), V(unreachable), V(failed), V(incomplete) or V(finished)) and C(hosts), by host.
    - C(failures), why nodes failed, as text.
  type: dict
"""

from collections.abc import Callable
from typing import Any


def train_result(waited: dict[str, dict[str, Any]], fetched: dict[str, dict[str, Any]]) -> dict[str, Any]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..plugin_utils import _train_result

    result = _train_result.result(waited, fetched)
    return {"result": result, "failures": _train_result.failures(result)}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"train_result": train_result}
