# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The public file that organisations without access to each other's hosts give each other (private to the collection, pure).

The file is JSON: `trust_domain`, its trust `bundle` as SPIFFE has it, the `endpoint` (address, port, spiffe_id) at which newer ones
are fetched, the `fingerprint` of all this, and in `nodes` how many SWOPs and SL/ML pairs the organisation brings. Behind reverse proxies there are
also `services`: in `routes` the names of its nodes' services with address and port of the proxy, and in `p2p_hosts` those of its SNs' hosts.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable
from typing import Any, Protocol

from .._names import is_domain, is_ip, is_service_name, is_target, is_trust_domain
from . import lifetime, trust_bundle, x509

KEYS = ("trust_domain", "bundle", "endpoint", "fingerprint", "nodes")
SERVICES = "services"
_ADDRESS = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?\Z|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\Z")  # a host name, or an IP address


class InvalidPeerFile(Exception):
    """A peer's file, or its item in swarm_peers, that is refused; the text says why."""


def authorities(bundle: dict[str, Any]) -> list[bytes]:
    """The CA certificates of a SPIFFE bundle (mapping), in DER. Raises InvalidPeerFile when it is none."""
    try:
        return trust_bundle.authorities(bundle)
    except ValueError as error:
        raise InvalidPeerFile(str(error)) from error


def fingerprint(document: dict[str, Any]) -> str:
    """SHA-256 over all that a file says but its own fingerprint, in groups that can be read out over the phone."""
    said = {key: document[key] for key in (*KEYS, SERVICES) if key != "fingerprint" and key in document}
    return _grouped(json.dumps(said, sort_keys=True, separators=(",", ":")).encode())


def _only_authorities(bundle: dict[str, Any]) -> dict[str, Any]:
    """The bundle with the keys of its CAs alone, ordered: those of JWT-SVIDs change often, and come by the federation itself. Raises InvalidPeerFile."""
    authorities(bundle)
    keys = [key for key in bundle["keys"] if key["use"] == "x509-svid"]
    return {"keys": sorted(keys, key=lambda key: str(key["x5c"][0]))}


def _fingerprint_of_authorities(bundle: dict[str, Any]) -> str:
    """What files of earlier versions have as their fingerprint."""
    return _grouped(b"".join(sorted(authorities(bundle))))


def _grouped(content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    return " ".join(digest[start : start + 4] for start in range(0, len(digest), 4))


def written(bundle: str, endpoint: dict[str, Any], nodes: dict[str, int], services: dict[str, dict[str, str]] | None = None) -> str:
    """The file's text. bundle: SPIFFE JSON text; endpoint: trust_domain, address, port; nodes: swops, pairs. Raises InvalidPeerFile.

    services  {"routes": {name: ADDRESS:PORT}, "p2p_hosts": {name: address}}, if there are any
    """
    read, domain = _json(bundle), endpoint["trust_domain"]
    said = {
        "trust_domain": domain,
        "endpoint": {"address": endpoint["address"], "port": endpoint["port"], "spiffe_id": _server_id(domain)},
        "nodes": nodes,
        "bundle": _only_authorities(read),
        **({SERVICES: services} if services else {}),
    }
    return json.dumps({**said, "fingerprint": fingerprint(said)}, indent=2, sort_keys=True) + "\n"


def _server_id(domain: str) -> str:
    return f"spiffe://{domain}/spire/server"


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        start = " ".join(text.split())[:40]
        kind = "an HTML page, such as a login page," if start.lower().startswith(("<!doctype", "<html")) else "not JSON"
        raise InvalidPeerFile(f"was not written by the playbook exchange: it is {kind} and begins with {start!r}") from error


def taken(text: str, given: object, now: float) -> dict[str, Any]:
    """The peer of a file: trust_domain, address, port, bundle (SPIFFE JSON text), swops, pairs, services. Raises InvalidPeerFile.

    given  the fingerprint in swarm_peers; spaces and case do not matter
    """
    peer = _json(text)
    absent = [key for key in KEYS if not isinstance(peer, dict) or key not in peer]
    if absent:
        raise InvalidPeerFile(f"was not written by the playbook exchange: it has no {', '.join(absent)}")
    domain, endpoint, bundle = peer["trust_domain"], peer["endpoint"], peer["bundle"]
    if not is_trust_domain(domain):
        raise InvalidPeerFile(f"has the invalid trust domain {domain!r}")
    _check_bundle(bundle, domain, now)
    reached, counted, services = _endpoint(endpoint, domain), _counted(peer["nodes"]), _services(peer.get(SERVICES, {}))
    if _plain(peer["fingerprint"]) == _plain(_fingerprint_of_authorities(bundle)):
        remedy = f"ask {domain} to run the playbook exchange again and to send its file"
        raise InvalidPeerFile(f"was written by an earlier version of this collection: {remedy}")
    _check_fingerprint(fingerprint(peer), peer["fingerprint"], given, domain)
    return {"trust_domain": domain, "bundle": json.dumps(_only_authorities(bundle)), **reached, **counted, SERVICES: services}


def _check_bundle(bundle: dict[str, Any], domain: str, now: float) -> None:
    there = authorities(bundle)
    if not there:
        raise InvalidPeerFile("has a bundle without a CA certificate")
    others = sorted({x509.spiffe_id(one) or "no SPIFFE ID" for one in there} - {f"spiffe://{domain}"})
    if others:
        raise InvalidPeerFile(f"says that its bundle is that of {domain}, but its CA is that of {', '.join(others)}")
    end = max(map(x509.expiry, there))
    if end <= now:
        raise InvalidPeerFile(
            f"has a bundle that expired at {lifetime.date(end)}: ask {domain} to run the playbook exchange again and to send its file"
        )


def _check_fingerprint(found: str, inside: object, given: object, domain: str) -> None:
    if _plain(inside) != _plain(found):
        raise InvalidPeerFile(f"was changed or damaged on its way: its fingerprint is {found}, but it says {inside}")
    if not given:
        raise InvalidPeerFile(
            f"has the fingerprint {found}: ask {domain} to read out theirs over the phone, and if both are the same, add it to swarm_peers"
        )
    if _plain(given) != _plain(found):
        raise InvalidPeerFile(
            f"has the fingerprint {found}, but swarm_peers says {given}: do not use the file until {domain} has confirmed which is right"
        )


def _plain(text: object) -> str:
    return re.sub(r"[\s:-]", "", str(text)).lower()


def _endpoint(endpoint: Any, domain: str) -> dict[str, Any]:
    address, port = (endpoint.get(key) for key in ("address", "port")) if isinstance(endpoint, dict) else (None, None)
    if not _is_address(address) or not _is_port(port) or endpoint.get("spiffe_id") != _server_id(domain):
        raise InvalidPeerFile(f"has an invalid endpoint; expected address, port and the spiffe_id {_server_id(domain)}")
    return {"address": address, "port": port}


def _is_address(address: object) -> bool:
    return isinstance(address, str) and bool(_ADDRESS.match(address))


def _is_port(port: object) -> bool:
    return isinstance(port, int) and not isinstance(port, bool) and 1 <= port <= 65535


def _counted(nodes: object) -> dict[str, Any]:
    counts = [nodes.get(key) if isinstance(nodes, dict) else None for key in ("swops", "pairs")]
    if not all(isinstance(count, int) and not isinstance(count, bool) and count >= 0 for count in counts):
        raise InvalidPeerFile("does not say how many SWOPs and SL/ML pairs the organisation has (nodes)")
    return dict(zip(("swops", "pairs"), counts))


def _services(given: Any) -> dict[str, dict[str, str]]:
    """The services of a file, which come into the hosts' files and a proxy's configuration. Raises InvalidPeerFile."""
    checks = {"routes": (is_service_name, is_target), "p2p_hosts": (is_domain, is_ip)}
    valid = isinstance(given, dict) and all(
        isinstance(given.get(kind, {}), dict) and all(of_name(name) and of_place(place) for name, place in given.get(kind, {}).items())
        for kind, (of_name, of_place) in checks.items()
    )
    if not valid:
        raise InvalidPeerFile("has invalid services; expected routes, such as api.sn-1.swarm: ADDRESS:PORT, and p2p_hosts, with addresses")
    return {kind: given[kind] for kind in checks if kind in given}


# --- the inventory --------------------------------------------------------------------------------------------------------


class _Inventory(Protocol):
    @property
    def hosts(self) -> Iterable[str]: ...

    def get(self, host: str, name: str, /) -> Any: ...

    def members(self, group: str, /) -> Collection[str]: ...


def load(inventory: _Inventory, read: Callable[[str], str], now: float) -> tuple[list[str], list[dict[str, Any]]]:
    """(what is wrong with swarm_peers, the peers); `read` returns a file's text and raises OSError."""
    given: Any = next((inventory.get(host, "swarm_peers") for host in inventory.hosts if inventory.get(host, "swarm_peers")), [])
    mine = {inventory.get(host, "swarm_trust_domain") for host in inventory.hosts}
    wrong = _misplaced(inventory, given, mine)
    if wrong:
        return [wrong], []
    found: list[str]
    peers: list[dict[str, Any]]
    found, peers = [], []
    for one in given:
        try:
            peers.append(_new_one(one, read, now, mine, {other["trust_domain"] for other in peers}))
        except InvalidPeerFile as error:
            found.append(f"swarm_peers: {one.get('file') if isinstance(one, dict) else one} {error}")
    if peers and not inventory.members("spire_server"):
        found.append("swarm_peers has other organisations' trust domains, but no host is in swarm_spire_server to federate with them")
    return found, sorted(peers, key=lambda peer: peer["trust_domain"])


def _misplaced(inventory: _Inventory, given: Any, mine: Collection[str]) -> str:
    if not isinstance(given, list):
        return f"swarm_peers must be a list of mappings with file and fingerprint, not {type(given).__name__}"
    without = [host for host in inventory.hosts if not inventory.get(host, "swarm_peers")]
    if given and without and len(mine) > 1:
        reason = "all organisations of an inventory trust the same peers, so set it for all hosts"
        return f"swarm_peers is set, but not on {', '.join(without)}: {reason}"
    return ""


def _new_one(one: Any, read: Callable[[str], str], now: float, mine: Collection[str], others: Collection[str]) -> dict[str, Any]:
    peer = _one(one, read, now)
    domain = peer["trust_domain"]
    if domain in mine:
        raise InvalidPeerFile(f"is from {domain}, a trust domain of this inventory: list only the files of other organisations")
    if domain in others:
        raise InvalidPeerFile(f"is a second file from {domain}: remove one of the two")
    return peer


def _one(one: Any, read: Callable[[str], str], now: float) -> dict[str, Any]:
    unknown = sorted(set(one) - {"file", "fingerprint"}) if isinstance(one, dict) else ["?"]
    if unknown or "file" not in one:
        raise InvalidPeerFile("must be a mapping with file, on the controller, and fingerprint")
    try:
        text = read(one["file"])
    except OSError as error:
        raise InvalidPeerFile(f"cannot be read on the controller: {error.strerror}") from error
    return taken(text, one.get("fingerprint"), now)


def before(peers: Iterable[dict[str, Any]], own: Iterable[str]) -> int:
    """How many SL/ML pairs the organisations have that come before ours, in the order of the trust domains: everybody counts alike."""
    return sum(peer["pairs"] for peer in peers if peer["trust_domain"] < min(own, default=""))
