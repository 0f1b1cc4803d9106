# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What known texts in a log mean, what of a log may be shown, and when a container was started."""

import re

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._container.engine import LogSearch, search_log
from ansible_collections.swarm.learning.plugins.module_utils._container.log_signatures import SIGNATURES
from ansible_collections.swarm.learning.plugins.module_utils._container.readiness import (
    explain,
    is_ready,
    mask,
    run_began,
    started_at,
    still_coming_up,
)
from ansible_collections.swarm.learning.plugins.module_utils._container.ready_signal import Ready

LINES = [
    ("Error code: 6002, Unable to connect to server", "License Server", "apls_ip and apls_port", True),
    ("acquireLicense: 304 tokens with capacity 1 is not available", "all licences are in use", "30 minutes", True),
    ("level=error msg=\"PermissionDenied: no identity issued\"", "no registration entry", "selector", False),
    ("could not parse: join token does not exist or has already been used", "already used", "create a new token", True),
    (
        'msg="Agent crashed" error="opening stream: rpc error: desc = join token attestation is currently implemented within the agent"',
        "nor a join token", "set join_token to it", True,
    ),
    (
        'error="failed to get SVID: rpc error: desc = transport: Error while dialing dial tcp 192.0.2.1:8081: connect: connection refused"',
        "SPIRE Server does not answer", "server_address", False,
    ),
    ("ModuleNotFoundError: No module named 'tensorflow'", "framework that its image does not have", "sl_platform", False),
    ("ModuleNotFoundError: No module named 'pandas'", "package that its image does not have", "build of swarm_training", False),
    ("python3: can't open file '/tmp/test/model/x.py': [Errno 2] No such file or directory", "not where the container looks", "program", False),
    ("FileNotFoundError: [Errno 2] No such file or directory: '/data/a.csv'", "not in its container", "private_data", False),
    ("torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", "less memory", "smaller batches", False),
    ("ResourceExhaustedError: OOM when allocating tensor with shape[64,512]", "less memory", "smaller batches", False),
    ("rpc error: join token expired", "not used in time", "create a new token", True),
    ("x509: certificate signed by unknown authority", "trust bundle", "delete the agent's data", False),
    ("datastore-sql: tls: … x509: certificate signed by unknown authority", "cannot use its database", "ca_file", False),
    ("unable to find federated bundle", "federated trust domain", "exchange the trust bundles", False),
    ("local copy of bundle not found", "federated trust domain", "exchange the trust bundles", False),
    ("failed to launch plugin: checksums did not match", "plugin_checksum", "SHA-256", True),
    ("tls: certificate has expired", "has expired", "outlast the training", False),
    ("errUidNotMatchingWithEnroll", "same port or host name", "own port", True),
    ("CHECKIN NOT ALLOWED", "training started before", "4 SL nodes", True),
    ("Sentinel node 192.0.2.1 is not reachable", "Sentinel does not answer", "sentinel_ip", False),
    ("bind: address already in use", "port is in use", "different port", False),
    ("write /x: no space left on device", "disk is full", "free space", False),
    ("could not resolve caller information", "cannot see the processes", "pid_mode: host", False),
    ("migrating from schema version 12 requires a previous SPIRE release", "older release", "one minor release", True),
    ("x509: certificate has expired or is not yet valid: current time 2026-01-01T00:00:00Z is before 2026-01-02", "clocks", "NTP", False),
    ("client version 1.43 is too old. Minimum supported API version is 1.44", "API version", "min-api-version", False),
    ("ERROR: Invalid requirement: 'swarmlearning==client'", "pip refuses", "swarmlearning-RELEASE", False),
    ("pip: error: invalid requirement 'swarmlearning==client'", "pip refuses", "swarmlearning-RELEASE", False),
    (
        "Mismatch in the Swarm API version between ML and SL containers. Expected version 2, but the version received from the header is 1.",
        "different versions", "wheel of the SL node's release", False,
    ),
    ('Failed to start thread "GC Thread#0" - pthread_create failed (EPERM)', "engine is too old", "upgrade the Docker Engine", True),
    ("could not rotate trust to a new trusted root", "signing keys", "~/.docker/trust", False),
    ("Unable to contact API-Server", "SN node of this container does not answer", "sn_api_port", False),
    ("swarm.swci: API server is down", "no longer runs", "Sentinel first", False),
    ("errBadParameters:DESC IS TOO LONG", "160 bytes", "shorten", False),
    ("ERROR: Transferring 100 ETH to local account failed", "did not enrol", "NTP", False),
    ("ERROR: PDFile not found", "does not have the platform's licences", "licence file", False),
    ("WARNING - Maximum configured SWCI wait time is over", "stopped waiting", "swarm_training_days", False),
    ("SWOP MAKE_USER_CONTAINER fails.", "could not build the ML image", "Ubuntu 22.04", False),
    (
        "docker.errors.ImageNotFound: No such image: hub.docker.hpecorp.net/swarm-learning/sl:2.0.0",
        "internal name", "docker tag", False,
    ),
    ("Error: rootlessport cannot expose privileged port 443", "below 1024", "ip_unprivileged_port_start", False),
    ("Package 'swarmlearning' requires a different Python: 3.11.4 not in '<3.10,>=3.8'", "does not support", "3.8 or 3.9", False),
    ('could not select device driver "" with capabilities: [[gpu]]', "cannot give the container a GPU", "toolkit", False),
    ("DataLoader worker is killed by signal: Bus error.", "shared memory", "shm_size", False),
    ("error while creating mount source path '/x': mkdir /x: read-only file system", "snap", "packages of the distribution", False),
]  # fmt: skip


@pytest.mark.parametrize(("line", "cause", "remedy", "final"), LINES)
def test_known_text(line, cause, remedy, final):
    (sentence,) = explain(f"before\n{line}\nafter")
    assert cause in sentence
    assert remedy in sentence.partition(";")[2]
    assert any(signature.final for signature in SIGNATURES if re.search(signature.pattern, line)) == final


@pytest.mark.parametrize("line", ["all is well", "Acquiring floating license", "Sentinel Node is up", "token accepted", "SVID loaded"])
def test_unknown_text_has_no_explanation(line):
    assert explain(line) == []


@pytest.mark.parametrize("signature", SIGNATURES, ids=lambda signature: signature.pattern)
def test_texts_are_found_by_their_pattern(signature):
    assert [text for text in signature.texts if not re.search(signature.pattern, text)] == []


def test_every_signature_is_tested():
    assert all(any(re.search(signature.pattern, line) for line, *_others in LINES) for signature in SIGNATURES)


KEY = "-----BEGIN PRIVATE KEY-----\nMIGH\nAgEA\n-----END PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("log", "shown"),
    [
        ("using 0f8fad5b-d9cb-469f-a165-70867728950e now", "using ******** now"),
        ("DB_PASSWORD=hunter2 next", "DB_PASSWORD=******** next"),
        ('{"api_token": "abc", "x": 1}', '{"api_token": "********", "x": 1}'),
        ("secret: 's3', more", "secret: '********', more"),
        (KEY, "-----BEGIN PRIVATE KEY-----********-----END PRIVATE KEY-----"),
        ("join token does not exist", "join token does not exist"),
        ("the value is my-own-secret!", "the value is ********!"),
        ("SWARM_ID_KEY=/etc/swarm/key.pem", "SWARM_ID_KEY=/etc/swarm/key.pem"),
    ],
)
def test_mask(log, shown):
    assert mask(log, ["my-own-secret", "", "x"]) == shown


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-01T00:00:00.5Z", 1767225600.5),
        ("2026-01-01T00:00:00Z", 1767225600.0),
        ("2026-01-01T01:00:00.123456789+01:00", 1767225600.123456789),
    ],
)
def test_started_at(text, seconds):
    assert started_at({"State": {"StartedAt": text}}) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("signal", "left"),
    [
        (Ready(log="up", health=("check",)), Ready(log="up")),
        (Ready(port=1, tls=True), Ready(port=1, tls=True)),
        (Ready(health=("check",)), Ready()),
    ],
)
def test_signals_that_are_still_awaited(signal, left):
    assert still_coming_up(signal) == left


@pytest.mark.parametrize(
    ("finished", "seconds"),
    [("0001-01-01T00:00:00Z", 0), ("", 0), ("1970-01-01T00:01:40.5Z", 100.5)],
)
def test_run_began_after_the_run_before_it(finished, seconds):
    assert run_began({"State": {"StartedAt": "1970-01-01T00:02:00Z", "FinishedAt": finished}}) == seconds


LOG = [b"2026-01-02T03:04:06.1Z first\n2026-01-02T03:04:07Z Ready", b" for it\n2026-01-02T03:04:08Z more\n"]


@pytest.mark.parametrize(
    ("pattern", "most", "expected"),
    [
        ("Ready for", 1000, {"found": True}),
        ("more$", 1000, {"found": True}),
        ("never", 1000, {"found": False}),
        ("2026", 1000, {"found": False}),  # the engine's time is no part of the line
        ("more", 10, {"found": False, "whole": False}),
    ],
)
def test_search_in_a_log(pattern, most, expected):
    assert search_log(LOG, pattern, most) == LogSearch(**expected, first="2026-01-02T03:04:06.1Z")


def test_search_in_an_empty_log():
    assert search_log([], "x", 10) == LogSearch()


class OneLog:
    """An engine whose one container has a log."""

    address = ""

    def __init__(self, search):
        self.search = search

    def log_search(self, _inspect, _since, _pattern, _most):
        return self.search


@pytest.mark.parametrize(
    ("search", "ready"),
    [
        (LogSearch(found=True, first="2026-01-02T03:04:06Z"), True),
        (LogSearch(first="2026-01-02T03:04:06Z"), False),
        (LogSearch(), False),
        (LogSearch(first="2026-01-03T03:04:06Z"), True),  # rotated: its first lines are gone
        (LogSearch(first="2026-01-02T03:04:06Z", whole=False), True),
        (LogSearch(readable=False), True),
    ],
)
def test_signal_of_a_container_that_runs_already(search, ready):
    inspect = {"Id": "1", "State": {"StartedAt": "2026-01-02T03:04:05Z"}}
    assert is_ready(OneLog(search), inspect, Ready(log="x")) is ready
