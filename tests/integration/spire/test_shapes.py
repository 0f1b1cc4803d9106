# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three federated organisations, one of them with a server below another, and a SPIRE that runs already. In this order."""

import itertools
import os
import time
from datetime import timedelta

import pytest

from tests.integration.spire.spire_site import SERVER, Site

_NUMBERS = itertools.count()
ORG1 = {"swarm_trust_domain": "org1.example"}
SERVERS = {
    "top": ORG1,
    "below": {**ORG1, "spire_server_upstream": "top"},
    "second": {"swarm_trust_domain": "org2.example"},
    "third": {"swarm_trust_domain": "org3.example"},
}
HOSTS = {**SERVERS, "guest": {"swarm_trust_domain": "org2.example"}}  # each with a directory and container names of its own
GROUPS = {"swarm_spire_server": list(SERVERS), "swarm_spire_agent": ["below", "guest"]}
SN = "spiffe://org1.example/sn"


@pytest.fixture(scope="module")
def site(docker_client, spire_images, tmp_path_factory):
    """The servers of HOSTS run, with an agent below the nested one."""
    made = Site(docker_client, tmp_path_factory.mktemp("site"), f"spire-site-{os.getpid()}-{next(_NUMBERS)}", spire_images)
    try:
        docker_client.networks.create(made.network)
        worked(made.play(HOSTS, GROUPS))
        yield made
    finally:
        made.clean()


def worked(run):
    assert run.status == 0, "\n".join(run.failures) or run.stderr
    return run


def test_each_domain_has_the_bundles_of_all_others(site):
    found = {host: {bundle["trust_domain"] for bundle in site.spire(host, "bundle", "list")["bundles"]} for host in SERVERS}
    domains = {variables["swarm_trust_domain"] for variables in SERVERS.values()}
    assert found == {host: domains - {variables["swarm_trust_domain"]} for host, variables in SERVERS.items()}


def test_a_join_token_is_kept_with_the_server_that_created_it(site):
    assert site.gets("guest", "spiffe://org2.example/sn")
    made = [host for host in HOSTS if (site.directory / host / "tokens").exists()]
    assert made == ["top", "below", "second"]


def test_identities_below_a_nested_server_are_the_upstreams(site):
    """And they live as long as they should: nothing above them is so short that it cuts them."""
    assert site.gets("below", SN)  # the entry reaches the agent at its next sync
    _spiffe_id, (svid, authority) = site.identity("below")
    [root] = site.authorities("top")
    assert site.authorities("below") == [root]
    svid.verify_directly_issued_by(authority)
    authority.verify_directly_issued_by(root)
    for certificate, hours in ((svid, 672), (authority, 4224), (root, 25536)):
        life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
        assert abs(life - timedelta(hours=hours)) < timedelta(minutes=1)


def test_a_second_run_changes_nothing_and_makes_no_token(site):
    """And it asks each server for its own bundle, its copies of the others', and its entries, whatever the number of the others."""
    before, since = site.containers(), time.time()
    assert site.tokens_made() == 3
    run = worked(site.play(HOSTS, GROUPS))
    assert run.total("changed") == 0
    asked = ["bundle show -format spiffe", "bundle list -format spiffe", "entry show -output json"]
    assert site.commands(since) == dict.fromkeys(SERVERS, asked)
    assert (site.tokens_made(), site.containers()) == (3, before)


def test_bundles_that_differ_are_set_and_no_others(site):
    """One was deleted by hand, one is that of another server; the third organisation's copy of the first is as it was."""
    site.spire("second", "bundle", "delete", "-id", "org3.example", "-mode", "dissociate")
    stranger = site.container("third").exec_run([SERVER, "bundle", "show", "-format", "spiffe"]).output
    (site.directory / "top/spire-server/data/stranger.json").write_bytes(stranger)
    taken = ["bundle", "set", "-id", "spiffe://org2.example", "-format", "spiffe", "-path", "/opt/spire/data/server/stranger.json"]
    assert site.container("top").exec_run([SERVER, *taken]).exit_code == 0
    since = time.time()
    run = worked(site.play(HOSTS, GROUPS))
    made = {host: [one for one in commands if one.startswith("bundle set")] for host, commands in site.commands(since).items()}
    assert {host: [one.split()[3] for one in found] for host, found in made.items()} == {
        "top": ["spiffe://org2.example"],
        "below": [],
        "second": ["spiffe://org3.example"],
        "third": [],
    }
    assert run.stats["third"]["changed"] == 0
    for host, of, domain in (("top", "second", "org2.example"), ("second", "third", "org3.example")):
        copies = {one["trust_domain"]: one["x509_authorities"] for one in site.spire(host, "bundle", "list")["bundles"]}
        assert copies[domain] == site.spire(of, "bundle", "show")["x509_authorities"]


def test_an_organisation_that_left_is_trusted_no_longer(site):
    """Its bundle is removed from the servers that had it from the collection, its entries' federation too; what was set by hand stays."""
    stranger = site.spire("third", "bundle", "show")["trust_domain"]
    remaining = {host: variables for host, variables in HOSTS.items() if host != "third"}
    groups = {name: [host for host in members if host in remaining] for name, members in GROUPS.items()}
    run = worked(site.play(remaining, groups))
    assert run.stats["second"]["changed"] > 0
    kept = {"top": {"org2.example"}, "below": {"org2.example"}, "second": {"org1.example"}}
    for host, domains in kept.items():
        assert {one["trust_domain"] for one in site.spire(host, "bundle", "list")["bundles"]} == domains
        trusted = {domain for one in site.spire(host, "entry", "show")["entries"] for domain in one["federates_with"]}
        assert (stranger in trusted, trusted <= domains) == (False, True)
    before, since = site.containers(), time.time()
    assert worked(site.play(remaining, groups)).total("changed") == 0
    assert site.containers() == before
    assert not [one for commands in site.commands(since).values() for one in commands if one.startswith("bundle delete")]

    worked(site.play(HOSTS, GROUPS))  # and back again
    assert {one["trust_domain"] for one in site.spire("second", "bundle", "list")["bundles"]} == {"org1.example", "org3.example"}


def test_nested_server_recovers_without_its_upstream(site):
    """After a reboot of its host everything on it starts at once: its server waits for the upstream's agent, and needs no token."""
    parts = [site.container("below", what) for what in ("agent", "server", "agent-upstream")]
    for part in parts:
        part.stop(timeout=1)
    for part in parts:
        part.start()
    worked(site.play(HOSTS, GROUPS))
    assert site.tokens_made() == 3
    assert site.gets("below", SN)


def test_existing_spire_gets_only_the_entries(site):
    """The nested server and its agent are taken for a user's own."""
    [agent] = site.spire("below", "agent", "list")["agents"]
    agent_id = f"spiffe://{agent['id']['trust_domain']}{agent['id']['path']}"
    answer = {entry["id"] for entry in site.spire("below", "entry", "show")["entries"]}
    [mine] = site.spire("below", "entry", "show", "-spiffeID", SN)["entries"]
    site.spire("below", "entry", "delete", "-entryID", mine["id"])
    before = site.containers()
    hosts = {
        "theirs": {**ORG1, "spire_server_managed": False, "spire_server_name": site.container("below").name},
        "node": {
            **ORG1,
            "swarm_host_ip": "192.0.2.1",
            "swarm_apls_ip": "192.0.2.2",
            "swarm_socket_path": "/run/spire/agent/api.sock",
            "spire_agent_id": agent_id,
            "sn_sentinel": True,
        },
    }
    groups = {"swarm_spire_server": ["theirs"], "swarm_spire_agent": [], "swarm_sn": ["node"]}
    worked(site.play(hosts, groups))
    assert site.gets("below", SN)
    there = site.spire("below", "entry", "show")["entries"]
    assert answer - {mine["id"]} < {entry["id"] for entry in there}
    assert len(there) == len(answer) + 3
    assert site.containers() == before
    assert worked(site.play(hosts, groups)).total("changed") == 0
