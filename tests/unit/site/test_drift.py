# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the hosts of a site are as the inventory wants them."""

import hashlib
from dataclasses import asdict

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils import _drift, _engines
from ansible_collections.swarm.learning.plugins.plugin_utils._site.model import HostModel
from ansible_collections.swarm.learning.plugins.plugin_utils._site.training import client_volume

ENGINE = {
    "host_info": {"ServerVersion": "20.10.24", "Runtimes": {"runc": {}}},
    "images": [{"RepoTags": ["registry.lab/sn:2.3.0"]}],
    "networks": [{"Name": "swarm"}],
    "volumes": [],
    "containers": [],
}
OF_SN = {"learning.swarm.component": "sn"}


def userns_reason():
    [problem] = _engines.review({"SecurityOptions": ["name=userns"]}, "1.8.4")["problems"]
    return problem


def model(**own):
    return asdict(HostModel(**own))


def test_a_question_for_each_container():
    containers = {"swop-1": {"release": "2.3.0", "name": "other"}, "swop-2": {}}
    assert _drift.questions(containers, "swop", {"usr_dir": "/d"}, profile_file_name="profile.yml") == [
        {
            "module": "swop",
            "options": {"release": "2.3.0", "name": "swop-1", "usr_dir": "/d/swop-1", "profile_file_name": "profile.yml"},
        },
        {"module": "swop", "options": {"name": "swop-2", "usr_dir": "/d/swop-2", "profile_file_name": "profile.yml"}},
    ]


def test_what_a_container_says_itself_is_asked():
    containers = {"swop-1": {"usr_dir": "/mine", "profile_file_name": "own.yaml"}, "swop-2": {}}
    found = _drift.questions(containers, "swop", {"usr_dir": "/d"}, {"profile_file_name": "profile.yml"})
    assert [(one["options"]["usr_dir"], one["options"]["profile_file_name"]) for one in found] == [
        ("/mine", "own.yaml"),
        ("/d/swop-2", "profile.yml"),
    ]


@pytest.mark.parametrize(
    ("engine", "own", "reasons"),
    [
        ({}, {"images": {"registry.lab/sn:2.3.0": "sn_image"}}, []),
        ({}, {"images": {"registry.lab/sn:2.2.0": "sn_image"}}, ["image registry.lab/sn:2.2.0 is missing"]),
        ({"networks": []}, {}, ["network swarm is missing"]),
        (
            {"containers": [{"Names": ["/sn-7"], "Labels": OF_SN, "NetworkSettings": {"Networks": {"swarm": {}}}}]},
            {},
            ["container sn-7 is not in the inventory"],
        ),
        (
            {"containers": [{"Names": ["/sn-7"], "Labels": OF_SN}]},
            {"sn_nodes": [{"name": "sn-1"}]},
            ["its nodes run under other numbers"],
        ),
        ({}, {"ml_image": {"name": "user-env", "label": {"learning.swarm.build": "0"}}}, ["image user-env is missing"]),
        ({}, {"gpus": [{"name": "sl-1", "gpus": "amd=0"}, {"name": "sl-2", "gpus": "all"}]}, []),
        (
            {"host_info": {**ENGINE["host_info"], "SecurityOptions": ["name=userns"]}},
            {},
            [userns_reason()],
        ),
    ],
)
def test_what_an_engine_lacks(engine, own, reasons):
    assert of_engine({**ENGINE, **engine}, model(**own)) == reasons


def of_engine(engine, here):
    review = _engines.review(engine["host_info"], here["agent_version"] or "1.8.4")
    return _drift.of_engine(engine, here, "swarm", "/var/lib/swarm-learning", review)


@pytest.mark.parametrize(
    ("info", "own", "groups", "words"),
    [
        ({"SecurityOptions": ["name=selinux"]}, {}, ["swarm_sn"], ""),
        ({"SecurityOptions": ["name=selinux"]}, {}, ["swarm_sn", "swarm_swop"], "SELinux is enforced"),
        (
            {"BuildahVersion": "1.39", "CgroupVersion": "1", "CgroupDriver": "cgroupfs"},
            {"agent_version": "1.15.3"},
            [],
            "no identity issued",
        ),
        ({"Runtimes": {"nvidia": {}}, "CgroupDriver": "systemd"}, {}, [], ""),
        (
            {"Runtimes": {"nvidia": {}}, "CgroupDriver": "systemd"},
            {"gpus": [{"name": "sl-1", "gpus": "all"}]},
            [],
            "systemctl daemon-reload",
        ),
    ],
)
def test_warnings_are_said_and_are_no_difference(info, own, groups, words):
    engine = {**ENGINE, "host_info": {**ENGINE["host_info"], **info}}
    found = _drift.warnings(engine["host_info"], model(**own), groups)
    assert len(found) == bool(words)
    assert words in "".join(found)
    assert of_engine(engine, model(**own)) == []


def test_an_engine_without_the_volume_of_the_build():
    for built_from in ({"client_wheel": "/w.whl", "build_context": ""}, {"client_wheel": "", "build_context": "/context"}):
        training = {**built_from, "client_volume": "sl-cli-lib"}
        with_swop = model(client_volume=client_volume(training, "/d/client"))
        assert of_engine(ENGINE, with_swop) == ["volume sl-cli-lib differs"]


# Two organisations: each has a server and an agent, and their containers were told of each other.
def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def answer(own, other, record):
    copies = {other[1]: {"authorities": [other[0]], "newest": 5, "record": record}}
    return {
        "reasons": [],
        "parts": [],
        "trust": {"spire-server": {"own": {"authorities": [own], "newest": 5}, "copies": copies}},
        "agents": {"spire-agent": [own]},
        "checksums": {"/d/trust/domains": digest(record)},
    }


def site():
    models = {
        "one": model(server_host="one", federates_with=[{"trust_domain": "org2", "host": "two"}]),
        "two": model(server_host="two", federates_with=[{"trust_domain": "org1", "host": "one"}]),
    }
    return {"one": answer("ca-1", ("ca-2", "org2"), "12.5"), "two": answer("ca-2", ("ca-1", "org1"), "13.5")}, models


def test_hosts_that_agree_have_nothing_to_do():
    answers, models = site()
    assert _drift.review(["one", "two"], answers, models)["differing"] == {}


def set_in(answers, host, *path, value):
    place = answers[host]
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value


@pytest.mark.parametrize(
    ("path", "value", "found"),
    [
        (("reasons",), ["create sn-1"], {"one": ["create sn-1"]}),
        (("trust", "spire-server", "copies", "org2", "authorities"), ["ca-0"], {"one": ["the bundle of org2 differs"]}),
        (("trust", "spire-server", "copies"), {}, {"one": ["the bundle of org2 differs", "the record of trust differs"]}),
        (("agents", "spire-agent"), ["ca-0"], {"one": ["spire-agent does not know its server's CA"]}),
        (("agents", "spire-agent"), [], {}),
        (("checksums", "/d/trust/domains"), "", {"one": ["the record of trust differs"]}),
        (("trust", "spire-server", "copies", "org2", "record"), "14.0", {"one": ["the record of trust differs"]}),
        (
            ("trust", "spire-server", "own", "authorities"),
            ["ca-1", "ca-3"],
            {"one": ["spire-agent does not know its server's CA"], "two": ["the bundle of org1 differs"]},
        ),
    ],
)
def test_what_differs_on_one_host_is_found_where_it_is_mended(path, value, found):
    answers, models = site()
    set_in(answers, "one", *path, value=value)
    assert _drift.review(["one", "two"], answers, models)["differing"] == found


def test_a_host_that_was_not_asked():
    answers, models = site()
    del answers["two"]
    assert _drift.review(["one"], answers, models)["differing"] == {"one": ["the bundle of org2 is not known"]}
    answers["one"] = {"skipped": True}
    assert _drift.review(["one"], answers, models)["differing"] == {"one": ["is to be prepared"]}


@pytest.mark.parametrize(("newest", "found"), [(5, {"one": ["the bundle of org2 differs"]}), (4, {})])
def test_a_bundle_to_begin_with_does_not_replace_a_newer_one(monkeypatch, newest, found):
    """What was exchanged as a file is only to begin with: the servers renew it among themselves."""
    answers, models = site()
    monkeypatch.setattr(_drift, "fingerprints", lambda text: {"authorities": [text], "newest": newest})
    models["one"]["federates_with"] = [{"trust_domain": "org2", "bundle": "ca-0"}]
    assert _drift.review(["one"], answers, models)["differing"] == found


ORG3 = [{"trust_domain": "org3"}]


@pytest.mark.parametrize(
    ("federates_with", "recorded", "found"),
    [
        ([], "", {}),
        ([], digest(""), {}),
        ([], digest("the one that left"), {"one": ["the record of trust differs"]}),
        (ORG3, "", {}),
        (ORG3, digest("an earlier one"), {}),  # another server of the domain sets it
    ],
)
def test_a_server_that_recorded_no_trust_has_none_to_tell(federates_with, recorded, found):
    answers, models = site()
    models["one"]["federates_with"] = federates_with
    answers["one"]["trust"]["spire-server"]["copies"] = {"org3": {"authorities": [], "newest": 0, "record": ""}}
    answers["one"]["checksums"]["/d/trust/domains"] = recorded
    assert _drift.review(["one"], answers, models)["differing"] == found


@pytest.mark.parametrize(("record", "found"), [("15.5", {"one": ["the bundle of org3 is not wanted"]}), ("", {})], ids=["ours", "by hand"])
def test_a_bundle_of_an_organisation_that_left(record, found):
    answers, models = site()
    copies = answers["one"]["trust"]["spire-server"]["copies"]
    copies["org3"] = {"authorities": ["ca-3"], "newest": 5, "record": record}
    assert _drift.review(["one", "two"], answers, models)["differing"] == found


def test_a_bundle_that_another_server_of_the_domain_sets():
    answers, models = site()
    models["one"]["federates_with"] = [{"trust_domain": "org3"}]
    answers["one"]["trust"]["spire-server"]["copies"] = {}
    answers["one"]["checksums"] = {}
    assert _drift.review(["one"], answers, models)["differing"] == {}


AS_WANTED = ["swarm_identity_as_wanted", "swarm_sn_as_wanted", "swarm_training_as_wanted"]
IDENTITY = ("swarm_apls", "swarm_spire_server", "swarm_spire_agent")


@pytest.mark.parametrize(
    ("changes", "groups"),
    [
        ([], ["swarm_as_wanted"]),
        ([(("reasons",), ["create sn-1"]), (("parts",), ["sn"])], AS_WANTED[:1]),
        ([(("reasons",), ["swci-1 has not run", "/d/f differs"]), (("parts",), ["swci", "training"])], AS_WANTED[:2]),
        ([(("reasons",), ["swci-1 has not run its script to the end"]), (("parts",), ["swci"])], AS_WANTED),
        ([(("reasons",), ["/d/monitoring/swarm-metrics differs"]), (("parts",), ["monitoring"])], [*AS_WANTED, "swarm_swci_as_wanted"]),
        ([(("reasons",), ["start apls"]), (("parts",), ["identity"])], []),
        ([(("reasons",), ["/d/certificates/ca.crt differs", "create sn-1"]), (("parts",), ["", "sn"])], []),
        ([(("reasons",), ["create sn-1"]), (("parts",), ["sn"]), (("agents", "spire-agent"), ["ca-0"])], []),
        ([(("checksums", "/d/trust/domains"), "")], []),
    ],
    ids=[
        "nothing",
        "SN",
        "training and SWCI",
        "SWCI",
        "metrics",
        "License Server",
        "a certificate",
        "a node and a CA",
        "the record of trust",
    ],
)
def test_which_plays_have_no_hosts(changes, groups):
    answers, models = site()
    for path, value in changes:
        set_in(answers, "one", *path, value=value)
    assert _drift.review(["one", "two"], answers, models)["as_wanted"] == groups


def test_all_plays_have_hosts_where_one_was_not_asked():
    answers, models = site()
    answers["two"] = {"skipped": True}
    assert _drift.review(["one", "two"], answers, models)["as_wanted"] == []


def test_hosts_whose_identity_is_as_wanted_are_left_out_of_its_plays():
    groups = {name: ["one", "two"] for name in (*IDENTITY, "swarm_sn", "swarm_identity_as_wanted")}
    assert [_drift.pending(groups, group) for group in IDENTITY] == ["all:!all"] * 3
    assert _drift.pending(groups, "swarm_sn") == _drift.pending(groups) == ["one", "two"]


def test_who_is_left():
    groups = {"swarm_sn": ["one", "two"], "swarm_swop": ["two", "three"], "all": ["four"]}
    assert _drift.pending(groups, "swarm_sn") == ["one", "two"]
    assert _drift.pending(groups) == ["one", "two", "three"]
    assert _drift.pending({**groups, "swarm_as_wanted": ["one", "two", "three"]}) == "all:!all"
    assert _drift.pending(groups, "swarm_apls") == "all:!all"
