# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the hosts of a site are as the inventory wants them: what is asked, and what the answers mean together (private, pure).

One host sees its own containers, files and entries (`swarm_drift`). What two hosts have to agree on, whom to trust, is compared here.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from ..module_utils._spire.fingerprints import fingerprints
from . import _client_volume, _engines, _gpus, _images
from ._site import numbers

AS_WANTED = "swarm_as_wanted"  # the group that the role drift fills if no host differs
REVOKED = "swarm_revoked"  # the group of the hosts that a run revokes, and does not touch
# The parts of a platform in the order in which they start, as questions name them, and the groups of hosts that have them.
_PARTS = {
    "identity": {"swarm_apls", "swarm_spire_server", "swarm_spire_agent"},
    "sn": {"swarm_sn"},
    "training": {"swarm_sl", "swarm_swop"},
    "swci": {"swarm_swci"},
    "monitoring": set(),  # of all hosts, and the last
}


def questions(
    containers: Mapping[str, Mapping[str, Any]],
    module: str,
    below: Mapping[str, str] | None = None,
    otherwise: Mapping[str, Any] | None = None,
    **also: Any,
) -> list[dict[str, Any]]:
    """The questions, as `swarm_drift` takes them, whether containers are as wanted.

    containers  name → complete options of their module
    below       option → the directory in which each container has one of its own name, unless it says so itself
    otherwise   options of those that do not say them themselves
    also        options that they have besides
    """
    own = {name: {option: f"{directory}/{name}" for option, directory in (below or {}).items()} for name in containers}
    return [
        {"module": module, "options": {**(otherwise or {}), **own[name], **options, "name": name, **also}}
        for name, options in containers.items()
    ]


def of_engine(
    engine: Mapping[str, Any], model: Mapping[str, Any], network: str, directory: str, review: Mapping[str, Sequence[str]]
) -> list[str]:
    """Why a host has to be prepared, in sentences, from what its engine says of itself.

    engine     the result of `docker_host_info`
    model      the host's HostModel
    network    the site's network, and
    directory  the site's directory on the host
    review     what `_engines.review` says of the engine
    """
    containers = engine["containers"]
    found = [f"image {image} is missing" for image in _missing_images(engine["images"], model)]
    found += [f"container {name} is not in the inventory" for name in numbers.orphans(containers, model["containers"], network, directory)]
    found += review["problems"]
    if network not in [one["Name"] for one in engine["networks"]]:
        found.append(f"network {network} is missing")
    if numbers.moved(model, containers):
        found.append("its nodes run under other numbers")
    volume = model["client_volume"]
    if volume and _client_volume.is_due(engine["volumes"], **volume):
        found.append(f"volume {volume['name']} differs")
    return found


def _missing_images(images: Sequence[dict[str, Any]], model: Mapping[str, Any]) -> list[str]:
    ml_image = model["ml_image"]
    built = _images.missing([ml_image["name"]], images, ml_image["label"]) if ml_image else []
    return _images.missing(model["images"], images) + built


def warnings(info: Mapping[str, Any], model: Mapping[str, Any], groups: Iterable[str]) -> list[str]:
    """What may not work with a host's engine, of which the role host warns, in sentences.

    info    the engine's answer to `docker info`
    model   the host's HostModel
    groups  the groups of the host
    """
    components = [group.removeprefix("swarm_") for group in groups]
    of_gpus = _gpus.review(info)["warning"] if _gpus.of_nvidia(model["gpus"]) else ""
    return [*_engines.review(info, model["agent_version"], components)["warnings"], *([of_gpus] if of_gpus else [])]


def review(hosts: Iterable[str], answers: Mapping[str, Mapping[str, Any]], models: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What there is to do: {differing, as_wanted}.

    differing  host → why, in sentences; without the hosts that are as wanted
    as_wanted  groups for all hosts, from which `pending` knows what to leave out: the parts before the first one that differs anywhere

    answers  host → the result of `swarm_drift`; one that was skipped is that of a host that has to be prepared
    models   host → its HostModel
    """
    asked = {host: answers[host] for host in hosts if "reasons" in answers[host]}
    trust = {host: _of_trust(host, answers, models) for host in asked}
    found = {host: [*asked[host]["reasons"], *trust[host]] if host in asked else ["is to be prepared"] for host in hosts}
    differing = {host: reasons for host, reasons in found.items() if reasons}
    parts = {part for answer in asked.values() for part in answer["parts"]} | ({"identity"} if any(trust.values()) else set())
    as_wanted = [_group(part) for part in _before_first(parts)] if len(asked) == len(found) else []
    return {"differing": differing, "as_wanted": as_wanted if differing else [AS_WANTED]}


def _group(part: str) -> str:
    return f"swarm_{part}_as_wanted"


def _before_first(differing: Set[str]) -> list[str]:
    """The parts that start before all of these; none where one of these is what every part needs."""
    if not differing <= _PARTS.keys():
        return []
    return list(itertools.takewhile(lambda part: part not in differing, _PARTS))


def _of_trust(host: str, answers: Mapping[str, Mapping[str, Any]], models: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Why whom the servers and agents of a host trust is not as wanted."""
    answer = answers[host]
    servers = [reason for trust in answer["trust"].values() for reason in _of_server(trust, models[host], answers)]
    return servers + [reason for agent, kept in answer["agents"].items() for reason in _of_agent(agent, kept, host, answers, models)]


def _of_server(trust: Mapping[str, Any], model: Mapping[str, Any], answers: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Which of a server's copies of other trust domains' bundles lack a CA, and which the collection has set and are no longer wanted."""
    found = []
    for other in model["federates_with"]:
        wanted = _wanted(other, answers)
        if wanted is None:
            found.append(f"the bundle of {other['trust_domain']} is not known")
        elif wanted and not _has(trust["copies"].get(other["trust_domain"]), wanted, "bundle" in other):
            found.append(f"the bundle of {other['trust_domain']} differs")
    wanted_domains = {other["trust_domain"] for other in model["federates_with"]}
    left = [domain for domain, copy in trust["copies"].items() if copy["record"] and domain not in wanted_domains]
    return found + [f"the bundle of {domain} is not wanted" for domain in left]


def _wanted(other: Mapping[str, Any], answers: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The fingerprints of another trust domain's bundle; None where its server was not asked, empty where a server beside this one sets it."""
    if "bundle" in other:
        return fingerprints(other["bundle"])
    return _own(other["host"], answers) if other.get("host") else {}


def _own(host: str, answers: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The fingerprints of the bundle of the SPIRE Server on a host; None where it was not asked."""
    return next((trust["own"] for trust in (answers.get(host) or {}).get("trust", {}).values()), None)


def _has(copy: Mapping[str, Any] | None, wanted: Mapping[str, Any], is_start: bool) -> bool:
    """Whether a copy has the wanted authorities. is_start: the wanted ones are only to begin with; the federation has renewed newer ones."""
    if copy is None:
        return False
    return set(wanted["authorities"]) <= set(copy["authorities"]) or (is_start and copy["newest"] > wanted["newest"])


def _of_agent(
    agent: str, kept: Sequence[str], host: str, answers: Mapping[str, Mapping[str, Any]], models: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """Whether an agent knows its server's CAs, and whether the containers of its host trust all whom that server trusts."""
    server = models[host]["server_host"]
    own = _own(server, answers)
    if own is None:
        return [f"the SPIRE Server of {agent} was not asked"]
    found = [f"{agent} does not know its server's CA"] if kept and not set(own["authorities"]) <= set(kept) else []
    record = _record(server, answers, models)
    expected = None if record is None else [hashlib.sha256(record.encode()).hexdigest()]
    recorded = list(answers[host]["checksums"].values())
    others_record = record == "" and (recorded == [""] or bool(models[server]["federates_with"]))
    is_recorded = recorded in ([], expected) or others_record
    return found if is_recorded else [*found, "the record of trust differs"]


def _record(server: str, answers: Mapping[str, Mapping[str, Any]], models: Mapping[str, Mapping[str, Any]]) -> str | None:
    """What the file below `trust` of an agent's host says, as the role spire_agent writes it; empty for none, None if a bundle is missing."""
    copies = next(iter(answers[server]["trust"].values()))["copies"]
    domains = [other["trust_domain"] for other in models[server]["federates_with"]]
    if not copies.keys() >= set(domains):
        return None
    return "\n".join(sorted(copies[domain]["record"] for domain in domains if copies[domain]["record"]))


def pending(groups: Mapping[str, Sequence[str]], *names: str) -> list[str] | str:
    """The hosts of some groups that are not as wanted and not revoked, for `hosts` of a play; a pattern that matches none where there is none.

    names: without any, all that begin with `swarm_`.
    """
    done = {*groups.get(AS_WANTED, ()), *groups.get(REVOKED, ())}
    for part, of_part in _PARTS.items():
        if names and of_part.issuperset(names):
            done.update(groups.get(_group(part), ()))
    chosen = names or [name for name in groups if name.startswith("swarm_")]
    members = dict.fromkeys(host for name in chosen for host in groups.get(name, ()))
    return [host for host in members if host not in done] or "all:!all"
