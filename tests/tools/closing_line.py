# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Count the tests of several pytest runs and print one closing line for all of them.

`closing_line.py REPORT...` reads JUnit reports. It exits with 1 when a test failed or none ran; a report that is missing counts as a failure.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree


def count(reports: Iterable[Path]) -> Counter[str]:
    """{passed, failed, skipped} over all reports; errors count as failed."""
    total: Counter[str] = Counter(passed=0, failed=0, skipped=0)
    for report in reports:
        if not report.exists():
            total["failed"] += 1
            continue
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            tests, failures, errors, skipped = (int(suite.get(key, "0")) for key in ("tests", "failures", "errors", "skipped"))
            total["passed"] += tests - failures - errors - skipped
            total["failed"] += failures + errors
            total["skipped"] += skipped
    return total


def line(total: Counter[str]) -> str:
    """The closing line, such as `12 passed, 0 failed`."""
    skipped = f", {total['skipped']} skipped" if total["skipped"] else ""
    return f"{total['passed']} passed, {total['failed']} failed{skipped}"


if __name__ == "__main__":
    counted = count(map(Path, sys.argv[1:]))
    print(f"\n{line(counted)}")
    sys.exit(1 if counted["failed"] or not counted["passed"] else 0)
