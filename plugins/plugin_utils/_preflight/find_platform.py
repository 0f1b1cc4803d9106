# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of `checks` that look at the platform as a whole: its ports, licences and identities (private, pure)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...module_utils._platform.containers import classify
from ...module_utils._preflight.parse import OUR_NAME
from ...module_utils._spire.config import seconds
from .look import STATES, Look, Words

MOST_LATENCY_SECONDS, MOST_SL_PER_SN = 0.3, 4


def license_server(look: Look) -> Iterator[Words]:
    """Three different answers where the platform itself only has its error 6002."""
    for link in look.links.of(look.name):
        if link.service != "License Server":
            continue
        state, words = look.links.state(link), {"address": link.address, "port": link.port, "host": look.name}
        own = look.host.model["address"]
        if state == "refused" and not link.target:
            yield {
                **words,
                "problem": "nothing listens there",
                "remedy": "Start the License Server, or correct swarm_apls_ip and swarm_apls_port.",
            }
        elif state in ("timeout", "unreachable") and not link.target:
            remedy = f"Let {link.address} accept TCP port {link.port} from {look.name} ({own})."
            yield {**words, "problem": STATES[state], "remedy": remedy}
        elif state == "open" and look.links.result(link).get("https") is False:
            remedy = "Check what listens there: a License Server speaks HTTPS. Correct swarm_apls_ip and swarm_apls_port."
            yield {**words, "problem": "what listens there does not speak HTTPS", "remedy": remedy}


def license_capacity(look: Look) -> Iterator[Words]:
    capacity = look.setting("license_capacity")
    needed = sum(len(host.model["sn_nodes"]) + len(host.model["sl_nodes"]) for host in look.site.values())
    needed += sum(len(numbers) for host in look.site.values() for numbers in host.model["pair_numbers"].values())
    first, *_others = look.site
    if look.name == first and 0 < capacity < needed:
        yield {"needed": needed, "capacity": capacity}


def sl_per_sn(look: Look) -> Iterator[Words]:
    for node in look.host.model["sn_nodes"]:
        mine = (node["host_ip"], node.get("sn_api_port"))
        count = 0
        for host in look.site.values():
            count += sum((one.get("sn_ip"), one.get("sn_api_port")) == mine for one in host.model["sl_nodes"])
            for swop in host.model["swop_nodes"]:
                if (swop.get("sn_ip"), swop.get("sn_api_port")) == mine:
                    count += len(host.model["pair_numbers"].get(swop["name"], ()))
        if count > MOST_SL_PER_SN:
            yield {"count": count, "sn": node["name"], "most": MOST_SL_PER_SN}


def identity_lifetime(look: Look) -> Iterator[Words]:
    ttl, days = look.host.model["x509_svid_ttl"], look.setting("training_days")
    if ttl and seconds("x509_svid_ttl", ttl) / 2 < days * 86400:
        yield {"ttl": ttl, "days": days}


def ports_free(look: Look) -> Iterator[Words]:
    published = look.seen.get("published") or {}
    for port, holder in look.fact("ports").items():
        container = published.get(port)
        if container and not container["ours"] and not classify(container["image"], {}, False)[0]:
            yield {"port": port, "holder": f"container {container['name']} ({container['image']})"}
        elif not container and holder and OUR_NAME not in holder and "docker-proxy" not in holder:
            yield {"port": port, "holder": holder}


def ports_allowed(look: Look) -> Iterator[Words]:
    refused = look.links.refused(look.name)
    if refused:
        yield {"ports": ", ".join(map(str, refused))}


def ports(look: Look) -> Iterator[Words]:
    """For each port of this host, who does not get there: it is this host's firewall, or one on the way, that has to open it."""
    firewalls = look.seen.get("firewalls") or ()
    for (address, port), blocked in look.links.blocked(look.name).items():
        sources = list(dict.fromkeys(link.source for link in blocked))
        yield {
            "address": address,
            "port": port,
            "target": look.name,
            "sources": ", ".join(f"{source} ({look.site[source].model['address']})" for source in sources),
            "services": ", ".join(dict.fromkeys(link.service for link in blocked)),
            "state": STATES[look.links.state(blocked[0])],
            "how": _opening(firewalls, port),
        }


def _opening(firewalls: Any, port: int) -> str:
    commands = {
        "firewalld": f"firewall-cmd --permanent --add-port={port}/tcp && firewall-cmd --reload",
        "ufw": f"ufw allow {port}/tcp",
    }
    found = [command for name, command in commands.items() if name in firewalls]
    return f" (there: {'; '.join(found)})" if found else ""


def path_mtu(look: Look) -> Iterator[Words]:
    stalled = [link.target for link in look.links.of(look.name) if look.links.result(link).get("large") is False]
    for target in dict.fromkeys(stalled):
        yield {"source": look.name, "target": target}


def latency(look: Look) -> Iterator[Words]:
    slow: dict[str, float] = {}
    for link in look.links.of(look.name):
        took = look.links.result(link).get("seconds") or 0
        if link.target and took > MOST_LATENCY_SECONDS:
            slow[link.target] = min(took, slow.get(link.target, took))
    for target, took in slow.items():
        yield {"target": target, "milliseconds": round(1000 * took)}


_OTHER_CHECKS = ("registry", "proxy", "License Server")


def services_reachable(look: Look) -> Iterator[Words]:
    yield from _foreign(look, ("timeout", "unreachable"))


def _foreign(look: Look, states: tuple[str, ...]) -> Iterator[Words]:
    """Services on machines that are none of the inventory's."""
    for link in look.links.of(look.name):
        state = look.links.state(link)
        if not link.target and link.service not in _OTHER_CHECKS and state in states:
            own = look.host.model["address"]
            place = {"address": link.address, "port": link.port, "host": look.name, "own": own}
            yield {**place, "service": link.service, "why": link.why, "state": STATES[state]}


def services_answer(look: Look) -> Iterator[Words]:
    yield from _foreign(look, ("refused",))
