# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans a preflight: who must reach whom, and what to measure on each host, from the model of the site (private, pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ...module_utils._names import is_ip
from ...module_utils._spire.datastore import PORTS
from .._site import services

_NODES = ("sn", "sl", "swop", "swci")
_SWCI_CONTEXT = re.compile(r"^CREATE CONTEXT \S+ WITH IP (\S+)(?: (\d+))?$", re.MULTILINE)
_URL = re.compile(r"^(?:https?://)?(?:[^@/]*@)?(?P<host>[^:/]+)(?::(?P<port>\d+))?")
_SN_API, _APLS, _PROXY, _HTTPS = 30304, 5814, 3128, 443
DOCKER_HUB = "registry-1.docker.io"  # where Docker Hub's images come from


@dataclass(frozen=True)
class Host:
    """What the inventory says of a host.

    model       its HostModel, the fact `swarm_site_host`, as a mapping
    components  the components that it runs, such as `sn`
    settings    what the roles' variables say: release, directory, server_address, server_port, datastore, least_memory_gb, …
    """

    model: Mapping[str, Any]
    components: Sequence[str]
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Link:
    """A connection that must be possible.

    source, target  hosts of the inventory; target is empty if the address is none of theirs
    service         what answers there, and why: what needs it
    https           whether TLS is spoken there, once it runs
    """

    source: str
    target: str
    address: str
    port: int
    service: str
    why: str
    https: bool = False

    @property
    def from_container(self) -> bool:
        """Whether a container connects; images are pulled by the engine."""
        return self.service != "registry"


def plan(hosts: Mapping[str, Host]) -> dict[str, Any]:
    """{hosts: what to measure on each, links: [Link as a mapping]}."""
    found = links(hosts)
    return {
        "hosts": {name: _measured(name, host, found) for name, host in hosts.items()},
        "links": [asdict(link) for link in found],
    }


def _measured(name: str, host: Host, found: Sequence[Link]) -> dict[str, Any]:
    model = host.model
    outgoing = [link for link in found if link.source == name]
    listen = sorted({link.port for link in found if link.target == name and link.source != name})
    registries = {registry(image)[0] for image in model["images"]} if not _proxied(host) else set()
    needed = {link.address for link in outgoing} | registries
    return {
        "listen": listen,
        "ports": sorted({*listen, *_own_ports(host)}),
        "connect": _targets(outgoing),
        "names": sorted(address for address in needed if not is_ip(address)),
        "directories": [{"path": one["path"], "user": one["user"]} for one in model["directories"] if not one["made"]],
        "disks": [one["path"] for one in model["directories"]],
        "images": list(model["images"]),
    }


def _targets(outgoing: Sequence[Link]) -> list[dict[str, Any]]:
    """One for each address and port."""
    wanted = {(link.address, link.port): link.https for link in outgoing}
    return [{"address": address, "port": port, "https": https} for (address, port), https in wanted.items()]


# --- who must reach whom -------------------------------------------------------------------------------------------------


def links(hosts: Mapping[str, Host]) -> list[Link]:
    """Every connection between two machines that the site needs, once for each service, in the order of the deployment."""
    owners = {address: name for name, host in hosts.items() for address in _addresses_of(host) if address}
    found: dict[Link, None] = {}
    for kind in (_registries, _license_servers, _spire, _proxies, _chain, _interfaces, _file_servers):
        for name, host in hosts.items():
            for address, port, service, why in kind(name, host, hosts):
                target = owners.get(address, "")
                if address and target != name:
                    found[Link(name, target, address, int(port), service, why, https=kind is _license_servers)] = None
    return list(found)


_Wanted = Iterator[tuple[str, int, str, str]]


def _addresses_of(host: Host) -> set[str]:
    nodes = (*host.model["sn_nodes"], *host.model["sl_nodes"])
    return {host.model["address"], *(str(node.get("host_ip") or "") for node in nodes)}


def _proxied(host: Host) -> bool:
    return any(host.model["proxy"].get(name) for name in ("https_proxy", "http_proxy"))


def _registries(_name: str, host: Host, _hosts: Mapping[str, Host]) -> _Wanted:
    """The registries of its images; behind a proxy, the proxy."""
    if _proxied(host):
        for variable in ("https_proxy", "http_proxy"):
            match = _URL.match(host.model["proxy"].get(variable) or "")
            if match:
                yield match["host"], int(match["port"] or _PROXY), "proxy", f"swarm_{variable}"
        return
    for image in host.model["images"]:
        address, port = registry(image)
        yield address, port, "registry", "images are pulled from it"


def registry(image: str) -> tuple[str, int]:
    """(address, port) of an image's registry."""
    first, slash, _rest = image.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        return DOCKER_HUB, _HTTPS
    address, _colon, port = first.partition(":")
    return (DOCKER_HUB if address == "docker.io" else address), int(port or _HTTPS)


def _license_servers(_name: str, host: Host, _hosts: Mapping[str, Host]) -> _Wanted:
    if not set(_NODES) & set(host.components):
        return
    for which in ("", "secondary_"):
        address = host.model["license"].get(f"{which}apls_ip")
        if address:
            yield (
                str(address),
                host.model["license"].get(f"{which}apls_port") or _APLS,
                "License Server",
                "each node takes a licence from it",
            )


def _spire(_name: str, host: Host, _hosts: Mapping[str, Host]) -> _Wanted:
    model = host.model
    if set(host.components) & {"spire_agent", *_NODES} and not model["identity"]:
        for address in _behind(host.settings["server_address"], model["server_names"]):
            yield address, host.settings["server_port"], "SPIRE Server", "the SPIRE Agent attests to it"
    for peer in model["federates_with"]:
        for address in _behind(peer.get("address") or "", model["peer_names"]):
            yield address, peer.get("port") or 8443, "SPIRE federation", f"trust bundles of {peer['trust_domain']} come from it"
    datastore = host.settings["datastore"]
    if "spire_server" in host.components and datastore.get("host"):
        port = datastore.get("port") or PORTS.get(datastore.get("type"), PORTS["postgres"])
        yield str(datastore["host"]), port, "SPIRE datastore", "the SPIRE Server keeps its entries in it"
    if model["upstream"]:
        yield model["upstream"]["address"], model["upstream"]["port"], "SPIRE Server", "it signs the CA of the server below it"


def _behind(name: str, names: Mapping[str, str]) -> list[str]:
    """The addresses that a name of several servers stands for, as the containers' hosts files have it."""
    return names[name].split(",") if name in names else [name] if name else []


def _proxies(_name: str, host: Host, hosts: Mapping[str, Host]) -> _Wanted:
    """A proxy hands connections to those of the other hosts."""
    others = {one.model["address"] for one in hosts.values()}
    for target in dict.fromkeys(host.model["routes"].values()):
        address, _colon, port = target.rpartition(":")
        if address.strip("[]") in others:
            yield address.strip("[]"), int(port), "reverse proxy", "the services of its host's nodes are behind it"


def _chain(name: str, host: Host, hosts: Mapping[str, Host]) -> _Wanted:
    """Every SN talks to every other one, and to the Sentinel's API when it starts."""
    for own in host.model["sn_nodes"]:
        for other in (node for peer, one in hosts.items() if peer != name for node in one.model["sn_nodes"]):
            if other.get("sn_p2p_port"):
                yield other["host_ip"], other["sn_p2p_port"], f"{other['name']} P2P", "the SN nodes keep their ledger in step"
            elif other.get("sn_p2p_service"):
                place = services.name_of(other["sn_p2p_service"])
                port = services.port_of(other["sn_p2p_service"], services.P2P_PORT)
                address = (own.get("extra_hosts") or {}).get(place, place)
                yield address, port, f"{other['name']} P2P", "the SN nodes keep their ledger in step"
        if own.get("sentinel_ip"):
            yield own["sentinel_ip"], own.get("sentinel_api_port") or _SN_API, "Sentinel API", f"{own['name']} joins it"
            if own.get("sentinel_fs_port"):
                yield own["sentinel_ip"], own["sentinel_fs_port"], "Sentinel file server", f"{own['name']} joins it"


def _interfaces(_name: str, host: Host, _hosts: Mapping[str, Host]) -> _Wanted:
    """SWOP, SL and SWCI talk to their SN's API."""
    for node in (*host.model["swop_nodes"], *host.model["sl_nodes"]):
        if node.get("sn_ip"):
            yield node["sn_ip"], node.get("sn_api_port") or _SN_API, "SN API", f"{node['name']} uses it"
    if "swci" in host.components:
        for address, port in _SWCI_CONTEXT.findall(host.model["swci_script"]):
            yield address, int(port or _SN_API), "SN API", "SWCI sends its commands to it"


def _file_servers(name: str, host: Host, hosts: Mapping[str, Host]) -> _Wanted:
    """SL nodes fetch each other's models; in 0.3.0 SN nodes have such a server too."""
    if not _endpoints(host):
        return
    for address, port, node in (one for peer, other in hosts.items() if peer != name for one in _endpoints(other)):
        yield address, port, f"{node} file server", "the SL nodes exchange models"


def _endpoints(host: Host) -> list[tuple[str, int, str]]:
    """(address, port, name) of the file servers on a host."""
    found = [(node["host_ip"], node["sl_fs_port"], node["name"]) for node in host.model["sl_nodes"] if node.get("sl_fs_port")]
    for profile in host.model["swop_profiles"].values():
        pairs = [node["slnodedef"] for node in profile["nodes"]]
        found += [(pair["slhostip"], pair["slport"], pair["slhostname"]) for pair in pairs if pair.get("slport")]
    return found


def _own_ports(host: Host) -> Iterable[int]:
    """The ports that this host's containers are going to publish, whoever uses them."""
    options = ("sn_api_port", "sn_p2p_port", "sn_fs_port")
    nodes = [port for node in host.model["sn_nodes"] for _option, port in services.sn_ports({**dict.fromkeys(options), **node}, options)]
    served = (port for _address, port, _node in _endpoints(host))
    return [int(port) for port in (*nodes, *served, *host.model["monitoring"].get("ports", ())) if port]
