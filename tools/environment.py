# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make docs`: write docs/environment.md, the platform's environment variables as a page for people."""

from __future__ import annotations

from ansible_collections.swarm.learning.plugins.plugin_utils._environment import ALL, COMPONENTS, ML, Variable, known

from lab.playbook_runner import ROOT

PAGE = ROOT / "docs/environment.md"
HEAD = """<!-- SPDX-FileCopyrightText: The swarm.learning authors -->
<!-- SPDX-License-Identifier: GPL-3.0-or-later -->
<!-- Written by `make docs` from plugins/plugin_utils/_environment.py and module_utils/_releases.py; a test keeps it so. -->
# The platform's environment variables

Set those of an SN in `sn_env`, of a SWOP in `swop_env`, of a SWCI in `swci_env`, of SL nodes in `swarm_training.sl_env` (or `sl_env`, where no
SWOP starts them), of the ML program in `swarm_training.env`. Names that begin like the platform's, and values, are checked before anything is
touched; all other names are passed on unchanged. If an option sets a variable, use the option.
"""
KINDS = {"flag": "true or false", "count": "whole number", "port": "port", "text": "text"}
NAMES = {"sn": "SN", "sl": "SL", "swop": "SWOP", "swci": "SWCI", ML: "The ML program"}


def _row(name: str, variable: Variable) -> str:
    kind = ", ".join(variable.values) or KINDS[variable.kind]
    releases = "all" if variable.releases == ALL else ", ".join(variable.releases)
    return f"| `{name}` | {kind} | {variable.default} | {releases} | {variable.meaning} |"


def page() -> str:
    """The page's text: a table for each component."""
    parts = [HEAD]
    for component in (*COMPONENTS, ML):
        rows = [_row(name, variable) for name, variable in sorted(known(component).items())]
        table = ["| variable | values | default | releases | meaning |", "|---|---|---|---|---|", *rows]
        parts.append(f"\n## {NAMES[component]}\n\n" + "\n".join(table) + "\n")
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} written")
