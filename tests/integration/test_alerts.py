# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prometheus' own tool checks the rules, and evaluates each alert over series of `alerts.yml`: it fires, says what it should, and else is quiet."""

from __future__ import annotations

import subprocess
from pathlib import Path

import yaml

from lab import packages

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "roles/monitoring/files/swarm_learning.rules.yml"
RULE_OF = {rule["alert"]: rule for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]}
CASES = yaml.safe_load((ROOT / "tests/integration/alerts.yml").read_text(encoding="utf-8"))


def promtool(*words):
    done = subprocess.run([packages.ensure("promtool"), *words], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    return done.stdout


def both_of(case):
    """The two tests of a case as promtool takes them; only a case with a summary has one in which its alert fires."""
    rule = RULE_OF[case["alert"]]
    said = {**rule["annotations"], **{key: case[key] for key in ("summary", "description") if key in case}}
    expected = {"exp_labels": {**rule["labels"], **case["labels"]}, "exp_annotations": said} if "summary" in case else None
    for series, alerts in ((case["series"], [expected]), ({**case["series"], **case["quiet"]}, [])):
        if alerts != [None]:
            yield {
                "interval": "1m",
                "input_series": [{"series": name, "values": str(values)} for name, values in series.items()],
                "alert_rule_test": [{"eval_time": case["at"], "alertname": case["alert"], "exp_alerts": alerts}],
            }


def test_rules_are_valid():
    assert "SUCCESS" in promtool("check", "rules", "--lint-fatal", str(RULES))


def test_each_alert_fires_when_it_should_and_only_then(tmp_path):
    path = tmp_path / "test.yml"
    tests = [test for case in CASES for test in both_of(case)]
    path.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests}), encoding="utf-8")
    assert "SUCCESS" in promtool("test", "rules", str(path))
