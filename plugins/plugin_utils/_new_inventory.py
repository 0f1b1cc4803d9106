# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generates a first inventory, with comments, from the organisations and the addresses of their hosts (private, pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..module_utils._names import is_trust_domain
from ..module_utils._releases import NEWEST, RELEASES
from ._checks.wording import listed, shown

EXAMPLE = "-e organisations=org1.example=192.0.2.11,org2.example=192.0.2.21+192.0.2.22"
_ADDRESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:-]*\Z")
_HOSTS = """\
# yaml-language-server: $schema={schemas}/inventory.json
---
# Who has which hosts. Add a host: give it a line below `hosts`, and add its name to the groups.
all:
  vars:
    # Release of Swarm Learning, the same on all hosts.
    swarm_release: "{release}"
  hosts:
    # ansible_host is the address at which Ansible reaches the host. If the other hosts reach it at another one, set swarm_host_ip as well.
{hosts}
  children:
    # The License Server, which holds the licences.
    swarm_apls: {{ hosts: {{ {first}: {{}} }} }}
    # SPIRE: one server for each organisation, an agent on each host.
    swarm_spire_server: {{ hosts: {{ {servers} }} }}
    swarm_spire_agent: {{ hosts: {{ {all} }} }}
    # Swarm Network nodes. Exactly one is the Sentinel, which the others join.
    swarm_sn:
      hosts:
        {first}: {{ sn_sentinel: true }}
{others}    # Swarm Operators, which start the nodes that train.
    swarm_swop: {{ hosts: {{ {all} }} }}
    # The command interface, which orders the training.
    swarm_swci: {{ hosts: {{ {first}: {{}} }} }}
"""
_PLATFORM = """\
# yaml-language-server: $schema={schemas}/variables.json
---
# The login to the registry that has the images. Encrypt this file: ansible-vault encrypt group_vars/all/platform.yml
# swarm_registry_username: you@hospital.example
# swarm_registry_password: "…"

# A mirror that has the images at their usual paths.
# swarm_registry: registry.hospital.example

# Proxies of the containers.
# swarm_https_proxy: http://proxy.hospital.example:3128
# swarm_no_proxy: .hospital.example

# How long the longest training may last, in days. Certificates are made to last that long.
# swarm_training_days: 7
"""
_TRAINING = """\
# yaml-language-server: $schema={schemas}/variables.json
---
# The training. Without this mapping, the platform is deployed and nothing is trained. Remove the marks and change what is yours.
# swarm_training:
#   name: mnist
#   # The image in which your program runs. It is built on each host from these lines; without `build`, it is pulled.
#   image: mnist-ml:1
#   build:
#     - FROM tensorflow/tensorflow:2.7.0
#     - RUN pip3 install keras matplotlib
#   # The client library that comes with the platform, and your program: files on this machine, copied to the hosts.
#   client_wheel: "{{{{ inventory_dir }}}}/files/swarmlearning-client-py3-none-manylinux_2_24_x86_64.whl"
#   model_source: "{{{{ inventory_dir }}}}/files/model"
#   # Where they are on each host. The trained model is saved below it, in saved_models/.
#   model_dir: /srv/swarm/mnist/model
#   program: model/mnist.py
#   epochs: 2
#   min_peers: 2
"""


def files(organisations: Any, release: str = NEWEST, schemas: str = "") -> dict[str, str]:
    """Relative path → content of the inventory's files.

    organisations  trust domain → addresses of its hosts, as a mapping or as the text `DOMAIN=ADDRESS+ADDRESS,DOMAIN=ADDRESS`
    release        of the platform, 2.0.0 or newer
    schemas        directory or URL of the JSON Schemas that the files name, for editors
    Raises ValueError with what is wrong.
    """
    wanted = parse(organisations)
    _check_release(release)
    hosts = [(domain, address) for domain, addresses in wanted.items() for address in addresses]
    about = {"schemas": schemas, "release": release, **_groups(hosts)}
    templates = {"hosts.yml": _HOSTS, "group_vars/all/platform.yml": _PLATFORM, "group_vars/all/training.yml": _TRAINING}
    return {path: template.format(**about) for path, template in templates.items()}


def _check_release(release: str) -> None:
    known = [name for name in RELEASES if name != "0.3.0"]
    if release not in known:
        other = "; for 0.3.0 start from an inventory of the collection's source" if release == "0.3.0" else ""
        raise ValueError(f"release: {shown(release)} cannot be used for a new inventory; expected one of {listed(known)}{other}")


def _groups(hosts: Sequence[tuple[str, str]]) -> dict[str, str]:
    """What hosts.yml says of the hosts, each a trust domain and an address."""
    names = [f"host-{number}" for number in range(1, len(hosts) + 1)]
    heads = list({domain: name for name, (domain, _address) in reversed([*zip(names, hosts)])}.values())[::-1]
    lines = (
        f"    {name}: {{ ansible_host: {_quoted(address)}, swarm_trust_domain: {_quoted(domain)} }}"
        for name, (domain, address) in zip(names, hosts)
    )
    return {
        "hosts": "\n".join(lines),
        "first": names[0],
        "servers": ", ".join(f"{name}: {{}}" for name in heads),
        "all": ", ".join(f"{name}: {{}}" for name in names),
        "others": "".join(f"        {name}: {{}}\n" for name in heads[1:]),
    }


def _quoted(text: str) -> str:
    """The text as a YAML scalar that is a text, whatever it looks like."""
    return f'"{text}"'


def parse(organisations: Any) -> dict[str, list[str]]:
    """Trust domain → addresses. Raises ValueError."""
    if isinstance(organisations, str):
        organisations = _from_text(organisations)
    if not isinstance(organisations, Mapping) or not organisations:
        raise ValueError(f"organisations: name each organisation's trust domain and the addresses of its hosts, such as {EXAMPLE}")
    wanted: dict[str, list[str]] = {}
    for domain, addresses in organisations.items():
        if not is_trust_domain(domain):
            raise ValueError(f"organisations: invalid trust domain {shown(domain)}; expected lower-case letters, digits, dots and hyphens")
        wanted[domain] = _addresses(domain, [addresses] if isinstance(addresses, str) else addresses)
    every = [address for addresses in wanted.values() for address in addresses]
    twice = sorted({address for address in every if every.count(address) > 1})
    if twice:
        raise ValueError(f"organisations: {listed(twice)} is named more than once; each host belongs to one organisation")
    return wanted


def _addresses(domain: str, addresses: Any) -> list[str]:
    if not isinstance(addresses, list) or not addresses:
        raise ValueError(f"organisations: {domain} has no hosts; expected a list of their addresses")
    for address in addresses:
        if not isinstance(address, str) or not _ADDRESS.match(address):
            raise ValueError(f"organisations: {domain} has the invalid address {shown(address)}; expected an IP address or a host name")
    return list(addresses)


def _from_text(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        domain, equals, addresses = part.partition("=")
        if not equals:
            raise ValueError(f"organisations: {shown(part)} has no address; expected DOMAIN=ADDRESS, such as {EXAMPLE}")
        if domain in found:
            raise ValueError(f"organisations: {domain} is named twice; join the addresses of its hosts with +, such as {EXAMPLE}")
        found[domain] = [address.strip() for address in addresses.split("+")]
    return found
