# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/performance.md is what `make bench` writes, with every figure that has an aim."""

from tools.bench_imports import Size
from tools.bench_page import COSTS, PAGE, Figure, page

AIMS = ("no-change run", "bring-up", "50 organisations", "spire-server commands", "module call that changes nothing")


def test_page_of_figures():
    text = page([Figure("bring-up", "3 s", "≤ 6 times"), Figure("other", "4")], {"a.b.c": Size(270, 217, 167.4)}, "2 CPUs")
    assert "on 2 CPUs.\n" in text
    assert "| bring-up | 3 s | ≤ 6 times |\n| other | 4 |  |\n" in text
    assert "| `a.b.c` | 270 KiB | 217 KiB | 167 ms |\n" in text


def test_page_has_every_figure():
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    assert [aim for aim in AIMS if not any(aim in row for row in rows)] == []
    assert PAGE.read_text(encoding="utf-8").endswith(COSTS), "run `make bench`"
