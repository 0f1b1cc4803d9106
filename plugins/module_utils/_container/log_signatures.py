# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What known texts in a component's log mean (private to the collection).

Sources: the platform's troubleshooting pages and its public issues; SPIRE's source; Python's, PyTorch's and TensorFlow's own words.
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
        "stop nodes gracefully, so that they return their licences; a licence that was not returned becomes free after 30 minutes",
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
        "the join token was already used, or the SPIRE Server no longer has it",
        "create a new token; an agent that was attested before needs no token as long as its data directory is kept",
        final=True,
    ),
    Signature(
        ("join token attestation is currently implemented within the agent",),
        r"join token attestation is currently implemented within the agent",
        "the SPIRE Agent inside the node has neither an identity nor a join token",
        "create a token for spiffe://TRUST-DOMAIN/swarm/sn-agent (or sl-agent, swci-agent) on the SPIRE Server, and set join_token to it",
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
        "the ML program needs a framework that its image does not have",
        "in release 0.3.0, set sl_platform to the program's framework, TF or PYT; in 2.x, install the framework in the ML image",
    ),
    Signature(
        ("ModuleNotFoundError: No module named …",),
        r"ModuleNotFoundError: No module named (?!'(tensorflow|keras|torch)')",
        "the ML program needs a Python package that its image does not have",
        "add a line such as RUN pip3 install PACKAGE to build of swarm_training, or build the image with it",
    ),
    Signature(
        ("can't open file '…': [Errno 2] No such file or directory",),
        r"can't open file '.*No such file or directory",
        "the ML program is not where the container looks for it",
        "check program, working_dir and model_mount of swarm_training, and that model_source or model_dir has the program",
    ),
    Signature(
        ("FileNotFoundError: [Errno 2] No such file or directory: '…'",),
        r"FileNotFoundError: \[Errno 2\] No such file or directory",
        "a file that the program reads is not in its container",
        "check that the data is on this host, private_data, private_mount and shared_content of swarm_training, and paths such as DATA_DIR in its env",
    ),
    Signature(
        (
            "CUDA out of memory",
            "OOM when allocating tensor",
        ),
        r"(CUDA|HIP) out of memory|OOM when allocating tensor|CUDA_ERROR_OUT_OF_MEMORY",
        "the GPU has less memory than the program needs, or other programs use it",
        "let the program use smaller batches, or give it another GPU (gpus)",
    ),
    Signature(
        ("join token expired",),
        r"join token expired",
        "the join token was not used in time",
        "create a new token, and start the agent immediately",
        final=True,
    ),
    Signature(
        ("datastore-sql: …",),
        r"datastore-sql: (?!migrating)",
        "the SPIRE Server cannot use its database",
        "check host, database, username and password of the datastore, and that ca_file has the CA of the database's certificate",
    ),
    Signature(
        ("certificate signed by unknown authority",),
        r"(?m)^(?!.*datastore-sql).*unknown authority",
        "the agent's trust bundle does not match that of the SPIRE Server",
        "give the agent the server's current bundle; if the server lost its CA, also delete the agent's data",
    ),
    Signature(
        (
            "unable to find federated bundle",
            "local copy of bundle not found",
        ),
        r"unable to find federated bundle|local copy of bundle not found",
        "the bundle of a federated trust domain is missing on the SPIRE Server",
        "exchange the trust bundles before the entries are created",
    ),
    Signature(
        ("certificate has expired or is not yet valid: current time 2026-01-01T00:00:00Z is before …",),
        r"certificate has expired or is not yet valid: current time \S+ is before",
        "the clocks of the hosts differ, so a certificate is not valid yet on this host",
        "synchronise the clocks of all hosts with NTP (timedatectl), then start the container again",
    ),
    Signature(
        ("client version 1.43 is too old",),
        r"client version \S+ is too old",
        "the Docker Engine refuses the API version that this container uses",
        "use a newer release of the component (SPIRE 1.9 or later), or set min-api-version in the engine's daemon.json",
    ),
    Signature(
        (
            "invalid requirement 'swarmlearning==client'",
            "Invalid wheel filename",
        ),
        r"(?i)invalid requirement:? '?swarmlearning==client|invalid wheel filename",
        "pip refuses the original file name of the client's wheel",
        "copy the wheel into the image as swarmlearning-RELEASE-py3-none-manylinux_2_24_x86_64.whl, or "
        "set swarm_training.client_wheel, which does that",
    ),
    Signature(
        ("requires a different Python",),
        r"requires a different Python",
        "the ML image has a Python that the client's wheel does not support",
        "build the ML image from an image with Python 3.8 or 3.9",
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
        "set shm_size of the ML container, or shm-size in container_options of a SWOP's pair",
    ),
    Signature(
        ("certificate has expired",),
        r"certificate has expired(?! or is not yet valid: current time \S+ is before)",
        "an identity has expired; the platform fetches it once and never renews it",
        "use SVIDs or certificates that outlast the training, and restart the node",
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
        "the SPIRE Server's data comes from a much older release",
        "upgrade the server one minor release at a time",
        final=True,
    ),
    Signature(
        ("could not resolve caller information",),
        r"could not resolve caller information",
        "the SPIRE Agent cannot see the processes that connect to it",
        "run the agent with pid_mode: host",
    ),
    Signature(
        ("errUidNotMatchingWithEnroll",),
        r"errUidNotMatchingWithEnroll",
        "two nodes use the same port or host name",
        "give each node its own port and host name",
        final=True,
    ),
    Signature(
        ("CHECKIN NOT ALLOWED",),
        r"CHECKIN NOT ALLOWED",
        "the training started before this node joined, or too many nodes use one SN",
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
        "the port is in use",
        "choose a different port, or stop the program that uses it",
    ),
    Signature(("no space left on device",), r"no space left on device", "the disk is full", "free space where the engine keeps its data"),
    Signature(
        ("mount source path '…': … read-only file system",),
        r"mount source path .*read-only file system",
        "the engine is a snap, which cannot see that path",
        "install the engine from the packages of the distribution or of Docker",
    ),
    Signature(
        ("Mismatch in the Swarm API version",),
        r"Mismatch in the Swarm API version",
        "the client's wheel in the ML container and the SL node use different versions of the platform's interface",
        "build the ML image with the wheel of the SL node's release; releases up to 2.0.0 are not compatible with 2.1.0 and later",
    ),
    Signature(
        ("Failed to start thread GC Thread#0 - pthread_create failed",),
        r"Failed to start thread .?GC Thread#\d+.*pthread_create",
        "the engine is too old: its seccomp profile blocks a system call that Java in the container needs to start threads",
        "upgrade the Docker Engine of this host, and start the container again",
        final=True,
    ),
    Signature(
        ("could not rotate trust to a new trusted root",),
        r"could not rotate trust to a new trusted root",
        "the host has signing keys of the registry that are out of date",
        "remove ~/.docker/trust/tuf/REGISTRY/REPOSITORY of the user who pulls, and pull again",
    ),
    Signature(
        ("Unable to contact API-Server",),
        r"Unable to contact API-Server",
        "the SN node of this container does not answer",
        "check that the SN runs, that firewalls let its port through, that no certificate has expired, and sn_ip, sn_api_port and no_proxy",
    ),
    Signature(
        ("API server is down",),
        r"API server is down",
        "the SN node that this container uses no longer runs",
        "check the log of the SN (the Sentinel first) and start it again; remove a SWCI that is left over from an earlier run",
    ),
    Signature(
        ("errBadParameters:DESC IS TOO LONG",),
        r"errBadParameters: ?DESC IS TOO LONG",
        "a text in a task is longer than 160 bytes, the limit of the blockchain; characters other than ASCII need two bytes or more",
        "shorten the text, or split the build step into two",
    ),
    Signature(
        ("Transferring 100 ETH to local account failed",),
        r"Transferring 100 ETH to local account failed",
        "the Sentinel did not enrol this SN on the blockchain",
        "synchronise the clocks of all hosts with NTP, check that the Sentinel runs and is ready, then start this SN again",
    ),
    Signature(
        ("PDFile not found",),
        r"PDFile not found",
        "the License Server does not have the platform's licences",
        "install the platform's licence file in the License Server's web interface, https://ADDRESS:5814, and start the node again",
    ),
    Signature(
        ("Maximum configured SWCI wait time is over",),
        r"Maximum configured SWCI wait time is over",
        "the SWCI has stopped waiting for a task that may still be running, and continues with its next command",
        "raise swarm_training_days, or the SWCI's MAX_WAIT_TIME variables, which are in minutes",
    ),
    Signature(
        ("MAKE_USER_CONTAINER fails",),
        r"MAKE_USER_CONTAINER fails",
        "the SWOP could not build the ML image; on Ubuntu newer than 22.04, because it does not find its own image in the engine",
        "find the error of the build above this line; if it names the SWOP's image, use a host with Ubuntu 22.04 LTS",
    ),
    Signature(
        ("No such image: hub.docker.hpecorp.net/swarm-learning/sl:2.0.0",),
        r"(?i)(no such image|unable to find image|pull access denied for|not found).*hub\.docker\.hpecorp\.net/swarm-learning/sl",
        "the SWOP looks for the SL image under the vendor's internal name, so the task ends within seconds without starting an SL",
        "give the image that name as well (docker tag REGISTRY/sl:RELEASE "
        "hub.docker.hpecorp.net/swarm-learning/sl:RELEASE), and run the task again",
    ),
    Signature(
        ("rootlessport cannot expose privileged port",),
        r"rootlessport cannot expose privileged port",
        "a rootless engine cannot publish a port below 1024",
        "choose port 1024 or higher, or lower net.ipv4.ip_unprivileged_port_start with sysctl",
    ),
)
