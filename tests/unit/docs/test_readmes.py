# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook in a role's README is the one that the integration tests run."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PLAYBOOKS = sorted((ROOT / "tests/integration/site/playbooks").glob("*.yml"))


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_readme_shows_the_playbook_that_is_run(path):
    lines = path.read_text(encoding="utf-8").partition("---\n")[2]
    assert f"```yaml\n{lines}```\n" in (ROOT / "roles" / path.stem / "README.md").read_text(encoding="utf-8")
