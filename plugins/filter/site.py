# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: site
short_description: Derive what each host of a swarm's inventory gets
version_added: 1.0.0
author: The swarm.learning authors (@swarm-learning)
description:
  - Derives everything that the roles of this collection need on each host from the inventory's groups and a few variables,
    including addresses, ports, names, federation, registration entries, SWOP profiles, tasks and the SWCI script.
  - If something is wrong with the inventory, returns the problems instead.
positional: groups
options:
  _input:
    description: Ansible's C(hostvars).
    type: dict
    required: true
  groups:
    description: Ansible's C(groups).
    type: dict
    required: true
  complete:
    description:
      - Whether the files of all organisations that train together are present.
      - Set it to V(false) as long as the files have not been exchanged. A training may then ask for more peers than are known.
    type: bool
    default: true
  limited_to:
    description: Hosts of a run with C(--limit). It is a problem if they need other hosts. Without it, all hosts are in the run.
    type: list
    elements: str
    default: []
  revoke:
    description: Organisation or host that the site is derived without, although the inventory has it.
    type: str
    default: ''
"""

EXAMPLES = r"""
- name: Check the inventory
  ansible.builtin.assert:
    that: (hostvars | swarm.learning.site(groups)).problems == []
"""

RETURN = r"""
_value:
  description:
    - C(problems), a list of sentences. Empty if nothing is wrong with the inventory.
    - C(hosts), what the roles need, by host. Empty if there are problems.
    - C(requests), the certificates that must be created for a trial, before anything else.
    - C(issuers), what a check of identities needs to know, by host.
    - C(revoked), what goes with O(revoke), its C(hosts), its trust domain (C(domain)), the C(agents) that servers must forget, and C(until).
  type: dict
"""

import dataclasses
import os
import time
from collections.abc import Callable
from typing import Any


def site(
    hostvars: dict[str, Any], groups: dict[str, list[str]], complete: bool = True, limited_to: list[str] | None = None, revoke: str = ""
) -> dict[str, Any]:
    # To use one filter, Ansible loads all of its collection in each task: what only one needs is imported when it is called.
    from ..module_utils._spire import peers as _peers
    from ..plugin_utils._checks import limits, secrets
    from ..plugin_utils._checks import trainings as named
    from ..plugin_utils._site import certificate_files, content, model, revocation, trainings

    now = time.time()
    inventory = model.read(hostvars, groups)
    if inventory.unresolved:
        return {"problems": secrets.hidden(inventory.unresolved, inventory.secrets), "hosts": {}, "requests": []}
    found, peers = _peers.load(inventory, _text, now)
    whole = dataclasses.replace(inventory, peers=tuple(peers))
    wrong, revoked = revocation.find(whole, revoke)
    found = found or wrong or named.problems(whole)
    whole = revocation.without(whole, revoked)
    complete = complete and not revoke  # a training that asks for the peers of who goes must not keep them in
    if not found:
        inventory, found = _seen(whole, trainings.chosen(whole), complete)
        found = found or limits.problems(inventory, limited_to or inventory.hosts)
    requests: list[dict[str, Any]] = []
    if not found:
        found, requests = certificate_files.review(inventory, now)
    if found:
        return {"problems": secrets.hidden(found, inventory.secrets), "hosts": {}, "requests": []}
    context = content.digest(inventory.training().get("build_context", "")) if inventory.training() else ""
    hosts = model.derive(dataclasses.replace(inventory, context=context))
    for host in (name for name in hosts if hosts[name]["identity"]):
        hosts[host]["certificates"] = certificate_files.laid(inventory, host)
    _add_training(inventory, hosts)
    if trainings.of(whole):
        _add_others(whole, inventory, hosts)
    return {
        "problems": [],
        "hosts": hosts,
        "requests": requests,
        "issuers": model.issuers(inventory, hosts),
        "revoked": dataclasses.asdict(revoked),
    }


def _seen(whole: Any, name: str, complete: bool) -> tuple[Any, list[str]]:
    """The inventory as one training sees it, and what is wrong with it. A run that is about none of the named ones checks all of them."""
    from ..plugin_utils._checks import stages
    from ..plugin_utils._checks import trainings as named
    from ..plugin_utils._site import trainings, wheel

    inventory = trainings.select(whole, name)
    training = inventory.training()
    client = wheel.read(training.get("client_wheel") or "") if isinstance(training, dict) else wheel.Wheel()
    inventory = dataclasses.replace(inventory, wheel=client)
    found = named.of_one(name, stages.problems(inventory, os.path.exists, complete))
    others = [] if name or found else trainings.of(whole)
    return inventory, [*found, *(sentence for other in others for sentence in _seen(whole, other, complete)[1])]


def _add_others(whole: Any, inventory: Any, hosts: dict[str, dict[str, Any]]) -> None:
    """Add what belongs to the other trainings on each host, and which of them cannot run at the same time."""
    from ..plugin_utils._checks import licences
    from ..plugin_utils._site import trainings

    for host, own in trainings.belongings(whole, inventory.selected).items():
        for field, further in own.items():
            hosts[host][field] = list(dict.fromkeys([*hosts[host][field], *further]))
    wanted = licences.rivalry(whole, inventory)
    users = {name for one in wanted for name in one["others"]}
    both = {
        name: trainings.rivalry(inventory, other) for name, other in trainings.others(whole, inventory.selected) if inventory.training()
    }
    rivals = {name: shared for name, shared in both.items() if shared or name in users}
    for here in hosts.values():
        here["rivals"], here["rival_licences"] = rivals, wanted if rivals else []


def _add_training(inventory: Any, hosts: dict[str, dict[str, Any]]) -> None:
    """Add what the hosts that train need of the controller's files: their list, and how the ML image is built."""
    from ..plugin_utils._site import content, rehearsal, sl

    for host in dict.fromkeys((*inventory.members("swop"), *inventory.members("sl"))):
        here = hosts[host]
        here["training_files"] = content.listing(here["training"], here["client_dir"])
        here["downloads"] = here["training"].get("downloads", [])
        here["training_dirs"] = content.directories(here["training_files"], here["downloads"])
        sums = [file["sha256"] for file in here["training_files"] if file["path"].startswith(here["client_dir"])]
        here["rehearsal"]["image"] = rehearsal.image(here["training"], here["client_dir"], sums)
        if here["sl_nodes"]:
            here["ml_image"] = sl.ml_image(here["training"], here["client_dir"], sums)


def _text(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as stream:
        return stream.read()


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"site": site}
