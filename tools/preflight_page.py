# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make docs`: write docs/preflight.md, the table of a preflight's checks as a page for people."""

from __future__ import annotations

import re

from ansible_collections.swarm.learning.plugins.plugin_utils._preflight import report
from ansible_collections.swarm.learning.plugins.plugin_utils._preflight.checks import CHECKS

from lab.playbook_runner import ROOT

PAGE = ROOT / "docs/preflight.md"
HEAD = """<!-- SPDX-FileCopyrightText: The swarm.learning authors -->
<!-- SPDX-License-Identifier: GPL-3.0-or-later -->
<!-- Written by `make docs` from plugins/plugin_utils/_preflight/checks.py; a test keeps it so. -->
# What a preflight checks

`ansible-playbook -i inventory.yml swarm.learning.preflight --become` measures all hosts at once, tries every connection that the platform
will make between them, and says what is wrong and what to do. It changes nothing. Run it before a deployment, or at any time later.
[roles/preflight](../roles/preflight/README.md) has its options.

- **error**: the platform will not work. **warning**: it may not work, or not work well. **note**: good to know; it never fails the playbook.
- To leave checks out: `-e preflight_skip=memory_total,latency`.
- Words in *italics* are filled in with what was found.
"""


def _text(sentence: str) -> str:
    return re.sub(r"\{(\w+)\}", r"*\1*", sentence).replace("|", "\\|")


def page() -> str:
    """The page's text."""
    parts = [HEAD, f"\nThere are {len(CHECKS)} checks.\n"]
    for area, names in report.areas().items():
        rows = [f"| `{name}` | {CHECKS[name].severity} | {_text(CHECKS[name].cause)} | {_text(CHECKS[name].remedy)} |" for name in names]
        parts.append("\n".join([f"\n## {area}\n", "| check | severity | what is wrong | what to do |", "|---|---|---|---|", *rows]) + "\n")
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} written")
