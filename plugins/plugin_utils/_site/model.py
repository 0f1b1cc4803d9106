# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The site model: what each host of an inventory gets, derived from the groups and a few variables (private, pure).

`read` takes what Ansible knows, `derive` returns the model. What is wrong with an inventory is found by `_checks`, first.
"""

from __future__ import annotations

import posixpath
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin, get_type_hints

from ...module_utils._releases import NEWEST, WITH_TARGET
from ...module_utils._spire import peers as _peers
from .. import _proxy
from .._checks import formats, secrets
from .._images import UPSTREAM_SPIRE, base_images, reference, registry_of
from .._node_options import MERGED
from . import belongings, certificates, classic, monitoring, numbers, rehearsal, services, sl, spire, swci, swop
from . import training as _training
from .wheel import Wheel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

COMPONENTS = ("apls", "spire_server", "spire_agent", "sn", "sl", "swop", "swci")
GROUPS = (*(f"swarm_{component}" for component in COMPONENTS), services.GROUP)
RESOLVED = "swarm_resolved"  # the fact in which a host's own variables stand, as a task has resolved them
NUMBERS = "swarm_numbers"  # the fact in which the numbers stand that a host's nodes have
_TRUTH = {**dict.fromkeys(("true", "yes", "on"), True), **dict.fromkeys(("false", "no", "off"), False)}
PORT_STEP = 1000  # between two nodes of one kind on a host

# Every inventory variable that the model reads, with its default. Those that roles have too have the same default there.
DEFAULTS: dict[str, Any] = {
    "ansible_host": "",
    "inventory_dir": "",
    "swarm_release": NEWEST,
    "swarm_registry": "",
    "swarm_spire_version": "1.8.4",
    "swarm_trust_domain": "swarm.learning",
    "swarm_spiffe_path": "/{node_type}",
    "swarm_host_ip": "",
    "swarm_apls_ip": "",
    "swarm_apls_port": 5814,
    "swarm_licenses": {},
    "swarm_network": "swarm",
    "swarm_dir": "/var/lib/swarm-learning",
    "swarm_socket_path": "spire-agent-socket:api.sock",
    "swarm_http_proxy": "",
    "swarm_https_proxy": "",
    "swarm_no_proxy": "",
    "swarm_peers": [],
    "swarm_certificates": {},
    "swarm_certificates_trial": False,
    "swarm_certificates_dir": "",
    "swarm_training": {},
    "swarm_trainings": {},
    "training": "",
    "swarm_training_days": 7,
    "apls_name": "apls",
    "apls_port": 5814,
    "spire_server_version": "",
    "spire_server_name": "spire-server",
    "spire_server_port": 8081,
    "spire_server_federation_port": 8443,
    "spire_server_datastore": {},
    "backup_datastore_image": "",
    "spire_server_federates_with": [],
    "spire_server_upstream": "",
    "spire_server_managed": True,
    "spire_server_ca_ttl": "",
    "spire_server_agent_ttl": "",
    "spire_server_x509_svid_ttl": "",
    "spire_agent_name": "spire-agent",
    "spire_agent_id": "",
    "spire_agent_server_host": "",
    "spire_agent_token_dir": "",
    "spire_agent_version": "",
    "spire_agent_server_address": "",
    "sn_api_port": 30304,
    "sn_p2p_port": 30303,
    "sn_sentinel": False,
    "sn_sentinel_ip": "",
    "sn_nodes": [],
    "sn_options": {},
    "swop_nodes": [],
    "swop_options": {},
    "swop_pairs": [],
    "swop_dns": [],
    "swop_sn_ip": "",
    "swop_sn_api_port": 30304,
    "swci_name": "swci-1",
    "swci_sn_ip": "",
    "swci_sn_api_port": 30304,
    "swci_web_port": 0,
    **classic.DEFAULTS,
    **monitoring.DEFAULTS,
    **services.DEFAULTS,
    **sl.DEFAULTS,
    **{f"{component}_image": "" for component in COMPONENTS},
    **{f"{component}_{kind}": {} for component in ("sn", "sl", "swop", "swci") for kind in ("env", "options")},
}


@dataclass(frozen=True)
class Inventory:
    """An inventory.

    hosts   name → {variable: value}, only hosts of the swarm's groups
    groups  name → host names, in inventory order
    peers   organisations with an inventory of their own, as `_spire.peers` reads their files
    wheel   what the training's client_wheel says of itself
    context a digest of the files in the training's build_context
    unresolved  why variables could not be resolved, in sentences
    secrets  text → what is shown in its place (see `_checks.secrets`)
    numbers  host → kind → the numbers that its nodes have already, as `numbers.running` reads them
    selected name of the training that it shows, as `trainings.select` does; empty: `swarm_training`
    """

    hosts: dict[str, dict[str, Any]]
    groups: dict[str, list[str]]
    peers: tuple[dict[str, Any], ...] = ()
    wheel: Wheel = field(default_factory=Wheel)
    context: str = ""
    unresolved: tuple[str, ...] = ()
    secrets: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    selected: str = ""

    def get(self, host: str, variable: str) -> Any:
        value = self.hosts[host].get(variable)
        return DEFAULTS[variable] if value is None else value

    def given(self, host: str, variable: str) -> bool:
        """Whether the inventory itself says something about the variable."""
        return self.hosts[host].get(variable) not in (None, "")

    def options(self, host: str, component: str) -> dict[str, Any]:
        """Options for all nodes of the component on a host, `sn_options`, without those that are merged key by key where nodes are made."""
        options = self.get(host, f"{component}_options")
        return {name: value for name, value in options.items() if name not in MERGED} if isinstance(options, dict) else {}

    def members(self, component: str) -> list[str]:
        return list(self.groups.get(f"swarm_{component}", ()))

    def address(self, host: str) -> str:
        """Where the other hosts reach this one; empty when nothing says so."""
        named = self.get(host, "swarm_host_ip") or self.get(host, "ansible_host")
        return str(named or (host if "." in host or ":" in host else ""))

    def assign(self, kind: str, names: Mapping[str, Sequence[str]], first: int = 1, taken: Iterable[int] = ()) -> dict[str, list[int]]:
        """host → the numbers of its nodes of a kind (see `numbers.assign`)."""
        return numbers.assign(names, {host: own.get(kind, []) for host, own in self.numbers.items()}, first, taken)

    def running(self, kind: str) -> set[int]:
        """The numbers that nodes of a kind have already, on all hosts."""
        return {number for own in self.numbers.values() for number in own.get(kind, ()) if number}

    def training(self) -> dict[str, Any]:
        """The training's mapping, as the inventory has it; empty without one. All hosts have the same (see `_checks.training`)."""
        for host in (*self.members("swci"), *self.members("swop"), *self.hosts):
            if self.get(host, "swarm_training"):
                training: dict[str, Any] = self.get(host, "swarm_training")
                return training
        return {}


@dataclass(frozen=True)
class HostModel:
    """What the roles need to know of one host of the site: the fact `swarm_site_host`. docs/site-model.md is made of these fields.

    Every field exists on every host; one that does not concern a host is empty.
    """

    address: Annotated[str, "Address by which the other hosts reach this one."] = ""
    trust_domain: Annotated[str, "Its trust domain, `swarm_trust_domain`."] = ""
    network: Annotated[str, "Docker network of its containers, `swarm_network`."] = ""
    registry: Annotated[str, "Registry that its images come from."] = ""
    agent_version: Annotated[str, "Version of its SPIRE Agent; empty without one."] = ""
    images: Annotated[dict[str, str], "Every image that it runs, with the variables that decide about it."] = field(default_factory=dict)
    proxy: Annotated[dict[str, str], "The six proxy variables of its containers."] = field(default_factory=dict)
    license: Annotated[dict[str, Any], "The options of its containers for the License Servers."] = field(default_factory=dict)
    identity: Annotated[dict[str, dict[str, str]], "By component, the options for certificates of your own; empty with SPIRE."] = field(
        default_factory=dict
    )
    certificates: Annotated[dict[str, Any], "Which certificates and keys are copied to it, and where; empty with SPIRE."] = field(
        default_factory=dict
    )
    sn_nodes: Annotated[list[dict[str, Any]], "Its SN nodes, the Sentinel first: options of the module `sn`."] = field(default_factory=list)
    swop_nodes: Annotated[list[dict[str, Any]], "Its SWOPs: options of the module `swop`."] = field(default_factory=list)
    swop_profiles: Annotated[dict[str, dict[str, Any]], "The profile of each SWOP, by its name."] = field(default_factory=dict)
    pair_numbers: Annotated[dict[str, list[int]], "The numbers of each SWOP's SL/ML pairs, by its name."] = field(default_factory=dict)
    sl_nodes: Annotated[list[dict[str, Any]], "Its SL nodes that no SWOP starts: options of the module `sl`."] = field(default_factory=list)
    swci_tasks: Annotated[dict[str, dict[str, Any]], "The tasks that its SWCI hands out, by file name."] = field(default_factory=dict)
    swci_script: Annotated[str, "The script of its SWCI."] = ""
    routes: Annotated[dict[str, str], "What its reverse proxy hands on: the name of a service, and the address and port to connect to."] = (
        field(default_factory=dict)
    )
    swci_digest: Annotated[str, "Checksum that identifies this training. Exceptions to the proxies of its builds are not in it."] = ""
    joining: Annotated[
        dict[str, Any], "Which SWOPs its SWCI lets take part in a training that is in progress: taskrunner, tasks and swops."
    ] = field(default_factory=dict)
    training: Annotated[dict[str, Any], "`swarm_training` with every key; empty without a training."] = field(default_factory=dict)
    training_name: Annotated[str, "Its name in `swarm_trainings`; empty if it is `swarm_training`."] = ""
    rivals: Annotated[dict[str, list[str]], "Other trainings that may not run at the same time, and what both need beside licences."] = (
        field(default_factory=dict)
    )
    rival_licences: Annotated[
        list[dict[str, Any]], "License Servers with too few licences for the SL nodes of all trainings: server, has, own and others."
    ] = field(default_factory=list)
    peers: Annotated[int, "How many SL nodes train together, if all can."] = 0
    training_files: Annotated[list[dict[str, str]], "Files of the controller that the training needs: source, path and sha256."] = field(
        default_factory=list
    )
    downloads: Annotated[list[dict[str, str]], "Files that the training's hosts download: url, path and sha256."] = field(
        default_factory=list
    )
    training_dirs: Annotated[list[dict[str, str]], "Directories that these are in: path and mode."] = field(default_factory=list)
    client_dir: Annotated[str, "Where the client's wheel is put."] = ""
    client_volume: Annotated[dict[str, Any], "Volume that its SWOPs build the ML image from: name and driver_options."] = field(
        default_factory=dict
    )
    ml_image: Annotated[dict[str, Any], "How the ML image is built where no SWOP builds it: name, label, context and dockerfile."] = field(
        default_factory=dict
    )
    rehearsal: Annotated[
        dict[str, Any], "Its ML programs alone: `programs` of the module `swarm_rehearsal`, and `image`, how their image is built."
    ] = field(default_factory=dict)
    directories: Annotated[list[dict[str, Any]], "Directories of yours that must exist: path, user, writable, option, made."] = field(
        default_factory=list
    )
    required: Annotated[list[dict[str, str]], "Those of them that must exist before a run: path and user."] = field(default_factory=list)
    models: Annotated[list[str], "Where its ML programs save their models."] = field(default_factory=list)
    training_script: Annotated[dict[str, str], "The SWCI whose script is the training of all SWOPs: its host and name."] = field(
        default_factory=dict
    )
    model_dirs: Annotated[list[dict[str, Any]], "Directories whose owner becomes the ML program's user."] = field(default_factory=list)
    gpus: Annotated[list[dict[str, str]], "Its nodes that ask for GPUs: name, and gpus as an engine is asked for them."] = field(
        default_factory=list
    )
    agent_id: Annotated[str, "SPIFFE ID of its SPIRE Agent."] = ""
    server_host: Annotated[str, "The host whose SPIRE Server attests its agent; empty if the inventory has none."] = ""
    server_container: Annotated[str, "Name of that server's container."] = ""
    server_address: Annotated[str, "Address at which agents reach that server."] = ""
    server_port: Annotated[int, "Port of that server."] = 8081
    server_names: Annotated[dict[str, str], "Lines of `/etc/hosts` that its agent needs to reach the server."] = field(default_factory=dict)
    token_dir: Annotated[str, "Directory on the server's host in which unused join tokens are kept."] = ""
    x509_svid_ttl: Annotated[str, "How long the server's X.509-SVIDs live."] = ""
    issued_token_dir: Annotated[str, "Of a host with a SPIRE Server: where its unused join tokens are kept."] = ""
    federates_with: Annotated[list[dict[str, Any]], "Of a host with a SPIRE Server: the trust domains that it federates with."] = field(
        default_factory=list
    )
    peer_names: Annotated[dict[str, str], "Of a host with a SPIRE Server: lines of `/etc/hosts` for these."] = field(default_factory=dict)
    has_downstream: Annotated[bool, "Of a host with a SPIRE Server: whether another server is below it."] = False
    owns_entries: Annotated[bool, "Whether its SPIRE Server is the one that gets the registration entries of the trust domain."] = False
    owns_datastore: Annotated[
        bool, "Whether the backup of this host has the external database of its SPIRE Server, which others may share."
    ] = False
    entries: Annotated[list[dict[str, Any]], "Those registration entries: options of the module `spire_entry`."] = field(
        default_factory=list
    )
    upstream: Annotated[
        dict[str, Any], "Of a SPIRE Server below another: address, port, container, token directory and agent ID there."
    ] = field(default_factory=dict)
    containers: Annotated[list[str], "Names of its containers, but for those that its SWOPs start."] = field(default_factory=list)
    volumes: Annotated[list[str], "Volumes that its containers fill, and that teardown removes. The licences' is not among them."] = field(
        default_factory=list
    )
    agent_volume: Annotated[str, "The one of these that has the socket of its SPIRE Agent; empty if that is a file."] = ""
    user_paths: Annotated[list[str], "Directories of yours, which teardown keeps."] = field(default_factory=list)
    monitoring: Annotated[dict[str, Any], "What its metrics are about; empty unless `swarm_monitoring` is true."] = field(
        default_factory=dict
    )
    exchange: Annotated[dict[str, Any], "What other organisations get to know, of the host that writes the exchange file."] = field(
        default_factory=dict
    )


def documented() -> dict[str, tuple[str, str]]:
    """field of HostModel → (its type in words, what it means)."""
    words = {str: "text", int: "number", bool: "true or false", dict: "mapping", list: "list"}
    hints = get_type_hints(HostModel, include_extras=True)
    types = {name: get_args(hint)[0] for name, hint in hints.items()}
    return {name: (words[get_origin(types[name]) or types[name]], hint.__metadata__[0]) for name, hint in hints.items()}


def read(hostvars: Mapping[str, Mapping[str, Any]], groups: Mapping[str, Iterable[str]]) -> Inventory:
    """An Inventory from Ansible's `hostvars` and `groups`.

    A host whose variables a task has resolved has them in RESOLVED, with those that the play sets for all its hosts; those of the others
    are resolved here, without `hostvars` and facts that were not gathered. What cannot be resolved stands in the inventory's `unresolved`.
    """
    mine = {name: list(hosts) for name, hosts in groups.items() if name in GROUPS}
    of_hosts = {host: hostvars[host] for host in dict.fromkeys(host for members in mine.values() for host in members)}
    hosts: dict[str, dict[str, Any]] = {}
    unresolved: list[str] = []
    found: dict[str, str] = {}
    played = _played(of_hosts)
    for host, variables in of_hosts.items():
        hosts[host] = {}
        resolved = variables.get(RESOLVED) or played
        for name in _set_names(variables, resolved):
            try:
                value = resolved[name] if name in resolved else variables[name]
                found.update(secrets.secrets(value, name))
                hosts[host][name] = _typed(formats.plain(value), DEFAULTS[name])
            except Exception as error:  # whatever a template raises
                unresolved.append(_cannot_be_resolved(name, host, error))
        _make_absolute(hosts[host])
    kept = {host: formats.plain(hostvars[host][NUMBERS]) for host in hosts if NUMBERS in hostvars[host]}
    members = {name: list(of_group) for name, of_group in groups.items()}
    return Inventory(hosts, members, unresolved=tuple(unresolved), numbers=kept, secrets=found)


def _played(of_hosts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What the play itself sets, as some host has resolved it: the hosts that a run leaves out get the same."""
    return {
        name: value
        for variables in of_hosts.values()
        for name, value in (variables.get(RESOLVED) or {}).items()
        if not any(name in others for others in of_hosts.values())
    }


def _set_names(variables: Mapping[str, Any], resolved: Mapping[str, Any]) -> list[str]:
    """The model's variables that the inventory sets, and those of which a task saw another value than the role `swarm` has by itself."""
    seen = (name for name in resolved if name in DEFAULTS and formats.plain(resolved[name]) != DEFAULTS[name])
    return list(dict.fromkeys([*(name for name in DEFAULTS if name in variables), *seen]))


def _cannot_be_resolved(name: str, host: str, error: Exception) -> str:
    remedy = "write the value itself, or gather the facts that it needs in a play before this one (ansible.builtin.setup)"
    return f"{name} of {host} cannot be resolved: {' '.join(str(error).split())}; {remedy}"


def _typed(value: Any, default: Any) -> Any:
    """A text of an INI inventory or of `-e` as the type that the variable has."""
    if isinstance(value, str) and isinstance(default, bool):
        return _TRUTH.get(value.lower(), value)
    if isinstance(value, str) and isinstance(default, int) and value.isdecimal():
        return int(value)
    return value


def _make_absolute(variables: dict[str, Any]) -> None:
    """Read relative paths on the controller from the inventory's directory, whatever directory a playbook is run in."""
    base = str(variables.get("inventory_dir") or "")
    if not base:
        return
    if isinstance(variables.get("swarm_training"), dict):
        variables["swarm_training"] = _training_below(base, variables["swarm_training"])
    if isinstance(variables.get("swarm_trainings"), dict):
        variables["swarm_trainings"] = {name: _training_below(base, one) for name, one in variables["swarm_trainings"].items()}
    peers = variables.get("swarm_peers")
    if isinstance(peers, list):
        variables["swarm_peers"] = [{**one, "file": _below(base, one.get("file"))} if isinstance(one, dict) else one for one in peers]
    datastore = variables.get("spire_server_datastore")
    if isinstance(datastore, dict) and isinstance(datastore.get("tls"), dict):
        files = {key: _below(base, value) if str(key).endswith("_file") else value for key, value in datastore["tls"].items()}
        variables["spire_server_datastore"] = {**datastore, "tls": files}
    for name in ("swarm_certificates", "swarm_certificates_dir"):
        if name in variables:
            variables[name] = _all_below(base, variables[name])


def _training_below(base: str, training: Any) -> Any:
    if not isinstance(training, dict):
        return training
    return {key: _below(base, value) if key in _training.PATHS else value for key, value in training.items()}


def _below(base: str, path: Any) -> Any:
    return posixpath.join(base, path) if isinstance(path, str) and path else path


def _all_below(base: str, value: Any) -> Any:
    return {key: _all_below(base, item) for key, item in value.items()} if isinstance(value, dict) else _below(base, value)


# --- nodes ---------------------------------------------------------------------------------------------------------------


def sn_nodes(inventory: Inventory) -> dict[str, list[dict[str, Any]]]:
    """host → its SN nodes, Sentinel first; each complete but for `sentinel_ip` of the others."""
    nodes: dict[str, list[dict[str, Any]]]
    nodes = {}
    wanted = {host: inventory.get(host, "sn_nodes") or [{}] for host in inventory.members("sn")}
    assigned = inventory.assign("sn", _names(wanted))
    for host, own in wanted.items():
        nodes[host] = []
        for index, given in enumerate(own):
            ports = {port: _step(inventory.get(host, port), index) for port in classic.sn_ports(inventory, host)}
            name = str(given.get("name") or f"sn-{assigned[host][index]}")
            node = {
                "name": name,
                "host_ip": inventory.address(host),
                "sentinel": inventory.get(host, "sn_sentinel") is True and index == 0,
                **ports,
                **services.of_sn(inventory, host, name, ports),
                **inventory.options(host, "sn"),
                **given,
            }
            node["sentinel"] = node["sentinel"] or classic.is_sentinel(inventory, host, node, index)
            if not node["sentinel"] and inventory.get(host, "sn_sentinel_ip"):
                node.setdefault("sentinel_ip", inventory.get(host, "sn_sentinel_ip"))
            nodes[host].append(node)
        nodes[host].sort(key=lambda node: not node["sentinel"])
    return nodes


def _step(port: Any, index: int) -> Any:
    return port + PORT_STEP * index if isinstance(port, int) else port


def sentinels(nodes: dict[str, list[dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    """[(host, node)] of all Sentinels among `sn_nodes`."""
    return [(host, node) for host, own in nodes.items() for node in own if node["sentinel"]]


def swop_nodes(inventory: Inventory) -> dict[str, list[dict[str, Any]]]:
    """host → its SWOPs, each {name, pairs: […], …module options}; the pairs are complete and numbered over the whole training.

    Organisations with inventories of their own count each other's pairs too, in the order of their trust domains.
    """
    plan = _swops_with_pairs(inventory)
    total = sum(len(node["pairs"]) for _host, node in plan) + sum(peer["pairs"] for peer in inventory.peers)
    first = _peers.before(inventory.peers, {inventory.get(host, "swarm_trust_domain") for host in inventory.hosts})
    nodes: dict[str, list[dict[str, Any]]]
    on_host: dict[str, int]
    nodes, on_host = {host: [] for host in inventory.members("swop")}, {}
    unnamed = {host: [""] * sum(len(node["pairs"]) for of, node in plan if of == host) for host in nodes}
    pair_numbers = inventory.assign("pairs", unnamed, first + 1, inventory.running("sl"))
    for host, node in plan:
        complete = []
        for settings in node["pairs"]:
            index = on_host.get(host, 0)
            on_host[host] = index + 1
            number = pair_numbers[host][index]
            by_name = services.of_sl(inventory, host, str(settings.get("sl_hostname") or f"sl-{number}"))
            complete.append(swop.pair({**by_name, **settings}, index, number, total, inventory.address(host)))
        nodes[host].append({**node, "pairs": complete})
    return nodes


def _names(wanted: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, list[str]]:
    return {host: [str(node.get("name") or "") for node in own] for host, own in wanted.items()}


def _swops_with_pairs(inventory: Inventory) -> list[tuple[str, dict[str, Any]]]:
    """[(host, its SWOP with what the inventory says of its pairs)]."""
    peers_per_host = inventory.training().get("peers_per_host", _training.DEFAULTS["peers_per_host"])
    plan = []
    wanted = {host: inventory.get(host, "swop_nodes") or [{}] for host in inventory.members("swop")}
    assigned = inventory.assign("swop", _names(wanted))
    for host, given in wanted.items():
        for index, node in enumerate(given):
            share: list[dict[str, Any]] = [{}] * len(range(index, peers_per_host, len(given)))
            pairs = node.get("pairs") or (inventory.get(host, "swop_pairs") if index == 0 else []) or share
            plan.append((host, {"name": f"swop-{assigned[host][index]}", **node, "pairs": pairs}))
    return plan


def sl_nodes(inventory: Inventory) -> dict[str, list[dict[str, Any]]]:
    """host → the SL nodes that no SWOP starts (see `sl.nodes`), each complete."""
    pairs = {host: [pair["number"] for node in own for pair in node["pairs"]] for host, own in swop_nodes(inventory).items()}
    sns, found = sn_nodes(inventory), sl.nodes(inventory, pairs)
    for host, own in found.items():
        for index, node in enumerate(own):
            place = _sn_of(inventory, host, "sl", index, sns)
            if not node.get("sn_ip") and not node.get("sn_docker_name") and not node.get("sn_api_service"):
                node.update(place, **({} if node.get("sn_api_port", "") == "" else {"sn_api_port": node["sn_api_port"]}))
    return found


def _sn_of(inventory: Inventory, host: str, component: str, index: int, sns: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """The options by which a SWOP, SL or SWCI of this host uses its SN: the configured one, else the host's own, else the Sentinel.

    They are its address and API port, or its service; then the others are empty, so that a role's own do not apply.
    """
    if inventory.get(host, f"{component}_sn_ip"):
        return {"sn_ip": inventory.get(host, f"{component}_sn_ip"), "sn_api_port": inventory.get(host, f"{component}_sn_api_port")}
    own = sns.get(host) or [node for _host, node in sentinels(sns)] or [node for nodes in sns.values() for node in nodes]
    if not own:
        return {"sn_ip": "", "sn_api_port": DEFAULTS["sn_api_port"]}
    node = own[index % len(own)]
    if services.are_used(inventory) and node.get("sn_api_service"):
        return {"sn_ip": "", "sn_api_port": "", "sn_api_service": node["sn_api_service"]}
    return {"sn_ip": node["host_ip"], "sn_api_port": node["sn_api_port"]}


# --- everything of one host ----------------------------------------------------------------------------------------------


def license_servers(inventory: Inventory, host: str) -> dict[str, Any]:
    """The licence options of this host's containers: apls_ip, apls_port, and the second server's when there are two."""
    if inventory.get(host, "swarm_apls_ip"):
        return {"apls_ip": inventory.get(host, "swarm_apls_ip"), "apls_port": inventory.get(host, "swarm_apls_port")}
    servers = [(inventory.address(one), inventory.get(one, "apls_port")) for one in inventory.members("apls")]
    found = dict(zip(("apls_ip", "apls_port"), servers[0])) if servers else {}
    if len(servers) > 1:
        found.update(zip(("secondary_apls_ip", "secondary_apls_port"), servers[1]))
    return found


def images(inventory: Inventory, host: str) -> dict[str, str]:
    """Every image that this host will run → the variables that decide about it, in the order of the roles."""
    by_hand = sl.nodes(inventory, {}).get(host, ())
    found = {}
    for component in _with_images(inventory, host, bool(by_hand)):
        given = inventory.get(host, f"{component}_image")
        version = "swarm_spire_version" if component in UPSTREAM_SPIRE and not classic.has_own_server(inventory, host) else "swarm_release"
        found[given or _reference(inventory, host, component)] = f"{component}_image" if given else f"{version}, swarm_registry"
    if by_hand or host in inventory.members("swop"):
        found.update(_training_images(inventory.training()))
    if inventory.get(host, "backup_datastore_image") and spire.owns_datastore(inventory, host):
        found[inventory.get(host, "backup_datastore_image")] = "backup_datastore_image"
    if services.has_own(inventory, host):
        found[services.image(inventory, host)] = "reverse_proxy_image, swarm_registry"
    return {**found, **sl.images(inventory, host, by_hand)}


def _agent_version(inventory: Inventory, host: str) -> str:
    if host not in inventory.members("spire_agent") or classic.is_classic(inventory, host):
        return ""
    return str(inventory.get(host, "spire_agent_version") or inventory.get(host, "swarm_spire_version"))


def _with_images(inventory: Inventory, host: str, by_hand: bool) -> list[str]:
    """The components whose images a host needs. by_hand: whether it has SL nodes that no SWOP starts."""
    wanted = [component for component in COMPONENTS if host in inventory.members(component)]
    if "swop" in wanted and "sl" not in wanted:
        wanted.append("sl")
    elif by_hand and classic.is_classic(inventory, host):
        wanted.remove("sl")  # each node names its own
    if "spire_server" in wanted and not inventory.get(host, "spire_server_managed"):
        wanted.remove("spire_server")
    elif "spire_server" in wanted and "spire_agent" not in wanted and inventory.get(host, "spire_server_upstream"):
        wanted.append("spire_agent")
    return wanted


def _training_images(training: dict[str, Any]) -> dict[str, str]:
    """The ML image, or what it is built from → the key of swarm_training that decides about it."""
    if not training.get("image"):
        return {}
    build = training.get("build")
    return dict.fromkeys(base_images(build), "swarm_training.build") if build else {training["image"]: "swarm_training.image"}


def _reference(inventory: Inventory, host: str, component: str) -> str:
    version = str(inventory.get(host, "swarm_spire_version"))
    release = str(inventory.get(host, "swarm_release"))
    if component in UPSTREAM_SPIRE:
        release = classic.server_release(inventory, host)
    return reference(component, release, inventory.get(host, "swarm_registry"), version)


@dataclass(frozen=True)
class _Site:
    """What is derived for all hosts at once: host → its nodes, and trust domain → the hosts of its servers."""

    sns: dict[str, list[dict[str, Any]]]
    swops: dict[str, list[dict[str, Any]]]
    sls: dict[str, list[dict[str, Any]]]
    servers: dict[str, list[str]]
    services: list[services.Service]
    training: dict[str, Any]


def derive(inventory: Inventory) -> dict[str, dict[str, Any]]:
    """The model of an inventory without problems: host → its HostModel, as the mapping that Ansible's variables are."""
    training = {**_training.normalise(inventory.training()), "client_version": inventory.wheel.version} if inventory.training() else {}
    sns, swops, sls = sn_nodes(inventory), swop_nodes(inventory), sl_nodes(inventory)
    site = _Site(sns, swops, sls, spire.domains(inventory), services.served(inventory, sns, swops, sls), training)
    p2p_hosts = services.p2p_hosts(inventory, sns)
    for node in (node for nodes in sns.values() for node in nodes if p2p_hosts):
        node["extra_hosts"] = {**p2p_hosts, **(node.get("extra_hosts") or {})}
    for _host, sentinel in sentinels(site.sns):
        for host, node in ((host, node) for host, nodes in site.sns.items() for node in nodes if not node["sentinel"]):
            classic.join(inventory, host, node, sentinel)
    return {host: asdict(_host_model(inventory, host, site)) for host in inventory.hosts}


def _host_model(inventory: Inventory, host: str, site: _Site) -> HostModel:
    here: dict[str, Any] = {
        "address": inventory.address(host),
        "network": inventory.get(host, "swarm_network"),
        "sn_nodes": site.sns.get(host, []),
        "sl_nodes": site.sls.get(host, []),
        "proxy": _proxy.of_host(inventory, host),
        "agent_version": _agent_version(inventory, host),
        "images": images(inventory, host),
        "registry": registry_of(_reference(inventory, host, "sn")),
        "training": site.training,
        "training_name": inventory.selected,
        "client_dir": f"{_training_dir(inventory, host)}/client",
        "routes": services.routes(inventory, host, site.services),
        **spire.identity(inventory, host, site.servers),
        "license": license_servers(inventory, host),
        "identity": certificates.options(inventory, host),
        "training_script": _training_script(inventory, site),
        **_interface(inventory, host, site),
    }
    swops = site.swops.get(host, [])
    here["client_volume"] = _training.client_volume(site.training, here["client_dir"]) if swops else {}
    if host in (hosts[0] for hosts in site.servers.values()):
        here["exchange"] = _exchange(inventory, host, site)
    here["swop_nodes"], here["swop_profiles"] = _swops(inventory, host, swops, site.sns, here)
    here["rehearsal"] = {"programs": _rehearsed(inventory, host, swops, here), "image": {}}
    counted = [] if inventory.selected else swops  # names of a named training's pairs do not hang on numbers
    here["pair_numbers"] = {node["name"]: [pair["number"] for pair in node["pairs"]] for node in counted}
    here["gpus"] = sl.gpus(here["sl_nodes"]) + swop.gpus(site.training, [pair for node in swops for pair in node["pairs"]])
    here["directories"] = _directories(here, swops)
    here["required"] = [{"path": one["path"], "user": one["user"]} for one in here["directories"] if not one["made"]]
    here.update(belongings.on_host(inventory, host, here, [pair for node in swops for pair in node["pairs"]]))
    pairs = sum(map(len, here["pair_numbers"].values())) + len(here["sl_nodes"])
    all_peers = _peers_of(inventory, site)
    here["peers"] = min(all_peers, site.training.get("peers") or all_peers)
    here["monitoring"] = monitoring.of_host(inventory, host, here, pairs, all_peers)
    here["models"] = sl.models(here["sl_nodes"], site.training, swops)
    here["model_dirs"] = sl.owned(here["directories"])
    return HostModel(**here)


def _peers_of(inventory: Inventory, site: _Site) -> int:
    """How many SL nodes train together, those of other inventories too."""
    pairs = sum(len(node["pairs"]) for nodes in site.swops.values() for node in nodes)
    others: int = sum(peer["pairs"] for peer in inventory.peers)
    return pairs + sum(map(len, site.sls.values())) + others


def _training_dir(inventory: Inventory, host: str) -> str:
    return f"{inventory.get(host, 'swarm_dir')}/trainings/{inventory.selected}" if inventory.selected else inventory.get(host, "swarm_dir")


def _interface(inventory: Inventory, host: str, site: _Site) -> dict[str, Any]:
    """The script of a host's SWCI, its tasks, and who may take part in one that runs."""
    if classic.is_classic(inventory, host):
        place = _sn_of(inventory, host, "swci", 0, site.sns)
        return {"swci_script": classic.script(place["sn_ip"], place["sn_api_port"])}
    if not site.training or not any(site.swops.values()) or host not in inventory.members("swci"):
        return {}
    proxy = _build_proxy(inventory)
    tasks, script = _swci(inventory, host, site, proxy)
    lasting = _swci(inventory, host, site, _proxy.without_exceptions(proxy))
    return {
        "swci_tasks": tasks,
        "swci_script": script,
        "swci_digest": swci.digest([*lasting[0].values(), lasting[1]]),
        "joining": _joining(inventory, host, site, tasks),
    }


def _joining(inventory: Inventory, host: str, site: _Site, tasks: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """{taskrunner, tasks, swops}: options of the module `swarm_training_join`; empty in releases without TARGET."""
    if str(inventory.get(host, "swarm_release")) not in WITH_TARGET:
        return {}
    return {
        "taskrunner": site.training["taskrunner"],
        "tasks": [task["Name"] for task in tasks.values() if task["TaskType"] == "RUN_SWARM"],
        "swops": [node["name"] for nodes in site.swops.values() for node in nodes],
    }


def _training_script(inventory: Inventory, site: _Site) -> dict[str, str]:
    """Host and name of the SWCI that starts the SWOPs' training; nothing where another organisation has it."""
    hosts = inventory.members("swci")
    return {"host": hosts[0], "name": inventory.get(hosts[0], "swci_name")} if hosts and site.training and any(site.swops.values()) else {}


def issuers(inventory: Inventory, model: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """host → {server, x509_svid_ttl, issued_token_dir}: what a check of identities, which one host makes for all, needs to know of it."""
    keys = ("x509_svid_ttl", "issued_token_dir")
    return {
        host: {"server": inventory.get(host, "spire_server_name"), **{key: here[key] for key in keys if here[key]}}
        for host, here in model.items()
    }


def _directories(here: dict[str, Any], swops: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Directories of the user's that this host must have; `made`: the training brings this one."""
    training, needed = here["training"], sl.directories(here["sl_nodes"])
    if training and swops:
        needed += [
            {"path": training["model_dir"], "user": "", "writable": True},
            *_shared_directories(training),
            *swop.directories(training, [pair for node in swops for pair in node["pairs"]]),
        ]
    once = {one["path"]: one for one in reversed(needed)}
    own = {training["model_dir"]: "swarm_training.model_dir", training["data_dir"]: "swarm_training.data_dir"} if training else {}
    made = training["model_dir"] if training and training["model_source"] else ""
    return [
        {**one, "option": own.get(path) or one["option"], "made": path == made or one.get("made", False)}
        for path, one in reversed(once.items())
    ]


def _shared_directories(training: dict[str, Any]) -> list[dict[str, Any]]:
    """The directories of shared_content; the engine itself creates volumes."""
    paths = dict.fromkeys(one["src"] for one in training["shared_content"] if "/" in one["src"])
    return [{"path": path, "option": "swarm_training.shared_content", "user": "", "writable": False} for path in paths]


def _exchange(inventory: Inventory, host: str, site: _Site) -> dict[str, Any]:
    """What organisations with inventories of their own get to know of the one that this host's SPIRE Server is the first of."""
    domain = inventory.get(host, "swarm_trust_domain")
    hosts = [one for one in inventory.hosts if inventory.get(one, "swarm_trust_domain") == domain]
    mine = [node for one in hosts for node in site.swops.get(one, [])]
    sns = {one: site.sns[one] for one in hosts if one in site.sns}
    return {
        "trust_domain": domain,
        "address": inventory.address(host),
        "port": inventory.get(host, "spire_server_federation_port"),
        "swops": len(mine),
        "pairs": sum(len(node["pairs"]) for node in mine),
        "services": services.told_to_others(inventory, sns, [one for one in site.services if one.host in hosts]),
    }


def _swops(
    inventory: Inventory, host: str, nodes: Sequence[dict[str, Any]], sns: dict[str, list[dict[str, Any]]], here: dict[str, Any]
) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    surroundings = {
        "network": here["network"],
        "apls_ip": here["license"].get("apls_ip"),
        "apls_port": here["license"].get("apls_port"),
        "dns": inventory.get(host, "swop_dns"),
        "identity": here["identity"].get("sl") or {"socket_path": inventory.get(host, "swarm_socket_path")},
        "proxy": here["proxy"],
    }
    training = here["training"] or _training.DEFAULTS
    options, profiles = [], {}
    for index, node in enumerate(nodes):
        place = _sn_of(inventory, host, "swop", index, sns)
        own = {key: value for key, value in node.items() if key != "pairs"}
        # By the label, its pairs keep their numbers wherever the host stands in the inventory.
        labels = {numbers.PAIRS_LABEL: " ".join(str(pair["number"]) for pair in node["pairs"]), **(own.get("labels") or {})}
        options.append({**place, **inventory.options(host, "swop"), **own, "labels": labels})
        profiles[node["name"]] = swop.profile(node["name"], node["pairs"], training, surroundings)
    return options, profiles


def _rehearsed(inventory: Inventory, host: str, swops: Sequence[dict[str, Any]], here: dict[str, Any]) -> list[dict[str, Any]]:
    surroundings = {"network": here["network"], "dns": inventory.get(host, "swop_dns"), "proxy": here["proxy"]}
    pairs = [
        rehearsal.of_pair(pair, here["training"], {**surroundings, "user": options.get("swop_uid")})
        for node, options in zip(swops, here["swop_nodes"])
        for pair in (node["pairs"] if here["training"] else ())
    ]
    directory = posixpath.join(inventory.get(host, "swarm_dir"), "rehearsal")
    return rehearsal.programs(here["training"], inventory.get(host, "sl_rehearsal_epochs"), directory, here["sl_nodes"], pairs)


def _build_proxy(inventory: Inventory) -> dict[str, str]:
    """The proxies that every SWOP's build goes through.

    All build by the same lines, which everybody reads on the blockchain: proxies that differ, that have passwords, or that other
    organisations would have to reach are in none of them.
    """
    names = ("swarm_http_proxy", "swarm_https_proxy", "swarm_no_proxy")
    given = {tuple(str(inventory.get(host, name)) for name in names) for host in inventory.members("swop")}
    if inventory.peers or len(given) != 1:
        return {}
    found = _proxy.environment(*given.pop())
    return {} if _proxy.has_password(found) else found


def _swci(inventory: Inventory, host: str, site: _Site, proxy: dict[str, str]) -> tuple[dict[str, dict[str, Any]], str]:
    """({file name: task}, script) of a host's SWCI, whose builds go through `proxy`."""
    training = site.training
    definitions = swci.tasks(training, proxy, inventory.context)
    files = {"first": "image-task.yml", **{key: f"{key}-task.yml" for key in definitions if key != "first"}}
    operators = [node for nodes in site.swops.values() for node in nodes]
    place = {
        **_sn_of(inventory, host, "swci", 0, site.sns),
        "files": files,
        "swops": len(operators) + sum(peer["swops"] for peer in inventory.peers),
        "peers": training["peers"] or sum(len(node["pairs"]) for node in operators) + sum(peer["pairs"] for peer in inventory.peers),
    }
    script = swci.script(training, definitions, place)
    return {files[key]: definition for key, definition in definitions.items()}, script
