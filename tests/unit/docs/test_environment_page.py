# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/environment.md says what the table of environment variables says."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._environment import COMPONENTS, DOCUMENTED, known

from tools.environment import PAGE, page


def test_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_variable_of_a_component_has_a_row(component):
    section = page().partition(f"\n## {component.upper()}\n")[2].partition("\n## ")[0]
    assert [name for name in known(component) if f"| `{name}` |" not in section] == []


def test_every_documented_variable_belongs_to_a_release():
    assert [name for name, variable in DOCUMENTED.items() if not variable.releases or not variable.components] == []
