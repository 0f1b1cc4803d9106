# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What known texts in a component's log mean: (regular expression, cause, remedy) (private to the collection).

Sources: user-pains.md, spire.md and the platform's troubleshooting pages.
"""

from __future__ import annotations

SIGNATURES = (
    (
        r"Error code: 6002|Unable to connect to server",
        "the License Server does not answer, is behind a proxy or firewall, or has no licence installed",
        "open https://ADDRESS:5814 from this host and from a container of the swarm's network, and check apls_ip and apls_port",
    ),
    (
        r"acquireLicense: 304|tokens with capacity \d+ is not available",
        "all licences are in use",
        "stop nodes gracefully so that theirs return; a licence that was not returned frees after 30 minutes",
    ),
    (
        r"no identity issued",
        "the SPIRE Agent has no registration entry for this container",
        "check the entry's selector (docker:env:swarm_node_type=…), its parent, and that the agent has fetched it",
    ),
    (
        r"join token does not exist or has already been used",
        "the join token was spent before, or the SPIRE Server has lost it",
        "make a new token; an agent that was attested before needs none as long as its data directory is kept",
    ),
    (r"join token expired", "the join token was not used in time", "make a new token and start the agent at once"),
    (
        r"unknown authority|certificate signed by unknown authority",
        "the agent's trust bundle is not the SPIRE Server's",
        "give the agent the server's present bundle; after the server lost its CA, wipe the agent's data too",
    ),
    (
        r"federated bundle|local copy of bundle not found",
        "the bundle of a federated trust domain is missing on the SPIRE Server",
        "exchange the trust bundles before the entries are made",
    ),
    (
        r"checksums did not match",
        "the workload attestor plugin is not the file that plugin_checksum describes",
        "set plugin_checksum to the SHA-256 of the file at plugin_cmd",
    ),
    (r"errUidNotMatchingWithEnroll", "two nodes use one port or host name", "give each node its own port and host name"),
    (r"CHECKIN NOT ALLOWED", "the training started before this node came, or too many nodes use one SN", "at most 4 SL nodes an SN"),
    (
        r"Sentinel.*(not reachable|unreachable|not up|did not answer)",
        "the Sentinel does not answer",
        "start the Sentinel first, and check sentinel_ip and its port",
    ),
    (r"address already in use|port is already allocated", "the port is taken on this host", "choose another port, or stop who has it"),
    (r"no space left on device", "the disk is full", "free space where the engine keeps its data"),
)
