# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A platform that matches its inventory does not change; one changed variable changes one container."""

from __future__ import annotations

import pytest

from tests.integration.site import lab_platform as world

pytestmark = pytest.mark.usefixtures("platform")
NOTHING = {"host-1": 0, "host-2": 0}
CHANGE = {"SN_LOG_LEVEL": "DEBUG"}


@pytest.mark.parametrize("how", [(), ("--check", "--diff")], ids=["real", "check"])
def test_a_second_run_changes_nothing(log, how):
    before = (world.containers(), world.tokens_made())
    outcome = world.worked(world.play(log, "-i", str(world.LAB), *how))
    assert (outcome.changed, outcome.changes(), outcome.differences()) == (NOTHING, [], [])
    assert (world.containers(), world.tokens_made()) == before
    assert min(before[1]) >= 1  # the log is one that shows them
    asked = [task for host, task, _result in outcome.results() if host == "host-2"]
    assert shown(outcome) == {}
    assert asked[-2:] == ["Ask the engine about itself", "Ask the host whether it is as wanted"]


def shown(outcome):
    """What the look says differs, by host; empty when nothing does."""
    [said] = [result["msg"] for _host, task, result in outcome.results() if task == "Show what differs from the inventory"]
    return {} if isinstance(said, str) else said


def plays(outcome):
    """The plays in which a task ran."""
    return {play.name for play in outcome.run.plays if play.tasks}


def drift(host):
    """Change one thing of each kind by hand: a container, a file, an entry, a bundle and the network's place in it."""
    host.run("docker", "stop", "--time", "1", "sn-2")
    host.run("sh", "-c", "echo >> /var/lib/swarm-learning/spire-agent/conf/agent.conf")
    [entry] = [one for one in world.spire(host, "entry", "show")["entries"] if one["spiffe_id"]["path"] == "/swci"]
    host.run(*world.SERVER, "entry", "delete", "-entryID", entry["id"])
    host.run(*world.SERVER, "bundle", "delete", "-id", "spiffe://org1.swarm.learning", "-mode", "dissociate")


def test_drift_of_every_kind_is_seen_by_the_look_and_mended_by_the_run(log):
    mine = world.HOSTS[1]
    before = world.containers(world.HOSTS[0])
    drift(mine)
    found = shown(world.worked(world.play(log, "-i", str(world.LAB), "--check")))
    assert set(found) == {"host-2"}
    assert found["host-2"] == [
        "entry spiffe://org2.swarm.learning/swci is not registered",
        *(f"entry spiffe://org2.swarm.learning/{node} is registered otherwise" for node in ("sn", "sl", "swop")),
        "/var/lib/swarm-learning/spire-agent/conf/agent.conf differs",
        "restart spire-agent (its configuration changed)",
        "start sn-2",
        "the bundle of org1.swarm.learning differs",
        "the record of trust differs",
    ]
    world.worked(world.play(log, "-i", str(world.LAB)))
    assert shown(world.worked(world.play(log, "-i", str(world.LAB)))) == {}
    assert world.containers(world.HOSTS[0]) == before


def test_existing_license_server_is_used_by_its_address(tmp_path, log):
    """The same platform, with the address instead of the group: nothing of it is another."""
    arguments = world.inventory(tmp_path, lambda tree: tree["children"].pop("swarm_apls"), {"swarm_apls_ip": "172.30.0.11"})
    outcome = world.worked(world.play(log, *arguments, "--check", "--diff", "--tags", "sn,swop,swci"))
    assert (outcome.changed, outcome.differences()) == (NOTHING, [])


def test_a_changed_variable_changes_its_container_and_nothing_else(tmp_path, log):
    mine = ("host-2", "sn-2")
    before = world.containers()
    changed = world.inventory(tmp_path, lambda tree: tree["hosts"]["host-2"].update(sn_env=CHANGE))

    tried = world.worked(world.play(log, *changed, "--check", "--diff"))
    assert tried.changes() == [("host-2", "Start the other SN nodes")]
    assert tried.differences() == [world.Difference("host-2", "Start the other SN nodes", "", "env.SN_LOG_LEVEL: DEBUG\n")]
    assert world.containers() == before

    done = world.worked(world.play(log, *changed))
    assert done.changes() == [("host-2", "Start the other SN nodes")]
    assert "Start the Sentinel, then the other SN nodes" in plays(done)
    assert not [play for play in plays(done) if "SPIRE" in play or play == "Start the License Server"]
    after = world.containers()
    assert {name for name in before if after.get(name) != before[name]} == {mine}
    assert after[mine][0] != before[mine][0]
    assert set(after) == set(before)
    [environment] = [one["Config"]["Env"] for one in world.HOSTS[1].containers() if one["Name"] == "/sn-2"]
    assert "SN_LOG_LEVEL=DEBUG" in environment

    again = world.worked(world.play(log, *changed, "--tags", "sn"))
    assert (again.changed, world.containers()) == (NOTHING, after)

    back = world.worked(world.play(log, "-i", str(world.LAB), "--tags", "sn"))
    assert back.changes() == [("host-2", "Start the other SN nodes")]


def paths():
    """Of both servers, the paths of their entries for containers."""
    found = [world.spire(host, "entry", "show")["entries"] for host in world.HOSTS]
    return [sorted(e["spiffe_id"]["path"] for e in own if e["parent_id"]["path"].startswith("/swarm/agent/")) for own in found]


def test_spiffe_ids_of_an_earlier_version_are_carried_over(tmp_path, log):
    """Containers run on with what they have; only the entries are replaced, and those who come next get the new IDs."""
    before = world.containers()
    earlier = world.extra(tmp_path, {"swarm_spiffe_path": "/swarm/{node_type}"})
    world.worked(world.play(log, "-i", str(world.LAB), *earlier, "--tags", "spire"))
    assert paths() == [["/swarm/sl", "/swarm/sn", "/swarm/swci", "/swarm/swop"]] * 2

    outcome = world.worked(world.play(log, "-i", str(world.LAB)))
    assert {task for _host, task in outcome.changes()} == {"Set the registration entries of the SPIRE Server"}
    assert paths() == [["/sl", "/sn", "/swci", "/swop"]] * 2
    again = world.worked(world.play(log, "-i", str(world.LAB)))
    assert (again.changed, world.containers()) == (NOTHING, before)


@pytest.mark.usefixtures("platform")
def test_hosts_that_change_places_keep_their_nodes(tmp_path, log):
    """Names, ledgers and data hang on the host: the same inventory with its hosts in another order changes nothing."""

    def change_places(tree):
        for group in tree["children"].values():
            group["hosts"] = dict(reversed(group["hosts"].items()))

    before = world.containers()
    outcome = world.worked(world.play(log, *world.inventory(tmp_path, change_places)))
    assert (outcome.changes(), world.containers()) == ([], before)


@pytest.mark.usefixtures("platform")
def test_a_new_node_gets_no_number_of_a_host_outside_the_limit(tmp_path, log):
    """The host stands first in the inventory, whose first SN would be sn-1 if the other host were not asked."""

    def one_more(tree):
        tree["children"]["swarm_sn"]["hosts"] = dict(reversed(tree["children"]["swarm_sn"]["hosts"].items()))
        tree["hosts"]["host-2"]["sn_nodes"] = [{}, {}]

    arguments = [*world.inventory(tmp_path, one_more), "--check", "--tags", "sn", "--limit", "host-2"]
    outcome = world.worked(world.play(log, *arguments))
    started = [(host, result.get("item")) for host, _task, result in outcome.results() if result.get("changed")]
    assert started == [("host-2", "sn-3")]


@pytest.mark.usefixtures("platform")
def test_a_change_that_is_not_the_scripts_does_not_run_it_again(tmp_path, log):
    """The script resets what a training that runs needs; the container waits for its change until the script runs again."""
    before = world.containers()
    arguments = ["-i", str(world.LAB), *world.extra(tmp_path, {"swci_env": {"ADDED": "1"}}), "--tags", "swci"]
    outcome = world.worked(world.play(log, *arguments))
    assert (outcome.changes(), world.containers()) == ([], before)


@pytest.mark.usefixtures("platform")
def test_a_node_that_the_inventory_no_longer_has_is_named(tmp_path, log):
    arguments = world.inventory(tmp_path, lambda tree: tree["children"]["swarm_swop"]["hosts"].pop("host-2"))
    outcome = world.worked(world.play(log, *arguments, "--check", "--skip-tags", "swop,swci"))
    said = [result["msg"] for host, task, result in outcome.results() if task.startswith("Report containers") and host == "host-2"]
    assert said == [
        "host-2 still has swop-2, which the inventory no longer has there: set swarm_remove_orphans: true for one run to remove them"
    ]
