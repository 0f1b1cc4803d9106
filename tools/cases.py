# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The worlds that `make demo CASE=…` shows: one row each, the first is the default."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One world.

    title      what it is, for its headline and for `make help`
    inventory  what ansible-playbook is given as -i, from the checkout's root
    hosts      how many of the lab's hosts the inventory has, at least
    lab        names of the image sets that `python -m lab up --with` brings beside the usual ones
    before     a playbook for what the hosts' owners had before the platform, from the checkout's root
    """

    title: str
    inventory: str
    hosts: int = 2
    lab: tuple[str, ...] = ()
    before: str = ""


CASES = {
    "two-orgs": Case("two organisations, one federated platform, one model", "inventories/lab"),
    "three-orgs": Case("three organisations, each trusting the two others", "inventories/three-orgs", hosts=3),
    "nested": Case("one organisation with a SPIRE Server at each of three sites, one above the others", "inventories/nested", hosts=3),
    "two-servers": Case(
        "one organisation whose two SPIRE Servers share a PostgreSQL: either may be lost", "inventories/two-servers", lab=("postgres",)
    ),
    "own-spire": Case("one organisation that runs SPIRE already", "inventories/own-spire", hosts=3, before="lab/hospital_spire.yml"),
    "classic": Case("release 0.3.0 with its own SPIRE Server, two frameworks", "inventories/classic", lab=("classic",)),
    "classic-federated": Case("release 0.3.0, two organisations that federate", "inventories/classic-federated", lab=("classic",)),
    "classic-nested": Case(
        "release 0.3.0, a SPIRE Server at each of two sites, one above the other", "inventories/classic-nested", lab=("classic",)
    ),
    "by-hand": Case("two organisations whose SL nodes are started without SWOP and SWCI", "inventories/by-hand"),
    "certificates": Case("two organisations with certificates of their own, without SPIRE", "inventories/certificates"),
}
DEFAULT = next(iter(CASES))


def listing() -> str:
    """One line for each case: its name and what it is."""
    width = max(map(len, CASES))
    return "\n".join(f"  {name:{width}}  {case.title}" for name, case in CASES.items())


if __name__ == "__main__":
    print(listing())
