# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/failures.md says what the log signatures say."""

from ansible_collections.swarm.learning.plugins.module_utils._container.log_signatures import SIGNATURES

from tools.failures import PAGE, page


def test_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


def test_every_text_has_one_entry():
    entries = [line for line in page().splitlines() if line.startswith("## ")]
    assert sorted(entries) == sorted(f"## `{text}`" for signature in SIGNATURES for text in signature.texts)
    assert len(set(entries)) == len(entries)
