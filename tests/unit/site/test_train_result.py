# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a training of several hosts ended: one verdict, and what each host says."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._train_result import failures, result

NODE = {"name": "ml-1", "state": "finished", "round": 9, "epoch": 3, "epochs": 3, "peers": 2, "line": "done"}
WHY = "container ml-1 ended with exit code 1"
DONE = {"verdict": "finished", "nodes": [NODE], "failure": ""}
SWCI_ONLY = {"verdict": "finished", "nodes": [], "failure": ""}
BROKEN = {"verdict": "incomplete", "nodes": [{**NODE, "state": "failed"}], "failure": WHY}
FAILED = {"verdict": "failed", "failure": WHY, "nodes": []}
WAITS = {**NODE, "state": "running"}
STOPPED = {"verdict": "stopped", "msg": "stopped waiting for the nodes of host-2", "nodes": [WAITS]}
LATE = {"verdict": "running", "failed": True, "msg": "did not end within 60 s", "nodes": [NODE]}
AWAY = {"unreachable": True, "msg": "no route to host"}
CRASHED = {"failed": True, "msg": "No module named 'docker'"}
SKIPPED = {"skipped": True, "changed": False}
VERDICTS = {
    "all finished": ([DONE, DONE, SWCI_ONLY], "finished"),
    "the nodes are gone": ([SWCI_ONLY], "finished"),
    "one failed and others went on": ([DONE, BROKEN], "incomplete"),
    "all failed, and the script went on": ([SWCI_ONLY, BROKEN, BROKEN], "failed"),
    "one failed and ended the wait": ([STOPPED, FAILED], "failed"),
    "one failed, and another has come to the end": ([DONE, FAILED], "incomplete"),
    "one failed, another has come to the end, and a third waits": ([DONE, FAILED, STOPPED], "failed"),
    "the module itself failed": ([DONE, CRASHED], "failed"),
    "too late": ([DONE, LATE], "running"),
    "out of reach": ([LATE, AWAY], "unreachable"),
    "one failed while another was out of reach": ([AWAY, FAILED], "failed"),
    "nobody waited": ([SKIPPED, {}], "none"),
}


def ended(*waited, fetched=None):
    return result({f"host-{number}": one for number, one in enumerate(waited, 1)}, {"host-1": fetched or {}})


@pytest.mark.parametrize(("waited", "verdict"), VERDICTS.values(), ids=VERDICTS)
def test_verdict(waited, verdict):
    assert ended(*waited)["verdict"] == verdict


def test_hosts_that_did_not_wait_are_left_out():
    assert list(ended(DONE, SKIPPED, {}, AWAY)["hosts"]) == ["host-1", "host-4"]


def test_models_with_their_checksums():
    copied = {
        "item": {"path": "/srv/model/a.npz", "size": 12, "checksum": "ab", "mode": "0644"},
        "dest": "/home/me/models/host-1/srv/model/a.npz",
    }
    lost = {"item": copied["item"], "failed": True, "msg": "no space left"}
    for fetched, number in (({"results": [copied]}, 1), ({"results": [lost]}, 0), (SKIPPED, 0)):
        [host] = ended(DONE, fetched=fetched)["hosts"].values()
        assert host["models"] == [{"path": "/srv/model/a.npz", "size": 12, "sha256": "ab", "file": copied["dest"]}] * number


def test_why_nodes_failed():
    assert failures(ended(BROKEN, DONE, FAILED)) == f"host-1: {WHY}\nhost-3: {WHY}"
