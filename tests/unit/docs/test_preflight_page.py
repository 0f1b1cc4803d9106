# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/preflight.md says what the table of checks says."""

from ansible_collections.swarm.learning.plugins.plugin_utils._preflight.checks import CHECKS

from tools.preflight_page import PAGE, page


def test_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


def test_every_check_has_a_row():
    assert all(f"\n| `{name}` | {check.severity} | " in page() for name, check in CHECKS.items())
