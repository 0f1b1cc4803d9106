# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with an inventory, in sentences that name host, variable and remedy (private, pure).

Every check takes an Inventory and returns a list of sentences. Later checks build on earlier ones, so they run in stages and
a stage with problems is the last.
"""

from __future__ import annotations

import ipaddress
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from ...module_utils._releases import RELEASES
from .._images import reference
from .._site import classic as _site_classic
from .._site import model
from .._site import training as _training
from . import certificates, formats, sl, spire
from . import classic as _problems_classic

HOST_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*\Z")
REACHED_BY_OTHERS = ("apls", "spire_server", "sn", "sl", "swop")
PORTS = ("apls_port", "spire_server_port", "spire_server_federation_port", "sn_api_port", "sn_p2p_port", "sn_fs_port")


def problems(inventory: model.Inventory, exists: Callable[[str], bool], complete: bool = True) -> list[str]:
    """All problems of the first stage that has any.

    exists    says whether a path is there on the controller
    complete  whether all organisations' files are there that the training counts on; they are not when files are exchanged first
    """
    stages: tuple[tuple[Callable[[model.Inventory], list[str]], ...], ...] = (
        (_groups,),
        (_releases, _addresses, spire.trust_domains, _port_numbers, _shape, sl.shape, certificates.shape),
        (_images, _sentinel, _license_server, spire.datastores, spire.servers, spire.federation),
        (spire.identities, spire.versions, certificates.identities, _operators, sl.nodes),
        (_training_itself,),
        (_names, _port_clashes, sl.programs),
        (_peers, sl.peers) if complete else (),
        (_formats_of_files, lambda one: _controller_files(one, exists)),
    )
    for stage in stages:
        found = [sentence for check in stage for sentence in check(inventory)]
        if found:
            return found
    return []


def _hosts(hosts: Iterable[str]) -> str:
    return ", ".join(hosts)


# --- groups, hosts, addresses ---------------------------------------------------------------------------------------------


def _groups(inventory: model.Inventory) -> list[str]:
    found = []
    for group in inventory.groups:
        if group in model.GROUPS:
            continue
        hint = formats.did_you_mean(group.replace("-", "_"), model.GROUPS) if _near(group) else ""
        if group.startswith("swarm_"):
            known = hint or f"; groups named swarm_… are {_hosts(model.GROUPS)}"
            found.append(f"the inventory has a group {group!r} that this collection does not know{known}")
        elif hint:
            found.append(f"the inventory has a group {group!r} that looks like a slip{hint}")
    if not found and not inventory.hosts:
        found.append(f"no host is in any of the groups {_hosts(model.GROUPS)}: the inventory describes no swarm")
    return found


def _near(group: str) -> bool:
    letters = group.replace("-", "_").lower()
    return any(_distance_is_small(letters, known) for known in model.GROUPS)


def _distance_is_small(word: str, known: str) -> bool:
    return word.startswith(("sw", "warm")) and bool(formats.did_you_mean(word, [known])) and abs(len(word) - len(known)) <= 2


def _releases(inventory: model.Inventory) -> list[str]:
    used: dict[str, list[str]]
    found, used = [], {}
    for host in inventory.hosts:
        used.setdefault(str(inventory.get(host, "swarm_release")), []).append(host)
    for release, hosts in used.items():
        if release not in RELEASES:
            found.append(f"swarm_release is {release!r} on {_hosts(hosts)}, which is not known; known are {_hosts(RELEASES)}")
    for host in inventory.members("spire_server"):
        given = inventory.get(host, "spire_server_release")
        if given and str(given) not in RELEASES:
            found.append(f"spire_server_release is {given!r} on {host}, which is not known; known are {_hosts(RELEASES)}")
    if not found and len(used) > 1:
        each = "; ".join(f"{release} on {_hosts(hosts)}" for release, hosts in used.items())
        found.append(f"swarm_release differs ({each}): all hosts of a swarm run the same release")
    return found


def _addresses(inventory: model.Inventory) -> list[str]:
    seen: dict[str, list[str]]
    found, seen = [], {}
    for host in inventory.hosts:
        roles = [f"swarm_{component}" for component in REACHED_BY_OTHERS if host in inventory.members(component)]
        if not roles:
            continue
        address = inventory.address(host)
        if not address:
            others = [other for other in inventory.hosts if other != host and inventory.address(other)]
            hint = formats.did_you_mean(host, others) or ""
            found.append(f"{host} (in {_hosts(roles)}) has no address: set ansible_host or swarm_host_ip for it{hint}")
        elif _is_loopback(address):
            found.append(f"{host} has the address {address}, which is itself to every host: set swarm_host_ip to where the others reach it")
        else:
            seen.setdefault(address, []).append(host)
    found += [
        f"{_hosts(hosts)} have the same address {address}: give each its own swarm_host_ip"
        for address, hosts in seen.items()
        if len(hosts) > 1
    ]
    return found


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost" or address.startswith("localhost.")


def _port_numbers(inventory: model.Inventory) -> list[str]:
    return [
        f"{name} is {inventory.get(host, name)!r} on {host}, it must be a number from 1 to 65535"
        for host in inventory.hosts
        for name in PORTS
        if not _is_port(inventory.get(host, name))
    ]


def _is_port(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 65535


def _shape(inventory: model.Inventory) -> list[str]:
    found = []
    for host in inventory.hosts:
        for name in ("sn_nodes", "swop_nodes", "swop_pairs", "spire_server_federates_with"):
            value = inventory.get(host, name)
            if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
                found.append(f"{name} of {host} must be a list of mappings, not {value!r}")
            elif name == "swop_pairs":
                found += _unknown_pair_keys(f"{name} of {host}", value)
        if not isinstance(inventory.get(host, "sn_sentinel"), bool):
            found.append(f"sn_sentinel is {inventory.get(host, 'sn_sentinel')!r} on {host}, it must be true or false")
    return found


def _unknown_pair_keys(what: str, pairs: list[dict[str, Any]]) -> list[str]:
    return [
        f"{what} has the unknown key {key!r}{formats.did_you_mean(str(key), _training.PAIR_KEYS)}"
        for pair in pairs
        for key in pair
        if key not in _training.PAIR_KEYS
    ]


# --- what the hosts run ---------------------------------------------------------------------------------------------------


def _images(inventory: model.Inventory) -> list[str]:
    found = []
    for host in inventory.hosts:
        for component in model.COMPONENTS:
            if host in inventory.members(component):
                try:
                    reference(component, str(inventory.get(host, "swarm_release")))
                except ValueError as error:
                    found.append(f"{host} is in swarm_{component}, but {error}")
    return found


def _sentinel(inventory: model.Inventory) -> list[str]:
    nodes = model.sn_nodes(inventory)
    chosen = model.sentinels(nodes)
    if len(chosen) > 1:
        where = ", ".join(f"{node['name']} on {host}" for host, node in chosen)
        return [f"{len(chosen)} Sentinels ({where}): a swarm has exactly one, so set sn_sentinel: true for one host only"]
    if chosen:
        return _problems_classic.sentinel(nodes)
    orphans = [
        host
        for host, own in nodes.items()
        for node in own
        if not node["sentinel"] and not node.get("sentinel_ip") and not node.get("sentinel_api_service")
    ]
    if orphans:
        hosts = _hosts(dict.fromkeys(orphans))
        return [f"no Sentinel among the hosts of swarm_sn ({hosts}): set sn_sentinel: true for one of them, or sn_sentinel_ip for all"]
    return []


def _license_server(inventory: model.Inventory) -> list[str]:
    found = []
    needy = [host for host in inventory.hosts if any(host in inventory.members(c) for c in ("sn", "sl", "swop", "swci"))]
    without = [host for host in needy if not model.license_servers(inventory, host).get("apls_ip")]
    if without:
        found.append(f"no License Server for {_hosts(without)}: put a host into swarm_apls, or set swarm_apls_ip to one that already runs")
    found += _problems_classic.license_servers(inventory) + _problems_classic.upstreams(inventory)
    number = len(inventory.members("apls"))
    if number > 2:
        found.append(f"swarm_apls has {number} hosts: a primary and a secondary License Server are all that a node knows")
    return found


def _operators(inventory: model.Inventory) -> list[str]:
    found, sns = [], model.sn_nodes(inventory)
    for component in ("swop", "swci"):
        if not sns:
            found += [
                f"{host} is in swarm_{component}, but there is no SN: put a host into swarm_sn, or set {component}_sn_ip"
                for host in inventory.members(component)
                if not inventory.get(host, f"{component}_sn_ip")
            ]
    if len(inventory.members("swci")) > 1 and inventory.training():
        found.append(f"swarm_swci has {_hosts(inventory.members('swci'))}: one host starts the training, not several")
    return found


# --- names and ports ------------------------------------------------------------------------------------------------------


def _pairs(inventory: model.Inventory) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    return [(host, node, pair) for host, own in model.swop_nodes(inventory).items() for node in own for pair in node["pairs"]]


def _names(inventory: model.Inventory) -> list[str]:
    named = [(node["name"], f"{node['name']} on {host}") for host, own in model.sn_nodes(inventory).items() for node in own]
    named += [(node["name"], f"{node['name']} on {host}") for host, own in model.swop_nodes(inventory).items() for node in own]
    for host, _node, pair in _pairs(inventory):
        named += [(pair[key], f"{key} {pair[key]} on {host}") for key in ("sl_hostname", "ml_hostname")]
    named += sl.names(inventory)
    times = Counter(name for name, _where in named)
    found = [
        f"the name {name!r} is used {count} times ({', '.join(where for one, where in named if one == name)}): names are unique in a swarm"
        for name, count in times.items()
        if count > 1
    ]
    found += [
        f"{where}: a name begins with a letter or digit and has only letters, digits, dots and dashes"
        for name, where in named
        if not HOST_NAME.match(str(name))
    ]
    return found


def _port_clashes(inventory: model.Inventory) -> list[str]:
    found = []
    sns = model.sn_nodes(inventory)
    for host in inventory.hosts:
        used = []
        if host in inventory.members("apls"):
            used.append((inventory.get(host, "apls_port"), "the License Server (apls_port)"))
        if host in inventory.members("spire_server"):
            used.append((inventory.get(host, "spire_server_port"), "the SPIRE Server (spire_server_port)"))
            if len(inventory.members("spire_server")) > 1:
                used.append((inventory.get(host, "spire_server_federation_port"), "federation (spire_server_federation_port)"))
        for node in sns.get(host, ()):
            used += [(node[key], f"{node['name']} ({key})") for key in _site_classic.sn_ports(inventory, host)]
        used += [(pair["port"], f"{pair['sl_hostname']} (port)") for there, _node, pair in _pairs(inventory) if there == host]
        used += sl.ports(inventory, host)
        if host in inventory.members("swci") and inventory.get(host, "swci_web_port"):
            used.append((inventory.get(host, "swci_web_port"), "the SWCI (swci_web_port)"))
        found += [f"{what} on {host} is {port!r}, a port is a number from 1 to 65535" for port, what in used if not _is_port(port)]
        times = Counter(port for port, _what in used)
        found += [
            f"port {port} on {host} is wanted by {' and '.join(what for one, what in used if one == port)}: give each its own"
            for port, count in times.items()
            if count > 1
        ]
    return found


# --- the training ---------------------------------------------------------------------------------------------------------


def _training_itself(inventory: model.Inventory) -> list[str]:
    training = inventory.training()
    if not training:
        return []
    different = [host for host in inventory.hosts if inventory.get(host, "swarm_training") not in (training, {})]
    if different:
        remedy = "it describes one training; what a host has of its own goes into swop_pairs or sl_nodes"
        return [f"swarm_training on {_hosts(different)} is another than elsewhere: {remedy}"]
    classic = any(_site_classic.is_classic(inventory, host) for host in inventory.hosts)
    found: list[str] = _training.problems(training, classic)
    return found


def _peers(inventory: model.Inventory) -> list[str]:
    training = inventory.training()
    if not training or not (inventory.members("swop") or inventory.members("swci")):
        return []
    training, there = _training.normalise(training), len(_pairs(inventory)) + sum(peer["pairs"] for peer in inventory.peers)
    asked, found = training["peers"] or there, []
    hosts = _hosts(inventory.members("swop")) or "no host"
    if not inventory.members("swop") and inventory.members("sl"):
        return []
    if inventory.members("swci") and not inventory.members("swop"):
        return ["swarm_training is to be started by SWCI, but swarm_swop has no host that could run its SL and ML nodes"]
    found += [
        f"{node['name']} on {host} has no SL/ML pair to start: raise swarm_training.peers_per_host, or give it pairs"
        for host, own in model.swop_nodes(inventory).items()
        for node in own
        if not node["pairs"]
    ]
    if asked > there:
        found.append(
            f"swarm_training.peers asks for {asked} SL/ML pairs, but there are {there} on {hosts}: raise peers_per_host or add hosts"
        )
    if training["min_peers"] > asked:
        found.append(f"swarm_training.min_peers is {training['min_peers']}, more than the {asked} SL/ML pairs that train")
    return found


def _formats_of_files(inventory: model.Inventory) -> list[str]:
    found = []
    for host, here in model.derive(inventory).items():
        for name, profile in here["swop_profiles"].items():
            found += formats.profile_problems(profile, f"SWOP profile of {name} on {host}")
        for name, task in here.get("swci_tasks", {}).items():
            found += formats.task_problems(task, f"task {name} of swarm_training")
    return found


def _controller_files(inventory: model.Inventory, exists: Callable[[str], bool]) -> list[str]:
    training = inventory.training()
    found = [*spire.files(inventory, exists)]
    found += [
        f"swarm_training.{key} is {training[key]!r}, which is not there on the controller"
        for key in ("client_wheel", "model_source")
        if training.get(key) and not exists(training[key])
    ]
    source = training.get("model_source")
    if source and not found:
        wanted = _training.normalise(training)
        name = _training.in_model_dir(wanted, any(_site_classic.is_classic(inventory, host) for host in inventory.hosts))
        if name and not exists(posixpath.join(source, name)):
            found.append(f"swarm_training.program is {wanted['program']!r}, but there is no {name!r} in model_source {source!r}")
    return found
