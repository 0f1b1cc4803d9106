# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a platform that runs can become the one of the inventory, in what order, and what it is now (private, pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..module_utils._releases import RELEASES, UPGRADES
from ..module_utils._spire import upgrade
from ._checks.wording import listed

NODES = ("sn", "swop")  # what an upgrade starts again; SL nodes come with the next training, and a SWCI with its next script
SPIRE = ("spire_server", "spire_agent")
_ORDER = list(RELEASES)


def plan(hosts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """{problems, lines, organisations, earlier} of an upgrade.

    hosts          host → {containers: as `swarm_info` returns them; release and spire: the versions that the inventory wants; trust_domain;
                   has_sentinel}
    problems       why there is no upgrade, in sentences
    lines          what changes, for a report
    organisations  trust domains in the order of the upgrade: the Sentinel's comes first
    earlier        component of NODES → {release, image} of the oldest that runs, to return to; none where all have the wanted one
    """
    found = [sentence for host, here in hosts.items() for sentence in _problems(host, here)]
    if not any(_of(here, NODES) for here in hosts.values()):
        found = ["there is no SN and no SWOP on any host, so there is nothing to upgrade: run the playbook site"]
    lines = [line for host, here in hosts.items() for line in _lines(host, here)]
    return {
        "problems": found,
        "lines": lines or ["All nodes and SPIRE have the wanted versions."],
        "organisations": list(
            dict.fromkeys(here["trust_domain"] for here in sorted(hosts.values(), key=lambda one: not one["has_sentinel"]))
        ),
        "earlier": {component: oldest for component in NODES if (oldest := _earlier(hosts, component))},
    }


def unfinished(hosts: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What of the nodes is not as wanted afterwards, in sentences; `hosts` as `plan` has them."""
    return [
        f"{host}: {one['name']} is {'not ready' if one['release'] == here['release'] else 'of release ' + one['release']}"
        for host, here in hosts.items()
        for one in _of(here, NODES)
        if one["release"] != here["release"] or not one["ready"]
    ]


def _of(here: Mapping[str, Any], components: Iterable[str]) -> list[Mapping[str, Any]]:
    return [one for one in here["containers"] if one["component"] in components]


def _problems(host: str, here: Mapping[str, Any]) -> list[str]:
    wanted = here["release"]
    nodes = [
        f"{host}: {one['name']} is of release {one['release']}, and cannot become {wanted} (swarm_release): {_instead(one['release'])}"
        for one in _of(here, NODES)
        if one["release"] != wanted and wanted not in UPGRADES.get(one["release"], ())
    ]
    return nodes + [
        f"{host}: {sentence} (swarm_spire_version)" for one in _of(here, SPIRE[:1]) for sentence in _spire(one["image"], here["spire"])
    ]


def _instead(release: str) -> str:
    newer = UPGRADES.get(release)
    if newer is None:
        return "the collection does not know that release"
    if newer:
        return f"what the newer one has written to the ledger, it may not read; expected {release}, or one of {listed(newer)}"
    if release == "0.3.0":
        return "its ledger, licences and identities are of another kind; remove it with the playbook teardown, then run the playbook site"
    return f"what the newer one has written to the ledger, it may not read; expected {release}"


def _spire(image: str, wanted: str) -> list[str]:
    there, to = (upgrade.version_of(text) for text in (image.partition("@")[0].rpartition(":")[2], wanted))
    sentence = upgrade.problem(there, to) if there and to else ""
    return [sentence] if sentence else []


def _lines(host: str, here: Mapping[str, Any]) -> list[str]:
    changes = [f"{one['name']} {one['release']} → {here['release']}" for one in _of(here, NODES) if one["release"] != here["release"]]
    for one in _of(here, SPIRE):
        version = upgrade.version_of(one["image"].rpartition(":")[2])
        if version and version != upgrade.version_of(here["spire"]):
            changes.append(f"{one['name']} {'.'.join(map(str, version))} → {here['spire']}")
    return [f"{host}: {listed(changes)}"] if changes else []


def _earlier(hosts: Mapping[str, Mapping[str, Any]], component: str) -> dict[str, str]:
    older = [
        one for here in hosts.values() for one in _of(here, (component,)) if one["release"] != here["release"] and one["release"] in _ORDER
    ]
    oldest = min(older, key=lambda one: _ORDER.index(one["release"]), default=None)
    return {"release": oldest["release"], "image": oldest["image"]} if oldest else {}
