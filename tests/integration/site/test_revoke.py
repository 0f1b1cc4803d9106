# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three organisations, one of which is revoked while the two others train: what it still holds is refused by each node that was started since."""

from __future__ import annotations

import json
import time

import pytest

from lab import settings, training
from tests.integration.site import lab_platform as world

REVOKE, ABORT = "swarm.learning.revoke", "swarm.learning.training_abort"
ORG3 = "org3.swarm.learning"
THREE = training.Host(settings.host_name(3), settings.host_container(3))
TRAINING = world.TRAINING | {"epochs": 4000}  # longer than the test
AGENT = f"{settings.REGISTRY}/spiffe/spire-agent:{settings.SPIRE_VERSION}"
SVID = "/root/stolen"
API = 30304
# What somebody does who has kept a key and its certificate: ask a node's API, whatever certificate that has.
ASK = f"""
import http.client, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
context.load_cert_chain("{SVID}/svid.0.pem", "{SVID}/svid.0.key")
asking = http.client.HTTPSConnection(sys.argv[1], int(sys.argv[2]), timeout=10, context=context)
try:
    asking.request("GET", "/")
    print(asking.getresponse().status)
except (OSError, http.client.HTTPException) as error:
    print(type(error).__name__, error)
"""


def answer(host):
    """What the API of a host's SN says to org3's certificate: a status, or how the connection ended."""
    address = settings.host_ip(int(host.name[-1]))
    return THREE.run("python3", "-c", ASK, address, str(API)).strip()


def steal():
    """Keep an SVID of org3's SN, as a file."""
    fetch = ("api", "fetch", "x509", "-socketPath", "/s/api.sock", "-write", "/out")
    THREE.run("install", "-d", "-m", "0777", SVID)
    mounts = ("-v", "spire-agent-socket:/s", "-v", f"{SVID}:/out")
    program = ("--entrypoint", "/opt/spire/bin/spire-agent", AGENT)
    THREE.run("docker", "run", "--rm", "-u", "0", "-e", "swarm_node_type=sn", *mounts, *program, *fetch)


def nodes():
    """The nodes of the organisations that stay: (host, name) → (ID, when it was started)."""
    return {one: state for one, state in world.containers().items() if one[1].startswith(("sn-", "swop-", "swci-"))}


def rounds():
    """How many rounds each ML program that runs has said to have begun."""
    return {
        (host.name, name): world.log_of(host, name).count(": Round ")
        for host in world.HOSTS
        for name in world.running(host)
        if "-ml-" in name
    }


def trains(than=None):
    """Wait until all programs are in a later round than they were."""
    end = time.monotonic() + 120
    while len(now := rounds()) < world.PAIRS or any(count <= (than or {}).get(one, 0) for one, count in now.items()):
        assert time.monotonic() < end, (than, now)
        time.sleep(1)
    world.restrain_programs()
    return now


def shown(outcome):
    [lines] = [result["msg"] for _host, name, result in outcome.results() if name == "Show what is left to do"]
    return lines


def inventory(place, address):
    """The arguments for the platform with a third organisation, which has an SN, and a training of the two others."""

    def third(tree):
        tree["hosts"]["host-3"] = {"ansible_host": address, "swarm_trust_domain": ORG3}
        for group in ("swarm_spire_server", "swarm_spire_agent", "swarm_sn"):
            tree["children"][group]["hosts"]["host-3"] = {}

    return world.inventory(place, third, {"swarm_training": TRAINING})


@pytest.fixture(name="three")
def _three(tmp_path):
    world.lab("up", "--hosts", "3")
    yield inventory(tmp_path / "three", settings.host_ip(3))
    THREE.run("sh", "-c", "docker rm --force --volumes $(docker ps --all --quiet); docker volume prune --all --force")
    THREE.run("rm", "-rf", "/var/lib/swarm-learning", SVID)


@pytest.mark.usefixtures("platform")
def test_a_revoked_organisation_is_refused_and_the_others_train_on(tmp_path, log, three):
    world.worked(world.play(log, *three))
    steal()
    assert [answer(host) for host in world.HOSTS] == ["404", "404"]

    trains()
    before, gone = world.containers(), (*inventory(tmp_path / "gone", world.NOBODY), "-e", f"swarm_revoke={ORG3}")  # and it does not answer
    refused = world.play(log, *gone, "-e", "swarm_revoke_restart=true", book=REVOKE)
    assert "Nothing was revoked, as swarm_revoke_restart: true starts nodes again while a training is in progress" in refused.said
    assert world.containers() == before

    kept = nodes()
    revoked = world.worked(world.play(log, *gone, book=REVOKE))
    assert nodes() == kept
    for host, other in zip(world.HOSTS, ("org2", "org1")):
        assert [one["trust_domain"] for one in world.spire(host, "bundle", "list")["bundles"]] == [f"{other}.swarm.learning"]
        assert ORG3 not in json.dumps(world.spire(host, "entry", "show"))
    [holding] = [line.split(": ")[1].split(", ") for line in shown(revoked) if line.startswith("  host-1: ")]
    assert {"sn-1", "swop-1", "swci-1"} < set(holding)
    assert [answer(host) for host in world.HOSTS] == ["404", "404"], "a node trusts whom it trusted when it was started"
    trains(rounds())

    world.worked(world.play(log, *three, book=ABORT))
    again = world.worked(world.play(log, *gone, "-e", "swarm_revoke_restart=true", book=REVOKE))
    assert {task for _host, task in again.changes()} == {"Start the Sentinel", "Start the other SN nodes", "Start the SWOPs"}
    assert "All nodes have been started since, and refuse it." in shown(again)
    assert not [host.name for host in world.HOSTS if answer(host).isdigit()]
    still_valid = THREE.run("openssl", "verify", "-CAfile", f"{SVID}/bundle.0.pem", f"{SVID}/svid.0.pem")
    assert still_valid.strip().endswith("OK")

    after = world.worked(world.play(log, "-i", str(world.LAB)))
    assert {host for host, _task in after.changes()} == {"host-1"}, "of the platform, only the script of the SWCI is another"
    assert len(world.trained()) == world.PAIRS
