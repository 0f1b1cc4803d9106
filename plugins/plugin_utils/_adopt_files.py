# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the inventory of `_adopt` as files, with comments on what a human should know (private, pure)."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from ._adopt import Adopted

_SPIRE = """\
SPIRE stays as it was started: its entries are set, and nothing else of it is touched. Its lifetimes, its keys, and whether it outlives a
reboot are yours. To have the collection run SPIRE, remove its containers, take swarm_socket_path and what begins with spire_ away, and
put the hosts into the group swarm_spire_agent too: all identities are then new, and all nodes are re-created."""
_SN = """\
The chain is in the SN's container alone, and is lost when that is re-created. Without `volumes: null` a new container has it in a volume."""
_SWOP = """\
usr_dir and profile_file_name are those of your own profile. Once swarm_training describes a training, take both away to have the profile written."""
_RESTART = "Without `restart_policy: null` they come back after a reboot; taking it away changes nothing that runs."
_SWCI = "It takes commands of yours. Take usr_dir away to have swarm_training started by it."
_ABOUT_GROUPS = {
    "swarm_apls": "The License Server.",
    "swarm_spire_server": "SPIRE Servers, which get the entries of the nodes.",
    "swarm_sn": "Swarm Network nodes.",
    "swarm_swop": "Swarm Operators.",
    "swarm_sl": "SL nodes that no SWOP starts.",
    "swarm_swci": "The command interface.",
}


def files(made: Adopted, schemas: str = "") -> dict[str, str]:
    """Relative path → content. schemas: directory or URL of the JSON Schemas that the files name, for editors."""
    found = {"hosts.yml": _hosts(made, schemas), "group_vars/all/platform.yml": _platform(made, schemas)}
    return {**found, **{f"host_vars/{host}.yml": _host(own, schemas) for host, own in made.hosts.items() if _own(own)}}


def _head(schemas: str, name: str) -> str:
    return f"# yaml-language-server: $schema={schemas}/{name}\n---\n" if schemas else "---\n"


def _hosts(made: Adopted, schemas: str) -> str:
    lines = ["# Written by swarm.learning.adopt, of what was found on these hosts.", "all:"]
    everywhere = _reached(made.common)
    lines += ["  vars:", *(f"    {name}: {_flow([value])[1:-1]}" for name, value in everywhere.items())] if everywhere else []
    lines.append("  hosts:")
    lines += [f"    {host}: {_flow(_reached(own))}" for host, own in made.hosts.items()]
    lines.append("  children:")
    for group, hosts in made.groups.items():
        lines += [f"    # {_ABOUT_GROUPS[group]}", f"    {group}: {_flow({'hosts': {host: {} for host in hosts}})}"]
    return _head(schemas, "inventory.json") + "\n".join(lines) + "\n"


def _platform(made: Adopted, schemas: str) -> str:
    parts = [part for part in (_variables(made.common, "What all hosts have alike."),) if part]
    if made.secrets:
        about = "Secrets are not written here. Put them into a vault: ansible-vault create group_vars/all/vault.yml"
        parts.append(
            _comment(about) + "".join(f"# {name}: …   # {place}, as `docker inspect` shows it\n" for name, place in made.secrets.items())
        )
    if made.left_out:
        parts.append("# Not in this inventory:\n" + "".join(_comment(f"- {one}") for one in made.left_out))
    return _head(schemas, "variables.json") + "\n".join(parts)


def _host(own: Mapping[str, Any], schemas: str) -> str:
    return _head(schemas, "variables.json") + _variables(own)


def _variables(own: Mapping[str, Any], about: str = "") -> str:
    """Variables in groups, each with what a human should know of it."""
    variables, parts = _own(own), []
    for comments, names in _sections(variables):
        said = comments or ([about] if about else [])
        parts.append("".join(map(_comment, said)) + _block({name: variables[name] for name in names}))
    return "\n".join(parts)


def _sections(variables: Mapping[str, Any]) -> list[tuple[list[str], list[str]]]:
    """[(comments, variables)] in the order in which they are written."""
    spire = [name for name in variables if name.startswith("spire_")]
    nodes = [name for name in variables if name.endswith(("_options", "_nodes"))]
    rest = [name for name in variables if name not in spire and name not in nodes]
    found: list[tuple[list[str], list[str]]] = [([], rest)] if rest else []
    found += [([_SPIRE] if "spire_server_managed" in spire else [], spire)] if spire else []
    return found + [(_about_nodes(name, variables[name]), [name]) for name in nodes]


def _about_nodes(name: str, value: Any) -> list[str]:
    given = value if isinstance(value, list) else [value]
    options = {option: node[option] for node in given for option in node}
    about = {"sn": (_SN, "volumes"), "swop": (_SWOP, "usr_dir"), "swci": (_SWCI, "usr_dir")}
    comment, option = about.get(name.partition("_")[0], ("", ""))
    return ([comment] if option in options else []) + ([_RESTART] if options.get("restart_policy", "") is None else [])


def _reached(own: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in own.items() if name.startswith("ansible_")}


def _own(own: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in own.items() if not name.startswith("ansible_")}


def _comment(text: str) -> str:
    lines = [
        part for line in text.splitlines() for part in textwrap.wrap(line, 148, subsequent_indent="  " if line.startswith("- ") else "")
    ]
    return "".join(f"# {line}\n" for line in lines)


def _block(values: Mapping[str, Any]) -> str:
    text: str = yaml.safe_dump(dict(values), sort_keys=False, default_flow_style=False, width=120, allow_unicode=True)
    return text


def _flow(values: Mapping[str, Any] | Sequence[Any]) -> str:
    text: str = yaml.safe_dump(values, sort_keys=False, default_flow_style=True, width=10**6, allow_unicode=True)
    return text.strip()
