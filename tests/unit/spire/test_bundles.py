# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many bundles in one call: the server is asked once, only differences are set, and a refusal names the bundle."""

import json

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._spire import bundles, trust_bundle
from ansible_collections.swarm.learning.plugins.module_utils._spire.absent_server import NoServerYet
from ansible_collections.swarm.learning.plugins.module_utils._spire.server import Server, SpireError
from ansible_collections.swarm.learning.plugins.plugin_utils import _peer_bundles

HEADING = "****************************************\n* {}\n****************************************\n{}\n"


def spiffe(*certificates):
    return json.dumps({"keys": [{"use": "x509-svid", "kty": "EC", "x5c": [one]} for one in certificates]}, indent=4)


class Engine:
    """An engine whose SPIRE Server has copies of bundles (`there`), and refuses to set those of `refused`."""

    def __init__(self, there=None, refused=()):
        self.there, self.refused, self.asked = dict(there or {}), refused, []

    def execute(self, _name, words, stdin=None):
        _program, *words = words
        self.asked.append(words[:2])
        if words[:2] == ["bundle", "list"]:
            assert words[2:] == ["-format", "spiffe"]
            return 0, "\n".join(HEADING.format(domain, text) for domain, text in self.there.items()), ""
        domain = words[3].removeprefix("spiffe://")
        if words[:2] == ["bundle", "delete"]:
            assert words[4:] == ["-mode", "dissociate"]
            del self.there[domain]
            return 0, "bundle deleted.\n", ""
        assert words[:2] == ["bundle", "set"]
        if domain in self.refused:
            return 1, "", "Error: no\n"
        self.there[domain] = stdin
        return 0, "bundle set.\n", ""


NOTHING = {"trust_domain": None, "state": "present", "bundle": None, "bundles": None, "bootstrap": False, "only": None, "record_dir": None}


def run(engine, check_mode=False, **given):
    params = {**NOTHING, **given}
    bundles.check_bundle(params)
    return bundles.bundle(Server(engine, "spire-server"), params, check_mode)


def call(engine, wanted, check_mode=False, record_dir=None, only=None):
    """What spire_bundle says, of domain → bundle."""
    given = [{"trust_domain": domain, "bundle": text, "bootstrap": False} for domain, text in wanted.items()]
    return run(engine, check_mode, bundles=given, only=only, record_dir=record_dir)


MANY = {f"org{number}.example": spiffe(f"CA{number}") for number in range(50)}


def test_many_existing_bundles_need_one_command():
    engine = Engine(MANY)
    result = call(engine, MANY)
    assert (result["changed"], result["new_trust"], result["diff"]) == (False, False, {"before": "", "after": ""})
    assert engine.asked == [["bundle", "list"]]
    assert [one["trust_domain"] for one in result["results"]] == list(MANY)


def test_only_differences_are_set_and_check_mode_reports_the_same(tmp_path):
    """One that is absent, one whose CA is another one, one whose CA was renewed beside the old one, and one that is well."""
    there = {"b.example": spiffe("OLD"), "c.example": spiffe("C1"), "d.example": spiffe("D", "OLDER")}
    wanted = {"a.example": spiffe("A"), "b.example": spiffe("B"), "c.example": spiffe("C1", "C2"), "d.example": spiffe("D")}
    engine = Engine(there)
    tried = call(engine, wanted, check_mode=True, record_dir=str(tmp_path / "trust"))
    assert engine.asked == [["bundle", "list"]]
    assert not (tmp_path / "trust").exists()
    done = call(engine, wanted, record_dir=str(tmp_path / "trust"))
    assert engine.asked[1:] == [["bundle", "list"], *[["bundle", "set"]] * 3]
    assert engine.there == {**wanted, "d.example": there["d.example"]}
    for result in (tried, done):
        assert [(one["changed"], one["new_trust"]) for one in result["results"]] == [
            (True, True),
            (True, True),
            (True, False),
            (False, False),
        ]
        assert (result["changed"], result["new_trust"]) == (True, True)
        assert result["diff"] == {
            "before": "b.example x509-svid OLD\nc.example x509-svid C1\n",
            "after": "a.example x509-svid A\nb.example x509-svid B\nc.example x509-svid C1\nc.example x509-svid C2\n",
        }
    assert sorted(path.name for path in (tmp_path / "trust").iterdir()) == ["a.example", "b.example"]
    assert [bool(one["trust_record"]) for one in done["results"]] == [True, True, False, False]
    again = call(engine, wanted, record_dir=str(tmp_path / "trust"))
    assert not again["changed"]
    assert [one["trust_record"] for one in again["results"]] == [one["trust_record"] for one in done["results"]]


def test_those_that_are_not_wanted_any_more_are_removed_if_this_module_has_set_them(tmp_path):
    """One that left, one that somebody else set by hand, one whose bundle is not known in this run, and a record whose bundle is gone."""
    records = str(tmp_path / "trust")
    by_hand = {"hand.example": spiffe("H")}
    engine = Engine(by_hand)
    call(engine, {"left.example": spiffe("L"), "silent.example": spiffe("S")}, record_dir=records)
    (tmp_path / "trust/gone.example").write_text("1.0", encoding="utf-8")
    engine.asked.clear()
    arguments = {"wanted": {}, "record_dir": records, "only": ["silent.example"]}
    tried = call(engine, check_mode=True, **arguments)
    assert engine.asked == [["bundle", "list"]]
    done = call(engine, **arguments)
    for result in (tried, done):
        assert (result["changed"], result["new_trust"], result["removed"], result["results"]) == (True, False, ["left.example"], [])
        assert result["diff"] == {"before": "left.example x509-svid L\n", "after": ""}
    assert engine.there == {**by_hand, "silent.example": spiffe("S")}
    assert sorted(path.name for path in (tmp_path / "trust").iterdir()) == ["silent.example"]
    engine.asked.clear()
    again = call(engine, **arguments)
    assert (again["changed"], again["removed"], engine.asked) == (False, [], [])


def test_one_that_comes_back_is_new_again(tmp_path):
    engine, records = Engine(), str(tmp_path / "trust")
    steps = [({"a.example": spiffe("A")}, True), ({}, False), ({"a.example": spiffe("A")}, True)]
    for wanted, is_new in steps:
        assert call(engine, wanted, record_dir=records, only=list(wanted))["new_trust"] is is_new


@pytest.mark.parametrize("check_mode", [True, False])
def test_one_is_removed_by_its_name(check_mode):
    engine = Engine({"a.example": spiffe("A"), "b.example": spiffe("B")})
    done = run(engine, check_mode, state="absent", trust_domain="a.example")
    assert (done["changed"], done["removed"]) == (True, ["a.example"])
    assert ("a.example" in engine.there, "b.example" in engine.there) == (check_mode, True)
    again = run(Engine(), check_mode, state="absent", trust_domain="a.example")
    assert (again["changed"], again["removed"]) == (False, [])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"state": "absent", "trust_domain": "a.example", "bundle": spiffe("A")}, "state: absent takes trust_domain alone"),
        ({"state": "absent", "trust_domain": "A B"}, "trust_domain"),
        ({"bundles": [], "only": ["spiffe://x y"], "record_dir": "/d"}, "only"),
    ],
)
def test_what_makes_no_sense_is_refused_before_the_server_is_asked(given, words):
    engine = Engine()
    with pytest.raises(SpireError, match=words):
        run(engine, **given)
    assert engine.asked == []


def test_refusal_names_the_bundle_and_leaves_what_comes_after():
    engine = Engine(refused=["b.example"])
    with pytest.raises(
        SpireError, match=r"^bundles\[1\] \(b\.example\): spire-server bundle set in container spire-server: no; the bundles before"
    ):
        call(engine, {"a.example": spiffe("A"), "b.example": spiffe("B"), "c.example": spiffe("C")})
    assert list(engine.there) == ["a.example"]


def test_server_that_does_not_run_yet_would_get_all():
    params = {**NOTHING, "bundles": [{"trust_domain": "a", "bundle": spiffe("A"), "bootstrap": False}]}
    result = bundles.bundle(NoServerYet(), params, True)
    assert [(one["trust_domain"], one["changed"], one["new_trust"]) for one in result["results"]] == [("a", True, True)]


@pytest.mark.parametrize("text", ["", "\n"])
def test_server_without_copies(text):
    assert trust_bundle.listed(text) == {}


def test_bundles_of_peers():
    """Given ones are a starting point; a server's own word is not. One that has not said anything has no bundle yet."""
    federates_with = [
        {"trust_domain": "sent", "address": "192.0.2.3", "bundle": "S"},
        {"trust_domain": "answer", "address": "192.0.2.1", "host": "host-1"},
        {"trust_domain": "mute", "address": "192.0.2.2", "host": "host-2"},
        {"trust_domain": "skipped", "address": "192.0.2.4", "host": "host-3"},
        {"trust_domain": "shared", "address": "192.0.2.5"},
    ]
    hostvars = {"host-1": {"spire_server_state": {"bundle": "T"}}, "host-2": {"spire_server_state": {"bundle": ""}}, "host-3": {}}
    assert _peer_bundles.bundles(federates_with, hostvars) == [
        {"trust_domain": "sent", "bundle": "S", "bootstrap": True},
        {"trust_domain": "answer", "bundle": "T", "bootstrap": False},
    ]
