# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make docs`: write docs/site-model.md, the fields of `HostModel` as a page for people."""

from __future__ import annotations

from ansible_collections.swarm.learning.plugins.plugin_utils._site import model

from lab.playbook_runner import ROOT

PAGE = ROOT / "docs/site-model.md"
HEAD = """<!-- SPDX-FileCopyrightText: The swarm.learning authors -->
<!-- SPDX-License-Identifier: GPL-3.0-or-later -->
<!-- Written by `make docs` from plugins/plugin_utils/_site/model.py; a test keeps it so. -->
# What a site knows of each host

The playbooks derive the site from the inventory before they touch a host: role `swarm`, `tasks_from: validate`. What the roles need to know
of a host is then in the fact `swarm_site_host`. Every field is there on every host; one that does not concern the host is empty. A role that
works alone has none of it, and its own variables decide.

## What wins

Options of a node's container come from these places; a later one wins over an earlier one, option by option.

| | SN | SWOP | SL | SWCI | License Server |
|---|---|---|---|---|---|
| 1. the site, or the role's own variables | `sn_*` | `swop_*` | `sl_*` | `swci_*` | `apls_*` |
| 2. options for all nodes of a host | `sn_options` | `swop_options` | `sl_options` | `swci_options` | `apls_options` |
| 3. an item of a list of nodes | `sn_nodes` | `swop_nodes` | `sl_nodes` | | |

`env` of these is the whole environment. To add variables, use `sn_env`, `swop_env`, `sl_env` or `swci_env`: they are merged with the proxy
variables and with what the role itself sets. Nodes that run keep their numbers, and with them their names, when hosts are taken out of the
inventory, put in or change places.

## The fields of `swarm_site_host`
"""


def page() -> str:
    """The page's text."""
    rows = [f"| `{name}` | {kind} | {meaning} |" for name, (kind, meaning) in model.documented().items()]
    return "\n".join([HEAD, "| field | type | meaning |", "|---|---|---|", *rows]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} written")
