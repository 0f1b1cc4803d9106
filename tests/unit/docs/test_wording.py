# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents, options, messages, task names and comments have none of the words that make readers stumble."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
READ = ("*.md", "changelogs/fragments", "docs", "examples", "inventories", "molecule", "playbooks", "plugins", "roles")
GENERATED = (".json", ".svg")
STUMBLES = {
    "told": "say who reports, returns or sets it",
    "anew": "again; a container is re-created",
    "cannot be had": "cannot be pulled, is not available",
    "only tried": "in check mode",
    "leans on": "depends on",
    "lean on": "depend on",
    "for want of": "out of, for lack of",
}


def stumbles(text):
    """(line number, word, what to write instead) of each banned word, also where a line break is in it."""
    for word, better in STUMBLES.items():
        for match in re.finditer(r"\b" + r"\W{1,40}".join(word.split()) + r"\b", text, re.IGNORECASE):
            yield text.count("\n", 0, match.start()) + 1, word, better


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a container is made\nanew", [(2, "anew")]),
        ("# the images cannot\n# be had: Told", [(2, "told"), (1, "cannot be had")]),
        ("spire_server_told is retold", []),
    ],
)
def test_words_are_found(text, found):
    assert [(line, word) for line, word, _better in stumbles(text)] == found


def test_nothing_stumbles():
    listed = subprocess.run(["git", "ls-files", "-z", "--", *READ], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    names = [name for name in listed.split("\0") if name and (ROOT / name).is_file() and not name.endswith(GENERATED)]
    assert len(names) > 200
    found = [
        f"{name}:{line}: {word!r} ({better})"
        for name in names
        for line, word, better in stumbles((ROOT / name).read_text(encoding="utf-8"))
    ]
    assert found == []
