# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The platform of release 0.3.0 on the lab's hosts, with the playbooks: checked, deployed, stopped, broken, repaired and torn down.

The tests go on from one another, in their order, with one bring-up. Afterwards the hosts have nothing of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import pytest

from lab import training
from tests.integration.site import lab_platform as world

ONE, TWO = world.HOSTS
CLASSIC = world.INVENTORIES / "classic"
STATUS, STOP, TEARDOWN = "swarm.learning.status", "swarm.learning.stop", "swarm.learning.teardown"
SWARM_DIR, MODEL_DIR = "/var/lib/swarm-learning", "/tmp/spire/digits/model"
VERIFY = str(world.ROOT / "molecule/classic/verify.yml")
ADDRESS, NOBODYS_PORT = world.ADDRESSES[0], 18081
NOTHING = {"host-1": 0, "host-2": 0}
BEFORE = {
    "Check the inventory and derive the site from it",
    "Find what differs from the inventory",
    "Prepare the engine, images and network of every host",
}
SITE_OF = {"host-1": {"apls", "spire-server", "sn-1", "sl-1", "sl-2", "swci-1"}, "host-2": {"sn-2", "sl-3", "sl-4"}}
WITHOUT_END = {"host-1": {"apls", "spire-server", "sn-1"}, "host-2": {"sn-2"}}
WOULD_COME = {
    ("host-1", "Start the License Server"),
    ("host-1", "Write the SPIRE Server's directories and configuration"),
    ("host-1", "Set the registration entries of the SPIRE Server"),
    ("host-1", "Start the Sentinel"),
    ("host-2", "Start the other SN nodes"),
    *((host, "Write the configuration of the nodes' SPIRE Agents") for host in ("host-1", "host-2")),
    *((host, "Copy the training's files") for host in ("host-1", "host-2")),
    ("host-1", "Write the script and its tasks"),
}
EMPTY = """docker ps --all --quiet | xargs --no-run-if-empty docker rm --force --volumes
docker volume ls --quiet | xargs --no-run-if-empty docker volume rm
docker network ls --quiet --filter name=^swarm$ | xargs --no-run-if-empty docker network rm
rm -rf "$@" """


@pytest.fixture(scope="module", name="arguments")
def _arguments(tmp_path_factory) -> Iterator[list[str]]:
    """The inventory `classic`. The lab is up, and its hosts have nothing of any platform, before and afterwards."""
    world.lab_up("--with", "classic")
    empty()
    yield inventory(tmp_path_factory.mktemp("classic"))
    empty()


def empty() -> None:
    """The hosts are as hosts are that no platform was on."""
    for host in world.HOSTS:
        host.run("sh", "-c", EMPTY, "sh", SWARM_DIR, MODEL_DIR)


def inventory(place, change: Callable[[dict], object] = lambda tree: None, **variables: object) -> list[str]:
    return world.inventory(place, change, variables, CLASSIC)


@pytest.fixture(scope="module", name="up")
def _up(arguments, tmp_path_factory) -> list[str]:
    """The platform is up, and has trained."""
    log = tmp_path_factory.mktemp("up") / "site.jsonl"
    world.worked(world.play(log, *arguments))
    world.worked(world.play(log, *arguments, book=VERIFY))
    world.trained()
    return arguments


@pytest.fixture
def log(tmp_path):
    """Where a playbook's JSON lines go."""
    return tmp_path / "ansible.jsonl"


def names() -> dict[str, set[str]]:
    """The containers of each host, running or not."""
    return {host.name: {name for there, name in world.containers() if there == host.name} for host in world.HOSTS}


def running() -> dict[str, set[str]]:
    return {host.name: world.running(host) for host in world.HOSTS}


def server(*words: str) -> list[str]:
    """What the platform's own SPIRE Server says, in text, as it knows no JSON."""
    return ONE.run("docker", "exec", "spire-server", "/spire/bin/spire-server", *words).splitlines()


def agents() -> set[str]:
    """The SPIFFE IDs of the agents that it knows."""
    return {line.split()[-1] for line in server("agent", "list") if line.startswith("SPIFFE ID")}


def test_first_run_works_in_check_mode(arguments, log):
    outcome = world.worked(world.play(log, *arguments, "--check", "--diff"))
    assert WOULD_COME.issubset(outcome.changes())
    assert [left(host) for host in world.HOSTS] == [(set(), set(), set(), set())] * 2


def test_second_check_run_changes_nothing(up, log):
    assert names() == SITE_OF
    outcome = world.worked(world.play(log, *up, "--check", "--diff"))
    assert (outcome.changed, outcome.changes(), outcome.differences()) == (NOTHING, [], [])


def test_status_shows_every_container_and_the_host_that_does_not_answer(up, tmp_path, log):
    away = tmp_path / "away.yml"
    away.write_text(f"swarm_sn: {{ hosts: {{ host-3: {{ ansible_host: {world.NOBODY}, ansible_timeout: 3 }} }} }}", encoding="utf-8")
    outcome = world.worked(world.play(log, *up, "-i", str(away), "-e", f"status_output_dir={tmp_path / 'out'}", book=STATUS))
    [table] = [result["msg"] for _host, task, result in outcome.results() if task == "Show what runs where"]
    rows = [re.split(r" {2,}", line) for line in table[1:-1]]
    everything = {(host, name) for host, there in SITE_OF.items() for name in there}
    assert {(row[0], row[1]) for row in rows} == {*everything, ("host-3", "(does not answer)")}
    assert table[-1].startswith("host-3: Ansible cannot reach the host: ")
    assert {row[1]: row[3:6] for row in rows if row[1] in ("sn-2", "sl-3")} == {
        "sn-2": ["0.3.0", "running", "yes"],
        "sl-3": ["0.3.0", "exited (0)", "-"],
    }
    state = json.loads((tmp_path / "out/status.json").read_text(encoding="utf-8"))
    assert [(one["host"], one["severity"]) for one in state["findings"]] == [("host-3", "error")]
    found = {(host, one["name"]): one for host, its in state["hosts"].items() for one in its["containers"]}
    assert {name: one["condition"] for name, one in found.items()} == {
        name: "ready" if name[1] in WITHOUT_END[name[0]] else "ended" for name in everything
    }
    sentinel = found["host-1", "sn-1"]
    assert sentinel["digest"].startswith("sha256:")
    assert sentinel["digest"] != sentinel["image_id"]
    assert all(sentinel["networks"].values())
    assert sentinel["started_at"] > 0
    assert state["training"]["verdict"] == "finished"
    page = (tmp_path / "out/status.html").read_text(encoding="utf-8")
    assert all(f">{name}</td>" in page for _host, name in everything)


def known() -> tuple[object, ...]:
    """What must outlive a stop: SPIRE's agents and entries, the agents' keys, the SNs' chain, the models, what has ended well."""
    entries = [line for line in server("entry", "show") if line.startswith(("Entry ID", "SPIFFE ID"))]
    keys = [host.run("sh", "-c", f"sha256sum {SWARM_DIR}/agents/*/data/svid.key") for host in world.HOSTS]
    chain = set(re.findall(r'"chain": ?"(\w+)"', ONE.run("docker", "exec", "sn-1", "sh", "-c", "cat /platform/swarm/SMLNODE/*.json")))
    models = [host.run("sh", "-c", f"sha256sum {MODEL_DIR}/saved_models/*") for host in world.HOSTS]
    stay = {key: found for key, found in world.containers().items() if key[1] not in WITHOUT_END[key[0]] - {"apls"}}
    return sorted(agents()), sorted(entries), keys, chain, models, stay


def test_a_stopped_platform_comes_back_as_it_was(up, log):
    before = known()
    assert len(before[0]) == 7
    assert len(before[3]) == 1
    world.worked(world.play(log, *up, book=STOP))
    assert running() == {"host-1": {"apls"}, "host-2": set()}
    outcome = world.worked(world.play(log, *up))
    assert running() == WITHOUT_END
    assert known() == before
    done = {task for _host, task in outcome.changes() if not task.startswith("Find which ")}
    assert done == {"Start the SPIRE Server and wait until it is healthy", "Start the Sentinel", "Start the other SN nodes"}


SN_2 = f"{SWARM_DIR}/agents/sn-2"
CONFIG = "/tmp/agent.conf"  # of the user's own, on the host
LOSE_IDENTITY = ("rm", f"{SN_2}/data/agent_svid.der", f"{SN_2}/data/svid.key")
ONE_HOST = ("--limit", "host-2", "--tags", "sn")


def own_configuration(tree: dict) -> None:
    tree["hosts"]["host-2"]["sn_nodes"] = [{"config": CONFIG}]


def server_elsewhere(tree: dict) -> None:
    """The SPIRE Server is nobody's of the inventory; its address is a variable."""
    for group in ("swarm_spire_server", "swarm_sl", "swarm_swci"):
        tree["children"].pop(group)
    for host in tree["hosts"].values():
        host["sn_nodes"] = [{"config": CONFIG}]


@dataclass(frozen=True)
class Refusal:
    """What is broken where (commands on a host), how the inventory is another, and what the play says: the cause, and what helps."""

    cause: str
    remedy: str
    host: training.Host
    broken: tuple[str, ...]
    mended: tuple[str, ...]
    change: Callable[[dict], object] = lambda tree: None
    variables: Mapping[str, object] = field(default_factory=dict)


REFUSALS = {
    "wrong checksum": Refusal(
        "the workload attestor plugin is not the file that plugin_checksum describes",
        "set plugin_checksum to the SHA-256 of the file at plugin_cmd",
        TWO,
        ("sh", "-c", f"sed 's/plugin_checksum = .*/plugin_checksum = \"{'0' * 64}\"/' {SN_2}/agent.conf > {CONFIG}"),
        ("cp", f"{SN_2}/agent.conf", CONFIG),
        own_configuration,
    ),
    "no join token": Refusal(
        "the SPIRE Agent inside the node has neither an identity nor a join token",
        "create a token for spiffe://TRUST-DOMAIN/swarm/sn-agent (or sl-agent, swci-agent) on the SPIRE Server, and set join_token to it",
        TWO,
        LOSE_IDENTITY,
        ("true",),
        server_elsewhere,
        {"swarm_agent_server_address": ADDRESS},
    ),
    "Sentinel away": Refusal(
        "the Sentinel does not answer",
        "start the Sentinel first, and check sentinel_ip and its port",
        ONE,
        ("docker", "stop", "sn-1"),
        ("docker", "start", "sn-1"),
    ),
}


def test_license_server_that_is_away_is_named_before_a_node_starts(up, log):
    TWO.run("docker", "rm", "--force", "--volumes", "sn-2")
    ONE.run("docker", "stop", "apls")
    outcome = world.play(log, *up, *ONE_HOST)
    ONE.run("docker", "start", "apls")
    assert outcome.run.status != 0
    words = f"License Server {ADDRESS}:5814: nothing listens there. Remedy: start the License Server, or correct its address and port"
    assert words in outcome.said
    assert "sn-2" not in running()["host-2"]


@pytest.mark.usefixtures("up")
@pytest.mark.parametrize("name", REFUSALS)
def test_refusing_node_gives_reason_and_remedy(tmp_path, log, name):
    case = REFUSALS[name]
    TWO.run("docker", "rm", "--force", "--volumes", "sn-2")
    case.host.run(*case.broken)
    outcome = world.play(log, *inventory(tmp_path, case.change, **case.variables), *ONE_HOST)
    case.host.run(*case.mended)
    assert outcome.run.status != 0
    said = outcome.said.splitlines()
    assert said[0] == "host-2: swarm.learning.sn : Start the other SN nodes"
    assert said[1].startswith("container sn-2 ")
    assert f"It means: {case.cause}; {case.remedy}." in said, outcome.said


@pytest.mark.parametrize("lost", [(), LOSE_IDENTITY], ids=["as it was refused last", "restarted again and again with a spent token"])
def test_site_repairs_what_was_refused(up, log, lost):
    if lost:
        TWO.run(*lost)
        TWO.run("docker", "restart", "sn-2")
        TWO.run("timeout", "60", "sh", "-c", "until [ $(docker inspect -f '{{.RestartCount}}' sn-2) -gt 0 ]; do sleep 0.2; done")
        assert "join token does not exist or has already been used" in world.log_of(TWO, "sn-2")
    world.worked(world.play(log, *up, *ONE_HOST))
    assert running() == WITHOUT_END
    assert "Sentinel Node is up" in world.log_of(TWO, "sn-2")


@pytest.mark.usefixtures("up")
def test_unreachable_external_spire_server_is_named_before_anything_starts(tmp_path, log):
    before = world.containers()
    elsewhere = inventory(tmp_path, server_elsewhere, swarm_agent_server_address=ADDRESS, swarm_agent_server_port=NOBODYS_PORT)
    outcome = world.play(log, *elsewhere)
    assert outcome.run.status != 0
    assert {play.name for play in outcome.run.plays} <= BEFORE
    for host in ("host-1", "host-2"):
        assert (
            f"{host} cannot reach a SPIRE Server at {ADDRESS}, port {NOBODYS_PORT}: start it, or check swarm_agent_server_" in outcome.said
        )
    assert (world.containers(), outcome.changed) == (before, NOTHING)


def test_missing_swci_script_is_named_before_anything_starts(up, tmp_path, log):
    before = world.containers()
    for variables, words in (
        ({"swci_options": {"init_script_name": "mine"}}, f"host-1: {SWARM_DIR}/swci/mine does not exist (swci_options.init_script_name"),
        ({"swci_script": "{{ lookup('ansible.builtin.file', '/nowhere/mine') }}"}, "/nowhere/mine"),
    ):
        outcome = world.play(log, *up, *world.extra(tmp_path, variables))
        assert outcome.run.status != 0
        assert words in outcome.said
        assert {play.name for play in outcome.run.plays} <= BEFORE
        assert (world.containers(), outcome.changed) == (before, NOTHING)


def left(host: training.Host) -> tuple[set[str], ...]:
    """Containers, volumes and networks on a host, and whether the platform's directory is there."""
    listed = [host.run("docker", *words).split() for words in (("ps", "-a", "--format", "{{.Names}}"), ("volume", "ls", "-q"))]
    networks = set(host.run("docker", "network", "ls", "--format", "{{.Name}}").split()) - {"bridge", "host", "none"}
    files = host.run("find", "/var/lib", "-maxdepth", "1", "-name", "swarm-learning").split()
    return (*map(set, listed), networks, set(files))


def test_one_host_is_torn_down_then_the_other(up, log):
    models = [host.run("sh", "-c", f"sha256sum {MODEL_DIR}/saved_models/*") for host in world.HOSTS]
    before, known_before = world.containers(ONE), agents()
    world.worked(world.play(log, *up, "-e", "swarm_teardown=swarm.learning", "--limit", "host-2", book=TEARDOWN))
    assert world.containers(ONE) == before
    assert agents() < known_before
    assert len(known_before - agents()) == len(SITE_OF["host-2"])  # each node had one
    assert left(TWO) == (set(), set(), set(), set())

    world.worked(world.play(log, *up, "-e", "swarm_teardown=swarm.learning", book=TEARDOWN))
    assert [left(host) for host in world.HOSTS] == [(set(), set(), set(), set())] * 2
    assert [host.run("sh", "-c", f"sha256sum {MODEL_DIR}/saved_models/*") for host in world.HOSTS] == models
