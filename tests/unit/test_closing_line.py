# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The closing line of `make test` counts the tests of all its pytest runs."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[1] / "tools/closing_line.py"


def report(directory, name, tests, failures=0, errors=0, skipped=0):
    """A JUnit report as pytest writes it."""
    path = directory / f"{name}.xml"
    counts = f'tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}"'
    path.write_text(f"<testsuites><testsuite {counts} /></testsuites>", encoding="utf-8")
    return path


def close(*reports):
    """(exit status, closing line)"""
    ended = subprocess.run([sys.executable, PROGRAM, *reports], capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout.strip()


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([{"tests": 3}, {"tests": 2}], (0, "5 passed, 0 failed")),
        ([{"tests": 3, "failures": 1}, {"tests": 2, "errors": 1}], (1, "3 passed, 2 failed")),
        ([{"tests": 3, "skipped": 2}], (0, "1 passed, 0 failed, 2 skipped")),
        ([{"tests": 0}], (1, "0 passed, 0 failed")),
    ],
    ids=["all pass", "a failure and an error", "skipped", "no test"],
)
def test_counts_of_several_runs(tmp_path, counts, expected):
    assert close(*(report(tmp_path, str(number), **one) for number, one in enumerate(counts))) == expected


def test_a_run_without_a_report_has_failed(tmp_path):
    assert close(report(tmp_path, "unit", 3), tmp_path / "hosts.xml") == (1, "3 passed, 1 failed")
