# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No function of the collection has more paths than a reader can follow, including those in expressions."""

from pathlib import Path

import pytest
from radon.complexity import cc_visit
from radon.visitors import Function

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "plugins").rglob("*.py"))
HIGHEST = 15


def functions(path):
    """(name, complexity) of every function and method in a file."""
    for block in cc_visit(path.read_text(encoding="utf-8")):
        if isinstance(block, Function):
            yield block.fullname, block.complexity


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT / "plugins")))
def test_functions_are_simple_enough_to_read(path):
    assert {name: count for name, count in functions(path) if count > HIGHEST} == {}
