# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the hosts of a site are as the inventory wants them: what is asked, and what the answers mean together (private, pure).

One host sees its own containers, files and entries (`swarm_drift`). What two hosts have to agree on, whom to trust, is compared here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..module_utils._spire.fingerprints import fingerprints
from . import _client_volume, _gpus, _images
from ._site import numbers

AS_WANTED = "swarm_as_wanted"  # the group that the role drift fills


def questions(
    containers: Mapping[str, Mapping[str, Any]], module: str, below: Mapping[str, str] | None = None, **also: Any
) -> list[dict[str, Any]]:
    """The questions, as `swarm_drift` takes them, whether containers are as wanted.

    containers  name → complete options of their module
    below       option → the directory in which each container has one of its own name
    also        options that they have besides
    """
    own = {name: {option: f"{directory}/{name}" for option, directory in (below or {}).items()} for name in containers}
    return [{"module": module, "options": {**options, **own[name], "name": name, **also}} for name, options in containers.items()]


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
    containers, info = engine["containers"], engine["host_info"]
    found = [f"image {image} is missing" for image in _missing_images(engine["images"], model)]
    found += [f"container {name} is not in the inventory" for name in numbers.orphans(containers, model["containers"], network, directory)]
    found += [*review["problems"], *review["warnings"], *_gpu_reasons(info, model)]
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


def _gpu_reasons(info: Mapping[str, Any], model: Mapping[str, Any]) -> list[str]:
    """What the role host warns of. GPUs are tried where something is to be started; where nothing is, the nodes have theirs."""
    warning = _gpus.review(info)["warning"] if _gpus.of_nvidia(model["gpus"]) else ""
    return [warning] if warning else []


def review(hosts: Iterable[str], answers: Mapping[str, Mapping[str, Any]], models: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """host → why there is something to do, in sentences; without the hosts that are as wanted.

    answers  host → the result of `swarm_drift`; one that was skipped is that of a host that has to be prepared
    models   host → its HostModel
    """
    found = {host: _reasons(host, answers, models) for host in hosts}
    return {host: reasons for host, reasons in found.items() if reasons}


def _reasons(host: str, answers: Mapping[str, Mapping[str, Any]], models: Mapping[str, Mapping[str, Any]]) -> list[str]:
    answer, model = answers[host], models[host]
    if "reasons" not in answer:
        return ["is to be prepared"]
    own = [*answer["reasons"], *(reason for trust in answer["trust"].values() for reason in _of_server(trust, model, answers))]
    return own + [reason for agent, kept in answer["agents"].items() for reason in _of_agent(agent, kept, host, answers, models)]


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
    is_recorded = record == "" or list(answers[host]["checksums"].values()) in ([], expected)
    return found if is_recorded else [*found, "the record of trust differs"]


def _record(server: str, answers: Mapping[str, Mapping[str, Any]], models: Mapping[str, Mapping[str, Any]]) -> str | None:
    """What the file below `trust` of an agent's host says, as the role spire_agent writes it; empty for none, None if a bundle is missing."""
    copies = next(iter(answers[server]["trust"].values()))["copies"]
    domains = [other["trust_domain"] for other in models[server]["federates_with"]]
    if not copies.keys() >= set(domains):
        return None
    return "\n".join(sorted(copies[domain]["record"] for domain in domains if copies[domain]["record"]))


def pending(groups: Mapping[str, Sequence[str]], *names: str) -> list[str] | str:
    """The hosts of some groups that are not as wanted, for `hosts` of a play; a pattern that matches none where there is none.

    names: without any, all that begin with `swarm_`.
    """
    done = set(groups.get(AS_WANTED, ()))
    chosen = names or [name for name in groups if name.startswith("swarm_")]
    members = dict.fromkeys(host for name in chosen for host in groups.get(name, ()))
    return [host for host in members if host not in done] or "all:!all"
