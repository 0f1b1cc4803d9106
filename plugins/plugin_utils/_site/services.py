# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services: the names by which nodes reach each other through reverse proxies, one port for all of a host (private, pure, 2.x).

The API of an SN is `api.sn-1.DOMAIN`, the file server of an SL node is `fs.sl-1.DOMAIN`. All containers of a host find these names at the
host's own proxy, which hands a connection to a node of its host, or to the proxy of another. The SNs' ledger is no TLS and has no such names:
`p2p.sn-1.DOMAIN` is the address of the SN's host.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...module_utils._names import is_ip

if TYPE_CHECKING:
    from .model import Inventory

    Nodes = Mapping[str, Sequence[Mapping[str, Any]]]

GROUP = "swarm_reverse_proxy"
PORT = 443
API_PORT, P2P_PORT, FS_PORT = 30304, 30303, 30305
DEFAULTS: dict[str, Any] = {
    "swarm_service_domain": "swarm",
    "reverse_proxy_name": "reverse-proxy",
    "reverse_proxy_image": "",
    "reverse_proxy_port": PORT,
    "reverse_proxy_routes": {},
    "reverse_proxy_managed": True,
}
IMAGE = "library/nginx:stable"
HUB = "docker.io"


@dataclass(frozen=True)
class Service:
    """What has a name at the proxies.

    name    what others connect to
    host    the host that it is on
    target  address and port at which that host's proxy reaches it; empty where it cannot
    what    the node and the option that names it, in words
    """

    name: str
    host: str
    target: str
    what: str


def are_used(inventory: Inventory) -> bool:
    """Whether the nodes reach each other by services."""
    return bool(inventory.members("reverse_proxy"))


def image(inventory: Inventory, host: str) -> str:
    """The image of the host's proxy: nginx, from the mirror where there is one."""
    registry = str(inventory.get(host, "swarm_registry")).rstrip("/")
    return str(inventory.get(host, "reverse_proxy_image") or f"{registry or HUB}/{IMAGE}")


def has_own(inventory: Inventory, host: str) -> bool:
    """Whether the host's proxy is a container of this collection."""
    return host in inventory.members("reverse_proxy") and bool(inventory.get(host, "reverse_proxy_managed"))


def address(host: object, port: object) -> str:
    """Address and port in one, that of IPv6 in brackets."""
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"


def name_of(service: object) -> str:
    """The name in a service, which may have a port."""
    return str(service).partition(":")[0]


def port_of(service: object, default: int) -> int:
    """The port in a service."""
    port = str(service or "").partition(":")[2]
    return int(port) if port.isdecimal() else default


# --- what is derived for nodes --------------------------------------------------------------------------------------------


def of_sn(inventory: Inventory, host: str, name: str, ports: Mapping[str, Any]) -> dict[str, Any]:
    """The options of an SN instead of its address and ports; nothing without services."""
    if not are_used(inventory):
        return {}
    found = {
        "host_ip": "",
        "sn_api_service": _named(inventory, host, "api", name),
        "sn_p2p_service": f"{_p2p_name(inventory, host, name)}:{ports['sn_p2p_port']}",
        "sn_p2p_port": "",  # the service says it
    }
    return {**found, "sn_api_port": ""} if ports["sn_api_port"] == API_PORT else found


def of_sl(inventory: Inventory, host: str, name: str) -> dict[str, Any]:
    """The options of an SL node, or the keys of a pair, instead of its address."""
    return {"host_ip": "", "sl_fs_service": _named(inventory, host, "fs", name)} if are_used(inventory) else {}


def _named(inventory: Inventory, host: str, kind: str, name: str) -> str:
    domain = str(inventory.get(host, "swarm_service_domain"))
    return f"{kind}.{name.removesuffix(f'.{domain}')}.{domain}"


def _p2p_name(inventory: Inventory, host: str, name: str) -> str:
    """The name that leads to the SN's host: its own where it has one."""
    own = inventory.address(host)
    return _named(inventory, host, "p2p", name) if is_ip(own) else own


def p2p_hosts(inventory: Inventory, sns: Nodes) -> dict[str, str]:
    """The lines of /etc/hosts by which SNs find each other: name → address of the host."""
    if not are_used(inventory):
        return {}
    return {**_sent(inventory, "p2p_hosts"), **_own_p2p_hosts(inventory, sns)}


def _own_p2p_hosts(inventory: Inventory, sns: Nodes) -> dict[str, str]:
    named = [(name_of(node.get("sn_p2p_service") or ""), inventory.address(host)) for host, own in sns.items() for node in own]
    return {name: where for name, where in named if name and is_ip(where)}


def _sent(inventory: Inventory, kind: str) -> dict[str, str]:
    """What the exchange files of other organisations say of their services: name → address, with a port in `routes`."""
    return {name: where for peer in inventory.peers for name, where in peer["services"].get(kind, {}).items()}


def sn_ports(node: Mapping[str, Any], options: Iterable[str]) -> list[tuple[str, Any]]:
    """[(option, port)]: the ports that an SN publishes, none where it is null; options: those of its release that say one."""
    services = {"sn_api_port": ("sn_api_service", API_PORT), "sn_p2p_port": ("sn_p2p_service", P2P_PORT)}
    found = []
    for option in options:
        service, default = services.get(option, ("", 0))
        if node.get(option) == "" and node.get(service):
            found.append((service, port_of(node[service], default)))
        elif node[option] is not None:
            found.append((option, node[option]))
    return found


# --- what the proxies know ------------------------------------------------------------------------------------------------


def served(inventory: Inventory, sns: Nodes, swops: Nodes, sls: Nodes) -> list[Service]:
    """Every service of the site's nodes, in the order of the deployment."""
    found = [_api(inventory, host, node) for host, own in sns.items() for node in own if node.get("sn_api_service")]
    found += [
        _pair(inventory, host, one) for host, own in swops.items() for node in own for one in node["pairs"] if one.get("sl_fs_service")
    ]
    return found + [_file_server(inventory, host, node) for host, own in sls.items() for node in own if node.get("sl_fs_service")]


def _api(inventory: Inventory, host: str, node: Mapping[str, Any]) -> Service:
    port = node.get("sn_api_port") or port_of(node["sn_api_service"], API_PORT)
    return Service(
        name_of(node["sn_api_service"]), host, address(inventory.address(host), port), f"sn_api_service of {node['name']} on {host}"
    )


def _pair(inventory: Inventory, host: str, one: Mapping[str, Any]) -> Service:
    fixed = next((option["ip"] for option in one.get("sl_network_options") or () if isinstance(option, Mapping) and "ip" in option), "")
    target = address(fixed, FS_PORT) if fixed else address(inventory.address(host), one["port"]) if one["port"] else ""
    return Service(name_of(one["sl_fs_service"]), host, target, f"sl_fs_service of {one['sl_hostname']} on {host}")


def _file_server(inventory: Inventory, host: str, node: Mapping[str, Any]) -> Service:
    target = address(inventory.address(host), node["sl_fs_port"])
    return Service(name_of(node["sl_fs_service"]), host, target, f"sl_fs_service of {node['name']} on {host}")


def routes(inventory: Inventory, host: str, services: Sequence[Service]) -> dict[str, str]:
    """name → address and port to which the host's proxy hands a connection: a node here, or the proxy of the host that has it."""
    if host not in inventory.members("reverse_proxy"):
        return {}
    found = {one.name: one.target if one.host == host else _proxy_of(inventory, one.host) for one in services}
    return {**routes_of_others(inventory), **found, **inventory.get(host, "reverse_proxy_routes")}


def _proxy_of(inventory: Inventory, host: str) -> str:
    return address(inventory.address(host), inventory.get(host, "reverse_proxy_port"))


def routes_of_others(inventory: Inventory) -> dict[str, str]:
    """name → address and port of the proxy of each service that is in another organisation's exchange file."""
    return _sent(inventory, "routes")


def told_to_others(inventory: Inventory, sns: Nodes, services: Sequence[Service]) -> dict[str, dict[str, str]]:
    """What the exchange file says: `routes`, name → address and port of the host's proxy, and `p2p_hosts`, name → address of an SN's host."""
    if not are_used(inventory):
        return {}
    return {"routes": {one.name: _proxy_of(inventory, one.host) for one in services}, "p2p_hosts": _own_p2p_hosts(inventory, sns)}
