# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What known texts in a component's log mean (private to the collection).

Sources: the platform's troubleshooting pages and its public issues; SPIRE's source.
"""

from __future__ import annotations

from typing import NamedTuple


class Signature(NamedTuple):
    """A text of a log (a regular expression), what it means and what helps; final: the component does not recover from it."""

    pattern: str
    cause: str
    remedy: str
    final: bool = False


SIGNATURES = (
    Signature(
        r"Error code: 6002|Unable to connect to server",
        "the License Server does not answer, is behind a proxy or firewall, or has no licence installed",
        "open https://ADDRESS:5814 from this host and from a container of the swarm's network, and check apls_ip and apls_port",
        final=True,
    ),
    Signature(
        r"acquireLicense: 304|tokens with capacity \d+ is not available",
        "all licences are in use",
        "stop nodes gracefully so that theirs return; a licence that was not returned frees after 30 minutes",
        final=True,
    ),
    Signature(
        r"no identity issued",
        "the SPIRE Agent has no registration entry for this container",
        "check the entry's selector (docker:env:swarm_node_type=…), its parent, and that the agent has fetched it",
    ),
    Signature(
        r"join token does not exist or has already been used",
        "the join token was spent before, or the SPIRE Server has lost it",
        "make a new token; an agent that was attested before needs none as long as its data directory is kept",
        final=True,
    ),
    Signature(
        r"join token attestation is currently implemented within the agent",
        "the SPIRE Agent inside the node keeps no identity, and has no join token to get one with",
        "make a token for spiffe://TRUST-DOMAIN/swarm/sn-agent (or sl-agent, swci-agent) on the SPIRE Server, and give it as join_token",
        final=True,
    ),
    Signature(
        r"(failed to get SVID|create attestation client).*(connection refused|no route to host|i/o timeout|deadline exceeded|no such host)",
        "the SPIRE Server does not answer the SPIRE Agent",
        "start the server, and check server_address and that its port, 8081, is open to this host",
    ),
    Signature(
        r"No module named '(tensorflow|keras|torch)'",
        "the ML program is for another framework than the image that runs it",
        "in release 0.3.0 set sl_platform to TF or PYT as the program needs it, in 2.x install the framework in the ML image",
    ),
    Signature(r"join token expired", "the join token was not used in time", "make a new token and start the agent at once", final=True),
    Signature(
        r"datastore-sql: (?!migrating)",
        "the SPIRE Server cannot use its database",
        "check host, database, username and password of the datastore, and that its ca_file is the authority of the database's certificate",
    ),
    Signature(
        r"(?m)^(?!.*datastore-sql).*unknown authority",
        "the agent's trust bundle is not the SPIRE Server's",
        "give the agent the server's present bundle; after the server lost its CA, wipe the agent's data too",
    ),
    Signature(
        r"unable to find federated bundle|local copy of bundle not found",
        "the bundle of a federated trust domain is missing on the SPIRE Server",
        "exchange the trust bundles before the entries are made",
    ),
    Signature(
        r"certificate has expired or is not yet valid: current time \S+ is before",
        "the clocks of the hosts differ: to this host, a certificate begins in the future",
        "set the clocks of all hosts by NTP (timedatectl), then start the container again",
    ),
    Signature(
        r"client version \S+ is too old",
        "the Docker Engine refuses the API version that this container speaks",
        "use a newer release of it (SPIRE from 1.9 on), or set min-api-version in the engine's daemon.json",
    ),
    Signature(
        r"Invalid requirement: 'swarmlearning==client'|Invalid wheel filename",
        "pip refuses the client's wheel under the name that it comes with",
        "copy it in the build as swarmlearning-RELEASE-py3-none-manylinux_2_24_x86_64.whl, as swarm_training.client_wheel does",
    ),
    Signature(
        r"requires a different Python",
        "the ML image has a Python that the client's wheel does not support",
        "build it on an image with Python 3.8 or 3.9",
    ),
    Signature(
        r"could not select device driver",
        "the engine cannot give the container a GPU",
        "install NVIDIA's container toolkit, register its runtime (nvidia-ctk runtime configure) and restart the engine",
    ),
    Signature(
        r"(?i)bus error|insufficient shared memory",
        "the ML program needs more shared memory than the container has",
        "set shm_size of the ML container, in container_options of a SWOP's pair as shm-size",
    ),
    Signature(
        r"certificate has expired(?! or is not yet valid: current time \S+ is before)",
        "an identity has expired; the platform takes its first one and never renews it",
        "make SVIDs and user certificates outlive the training, and restart the node",
    ),
    Signature(
        r"checksums did not match",
        "the workload attestor plugin is not the file that plugin_checksum describes",
        "set plugin_checksum to the SHA-256 of the file at plugin_cmd",
        final=True,
    ),
    Signature(
        r"migrating from schema version \d+ requires a previous SPIRE release",
        "the SPIRE Server's data is of a much older release",
        "upgrade the server one minor release at a time",
        final=True,
    ),
    Signature(
        r"could not resolve caller information",
        "the SPIRE Agent cannot see the processes that ask it",
        "run the agent with pid_mode: host",
    ),
    Signature(
        r"errUidNotMatchingWithEnroll", "two nodes use one port or host name", "give each node its own port and host name", final=True
    ),
    Signature(
        r"CHECKIN NOT ALLOWED",
        "the training started before this node came, or too many nodes use one SN",
        "reset the contract before a new run, and let at most 4 SL nodes use one SN",
        final=True,
    ),
    Signature(
        r"(?i)sentinel.*(not reachable|unreachable|not up|did not answer)",
        "the Sentinel does not answer",
        "start the Sentinel first, and check sentinel_ip and its port",
    ),
    Signature(r"address already in use|port is already allocated", "the port is taken", "choose another port, or stop who has it"),
    Signature(r"no space left on device", "the disk is full", "free space where the engine keeps its data"),
    Signature(
        r"mount source path .*read-only file system",
        "the engine is a snap, which cannot see that path",
        "use the engine of the distribution's or Docker's own packages",
    ),
)
