# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the inventory that describes what the platform's own scripts, or hands, have started on some hosts (private, pure).

A first inventory has the groups and names alone. The site that it describes is derived, and what a container has otherwise than its role
would make it becomes a variable. So the inventory has only what differs from the defaults.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..module_utils._container.parse import normalise_image
from ..module_utils._container.spec import OWN_LABEL
from ..module_utils._releases import SWCI_WAITS
from ._checks import stages
from ._checks.wording import listed
from ._images import reference
from ._node_options import MERGED, Facts, Variables, complete, is_empty
from ._site import model
from ._site.spire import NODE_TYPE

# How Ansible reaches a host. Passwords are not among them.
CONNECTION = (
    *("ansible_host", "ansible_port", "ansible_user", "ansible_connection", "ansible_python_interpreter", "ansible_control_path_dir"),
    *("ansible_ssh_private_key_file", "ansible_ssh_common_args", "ansible_ssh_extra_args", "ansible_docker_host"),
    *("ansible_become", "ansible_become_method", "ansible_become_user"),
)
_LISTS = {"sn": "sn_nodes", "swop": "swop_nodes", "sl": "sl_nodes"}
_ONE_PER_HOST = ("apls", "swci")
_ORDER = ("apls", "sn", "sl", "swop", "swci")
_ENDS = ("sl", "swci")  # they end with their training, and would begin another one if they were started again
_OF_A_RUN = ("name", "release", "recreate", "restart_after", "hold")
_WAITS_DAYS = 7  # `swarm_training_days`, by which a SWCI waits


@dataclass
class Adopted:
    """What is known of the hosts, and what follows.

    problems  why no inventory is written, in sentences
    changes   what the first run of `site` will change
    left_out  what the inventory does not have, and why
    hosts     host → its variables
    common    variables of all hosts
    groups    group → its hosts
    secrets   variables that belong into a vault, with where their values are
    """

    problems: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    hosts: dict[str, dict[str, Any]] = field(default_factory=dict)
    common: dict[str, Any] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)


def adopted(found: Mapping[str, Mapping[str, Any]], known: Mapping[str, Mapping[str, Any]], recreate: Sequence[str] = ()) -> Adopted:
    """The inventory for what was found.

    found     host → the result of the module `swarm_found`
    known     host → its variables, of which those in CONNECTION and `spire_agent_id` count
    recreate  names of containers that `site` may re-create, as no variable describes all of them
    """
    made = Adopted()
    containers = {host: _taken(host, one, made) for host, one in found.items()}
    made.problems += [*_of_hosts(found), *_of_containers(containers, recreate), *_of_names(containers)]
    if made.problems:
        return made
    made.changes += _announced(containers)
    if releases := _releases(containers):  # one, or it would be a problem
        made.common["swarm_release"] = releases[0]
    _groups(made, containers, found)
    for host, own in containers.items():
        made.hosts[host] = {**_connection(known[host]), **_of_host(host, own, found[host], known[host])}
    made.problems += _agents_without_id(made, found)
    _license_server(made, containers, found, known)
    _registry(made, containers)
    _nodes(made, containers, [host for host, one in found.items() if one["selinux"]])
    _share(made)
    _lift(made)
    if not made.problems:
        inventory = model.read(*as_ansible(made))
        made.problems += [f"the inventory that describes this is refused: {one}" for one in stages.problems(inventory, lambda _path: True)]
    if not made.problems:
        made.changes += _of_entries(model.derive(inventory), found)
        made.changes += _of_networks(made, found)
    return made


# --- what there is ----------------------------------------------------------------------------------------------------------


def _taken(host: str, found: Mapping[str, Any], made: Adopted) -> list[dict[str, Any]]:
    """The containers of a host that become part of the inventory."""
    taken = []
    for one in found["containers"]:
        if one["component"] in _ENDS and one["state"] not in ("running", "paused", "restarting"):
            ended = f"has ended with exit code {one['exit_code']}" if one["state"] == "exited" else f"is {one['state']}"
            made.left_out.append(f"{one['name']} on {host} {ended}; started again, it would begin its work again")
        elif one["component"] == "swci" and one["options"].get("init_script_name"):
            made.left_out.append(
                f"{one['name']} on {host} runs the script {one['options']['init_script_name']}, which would run again after its end"
            )
        elif one["component"] == "apls" and one["differs"] and not one["problem"]:
            made.left_out.append(
                f"{one['name']} on {host}, the License Server, stays as it is and is used by its address, as no variable describes its "
                f"{listed(one['differs'])}, and another container would not have its licences"
            )
        else:
            taken.append(one)
    if found["started_by_swop"]:
        made.left_out.append(f"{listed(found['started_by_swop'])} on {host} belong to the SWOP that has started them")
    return taken


def _of_hosts(found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for host, one in found.items():
        if not (one["containers"] or one["spire_servers"] or one["spire_agents"]):
            yield f"nothing of the platform is on {host}: take it out of the inventory, or check that Ansible reaches the right engine"
        for kind, several in (("Servers", one["spire_servers"]), ("Agents", one["spire_agents"])):
            if len(several) > 1:
                yield f"{host} has {len(several)} SPIRE {kind} ({listed(server['name'] for server in several)}); expected one: remove the others"
        for server in one["spire_servers"]:
            if server["problem"]:
                yield f"{server['name']} on {host} cannot be asked what it has registered: {server['problem']}"
        if any(each["ours"] for each in (*one["spire_servers"], *one["spire_agents"])):
            yield f"SPIRE on {host} was started by this collection, so an inventory describes it already"


def _of_containers(containers: Mapping[str, Sequence[Mapping[str, Any]]], recreate: Sequence[str]) -> Iterator[str]:
    for host, own in containers.items():
        for one in own:
            if one["problem"]:
                yield f"{one['name']} on {host} {one['problem']}"
            elif one["differs"] and one["name"] not in recreate:
                yield (
                    f"{one['name']} on {host} cannot be described, as no variable says: {listed(one['differs'])}. Start it again without "
                    f"that, or let `site` re-create it without that: -e adopt_recreate={one['name']}"
                )
        for component in _ONE_PER_HOST:
            names = [one["name"] for one in own if one["component"] == component]
            if len(names) > 1:
                yield f"{host} has {len(names)} containers of the component {component} ({listed(names)}); expected one: stop the others"
    used = _releases(containers)
    if len(used) > 1:
        yield f"the containers are of the releases {listed(used)}: all hosts of a swarm must run the same release; upgrade them first"


def _releases(containers: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """The releases of the nodes; the License Server has versions of its own."""
    return sorted({one["release"] for own in containers.values() for one in own if one["component"] != "apls" and not one["problem"]})


def _of_names(containers: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    places: dict[str, list[str]] = {}
    for host, own in containers.items():
        for one in own:
            if one["component"] in _LISTS:
                places.setdefault(one["name"], []).append(host)
    for name, hosts in places.items():
        if len(hosts) > 1:
            yield f"{name} is the name of a node on {listed(hosts)}: names must be unique in a swarm; start one of them with another name"


def _announced(containers: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    for host, own in containers.items():
        for one in own:
            if one["differs"]:
                yield f"{one['name']} on {host} is re-created, as no variable says: {listed(one['differs'])}"
            elif one["state"] != "running":
                yield f"{one['name']} on {host} is {one['state']}, and is started"


# --- the inventory ------------------------------------------------------------------------------------------------------------


def _groups(made: Adopted, containers: Mapping[str, Sequence[Mapping[str, Any]]], found: Mapping[str, Mapping[str, Any]]) -> None:
    for component in _ORDER:
        hosts = [host for host, own in containers.items() if any(one["component"] == component for one in own)]
        made.groups.update({f"swarm_{component}": hosts} if hosts else {})
    servers = [host for host, one in found.items() if one["spire_servers"]]
    made.groups.update({"swarm_spire_server": servers} if servers else {})


def _connection(known: Mapping[str, Any]) -> dict[str, Any]:
    return {name: known[name] for name in CONNECTION if known.get(name) not in (None, "")}


def _of_host(host: str, own: Sequence[Mapping[str, Any]], found: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    address = next((one["options"]["host_ip"] for one in own if one["options"].get("host_ip")), "")
    variables = {"swarm_host_ip": address} if address and address != (known.get("ansible_host") or host) else {}
    variables.update(_of_spire(found, known))
    for variable, option in (("swarm_network", "network"), ("swarm_socket_path", "socket_path")):
        used = Counter(one["options"][option] for one in own if one["options"].get(option))
        variables.update({variable: used.most_common(1)[0][0]} if used else {})
    return {**variables, **_names(own)}


def _names(own: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The names of a host's containers, the Sentinel's first."""
    variables: dict[str, Any] = {}
    for one in sorted(own, key=lambda one: not one["options"].get("sentinel")):
        if one["component"] in _ONE_PER_HOST:
            variables.update(_name(one["component"], one["name"]))
        else:
            variables.setdefault(_LISTS[one["component"]], []).append({"name": one["name"]})
        variables.update({"sn_sentinel": True} if one["options"].get("sentinel") else {})
    return variables


def _name(component: str, name: str) -> dict[str, str]:
    variable = f"{component}_name"
    return {} if name == model.DEFAULTS[variable] else {variable: name}


def _of_spire(found: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of SPIRE on a host: its server and agent stay as they are, as somebody else's."""
    variables: dict[str, Any] = {}
    domains = [one["trust_domain"] for one in (*found["spire_servers"], *found["spire_agents"]) if one["trust_domain"]]
    variables.update({"swarm_trust_domain": domains[0]} if domains else {})
    for server in found["spire_servers"]:
        variables.update({"spire_server_managed": False, "spire_server_name": server["name"]})
        variables.update({f"spire_server_{name}": server[name] for name in ("port", "federation_port") if server[name]})
        paths = {entry["node_type"]: "/" + entry["spiffe_id"].split("/", 3)[3] for entry in server["entries"]}
        pattern = {path.replace(kind, NODE_TYPE) if path.endswith(kind) else path for kind, path in paths.items()}
        if len(pattern) == 1 and pattern != {"/" + NODE_TYPE}:
            variables["swarm_spiffe_path"] = pattern.pop()
    if known.get("spire_agent_id"):
        variables["spire_agent_id"] = known["spire_agent_id"]
    return variables


def _agents_without_id(made: Adopted, found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Set the ID by which a server's entries know the agent of each host, and name the hosts of which it is unknown."""
    servers = [server for one in found.values() for server in one["spire_servers"]]
    for host, variables in made.hosts.items():
        domain = variables.get("swarm_trust_domain", "")
        agents = [] if "spire_agent_id" in variables else found[host]["spire_agents"]
        candidates = _parents([server for server in servers if server["trust_domain"] == domain], agents)
        if len(candidates) > 1:
            yield (
                f"the SPIRE Server of {domain} has entries below {listed(sorted(candidates))}: set spire_agent_id of {host}, "
                "in the inventory that you have now, to the one that stands for its SPIRE Agent"
            )
        elif candidates:
            variables["spire_agent_id"] = candidates.pop()


def _parents(servers: Sequence[Mapping[str, Any]], agents: Sequence[Mapping[str, Any]]) -> set[str]:
    """The IDs of which one stands for the first of the agents: parents of entries, and of these its own if there are any."""
    if not agents:
        return set()
    parents = {entry["parent_id"] for server in servers for entry in server["entries"]}
    own = agents[0]["spiffe_id"]
    return parents.intersection({own}.union(*(server["aliases"].get(own, ()) for server in servers))) or parents


def _license_server(
    made: Adopted,
    containers: Mapping[str, Sequence[Mapping[str, Any]]],
    found: Mapping[str, Mapping[str, Any]],
    known: Mapping[str, Mapping[str, Any]],
) -> None:
    """Name the License Server by its address where it is none of the hosts of the inventory."""
    for host, own in containers.items():
        for one in own:
            if one["component"] == "apls":
                made.hosts[host].update({"apls_port": one["options"]["apls_port"]} if "apls_port" in one["options"] else {})
    used = Counter(one["options"]["apls_ip"] for own in containers.values() for one in own if one["options"].get("apls_ip"))
    addresses = {
        made.hosts[host].get("swarm_host_ip") or made.hosts[host].get("ansible_host") or host for host in made.groups.get("swarm_apls", ())
    }
    if used and not set(used) <= addresses:
        made.common["swarm_apls_ip"] = used.most_common(1)[0][0]


def _registry(made: Adopted, containers: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """The mirror from which all images come."""
    images = [(one["component"], one["release"], one["image"]) for own in containers.values() for one in own]
    mirrors = Counter(registry for component, release, image in images if (registry := _mirror(component, release, image)) is not None)
    if mirrors and (best := mirrors.most_common(1)[0][0]):
        made.common["swarm_registry"] = best


def _mirror(component: str, release: str, image: str) -> str | None:
    usual = reference(component, release)
    if image == usual:
        return ""
    path = usual.partition("/")[2]
    return image.removesuffix(f"/{path}") if image.endswith(f"/{path}") else None


def _nodes(made: Adopted, containers: Mapping[str, Sequence[Mapping[str, Any]]], confined: Sequence[str]) -> None:
    """Say of each container what its role would make otherwise. confined: hosts whose engine has SELinux."""
    inventory = model.read(*as_ansible(made))
    try:
        derived = model.derive(inventory)
    except (KeyError, TypeError, ValueError):  # of an inventory that the checks will refuse
        return
    for host, own in containers.items():
        for one in own:
            component = one["component"]
            security = ["label=disable"] if host in confined else []
            usual = expected(inventory, derived[host], host, one, security=security)
            there = _with_references(one, made.secrets)
            if security and "ml" in there:
                there["ml"] = {"security_opts": [], **there["ml"]}
            differing = overrides(usual, there)
            if component in _ONE_PER_HOST:
                made.hosts[host].update({f"{component}_options": differing} if differing else {})
            else:
                next(node for node in made.hosts[host][_LISTS[component]] if node["name"] == one["name"]).update(differing)


def expected(
    inventory: model.Inventory,
    here: Mapping[str, Any],
    host: str,
    one: Mapping[str, Any],
    options: Mapping[str, Any] | None = None,
    security: Sequence[str] = (),
) -> dict[str, Any]:
    """The options that the component's role gives a container of that name.

    options   those that all of the host's have, as `swci_options`
    security  the security options that roles add on the host's engine
    """
    component, release = one["component"], one["release"]
    if options is None:
        options = inventory.get(host, f"{component}_options") if component in _LISTS else {}
    nodes = {"sn": here["sn_nodes"], "swop": here["swop_nodes"], "sl": here["sl_nodes"]}.get(component, ())
    node = next((node for node in nodes if node["name"] == one["name"]), {"name": one["name"]})
    socket = inventory.get(host, "swarm_socket_path")
    facts = Facts(proxy=here["proxy"], license=here["license"], socket_path=socket, security_opts=security)
    own = {
        "release": release,
        "image": reference(component, release, inventory.get(host, "swarm_registry")),
        "network": here["network"],
        **_roles_own(component, inventory, host, release),
    }
    return complete(component, [node], Variables(own=own, options=options), facts)[one["name"]]


def _roles_own(component: str, inventory: model.Inventory, host: str, release: str) -> dict[str, Any]:
    """What the variables of a component's role say besides (roles/*/vars)."""
    swci = {
        "usr_dir": f"{inventory.get(host, 'swarm_dir')}/swci",
        "env": dict.fromkeys(SWCI_WAITS.get(release, ()), str(_WAITS_DAYS * 24 * 60)),
        "auto_remove": False,
    }
    port = inventory.get(host, "apls_port")
    return {
        "apls": {} if port == model.DEFAULTS["apls_port"] else {"apls_port": port},
        "sn": {"restart_policy": "unless-stopped"},
        "swop": {"restart_policy": "unless-stopped"},
        "swci": swci,
    }.get(component, {})


def overrides(expected: Mapping[str, Any], there: Mapping[str, Any]) -> dict[str, Any]:
    """What to say of a container so that its options become those that it has: None takes an option away."""
    found: dict[str, Any] = {}
    for option in (*there, *(name for name in expected if name not in there)):
        if option in _OF_A_RUN:
            continue
        want, have = expected.get(option), there.get(option)
        if option in MERGED:
            differing = _of_mapping(want or {}, have or {})
            found.update({option: differing} if differing else {})
        elif _normal(option, want) != _normal(option, have):
            found[option] = None if is_empty(have) else have
    return found


def _of_mapping(want: Mapping[str, Any], have: Mapping[str, Any]) -> dict[str, Any]:
    there = {key: value for key, value in have.items() if str(want.get(key)) != str(value)}
    return {**there, **{key: None for key in want if key not in have and not key.startswith(OWN_LABEL)}}


def _normal(option: str, value: Any) -> Any:
    if is_empty(value) or (option == "sentinel" and value is False):
        return None
    if option == "network" and value == "default":
        return "bridge"
    if option == "image":
        return normalise_image(str(value))
    if isinstance(value, Mapping):
        return {key: _normal("", item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_normal("", item) for item in value]
    return str(value)


def _with_references(one: Mapping[str, Any], secrets: dict[str, str]) -> dict[str, Any]:
    """A container's options with a variable in place of each secret, which `secrets` gets to know."""
    options: dict[str, Any] = dict(one["options"])
    for path in one["secrets"]:
        name = re.sub(r"\W+", "_", f"vault_{one['name']}_{'_'.join(path)}").lower()
        secrets[name] = f"{path[-1]} of {one['name']}"
        place = options
        for key in path[:-1]:
            place[key] = dict(place.get(key) or {})
            place = place[key]
        place[path[-1]] = f"{{{{ {name} }}}}"
    return options


def _share(made: Adopted) -> None:
    """Say once what all nodes of a kind have alike."""
    for component, variable in _LISTS.items():
        nodes = [node for own in made.hosts.values() for node in own.get(variable, ())]
        if len(nodes) > 1:
            merged = {option: _alike([node.get(option) or {} for node in nodes]) for option in MERGED}
            shared = {**_alike([_without(node, ("name", "ml", "sentinel", *MERGED)) for node in nodes]), **_given(merged)}
            for node in nodes:
                rest = {option: _without(node.get(option) or {}, merged[option]) for option in MERGED}
                kept = {**_without(node, shared), **_given(rest)}
                node.clear()
                node.update(kept)
            made.common.update({f"{component}_options": shared} if shared else {})


def _alike(mappings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What all mappings have."""
    return {key: value for key, value in mappings[0].items() if all(key in one and one[key] == value for one in mappings)}


def _without(mapping: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    left_out = set(keys)
    return {key: value for key, value in mapping.items() if key not in left_out}


def _given(mappings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in mappings.items() if value}


def _lift(made: Adopted) -> None:
    """Say once what all hosts have alike."""
    everywhere = [set(map(_item, own.items())) for own in made.hosts.values()]
    if len(everywhere) < 2:
        return
    shared = {name for name, _text in set.intersection(*everywhere)} - {"ansible_host", "sn_sentinel"}
    first = next(iter(made.hosts.values()))
    made.common.update({name: value for name, value in first.items() if name in shared})
    for own in made.hosts.values():
        for name in shared:
            del own[name]


def _item(item: tuple[str, Any]) -> tuple[str, str]:
    return item[0], repr(item[1])


def as_ansible(made: Adopted) -> tuple[dict[str, dict[str, Any]], dict[str, list[str]]]:
    """(hostvars, groups) of the inventory, as Ansible has them."""
    return {host: {**made.common, **own} for host, own in made.hosts.items()}, {"all": list(made.hosts), **made.groups}


# --- what follows --------------------------------------------------------------------------------------------------------------


def _of_entries(derived: Mapping[str, Mapping[str, Any]], found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """What becomes of the registration entries."""
    for host, here in derived.items():
        for server in found[host]["spire_servers"] if here["owns_entries"] else ():
            there = {(one["spiffe_id"], one["parent_id"]): sorted(one["federates_with"]) for one in server["entries"]}
            for entry in here["entries"]:
                federates = there.get((entry["spiffe_id"], entry["parent_id"]))
                if federates is None:
                    yield f"{entry['spiffe_id']} is registered at {server['name']} on {host}"
                elif federates != sorted(entry["federates_with"]):
                    yield f"{entry['spiffe_id']} at {server['name']} on {host} federates with {listed(entry['federates_with']) or 'nobody'}"


def _of_networks(made: Adopted, found: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    for host, variables in as_ansible(made)[0].items():
        network = variables.get("swarm_network", model.DEFAULTS["swarm_network"])
        if network not in found[host]["networks"]:
            yield f"the network {network} is created on {host}"
