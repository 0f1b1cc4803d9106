# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports what a run left undone because a training is in progress (private to the collection, pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PREFIX = "swarm_held_"
_OF_ROLES = ("reverse_proxy_held", "swci_held_joining", "swci_held_script")


def report(hosts: list[str], variables: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The report: nothing where nothing was left undone.

    hosts      names, in the order of the report
    variables  host → its variables: `swarm_held_*` of its `ansible_facts` and _OF_ROLES are lists of what was left undone,
               `swarm_training_reasons` says what is in progress
    """
    left = [f"  {host}: {', '.join(found)}" for host in hosts if (found := _left(variables[host]))]
    if not left:
        return []
    running = [f"  {host}: {reason}" for host in hosts for reason in variables[host].get("swarm_training_reasons", [])]
    return [
        "A training is in progress, and was not disturbed:",
        *running,
        "Left undone, as it would disturb or end it:",
        *left,
        "The next run of this playbook after the training does it. To end the training and do it now, set swarm_interrupt_training: true.",
    ]


def _left(variables: Mapping[str, Any]) -> list[str]:
    facts = variables.get("ansible_facts", {})
    of_modules = [step for name in sorted(facts) if name.startswith(_PREFIX) for step in facts[name]]
    return [*of_modules, *(step for name in _OF_ROLES for step in variables.get(name, []))]
