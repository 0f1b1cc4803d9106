# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report on sizes for `make lint`: the longest files, the long lines, the most complex functions. It never fails.

Complexity counts comprehensions, conditional expressions and boolean operators too. The one limit, on complexity, is held by a test.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

from radon.complexity import cc_visit
from radon.visitors import Function

from lab.playbook_runner import ROOT
from tools import terminal

COLUMNS = 120  # a longer line is worth a look
SHOWN = 5


def sources(*directories: str) -> list[Path]:
    """The tracked Python files below directories of the checkout."""
    listed = subprocess.run(["git", "ls-files", "-z", *directories], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name.endswith(".py") and (ROOT / name).is_file()]


def complexities(path: Path) -> Iterator[tuple[str, int]]:
    """(name with file and line, cyclomatic complexity) of every function and method of a file."""
    for block in cc_visit(path.read_text(encoding="utf-8")):
        if isinstance(block, Function):
            yield f"{path.relative_to(ROOT)}:{block.lineno} {block.fullname}", block.complexity


def main() -> None:
    """Print the report."""
    files = sources("plugins")
    lengths = {path: path.read_text(encoding="utf-8").splitlines() for path in files}
    rows = [(str(path.relative_to(ROOT)), str(len(lines))) for path, lines in lengths.items()]
    terminal.table(("longest files of plugins/", "lines"), sorted(rows, key=lambda row: -int(row[1]))[:SHOWN], right=(1,))
    functions = sorted((pair for path in files for pair in complexities(path)), key=lambda pair: -pair[1])
    terminal.table(("most complex functions", "complexity"), [(name, str(count)) for name, count in functions[:SHOWN]], right=(1,))
    every = [line for lines in lengths.values() for line in lines]
    long = sum(len(line) > COLUMNS for line in every)
    terminal.say(f"  {long} of {len(every)} lines are longer than {COLUMNS} columns")


if __name__ == "__main__":
    main()
