# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The three forms of a report."""

import json
import re

from ansible_collections.swarm.learning.plugins.plugin_utils._preflight import report

from tests.support.preflight_site import Site


def broken():
    site = Site()

    def block(one):
        if one["port"] == 30303:
            one.pop("large")
            one["state"] = "timeout"

    site.reach(block, "host-1")
    site.facts()["firewalls"] = ["<ufw>", "ufw"]
    site.facts()["ports"] = {"8443": "process 1 (<script>alert(1)</script>)"}
    return site.judged()


def test_lines():
    lines = report.lines(broken())
    assert lines[0] == "2 hosts, 69 checks on each: 2 errors, 0 warnings, 1 note"
    assert "host-1  69      0       0       0" in lines
    assert "ERROR host-2 (ports)" in lines
    row = next(line for line in lines if "sn-2 P2P" in line and line.startswith("host-1"))
    assert re.split(r" {2,}", row) == ["host-1", "host-2", "172.2.2.2:30303", "sn-2 P2P", "timeout"]
    assert lines[-1] == "  Tried from the hosts."
    assert all(len(line) <= 80 for line in lines if line.startswith("  ") and " " in line.strip())


def test_json():
    found = json.loads(report.as_json(broken(), 0))
    assert found["summary"] == {"error": 2, "warning": 0, "note": 1}
    assert (found["worst"], found["generated"]) == ("error", "1970-01-01 00:00 UTC")
    assert {"host": "host-2", "check": "ports", "severity": "error"}.items() <= found["findings"][-2].items()


def test_page_is_self_contained_and_escapes_output_of_hosts():
    page = report.page(broken(), 0)
    assert "Not fit yet" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page
    assert not re.search(r"(src|href)=\"(?!#)|url\(|@import", page)
    assert page.startswith("<!doctype html>")
    assert 'lang="en"' in page
    assert "✗ 3 of 4" in page
    assert "Nothing is wrong" in report.page(Site().judged(), 0)


def test_rules_name_every_source_and_the_worst_state():
    rules = {(rule["address"], rule["port"]): rule for rule in report.rules(broken()["ports"])}
    blocked = rules["172.2.2.2", 30303]
    assert (blocked["sources"], blocked["services"], blocked["state"]) == (["host-1"], ["sn-2 P2P"], "timeout")
    registry = rules["hub.myenterpriselicense.hpe.com", 443]
    assert (registry["sources"], registry["state"]) == (["host-1", "host-2"], "open")
