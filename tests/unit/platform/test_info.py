# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What swarm_info says of a container's image and of its runs."""

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._platform.containers import describe, of_image, of_runs

ID, ONE, TWO = "sha256:1d", "sha256:01", "sha256:02"
NEVER = "0001-01-01T00:00:00Z"
HUB = {"Id": ID, "RepoDigests": [f"mirror.example/sn@{ONE}", f"hub.example:5000/swarm-learning/sn@{TWO}"]}
STATE = {"Status": "exited", "Running": False, "ExitCode": 1, "StartedAt": "2026-01-01T00:00:00.6Z", "FinishedAt": "2026-01-01T00:01:00Z"}
INSPECT = {
    "Id": "c1",
    "Name": "/sn-1",
    "Image": ID,
    "Config": {"Image": "mirror.example/sn:2.3.0"},
    "HostConfig": {},
    "State": {**STATE, "Health": {"Status": "unhealthy"}},
    "NetworkSettings": {"Networks": {"swarm": {"IPAddress": "172.18.0.2"}, "other": {"IPAddress": None}}},
    "RestartCount": 3,
}


@pytest.mark.parametrize(
    ("reference", "image", "digest"),
    [
        ("hub.example:5000/swarm-learning/sn:2.3.0", HUB, TWO),
        (f"mirror.example/sn@{ONE}", HUB, ONE),
        ("by-another-name:1", HUB, ONE),
        ("built-here:1", {"Id": ID, "RepoDigests": []}, ""),
        ("removed:1", {"Id": ID}, ""),
    ],
)
def test_digest_is_that_of_the_repository_that_was_named(reference, image, digest):
    assert of_image(reference, image) == {"image_id": ID, "digest": digest}


@pytest.mark.parametrize(
    ("state", "started", "finished"),
    [
        (STATE, 1767225601, 1767225660),
        ({"StartedAt": NEVER, "FinishedAt": NEVER}, None, None),
        ({"StartedAt": "2026-01-01T00:00:00Z", "FinishedAt": NEVER}, 1767225600, None),
        ({"StartedAt": ""}, None, None),
    ],
)
def test_moments_of_runs(state, started, finished):
    assert of_runs({"State": state}) == {"started_at": started, "finished_at": finished}


class Engine:
    """An engine that knows one image."""

    def image(self, reference):
        return HUB if reference == ID else None


@pytest.mark.parametrize(("image", "digest"), [(ID, ONE), ("sha256:removed", "")])
def test_container_is_described(image, digest):
    found = describe(Engine(), "sn", "2.3.0", {**INSPECT, "Image": image})
    assert found == {
        "name": "sn-1",
        "component": "sn",
        "release": "2.3.0",
        "image": "mirror.example/sn:2.3.0",
        "image_id": image,
        "digest": digest,
        "state": "exited",
        "ready": False,
        "health": "unhealthy",
        "ports": [],
        "networks": {"swarm": "172.18.0.2", "other": ""},
        "started_at": 1767225601,
        "finished_at": 1767225660,
        "uptime": 0,
        "restarts": 3,
        "exit_code": 1,
        "identity": {},
    }
