# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""With a broken identity the training fails, and all outputs say why; one run of `site` repairs it.

What is broken is broken with SPIRE's own commands on the second organisation's server, not with our modules.
"""

from __future__ import annotations

import json
import re
import time
from urllib.parse import quote

import pytest

from lab import training
from tests.integration.site import lab_platform as world

ONE, TWO = world.HOSTS
SL = "spiffe://org2.swarm.learning/sl"
AGENT = "spiffe://org2.swarm.learning/swarm/agent/host-2"
AGENT_SECONDS = 60  # how long the agent may take until it knows what its server knows
# All four peers must take part, and nobody waits long for one that does not come.
IMPATIENT = {
    **world.TRAINING,
    "min_peers": 4,
    "epochs": 9,  # another training than any before
    "sl_env": {"SL_WAIT_FOR_FULL_QUORUM_SECONDS": "1", "SWARMLAB_IDENTITY_SECONDS": "5"},
}
# Prints what the Workload API gives a container of the kind that it is: its ID and the trust domains whose bundles it gets.
ASK = """
import json
from spiffe import WorkloadApiClient
from spiffe.errors import PySpiffeError
try:
    with WorkloadApiClient("unix:/tmp/spire-agent/api.sock") as client:
        context = client.fetch_x509_context(timeout=5)
except PySpiffeError as error:
    print(json.dumps([str(error), []]))
else:
    print(json.dumps([str(context.default_svid.spiffe_id), sorted(str(one.trust_domain.name) for one in context.x509_bundle_set.bundles)]))
"""


def sl_identity():
    """(SPIFFE ID or what is wrong, trust domains) that an SL container of the second organisation would get now."""
    options = ("--rm", "--network", "none", "--env", "swarm_node_type=sl", "--volume", "spire-agent-socket:/tmp/spire-agent")
    image = "registry.lab:5000/hpe/swarm-learning/sl:2.3.0"
    return json.loads(TWO.run("docker", "run", *options, "--entrypoint", "python3", image, "-c", ASK))


def wait_for_identity(fits):
    """Wait until the agent has heard from its server."""
    limit = time.monotonic() + AGENT_SECONDS
    while not fits(*(found := sl_identity())):
        assert time.monotonic() < limit, found


def entries():
    """The second organisation's entries for SL, whatever their selectors."""
    return world.spire(TWO, "entry", "show", "-spiffeID", SL).get("entries") or []


def remove_entry():
    for one in entries():
        world.spire(TWO, "entry", "delete", "-entryID", one["id"])
    wait_for_identity(lambda identity, domains: "no identity issued" in identity)


def create_entry(selector, *words):
    world.spire(TWO, "entry", "create", "-spiffeID", SL, "-parentID", AGENT, "-selector", selector, *words)


def change_selector():
    remove_entry()
    create_entry("docker:env:swarm_node_type=learner", "-federatesWith", "spiffe://org1.swarm.learning")


def remove_bundle():
    """As `-mode dissociate` leaves it: an entry that federates with nobody."""
    remove_entry()
    world.spire(TWO, "bundle", "delete", "-id", "spiffe://org1.swarm.learning", "-mode", "dissociate")
    create_entry("docker:env:swarm_node_type=sl")
    wait_for_identity(lambda identity, domains: domains == ["org2.swarm.learning"])


BREAKS = {
    "no entry": (remove_entry, "no identity issued: the SPIRE Agent behind /tmp/spire-agent/api.sock knows no registration entry"),
    "wrong selector": (change_selector, "It takes one with selector docker:env:swarm_node_type=sl below this agent's ID"),
    "no bundle": (
        remove_bundle,
        "do not trust each other: .*(?:does not hold the trust bundle of our trust domain|not valid here: .* held: org2.swarm.learning[)])",
    ),
}


@pytest.mark.usefixtures("platform")
def test_playbook_identity_names_an_agent_that_has_not_joined(log):
    """Something waits for it, and the token that was made for it lies about."""
    new = "spiffe://org2.swarm.learning/swarm/agent/host-9"
    [result] = world.spire(TWO, "entry", "create", "-spiffeID", SL, "-parentID", new, "-selector", "docker:env:x=y")["results"]
    file = f"/var/lib/swarm-learning/tokens/{quote(new, safe='')}.json"
    TWO.run("sh", "-c", 'umask 077; echo "$1" >"$2"', "sh", json.dumps({"token": "x", "expires_at": 0}), file)
    outcome = world.play(log, "-i", str(world.LAB), book="swarm.learning.identity")
    assert outcome.run.status != 0
    assert f"agent {new} is not attested: the join token that was created for it was never used, and expired at 1970-01-01" in outcome.said
    world.spire(TWO, "entry", "delete", "-entryID", result["entry"]["id"])
    assert world.worked(world.play(log, "-i", str(world.LAB), book="swarm.learning.identity")).changes() == []
    TWO.run("rm", file)


@pytest.mark.usefixtures("platform")
@pytest.mark.parametrize("how", BREAKS)
def test_a_training_without_trust_fails_with_the_reason(tmp_path, log, how):
    break_it, reason = BREAKS[how]
    break_it()
    arguments = ("-i", str(world.LAB), *world.extra(tmp_path, {"swarm_training": IMPATIENT}))
    outcome = world.worked(world.play(log, *arguments, "--tags", "swop,swci"))
    assert ("host-1", "Run the script of the SWCI") in outcome.changes()  # with the same variables too, as the run before has failed

    with pytest.raises(training.TrainingError, match=reason):  # what `make demo` shows
        world.trained()
    assert world.ended("swci-1") == 1
    waited = world.play(log, "-i", str(world.LAB), "-e", "sl_fetch_dir=", book="swarm.learning.train")
    assert (waited.run.status, waited.statistics["swarm_training"]["verdict"]) == (2, "failed")
    for words in ("the script of swci-1 ended with exit code 1", r"container swop-\S+-[ms]l-\d ended with exit code"):
        assert re.search(words, waited.said), waited.said
    swci = world.log_of(ONE, "swci-1").rpartition("SWCI:1 > ")[2]
    assert "4 of 4 peers failed" in swci
    peer = r"PEER \d FAILED : sl-\d: the SL container (swop-(\d)-\w+-sl-\d) ended with code 1: "
    failed = re.findall(f"^{peer}.*{reason}", swci, re.MULTILINE)
    assert len(failed) >= 2, swci
    for container, number in failed:
        host = world.HOSTS[int(number) - 1]
        assert re.search(f"swarm.SL : ERROR : .*{reason}", world.log_of(host, container))
        assert re.search(f"swarm.SWOP : ERROR : .*{reason}", world.log_of(host, f"swop-{number}"))


def rotate_ca():
    """Another CA signs from now on, in SPIRE's own three steps: it is made, the other domain hears of it, it takes over."""
    prepared = world.spire(TWO, "localauthority", "x509", "prepare")["prepared_authority"]["authority_id"]
    bundle = TWO.run(*world.SERVER, "bundle", "show", "-format", "spiffe")
    answer = ("bundle", "set", "-id", "spiffe://org2.swarm.learning", "-format", "spiffe")
    ONE.run("sh", "-c", 'printf %s "$1" | { shift; "$@"; }', "sh", bundle, "docker", "exec", "-i", *world.SERVER[2:], *answer)
    world.spire(TWO, "localauthority", "x509", "activate", "-authorityID", prepared)
    assert world.spire(TWO, "localauthority", "x509", "show")["active"]["authority_id"] == prepared


def rotate_in_mid_training():
    """(what to do at each look at the nodes, the nodes that had not ended when the CA was another one)"""
    still_training = []

    def look(nodes):
        if not still_training and len(nodes) == world.PAIRS and all(any(": Round " in line for line in node.tail) for node in nodes):
            rotate_ca()
            still_training.extend(node for node in nodes if not node.finished)

    return look, still_training


@pytest.mark.usefixtures("platform")
def test_one_run_of_site_repairs_everything_and_its_training_outlasts_a_ca(tmp_path, log):
    remove_bundle()
    remove_entry()
    longer = world.extra(tmp_path, {"swarm_training": {**world.TRAINING, "epochs": 60}})
    outcome = world.worked(world.play(log, "-i", str(world.LAB), *longer))
    mended = [change for change in outcome.changes() if "SPIRE" in change[1]]
    assert mended == [
        ("host-2", "Give the SPIRE Server the bundles of the other trust domains"),
        ("host-2", "Set the registration entries of the SPIRE Server"),
    ]
    assert ("host-2", "Start the other SN nodes") in outcome.changes(), "a node learns when it starts whom to trust"
    assert ("host-1", "Start the Sentinel") not in outcome.changes()
    [entry] = entries()
    assert entry["federates_with"] == ["org1.swarm.learning"]
    assert entry["selectors"] == [{"type": "docker", "value": "env:swarm_node_type=sl"}]
    look, still_training = rotate_in_mid_training()
    assert len(world.trained(look)) == world.PAIRS
    assert len(still_training) == world.PAIRS
    assert sl_identity() == [SL, ["org1.swarm.learning", "org2.swarm.learning"]]


@pytest.mark.usefixtures("platform")
def test_one_run_of_site_recovers_a_server_that_lost_everything_and_trains(tmp_path, log):
    """Both servers, agents and all nodes know of it afterwards: those of the other organisation trusted the CA that is gone."""
    TWO.run("docker", "rm", "--force", "spire-server")
    TWO.run("rm", "-rf", "/var/lib/swarm-learning/spire-server")
    arguments = ("-i", str(world.LAB), *world.extra(tmp_path, {"swarm_training": {**world.TRAINING, "epochs": 11}}))
    outcome = world.worked(world.play(log, *arguments))
    assert ("host-1", "Start the Sentinel") in outcome.changes()
    assert len(world.trained()) == world.PAIRS
    assert world.worked(world.play(log, *arguments)).changes() == []
