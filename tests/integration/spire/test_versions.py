# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Older versions of SPIRE with the same roles and modules, and an upgrade to the same version."""

import os

import pytest

from lab import binaries, images, settings
from tests.integration.spire.spire_pair import ALIAS, DOMAIN, VERSION, Spire

SERVER, AGENT = "swarm.learning.spire_server", "swarm.learning.spire_agent"
OTHER, THIRD = "org2.example", "org3.example"
NEWEST = ("swarm-test/spire-server", VERSION)
ENTRY = {
    "spiffe_id": f"spiffe://{DOMAIN}/swarm/sn",
    "parent_id": ALIAS,
    "selectors": ["docker:env:swarm_node_type=sn", "docker:label:a:b"],
    "federates_with": [OTHER],
    "dns_names": ["sn.example"],
    "x509_svid_ttl": 7200,
}


@pytest.fixture(scope="module", params=[settings.CLASSIC_SPIRE_VERSION, settings.OLDER_SPIRE_VERSION])
def old(request, docker_client, tmp_path_factory):
    """A server and an attested agent of an older SPIRE."""
    made_of = images.spire_as_root(docker_client, images.base(docker_client), binaries.build(request.param))
    made = Spire(docker_client, tmp_path_factory.mktemp("old"), f"spire-test-{os.getpid()}-{request.param}", made_of)
    made.version = request.param
    try:
        made.up()
        yield made
    finally:
        made.clean()


def test_modules_work_with_older_versions_of_spire(old):
    own = old.call("spire_bundle")["bundle"]
    assert [old.call("spire_bundle", trust_domain=OTHER, bundle=own)["changed"] for _again in range(2)] == [True, False]
    both = [{"trust_domain": domain, "bundle": own} for domain in (OTHER, THIRD)]
    tried, made, again = (old.call("spire_bundle", check=check, bundles=both) for check in (True, False, True))
    assert (tried["diff"], [one["changed"] for one in tried["results"]], again["changed"]) == (made["diff"], [False, True], False)
    for entry, done in ((ENTRY, "created"), ({**ENTRY, "dns_names": []}, "updated")):
        tried, made, again = (old.call("spire_entry", check=check, entries=[entry]) for check in (True, False, True))
        assert (tried, made[done], again["changed"]) == (made, [ENTRY["spiffe_id"]], False)
    answer = old.call("spire_info", days=2, default_x509_svid_ttl="168h")
    [entry] = [one for one in answer["entries"] if one["spiffe_id"] == ENTRY["spiffe_id"]]
    assert (entry["federates_with"], entry["x509_svid_ttl"], sorted(entry["selectors"])) == ([OTHER], 7200, ENTRY["selectors"])
    assert (answer["trust_domain"], [one["trust_domain"] for one in answer["bundles"]]) == (DOMAIN, [OTHER, THIRD])
    assert [one["spiffe_id"].rpartition("/")[0] for one in answer["agents"]] == [f"spiffe://{DOMAIN}/spire/agent/join_token"]
    assert [(one["what"], one["name"]) for one in answer["problems"]] == [("svid", ENTRY["spiffe_id"])]
    assert old.call("spire_entry", entries=[], purge=True, purge_parents=[ALIAS])["deleted"] == [ENTRY["spiffe_id"]]


def test_a_second_run_changes_nothing(old):
    assert old.roles(SERVER, AGENT).stats["localhost"]["changed"] == 0


def test_refused_upgrade_leaves_the_old_server_running(old, spire_images):
    old.client.images.get(spire_images["spire-server"]).tag(*NEWEST)
    container, conf = old.client.containers.get(old.server), old.directory / "host/spire-server/conf/server.conf"
    before = (container.id, container.attrs["State"]["StartedAt"], conf.read_bytes(), conf.stat().st_mtime)
    run = old.play(SERVER, swarm_spire_version=VERSION, spire_server_image=":".join(NEWEST))
    assert run.status != 0
    assert f"SPIRE {old.version} cannot be changed to {VERSION} in one step: upgrade to 1." in run.failures[0]
    container.reload()
    assert (container.id, container.attrs["State"]["StartedAt"], conf.read_bytes(), conf.stat().st_mtime) == before
    assert old.healthy()
    old.client.images.remove(":".join(NEWEST), noprune=True)
