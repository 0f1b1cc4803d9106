# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a site for programs and as a page."""

import json
import re
from xml.etree import ElementTree

import pytest
from ansible_collections.swarm.learning.plugins.filter.status_report import status_report
from ansible_collections.swarm.learning.plugins.plugin_utils._status import report
from ansible_collections.swarm.learning.plugins.plugin_utils._status.curve import curve
from ansible_collections.swarm.learning.plugins.plugin_utils._status.picture import WIDTH, picture
from ansible_collections.swarm.learning.plugins.plugin_utils._status.site import condition

from tests.support.status_site import AWAY, BROKEN, DAY, ENDED, NOW, Site, container, training

CONDITIONS = [
    ("sn", {}, "ready"),
    ("sn", {"health": "healthy"}, "ready"),
    ("sn", {"health": "unhealthy"}, "failed"),
    ("sn", {"ready": False}, "starting"),
    ("sn", ENDED, "stopped"),
    ("sn", {**ENDED, "exit_code": 137}, "stopped"),
    ("sn", {**ENDED, "exit_code": 1}, "failed"),
    ("swci", ENDED, "ended"),
    ("ml", {**ENDED, "exit_code": 143}, "stopped"),
    ("ml", {**ENDED, "exit_code": 1}, "failed"),
    ("sl", {**ENDED, "state": "created"}, "stopped"),
    ("spire_server", {**ENDED, "state": "restarting"}, "failed"),
]
ENDING = {"what": "node", "name": "sn-1", "expires_at": NOW + DAY, "problem": "sn-1 has a certificate that expires", "remedy": "restart it"}


@pytest.mark.parametrize(("component", "facts", "expected"), CONDITIONS)
def test_condition(component, facts, expected):
    assert condition(container(component, **facts)) == expected


def change(component, **facts):
    return lambda site: site.change("host-2", component, **facts)


FINDINGS = {
    "a host that does not answer": (lambda site: site.lose("host-2", AWAY), "error", "Start the host"),
    "one whose engine does not": (lambda site: site.lose("host-2", BROKEN), "error", "the engine does not answer"),
    "an unhealthy container": (change("sn", health="unhealthy"), "error", "health check fails"),
    "a stopped one": (change("swop", **ENDED), "error", "swarm.learning.site"),
    "a stopped program": (change("ml", **{**ENDED, "exit_code": 137}), "warning", "was stopped"),
    "one that failed": (change("ml", **{**ENDED, "exit_code": 3}), "error", "exit code 3 at 2027-01-15 07:59 UTC"),
    "one that was killed by the kernel": (change("sn", **{**ENDED, "state": "dead", "exit_code": 1}), "error", "sn-1 is dead"),
    "one that is not ready": (change("spire_agent", ready=False), "warning", "since 2027-01-15 07:00 UTC"),
    "one that restarts": (change("sn", restarts=3), "warning", "has restarted sn-1 3 times"),
    "an identity that ends": (lambda site: site.found["host-2"].update(problems=[ENDING]), "warning", "Restart it."),
    "one that has ended": (
        lambda site: site.found["host-2"].update(problems=[{**ENDING, "expires_at": NOW}]),
        "error",
        "sn-1 has a certificate",
    ),
    "a training nobody knows of": (
        lambda site: site.trainings.update({"host-2": BROKEN}),
        "warning",
        "The state of the training is not known",
    ),
}


@pytest.mark.parametrize(("breaking", "severity", "words"), FINDINGS.values(), ids=FINDINGS)
def test_what_needs_attention_is_named(breaking, severity, words):
    site = Site()
    breaking(site)
    state = site.state()
    [finding] = state["findings"]
    assert (finding["host"], finding["severity"], state["worst"]) == ("host-2", severity, severity)
    assert words in f"{finding['cause']} {finding['remedy']}"
    assert words.split("\n", maxsplit=1)[0] in re.sub(r"<[^>]+>", "", report.page(state))


def test_healthy_site():
    state = Site().state()
    assert (state["worst"], state["findings"], state["training"]["verdict"]) == ("", [], "running")
    assert state["summary"] == {"hosts": 2, "answering": 2, "containers": 17, "ready": 17, "ended": 0, "error": 0, "warning": 0}
    assert {link["name"]: (link["state"], len(link["ends"])) for link in state["links"]} == {
        "attestation": ("up", 2),
        "federation": ("up", 2),
        "licences": ("up", 7),
        "ledger": ("up", 4),
        "models": ("up", 4),
    }
    assert [link["organisation"] for link in state["links"] if link["name"] == "attestation"] == ["org1.example", "org2.example"]
    assert state["hosts"]["host-1"]["containers"][3]["days_left"] == 13.0
    assert ("All well" in report.page(state), report.counted(state)) == (True, "0 errors, 0 warnings")


@pytest.mark.parametrize(
    ("losses", "points"),
    [
        ([], None),
        ([0.5], None),
        ([1.0, 0.5], "2.0,2.0 118.0,26.0"),
        ([0.5, 0.5, 0.5], "2.0,26.0 60.0,26.0 118.0,26.0"),
    ],
)
def test_curve_of_the_loss(losses, points):
    assert curve(losses).get("points") == points


def test_the_loss_of_each_node_is_drawn_and_said():
    page = report.page(Site().state())
    words = "Loss of the last 3 rounds: from 0.9 to 0.31, the lowest 0.31, the highest 0.9"
    assert page.count(f'role="img" aria-label="{words}"><title>{words}</title>') == 4
    assert '<polyline points="2.0,2.0 60.0,18.3 118.0,26.0"/>' in page


def test_links_break_where_an_end_does():
    site = Site(3)
    site.change("host-2", "sn", health="unhealthy")
    site.lose("host-3", AWAY)
    broken = {link["name"] for link in site.state()["links"] if link["state"] == "broken"}
    assert broken == {"licences", "ledger"}


def test_ends_that_have_done_their_work_break_nothing():
    site = Site()
    for name in site.found:
        site.found[name]["containers"] = [
            {**one, **ENDED} if one["component"] in ("sl", "ml") else one for one in site.found[name]["containers"]
        ]
    site.trainings = dict.fromkeys(site.found, training("finished"))
    state = site.state()
    assert (state["worst"], state["training"]["verdict"]) == ("", "finished")
    assert {link["name"]: link["state"] for link in state["links"]} == dict.fromkeys(
        ("attestation", "federation", "licences", "ledger"), "up"
    )


def test_last_change_is_the_newest_start_or_end():
    site = Site()
    site.change("host-2", "ml", **{**ENDED, "finished_at": NOW - 9})
    assert site.state()["last_change"] == {"host": "host-2", "container": "ml-1", "what": "ended", "at": "2027-01-15 07:59 UTC"}


def test_a_site_without_containers_is_a_page_too():
    site = Site(1)
    site.found["host-1"] = {"containers": [], "problems": []}
    site.trainings = {}
    state = site.state()
    assert (state["last_change"], state["links"], state["training"]["verdict"]) == ({}, [], "none")
    assert "no container of the platform" in report.page(state)


def test_identities_that_end_first_come_first():
    site = Site()
    site.change("host-2", "sn", identity={"spiffe_id": "", "expires_at": NOW - 5})
    rows = report.identities(site.state())
    assert [(row["host"], row["days_left"]) for row in rows] == [("host-2", -0.0), ("host-1", 13.0)]
    assert "expired" in report.page(site.state())


def test_versions_name_the_hosts_of_each_image():
    site = Site()
    site.change("host-2", "sn", digest="", image_id="sha256:0123456789abcdef")
    rows = [(row["digest"], row["local"], row["hosts"]) for row in report.versions(site.state()) if row["component"] == "sn"]
    assert rows == [("0123456789ab", True, ["host-2"]), ("736effffffff", False, ["host-1"])]


def test_json_has_all_of_it():
    state = Site().state()
    assert json.loads(report.as_json(state)) == state
    assert state["generated"] == "2027-01-15 08:00 UTC"


def test_page_is_self_contained_and_escapes_output_of_hosts():
    site = Site()
    site.lose("host-1", {**AWAY, "msg": "<script>alert(1)</script>"})
    site.trainings["host-2"] = training("failed", "container ml-1 ended\n<img src=x>")
    page = report.page(site.state())
    assert "&lt;script&gt;alert(1)" in page
    assert "&lt;img src=x&gt;" in page
    assert not re.search(r"<(script|img|link)|(src|href)=\"(?!#)|url\(|@import", page)
    assert page.startswith("<!doctype html>")
    assert 'lang="en"' in page


def test_picture_has_a_text_and_is_as_narrow_as_a_phone():
    site = Site(8)
    site.lose("host-3", AWAY)
    drawn = picture(site.state())
    assert len(drawn["organisations"]) == len(drawn["hosts"]) == 8
    right = [box["x"] + box["width"] for host in drawn["hosts"] for box in (host, *host["chips"])]
    assert max(right) <= WIDTH <= 375 - 2 * 16
    assert all(host["y"] + host["height"] <= drawn["height"] for host in drawn["hosts"])
    [svg] = re.findall(r"<svg viewBox.*?</svg>", report.page(site.state()), re.DOTALL)
    tree = ElementTree.fromstring(svg)
    assert (tree.get("role"), tree.get("aria-labelledby")) == ("img", "drawn drawn-more")
    assert "host-3: does not answer" in tree.findtext("desc")
    assert "8 organisations with 8 hosts" in tree.findtext("desc")


def test_fifty_hosts_are_all_there():
    site = Site(10, 5)
    page = report.page(site.state())
    assert all(page.count(f'<th scope="row">{name}</th>') >= 8 for name in site.found)


def test_filter_returns_both_files():
    site = Site()
    files = status_report(site.found, site.trainings, site.organisations)
    assert json.loads(files["json"])["summary"]["hosts"] == 2
    assert files["html"].endswith("</html>")
