# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a real server has, when its certificates expire, and which of them expire before the training ends."""

import json
import time

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._spire.join_tokens import agent_of

from tests.integration.spire.spire_pair import ALIAS, DOMAIN
from tests.support.module_runner import Failed, run

DAY = 86400
CA_DAYS = 176  # what follows from a training of a week


def near(seconds, days):
    """Whether that time is so many days from now, give or take ten minutes."""
    return abs(seconds - time.time() - days * DAY) < 600


def test_what_a_server_has(spire):
    answer = spire.call("spire_info")
    assert (answer["trust_domain"], answer["bundles"], answer["problems"]) == (DOMAIN, [], [])
    [authority] = answer["authorities"]
    assert near(authority["not_before"], 0)
    assert near(authority["expires_at"], CA_DAYS)
    [agent] = answer["agents"]
    assert (agent["spiffe_id"], agent["banned"], agent["attestation_type"]) == (spire.agents()[0], False, "join_token")
    assert near(agent["expires_at"], 7)
    [alias] = answer["entries"]
    assert (alias["spiffe_id"], alias["parent_id"], alias["selectors"]) == (ALIAS, agent["spiffe_id"], [f"spiffe_id:{agent['spiffe_id']}"])


def test_bundle_of_another_domain(spire):
    """Its own bundle, as another domain's: what counts is when it ends."""
    spire.call("spire_bundle", trust_domain="org2.example", bundle=spire.call("spire_bundle")["bundle"])
    answer = spire.call("spire_info", days=CA_DAYS + 10)
    assert [one["trust_domain"] for one in answer["bundles"]] == ["org2.example"]
    assert near(answer["bundles"][0]["expires_at"], CA_DAYS)
    assert [(one["what"], one["name"]) for one in answer["problems"]] == [("authority", DOMAIN), ("bundle", "org2.example")]


def test_a_synchronised_agent_gives_its_containers_what_the_server_has_just_received(spire):
    """The server itself answers agents from a cache, so the first answer after a change may be the old one."""
    spire.call("spire_bundle", trust_domain="org2.example", bundle=spire.call("spire_bundle")["bundle"])
    sn = {"spiffe_id": f"spiffe://{DOMAIN}/swarm/sn", "parent_id": ALIAS, "selectors": ["docker:env:synchronised=yes"]}
    for federates_with in ([], ["org2.example"], []):
        spire.call("spire_entry", entries=[{**sn, "federates_with": federates_with}])
        assert spire.call("spire_info", synchronized=spire.agents())["synchronized"] == spire.agents()
        answer = json.loads(spire.fetched("-output", "json", synchronised="yes"))
        assert [one["spiffe_id"] for one in answer["svids"]] == [sn["spiffe_id"]]
        assert sorted(answer["federated_bundles"]) == [f"spiffe://{one}" for one in federates_with]
    spire.call("spire_entry", entries=[sn], state="absent")


def test_unused_token_is_reported(spire, tmp_path):
    """Told for the agent that something hangs below, until that is attested; never the token."""
    alias, other = f"{ALIAS}-other", {"token_dir": str(tmp_path / "tokens")}
    spire.call("spire_entry", entries=[{"spiffe_id": f"spiffe://{DOMAIN}/swarm/sl", "parent_id": alias, "selectors": ["docker:env:x=y"]}])
    made = spire.call("spire_token", spiffe_id=alias, **other)
    answer = spire.call("spire_info", days=1, default_x509_svid_ttl="97h", **other)
    assert answer["tokens"] == [{"spiffe_id": alias, "expires_at": made["expires_at"]}]
    assert [(one["what"], one["name"]) for one in answer["problems"]] == [("token", alias)]
    assert [one["parent_id"] for one in answer["entries"] if one["spiffe_id"] == alias] == [agent_of(DOMAIN, "unused")]
    assert made["token"] not in str(answer)


def test_credentials_that_expire_before_the_training_ends(spire):
    sn = {"spiffe_id": f"spiffe://{DOMAIN}/swarm/sn", "parent_id": ALIAS, "selectors": ["docker:env:x=y"]}
    spire.call("spire_entry", entries=[{**sn, "x509_svid_ttl": 3600}])
    [problem] = spire.call("spire_info", days=2, default_x509_svid_ttl="97h")["problems"]
    assert (problem["what"], problem["name"]) == ("svid", sn["spiffe_id"])
    assert "an SVID is valid for 1 h" in problem["problem"]
    spire.call("spire_entry", entries=[sn])
    assert spire.call("spire_info", days=2, default_x509_svid_ttl="97h")["problems"] == []
    [agent] = spire.agents()
    spire.spire("agent", "ban", "-spiffeID", agent)
    assert [one["name"] for one in spire.call("spire_info", days=2, default_x509_svid_ttl="97h")["problems"]] == [agent]


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("days", 0, "days: invalid value 0.0; expected a positive number"),
        ("default_x509_svid_ttl", "1 day", "default_x509_svid_ttl: '1 day' is not a duration"),
    ],
)
def test_wrong_value(spire, option, value, says):
    with pytest.raises(Failed, match=says):
        spire.call("spire_info", **{option: value})


@pytest.mark.usefixtures("docker_client")
def test_a_server_that_does_not_exist_is_named():
    with pytest.raises(Failed, match="container no-such-server does not exist"):
        run("spire_info", name="no-such-server", synchronized=[ALIAS])
