# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The alerts and dashboards that are shipped are complete, and name metrics that exist."""

import json
import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.swarm.learning.plugins.module_utils._monitoring.metrics import METRICS

ROOT = Path(__file__).resolve().parents[3]
FILES = ROOT / "roles/monitoring/files"
GROUPS = yaml.safe_load((FILES / "swarm_learning.rules.yml").read_text(encoding="utf-8"))["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]
PAGE = (ROOT / "docs/alerts.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))
REPOSITORY = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["repository"]
CASES = yaml.safe_load((ROOT / "tests/integration/alerts.yml").read_text(encoding="utf-8"))
DASHBOARDS = sorted(FILES.glob("*.json"))


def named(text):
    return set(re.findall(r"\bswarm_[a-z_]+", text))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_each_alert_says_all_and_has_a_runbook(rule):
    assert set(rule["labels"]) == {"severity"}
    assert rule["labels"]["severity"] in ("warning", "critical")
    notes = rule["annotations"]
    assert set(notes) == {"summary", "description", "runbook_url"}
    assert notes["runbook_url"] == f"{REPOSITORY}/blob/main/docs/alerts.md#{rule['alert'].lower()}"
    assert {"**It means:**", "**What helps:**"} <= set(re.findall(r"\*\*[\w ]+:\*\*", SECTIONS[rule["alert"]]))
    assert named(rule["expr"]) <= set(METRICS)


def test_each_section_is_that_of_an_alert():
    assert list(SECTIONS) == [rule["alert"] for rule in RULES]
    assert len(RULES) >= 15


def test_each_alert_has_a_case_in_which_it_fires():
    assert [case["alert"] for case in CASES if "summary" in case] == list(SECTIONS)


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.name)
def test_dashboards_ask_for_metrics_that_exist(path):
    board = json.loads(path.read_text(encoding="utf-8"))
    assert board["uid"]
    assert board["title"].startswith("Swarm Learning")
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    for panel in panels:
        assert panel["title"]
        assert panel["description"]
        assert panel["targets"]
        for target in panel["targets"]:
            assert named(target["expr"])
            assert named(target["expr"]) <= set(METRICS)


def test_there_are_dashboards():
    assert DASHBOARDS
