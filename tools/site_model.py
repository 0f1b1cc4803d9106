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
of a host is then in the fact `swarm_site_host`. Every field exists on every host; one that does not concern the host is empty. A role that
is used alone does not have this fact, and uses only its own variables.

## Which value takes precedence

The options of a container come from these places. A later one takes precedence over an earlier one, option by option; `env` and `labels` are merged key by
key. The filter `node_options` does this for every role, in a site and alone.

| | SN | SWOP | SL | SWCI | License Server | SPIRE Server and Agent |
|---|---|---|---|---|---|---|
| 1. for all nodes of a host: proxies, License Servers, certificates, socket | `swarm_*` | `swarm_*` | `swarm_*` | `swarm_*` | | |
| 2. the role's own variables | `sn_*` | `swop_*` | `sl_*` | `swci_*` | `apls_*` | `spire_server_*`, `spire_agent_*` |
| 3. additional environment variables | `sn_env` | `swop_env` | `sl_env` | `swci_env` | | |
| 4. in a site, what is derived | names, addresses, ports, Sentinel | names, SN | names, addresses, ports, SN, training | | | |
| 5. for all containers of a host | `sn_options` | `swop_options` | `sl_options` | `swci_options` | `apls_options` | `spire_*_options` |
| 6. an item of a list of nodes | `sn_nodes` | `swop_nodes` | `sl_nodes` | | | |
| 7. what makes it what it is: `swarm_node_type` in `env`; 0.3.0: the agent inside | always | always | always | always | | |

Nodes that run keep their numbers, and with them their names, when hosts are taken out of the inventory, put in or change places.

## The fields of `swarm_site_host`
"""


def page() -> str:
    """The page's text."""
    rows = [f"| `{name}` | {kind} | {meaning} |" for name, (kind, meaning) in model.documented().items()]
    return "\n".join([HEAD, "| field | type | meaning |", "|---|---|---|", *rows]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} written")
