# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registration entries on a real server: what was edited or deleted by hand is restored, and only stale entries are removed."""

import pytest

from tests.integration.spire.spire_pair import ALIAS, DOMAIN
from tests.support.module_runner import Failed

MANY = 1000


def entry(name, **others):
    return {
        "spiffe_id": f"spiffe://{DOMAIN}/{name}",
        "parent_id": ALIAS,
        "selectors": [f"docker:env:swarm_node_type={name}"],
        **others,
    }


ENTRIES = [entry("sn", x509_svid_ttl=7200), entry("sl", dns_names=["sl.example"]), entry("swop")]


def reported(spire):
    """Name → entry of what the server has below its agents' IDs; those of agents are left out."""
    entries = spire.spire("entry", "show")["entries"]
    return {e["spiffe_id"]["path"].removeprefix("/"): e for e in entries if e["parent_id"]["path"].startswith("/swarm/")}


@pytest.fixture(autouse=True)
def converged(spire):
    """The server has ENTRIES, whatever it had before."""
    spire.call("spire_entry", entries=ENTRIES, purge=True, purge_parents=[f"spiffe://{DOMAIN}/swarm/agent/*"])
    assert sorted(reported(spire)) == ["sl", "sn", "swop"]


def converge(spire, names, **others):
    """Check, real, again: what check mode said is what was done, and then there is nothing to do."""
    tried = spire.call("spire_entry", check=True, entries=ENTRIES, **others)
    done = spire.call("spire_entry", entries=ENTRIES, **others)
    assert {kind: [i.rpartition("/")[2] for i in done[kind]] for kind in names} == names
    assert tried == done
    again = spire.call("spire_entry", entries=ENTRIES, **others)
    assert (again["changed"], again["diff"]) == (False, {"before": "", "after": ""})
    return done


def test_an_entry_that_was_edited_by_hand_is_as_wanted_again(spire):
    there = reported(spire)["sn"]
    alias = ["-parentID", ALIAS, "-spiffeID", f"spiffe://{DOMAIN}/sn", "-selector", "docker:env:swarm_node_type=sn"]
    spire.spire("entry", "update", "-entryID", there["id"], *alias, "-x509SVIDTTL", "60", "-dns", "by.hand", "-admin")
    done = converge(spire, {"created": [], "updated": ["sn"], "deleted": []})
    assert "x509_svid_ttl: 60" in done["diff"]["before"]
    again = reported(spire)["sn"]
    assert (again["id"], again["x509_svid_ttl"], again["dns_names"], again["admin"]) == (there["id"], 7200, [], False)


def test_an_entry_that_was_deleted_by_hand_comes_back(spire):
    spire.spire("entry", "delete", "-entryID", reported(spire)["sl"]["id"])
    converge(spire, {"created": ["sl"], "updated": [], "deleted": []})
    assert reported(spire)["sl"]["dns_names"] == ["sl.example"]


def test_purge_removes_only_stale_ones(spire):
    agent = spire.aliases()
    elsewhere = entry("elsewhere", parent_id=f"spiffe://{DOMAIN}/spire/server")
    spire.call("spire_entry", entries=[elsewhere, entry("old"), entry("left", parent_id=f"{ALIAS}-that-left")])
    converge(spire, {"created": [], "updated": [], "deleted": []})
    done = converge(spire, {"created": [], "updated": [], "deleted": ["old"]}, purge=True)
    assert done["diff"] == {"before": f"spiffe://{DOMAIN}/old under {ALIAS} by docker:env:swarm_node_type=old\n", "after": ""}
    converge(spire, {"deleted": ["left"]}, purge=True, purge_parents=[f"spiffe://{DOMAIN}/swarm/agent/*"])
    assert sorted(reported(spire)) == ["sl", "sn", "swop"]
    assert [e["spiffe_id"]["path"] for e in spire.spire("entry", "show", "-parentID", f"spiffe://{DOMAIN}/spire/server")["entries"]] == [
        "/elsewhere"
    ]
    assert spire.aliases() == agent
    spire.call("spire_entry", entries=[elsewhere], state="absent")


def test_entries_of_the_earlier_form_are_removed_once_the_new_ones_exist(spire):
    """The list of a site is complete: what an earlier version made below its agents is replaced in one call, or left where that fails."""
    site = {"purge": True, "purge_parents": [f"spiffe://{DOMAIN}/swarm/agent/*"]}
    earlier = [{**one, "spiffe_id": one["spiffe_id"].replace(DOMAIN, f"{DOMAIN}/swarm")} for one in ENTRIES]
    spire.call("spire_entry", entries=earlier, **site)
    assert sorted(reported(spire)) == ["swarm/sl", "swarm/sn", "swarm/swop"]
    with pytest.raises(Failed, match="hint is too long"):
        spire.call("spire_entry", entries=[*ENTRIES[:2], entry("swop", hint="x" * 1025)], **site)
    assert {"swarm/sl", "swarm/sn", "swarm/swop"} <= set(reported(spire))
    spire.call("spire_entry", entries=earlier, **site)
    done = converge(spire, {"created": ["sn", "sl", "swop"], "updated": []}, **site)
    assert sorted(one.removeprefix(f"spiffe://{DOMAIN}") for one in done["deleted"]) == ["/swarm/sl", "/swarm/sn", "/swarm/swop"]
    assert sorted(reported(spire)) == ["sl", "sn", "swop"]


def test_parents_that_do_not_exist_yet_are_reported(spire):
    done = spire.call("spire_entry", check=True, entries=[*ENTRIES, entry("new", parent_id=f"{ALIAS}-to-come")])
    assert done["orphans"] == [f"{ALIAS}-to-come"]


REFUSED = [
    (entry("x", federates_with=["org2.example"]), ["federates with org2.example", "it has: none", "spire_bundle"]),
    (entry("x", parent_id=f"spiffe://{DOMAIN}/spire/agent/join_token/gone"), ["join_token/gone", "does not know that agent"]),
    (
        {**entry("x"), "spiffe_id": "spiffe://org9.example/x", "parent_id": "spiffe://org9.example/a"},
        [f"does not belong to this server's trust domain {DOMAIN}"],
    ),
]


@pytest.mark.parametrize(("wrong", "says"), REFUSED, ids=["domain", "parent", "server"])
def test_unsupported_request_changes_nothing(spire, wrong, says):
    before = reported(spire)
    good = [] if "org9" in wrong["spiffe_id"] else [entry("good")]
    with pytest.raises(Failed) as failed:
        spire.call("spire_entry", entries=[*good, wrong])
    assert all(text in str(failed.value) for text in says), str(failed.value)
    assert reported(spire) == before


def test_refusal_of_the_server_is_reported(spire):
    """The command ends with 0 then; only its answer says which entry it was."""
    with pytest.raises(Failed, match=r"/x: .*hint is too long"):
        spire.call("spire_entry", entries=[entry("good"), entry("x", hint="x" * 1025)])
    converge(spire, {"deleted": ["good"]}, purge=True)


def test_a_thousand_entries(spire):
    """More than the server tells in one piece. How long it takes, `make bench` says."""
    many = [entry(f"many-{number}") for number in range(MANY)]
    assert len(spire.call("spire_entry", entries=many)["created"]) == MANY
    assert not spire.call("spire_entry", check=True, entries=many)["changed"]
    assert len(spire.call("spire_entry", entries=many, state="absent")["deleted"]) == MANY
