# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two organisations without access to each other's hosts: two inventories, and one public file from each to the other."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.site import lab_platform as world

EXCHANGE = "swarm.learning.exchange"
DOMAINS = ("org1.swarm.learning", "org2.swarm.learning")
# All four pairs must train, and an organisation has two: with one alone there is no model.
TRAINING = world.TRAINING | {"min_peers": 4}
ELSEWHERE = {"swarm_apls_ip": "172.30.0.11", "sn_sentinel_ip": "172.30.0.11"}


class Organisation:
    """One host's inventory, which knows of no other host, and the playbooks that are run with it."""

    def __init__(self, place, name, **variables):
        self.place, self.name, self.variables = place, name, variables
        place.mkdir()

        def only_mine(tree):
            tree["hosts"] = {name: {**tree["hosts"][name], "swarm_training": TRAINING, **variables}}
            for group in tree["children"].values():
                group["hosts"] = {host: value for host, value in group["hosts"].items() if host == name}
            tree["children"] = {group: members for group, members in tree["children"].items() if members["hosts"]}

        self.arguments = world.inventory(place, only_mine)

    def play(self, *arguments, book=EXCHANGE, peers=()):
        """The outcome of a playbook; peers: (organisation, fingerprint) whose files this one has."""
        given = [{"file": str(other.file), "fingerprint": fingerprint} for other, fingerprint in peers]
        extra = world.extra(self.place, {"swarm_peers": given})
        return world.play(self.place / "ansible.jsonl", *self.arguments, *extra, *arguments, book=book)

    @property
    def file(self):
        return self.place / f"inventories/lab/exchange/{DOMAINS[int(self.name[-1]) - 1]}.json"

    @property
    def fingerprint(self):
        return json.loads(self.file.read_text(encoding="utf-8"))["fingerprint"]


def both(work, *organisations):
    """Each organisation works for itself, at the same time."""
    with ThreadPoolExecutor(len(organisations)) as pool:
        return [world.worked(outcome) for outcome in pool.map(work, organisations)]


def trusted(host):
    """The other trust domains whose bundles the host's SPIRE Server has."""
    return [one["trust_domain"] for one in world.spire(host, "bundle", "list").get("bundles") or []]


@pytest.mark.usefixtures("platform")
def test_two_inventories_train_together(tmp_path):
    one = Organisation(tmp_path / "one", "host-1")
    two = Organisation(tmp_path / "two", "host-2", sn_nodes=[{"name": "sn-2"}], swop_nodes=[{"name": "swop-2"}], **ELSEWHERE)
    other = {one: two, two: one}
    for host, domain in zip(world.HOSTS, reversed(DOMAINS)):
        world.spire(host, "bundle", "delete", "-id", f"spiffe://{domain}", "-mode", "dissociate")

    both(Organisation.play, one, two)
    assert [trusted(host) for host in world.HOSTS] == [[], []]

    before = world.containers()
    refused = one.play(peers=[(two, one.fingerprint)])
    assert refused.run.status != 0
    assert f"has the fingerprint {two.fingerprint}, but swarm_peers says {one.fingerprint}" in refused.said
    assert world.containers() == before

    # The SWCI is the last to come, and with the script that it had it would start nothing.
    world.HOSTS[0].run("docker", "rm", "--force", "swci-1")
    # One after the other: new trust re-creates the Sentinel, and whoever starts a SWOP in that moment finds no Sentinel.
    for mine in (one, two):
        world.worked(mine.play("--skip-tags", "swci", book=world.SITE, peers=[(other[mine], other[mine].fingerprint)]))
    assert [trusted(host) for host in world.HOSTS] == [[DOMAINS[1]], [DOMAINS[0]]]
    world.worked(one.play("--tags", "swci", book=world.SITE, peers=[(two, two.fingerprint)]))
    assert len(world.trained()) == world.PAIRS

    # The files of then are still good, and leave alone what the servers have.
    again = both(lambda mine: mine.play(peers=[(other[mine], other[mine].fingerprint)]), one, two)
    assert [outcome.changes() for outcome in again] == [[], []]
