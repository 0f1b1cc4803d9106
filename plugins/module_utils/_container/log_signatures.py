# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What known texts in a component's log mean (private to the collection).

Sources: the platform's troubleshooting pages and its public issues; SPIRE's source.
"""

from __future__ import annotations

from typing import NamedTuple


class Signature(NamedTuple):
    """What a log says, what it means and what helps.

    texts    as people read them in the log, each found by the pattern; docs/failures.md has an entry for each
    pattern  the regular expression by which a log has it
    final    the component does not recover from it
    """

    texts: tuple[str, ...]
    pattern: str
    cause: str
    remedy: str
    final: bool = False


SIGNATURES = (
    Signature(
        (
            "Error code: 6002",
            "Unable to connect to server",
        ),
        r"Error code: 6002|Unable to connect to server",
        "the License Server does not answer, is behind a proxy or firewall, or has no licence installed",
        "open https://ADDRESS:5814 from this host and from a container of the swarm's network, and check apls_ip and apls_port",
        final=True,
    ),
    Signature(
        (
            "acquireLicense: 304",
            "tokens with capacity 1 is not available",
        ),
        r"acquireLicense: 304|tokens with capacity \d+ is not available",
        "all licences are in use",
        "stop nodes gracefully so that theirs return; a licence that was not returned frees after 30 minutes",
        final=True,
    ),
    Signature(
        ("no identity issued",),
        r"no identity issued",
        "the SPIRE Agent has no registration entry for this container",
        "check the entry's selector (docker:env:swarm_node_type=…), its parent, and that the agent has fetched it",
    ),
    Signature(
        ("join token does not exist or has already been used",),
        r"join token does not exist or has already been used",
        "the join token was spent before, or the SPIRE Server has lost it",
        "make a new token; an agent that was attested before needs none as long as its data directory is kept",
        final=True,
    ),
    Signature(
        ("join token attestation is currently implemented within the agent",),
        r"join token attestation is currently implemented within the agent",
        "the SPIRE Agent inside the node keeps no identity, and has no join token to get one with",
        "make a token for spiffe://TRUST-DOMAIN/swarm/sn-agent (or sl-agent, swci-agent) on the SPIRE Server, and give it as join_token",
        final=True,
    ),
    Signature(
        (
            "failed to get SVID: … connection refused",
            "create attestation client: … no route to host",
        ),
        r"(failed to get SVID|create attestation client).*(connection refused|no route to host|i/o timeout|deadline exceeded|no such host)",
        "the SPIRE Server does not answer the SPIRE Agent",
        "start the server, and check server_address and that its port, 8081, is open to this host",
    ),
    Signature(
        (
            "No module named 'tensorflow'",
            "No module named 'keras'",
            "No module named 'torch'",
        ),
        r"No module named '(tensorflow|keras|torch)'",
        "the ML program is for another framework than the image that runs it",
        "in release 0.3.0 set sl_platform to TF or PYT as the program needs it, in 2.x install the framework in the ML image",
    ),
    Signature(
        ("join token expired",),
        r"join token expired",
        "the join token was not used in time",
        "make a new token and start the agent at once",
        final=True,
    ),
    Signature(
        ("datastore-sql: …",),
        r"datastore-sql: (?!migrating)",
        "the SPIRE Server cannot use its database",
        "check host, database, username and password of the datastore, and that its ca_file is the authority of the database's certificate",
    ),
    Signature(
        ("certificate signed by unknown authority",),
        r"(?m)^(?!.*datastore-sql).*unknown authority",
        "the agent's trust bundle is not the SPIRE Server's",
        "give the agent the server's present bundle; after the server lost its CA, wipe the agent's data too",
    ),
    Signature(
        (
            "unable to find federated bundle",
            "local copy of bundle not found",
        ),
        r"unable to find federated bundle|local copy of bundle not found",
        "the bundle of a federated trust domain is missing on the SPIRE Server",
        "exchange the trust bundles before the entries are made",
    ),
    Signature(
        ("certificate has expired or is not yet valid: current time 2026-01-01T00:00:00Z is before …",),
        r"certificate has expired or is not yet valid: current time \S+ is before",
        "the clocks of the hosts differ: to this host, a certificate begins in the future",
        "set the clocks of all hosts by NTP (timedatectl), then start the container again",
    ),
    Signature(
        ("client version 1.43 is too old",),
        r"client version \S+ is too old",
        "the Docker Engine refuses the API version that this container speaks",
        "use a newer release of it (SPIRE from 1.9 on), or set min-api-version in the engine's daemon.json",
    ),
    Signature(
        (
            "invalid requirement 'swarmlearning==client'",
            "Invalid wheel filename",
        ),
        r"(?i)invalid requirement:? '?swarmlearning==client|invalid wheel filename",
        "pip refuses the client's wheel under the name that it comes with",
        "copy it in the build as swarmlearning-RELEASE-py3-none-manylinux_2_24_x86_64.whl, as swarm_training.client_wheel does",
    ),
    Signature(
        ("requires a different Python",),
        r"requires a different Python",
        "the ML image has a Python that the client's wheel does not support",
        "build it on an image with Python 3.8 or 3.9",
    ),
    Signature(
        ("could not select device driver",),
        r"could not select device driver",
        "the engine cannot give the container a GPU",
        "install NVIDIA's container toolkit, register its runtime (nvidia-ctk runtime configure) and restart the engine",
    ),
    Signature(
        (
            "Bus error",
            "insufficient shared memory",
        ),
        r"(?i)bus error|insufficient shared memory",
        "the ML program needs more shared memory than the container has",
        "set shm_size of the ML container, in container_options of a SWOP's pair as shm-size",
    ),
    Signature(
        ("certificate has expired",),
        r"certificate has expired(?! or is not yet valid: current time \S+ is before)",
        "an identity has expired; the platform takes its first one and never renews it",
        "make SVIDs and user certificates outlive the training, and restart the node",
    ),
    Signature(
        ("checksums did not match",),
        r"checksums did not match",
        "the workload attestor plugin is not the file that plugin_checksum describes",
        "set plugin_checksum to the SHA-256 of the file at plugin_cmd",
        final=True,
    ),
    Signature(
        ("migrating from schema version 12 requires a previous SPIRE release",),
        r"migrating from schema version \d+ requires a previous SPIRE release",
        "the SPIRE Server's data is of a much older release",
        "upgrade the server one minor release at a time",
        final=True,
    ),
    Signature(
        ("could not resolve caller information",),
        r"could not resolve caller information",
        "the SPIRE Agent cannot see the processes that ask it",
        "run the agent with pid_mode: host",
    ),
    Signature(
        ("errUidNotMatchingWithEnroll",),
        r"errUidNotMatchingWithEnroll",
        "two nodes use one port or host name",
        "give each node its own port and host name",
        final=True,
    ),
    Signature(
        ("CHECKIN NOT ALLOWED",),
        r"CHECKIN NOT ALLOWED",
        "the training started before this node came, or too many nodes use one SN",
        "reset the contract before a new run, and let at most 4 SL nodes use one SN",
        final=True,
    ),
    Signature(
        ("Sentinel … not reachable",),
        r"(?i)sentinel.*(not reachable|unreachable|not up|did not answer)",
        "the Sentinel does not answer",
        "start the Sentinel first, and check sentinel_ip and its port",
    ),
    Signature(
        (
            "address already in use",
            "port is already allocated",
        ),
        r"address already in use|port is already allocated",
        "the port is taken",
        "choose another port, or stop who has it",
    ),
    Signature(("no space left on device",), r"no space left on device", "the disk is full", "free space where the engine keeps its data"),
    Signature(
        ("mount source path '…': … read-only file system",),
        r"mount source path .*read-only file system",
        "the engine is a snap, which cannot see that path",
        "use the engine of the distribution's or Docker's own packages",
    ),
    Signature(
        ("Mismatch in the Swarm API version",),
        r"Mismatch in the Swarm API version",
        "the ML container's client wheel and the SL node speak different versions of the platform's interface",
        "build the ML image with the wheel of the SL's own release: up to 2.0.0 and from 2.1.0 on they do not understand each other",
    ),
    Signature(
        ("Failed to start thread GC Thread#0 - pthread_create failed",),
        r"Failed to start thread .?GC Thread#\d+.*pthread_create",
        "the engine is too old: its seccomp profile refuses a system call by which the container's Java starts threads",
        "update the Docker Engine of this host, and start the container again",
        final=True,
    ),
    Signature(
        ("could not rotate trust to a new trusted root",),
        r"could not rotate trust to a new trusted root",
        "the host remembers signing keys of the registry that have been replaced since",
        "remove ~/.docker/trust/tuf/REGISTRY/REPOSITORY of the user who pulls, and pull again",
    ),
    Signature(
        ("Unable to contact API-Server",),
        r"Unable to contact API-Server",
        "the SN node of this container does not answer",
        "check that the SN runs, sn_ip and sn_api_port, that firewalls let the port through, that no certificate has expired, and no_proxy",
    ),
    Signature(
        ("API server is down",),
        r"API server is down",
        "the SN node that this container talks to has gone",
        "look at the log of the SN (the Sentinel first) and start it again; a SWCI that was left over from before has to be removed",
    ),
    Signature(
        ("errBadParameters:DESC IS TOO LONG",),
        r"errBadParameters: ?DESC IS TOO LONG",
        "a text of a task is longer than the blockchain's cells, 160 bytes; letters beyond ASCII take two or more",
        "shorten the line of the task, or split a build step in two",
    ),
    Signature(
        ("Transferring 100 ETH to local account failed",),
        r"Transferring 100 ETH to local account failed",
        "the Sentinel did not enrol this SN on the blockchain",
        "set the clocks of all hosts by NTP, check that the Sentinel runs and is ready, then start this SN again",
    ),
    Signature(
        ("PDFile not found",),
        r"PDFile not found",
        "the License Server does not know the platform's licences",
        "install the platform's licence file in the License Server's web interface, https://ADDRESS:5814, and start the node again",
    ),
    Signature(
        ("Maximum configured SWCI wait time is over",),
        r"Maximum configured SWCI wait time is over",
        "the SWCI has stopped waiting for a task that may still run, and goes on with its next command",
        "raise swarm_training_days, or the SWCI's MAX_WAIT_TIME variables, which are in minutes",
    ),
    Signature(
        ("MAKE_USER_CONTAINER fails",),
        r"MAKE_USER_CONTAINER fails",
        "the SWOP could not build the ML image; on Ubuntu after 22.04 because it does not find its own image in the engine",
        "look above for the build's own error; if it names the SWOP's image, use a host with Ubuntu 22.04 LTS",
    ),
    Signature(
        ("No such image: hub.docker.hpecorp.net/swarm-learning/sl:2.0.0",),
        r"(?i)(no such image|unable to find image|pull access denied for|not found).*hub\.docker\.hpecorp\.net/swarm-learning/sl",
        "the SWOP looks for the SL's image under the vendor's internal name, so the task ends within seconds without an SL",
        "give the image that name too (docker tag REGISTRY/sl:RELEASE hub.docker.hpecorp.net/swarm-learning/sl:RELEASE), and run the task again",
    ),
    Signature(
        ("rootlessport cannot expose privileged port",),
        r"rootlessport cannot expose privileged port",
        "the rootless engine may not publish a port below 1024",
        "choose a port from 1024 on, or lower net.ipv4.ip_unprivileged_port_start with sysctl",
    ),
)
