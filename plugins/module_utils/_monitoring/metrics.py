# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the metrics of a host are, and their samples from what modules find out (private to the collection, pure).

Moments are in seconds since the epoch, as Prometheus wants them: how long ago something was is for a query to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .exposition import Metric, Sample

TRAINING_STATES = ("none", "running", "finished", "failed", "stopped")  # as swarm_training_info has them
METRICS = {
    "swarm_site_info": Metric("gauge", "Always 1; the host's organisation and the release of its platform."),
    "swarm_metrics_last_run_timestamp_seconds": Metric("gauge", "When these metrics were gathered."),
    "swarm_metrics_duration_seconds": Metric("gauge", "How long it took to gather them."),
    "swarm_metrics_success": Metric("gauge", "Whether a part of these metrics could be gathered."),
    "swarm_engine_up": Metric("gauge", "Whether the container engine answers."),
    "swarm_container_up": Metric("gauge", "Whether a container runs. lasting: whether it should as long as the platform does."),
    "swarm_container_info": Metric("gauge", "Always 1; the release, image and digest of a container."),
    "swarm_container_ready": Metric("gauge", "Whether a container runs and has given its ready signal since its last start."),
    "swarm_container_healthy": Metric("gauge", "Whether the health check of a container succeeds; only of those that have one."),
    "swarm_container_restarts_total": Metric("counter", "How often the engine has restarted a container."),
    "swarm_container_exit_code": Metric("gauge", "Exit code of a container that has ended."),
    "swarm_container_start_timestamp_seconds": Metric("gauge", "When a container was last started."),
    "swarm_container_last_log_timestamp_seconds": Metric("gauge", "When a container that runs last wrote a line to its log."),
    "swarm_identity_expiry_timestamp_seconds": Metric(
        "gauge", "When the identity that a node holds ends. shown: whether it is seen, or the earliest moment by its start."
    ),
    "swarm_spire_up": Metric("gauge", "Whether the SPIRE Server answers."),
    "swarm_spire_authority_expiry_timestamp_seconds": Metric("gauge", "When the CA that signs for a trust domain now ends."),
    "swarm_spire_authority_newest_timestamp_seconds": Metric(
        "gauge", "When the newest CA of a trust domain became valid, at its own server."
    ),
    "swarm_spire_bundle_expiry_timestamp_seconds": Metric("gauge", "When the last CA in a server's bundle of another trust domain ends."),
    "swarm_spire_bundle_newest_timestamp_seconds": Metric(
        "gauge", "When the newest CA in a server's bundle of another trust domain became valid."
    ),
    "swarm_spire_agent_expiry_timestamp_seconds": Metric(
        "gauge", "When the identity of an agent ends, which a running one renews in time."
    ),
    "swarm_spire_entries": Metric("gauge", "Number of registration entries of a SPIRE Server."),
    "swarm_spire_unused_token_expiry_timestamp_seconds": Metric("gauge", "When a join token ends that no agent has used yet."),
    "swarm_training_in_progress": Metric("gauge", "Whether an ML program runs on the host."),
    "swarm_training_failed": Metric("gauge", "Whether a container of the last training failed by itself."),
    "swarm_training_node_state": Metric(
        "gauge", "1 for the state that an SL or ML container of the last training is in, 0 for the others."
    ),
    "swarm_training_round": Metric("gauge", "Last round whose models were merged; 0 if its log does not have it."),
    "swarm_training_epoch": Metric("gauge", "Epoch of that round."),
    "swarm_training_epochs": Metric("gauge", "Number of epochs."),
    "swarm_training_peers": Metric("gauge", "Number of peers that train together, as a node's log says."),
    "swarm_training_peers_wanted": Metric("gauge", "Number of peers that should, by the inventory."),
    "swarm_license_server_up": Metric("gauge", "Whether a License Server answers this host by HTTPS."),
    "swarm_licenses_wanted": Metric("gauge", "Number of this host's nodes that need a licence, by the inventory."),
    "swarm_licenses_capacity": Metric("gauge", "Number of nodes that the License Server has licences for (swarm_licenses)."),
    "swarm_directory_free_bytes": Metric("gauge", "Free space, for users that are not root, where a directory of the platform is."),
    "swarm_directory_size_bytes": Metric("gauge", "Size of the file system that it is on."),
}
_ACTIVE = "running"
_ENDED = ("created", "exited", "dead")
_OF_TRAININGS = ("sl", "ml")  # SWOPs leave the ended ones of all trainings: those of the last have metrics of their own


def of_site(site: Mapping[str, Any]) -> list[Sample]:
    """What the inventory says: `trust_domain`, `release`, `peers`, and `licenses`, kind → {wanted, capacity}."""
    found = [Sample("swarm_site_info", {"trust_domain": site["trust_domain"], "release": site["release"]}, 1)]
    if site["peers"]:
        found.append(Sample("swarm_training_peers_wanted", {}, site["peers"]))
    for kind, numbers in site["licenses"].items():
        labels = {"kind": kind, "server": site["license_server"]}
        found += [Sample(f"swarm_licenses_{name}", labels, number) for name, number in numbers.items()]
    return found


def of_containers(wanted: Mapping[str, str], containers: Iterable[Mapping[str, Any]], spoke: Mapping[str, float]) -> list[Sample]:
    """The containers of a host.

    wanted      name → component of those that should run as long as the platform does
    containers  as swarm_info returns them
    spoke       name → when it last wrote to its log
    """
    found = {one["name"]: one for one in containers if one["state"] not in _ENDED or one["component"] not in _OF_TRAININGS}
    absent = {name: component for name, component in wanted.items() if name not in found}
    samples = [Sample("swarm_container_up", _lasting(name, component, wanted), 0) for name, component in absent.items()]
    for name, one in found.items():
        samples += _of_container(name, one, wanted)
    named = {name: {"name": name, "component": found[name]["component"]} for name in spoke}
    return samples + [Sample("swarm_container_last_log_timestamp_seconds", named[name], moment) for name, moment in spoke.items()]


def _lasting(name: str, component: str, wanted: Mapping[str, str]) -> dict[str, str]:
    return {"name": name, "component": component, "lasting": str(name in wanted).lower()}


def _of_container(name: str, one: Mapping[str, Any], wanted: Mapping[str, str]) -> list[Sample]:
    labels = {"name": name, "component": one["component"]}
    about = {"release": one["release"], "image": one["image"], "digest": one["digest"]}
    samples = [
        Sample("swarm_container_up", _lasting(name, one["component"], wanted), one["state"] == _ACTIVE),
        Sample("swarm_container_info", {**labels, **about}, 1),
        Sample("swarm_container_ready", labels, one["ready"]),
        Sample("swarm_container_restarts_total", labels, one["restarts"]),
    ]
    if one["health"]:
        samples.append(Sample("swarm_container_healthy", labels, one["health"] != "unhealthy"))
    if one["exit_code"] is not None and one["finished_at"]:
        samples.append(Sample("swarm_container_exit_code", labels, one["exit_code"]))
    if one["started_at"]:
        samples.append(Sample("swarm_container_start_timestamp_seconds", labels, one["started_at"]))
    return samples


def of_identities(ends: Iterable[tuple[Mapping[str, Any], int]]) -> list[Sample]:
    """The identities that running nodes hold: (container as swarm_info returns it, end of its identity) of each."""
    return [
        Sample(
            "swarm_identity_expiry_timestamp_seconds",
            {
                "name": one["name"],
                "component": one["component"],
                "spiffe_id": one["identity"].get("spiffe_id", ""),
                "shown": str(bool(one["identity"])).lower(),
            },
            end,
        )
        for one, end in ends
    ]


def of_spire(facts: Mapping[str, Any], signer: Mapping[str, Any] | None) -> list[Sample]:
    """A SPIRE Server that answers: `facts` as spire_info returns them, and the authority that signs now."""
    own = {"trust_domain": facts["trust_domain"]}
    samples = [
        Sample("swarm_spire_up", {}, 1),
        Sample("swarm_spire_entries", {}, len(facts["entries"])),
        Sample("swarm_spire_authority_expiry_timestamp_seconds", own, signer["expires_at"] if signer else 0),
        Sample("swarm_spire_authority_newest_timestamp_seconds", own, max((one["not_before"] for one in facts["authorities"]), default=0)),
    ]
    for bundle in facts["bundles"]:
        other = {"trust_domain": bundle["trust_domain"]}
        samples.append(Sample("swarm_spire_bundle_expiry_timestamp_seconds", other, bundle["expires_at"]))
        samples.append(Sample("swarm_spire_bundle_newest_timestamp_seconds", other, bundle["newest"]))
    for agent in facts["agents"]:
        samples.append(Sample("swarm_spire_agent_expiry_timestamp_seconds", {"spiffe_id": agent["spiffe_id"]}, agent["expires_at"]))
    for token in facts["tokens"]:
        samples.append(Sample("swarm_spire_unused_token_expiry_timestamp_seconds", {"spiffe_id": token["spiffe_id"]}, token["expires_at"]))
    return samples


def of_training(nodes: Iterable[Mapping[str, Any]], failed: bool) -> list[Sample]:
    """The last training on a host: `nodes` as swarm_training_info returns them, and whether one of them failed."""
    nodes = list(nodes)
    samples = [
        Sample("swarm_training_in_progress", {}, any(node["trains"] for node in nodes)),
        Sample("swarm_training_failed", {}, failed),
    ]
    for node in nodes:
        labels = {"name": node["name"], "component": node["component"]}
        samples += [Sample("swarm_training_node_state", {**labels, "state": state}, node["state"] == state) for state in TRAINING_STATES]
        samples += [
            Sample(f"swarm_training_{what}", labels, node[what])
            for what in ("round", "epoch", "epochs", "peers")
            if node[what] or what == "round"
        ]
    return samples


def of_license_servers(servers: Iterable[Mapping[str, Any]]) -> list[Sample]:
    """License Servers, as apls_info returns them."""
    return [Sample("swarm_license_server_up", {"server": f"{one['address']}:{one['port']}"}, one["answers"] == "yes") for one in servers]


def of_directory(path: str, free: int, size: int) -> list[Sample]:
    """Free bytes and bytes of the file system on which a directory is."""
    return [Sample("swarm_directory_free_bytes", {"path": path}, free), Sample("swarm_directory_size_bytes", {"path": path}, size)]
