# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The set-ups that `make demo CASE=…` shows: one row each, the first is the default."""

from __future__ import annotations

from dataclasses import dataclass

from lab import settings


@dataclass(frozen=True)
class Case:
    """One set-up.

    title      a description, for the headline and for `make help`
    inventory  the inventory, relative to the checkout's root
    hosts      least number of the lab's hosts
    lab        names of further image sets, as `python -m lab up --with` takes them
    before     a playbook that sets up what the organisation had before, relative to the checkout's root
    """

    title: str
    inventory: str
    hosts: int = 2
    lab: tuple[str, ...] = ()
    before: str = ""


CASES = {
    "two-orgs": Case("two organisations, one federated platform, one model", "inventories/lab"),
    "three-orgs": Case("three organisations, each trusting the other two", "inventories/three-orgs", hosts=3),
    "nested": Case(
        "one organisation with three sites and three SPIRE Servers; one signs the CAs of the others", "inventories/nested", hosts=3
    ),
    "two-servers": Case(
        "one organisation with two SPIRE Servers that share a PostgreSQL database; either may fail",
        "inventories/two-servers",
        lab=("postgres",),
    ),
    "own-spire": Case("one organisation that runs SPIRE already", "inventories/own-spire", hosts=3, before="lab/hospital_spire.yml"),
    "classic": Case("release 0.3.0 with its own SPIRE Server, two frameworks", "inventories/classic", lab=("classic",)),
    "classic-federated": Case("release 0.3.0, two organisations that federate", "inventories/classic-federated", lab=("classic",)),
    "classic-nested": Case(
        "release 0.3.0, two sites with a SPIRE Server each; one signs the CA of the other", "inventories/classic-nested", lab=("classic",)
    ),
    "by-hand": Case("two organisations whose SL nodes are started without SWOP and SWCI", "inventories/by-hand"),
    "certificates": Case("two organisations with certificates of their own, without SPIRE", "inventories/certificates"),
    "reverse-proxy": Case(
        "two organisations behind reverse proxies, which open two ports to each other", "inventories/reverse-proxy", lab=("reverse-proxy",)
    ),
    "podman": Case("two organisations, one with Docker and one with Podman", "inventories/podman", hosts=1, lab=(settings.PODMAN.name,)),
}
DEFAULT = next(iter(CASES))


def listing() -> str:
    """One line for each case: its name and description."""
    width = max(map(len, CASES))
    return "\n".join(f"  {name:{width}}  {case.title}" for name, case in CASES.items())


if __name__ == "__main__":
    print(listing())
