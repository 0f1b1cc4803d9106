# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Image references."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils import _images

HPE = "hub.myenterpriselicense.hpe.com"
DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("component", "release", "registry", "spire", "reference"),
    [
        ("sn", "2.3.0", "", "", f"{HPE}/hpe/swarm-learning/sn:2.3.0"),
        ("sn", "0.3.0", "", "1.8.4", f"{HPE}/hpe_eval/swarm-learning/sn:0.3.0"),
        ("spire_server", "0.3.0", "", "1.8.4", f"{HPE}/hpe_eval/swarm-learning/spire-server:0.3.0"),
        ("spire_server", "2.3.0", "", "", "ghcr.io/spiffe/spire-server:1.8.4"),
        ("spire_agent", "2.3.0", "", "1.15.3", "ghcr.io/spiffe/spire-agent:1.15.3"),
        ("apls", "2.3.0", "registry.lab:5000", "1.15.3", "registry.lab:5000/hpe_eval/autopass/apls:9.15"),
        ("swop", "2.2.0", "mirror.example.com/proxy/", "", "mirror.example.com/proxy/hpe/swarm-learning/swop:2.2.0"),
    ],
)
def test_reference(component, release, registry, spire, reference):
    assert _images.reference(component, release, registry, spire) == reference


@pytest.mark.parametrize(
    ("component", "release", "message"),
    [("sn", "2.9.9", "expected one of 0.3.0"), ("swop", "0.3.0", "release 0.3.0 does not have swop")],
)
def test_no_such_image(component, release, message):
    with pytest.raises(ValueError, match=message):
        _images.reference(component, release)


@pytest.mark.parametrize(
    ("wanted", "tags", "digests", "missing"),
    [
        (["a.b/c:1"], ["a.b/c:1"], [], []),
        (["a.b/c:1"], ["a.b/c:2"], [], ["a.b/c:1"]),
        (["a.b:5000/c"], ["a.b:5000/c:latest"], [], []),
        (["docker.io/library/debian:12"], ["debian:12"], [], []),
        (["tensorflow/tensorflow:2.7.0"], ["tensorflow/tensorflow:2.7.0"], None, []),
        ([f"a.b:5000/c:1@{DIGEST}"], None, [f"a.b:5000/c@{DIGEST}"], []),
        ([f"a.b/c@{DIGEST}"], ["a.b/c:1"], [], [f"a.b/c@{DIGEST}"]),
        (["x:1", "x:1"], [], [], ["x:1"]),
    ],
)
def test_missing(wanted, tags, digests, missing):
    assert _images.missing(wanted, [{"RepoTags": tags, "RepoDigests": digests}, {}]) == missing


def test_base_images_of_a_build():
    steps = [
        "FROM --platform=linux/amd64 python:3.11 AS build",
        "run echo FROM nowhere",
        "from build as second",
        "FROM scratch",
        "FROM tensorflow/tensorflow:2.7.0",
        " ",
    ]
    assert _images.base_images(steps) == ["python:3.11", "tensorflow/tensorflow:2.7.0"]


@pytest.mark.parametrize(
    ("image", "registry"),
    [("debian:12", "docker.io"), ("a/b", "docker.io"), ("a.b/c", "a.b"), ("localhost/c", "localhost"), ("h:5000/c:1", "h:5000")],
)
def test_registry(image, registry):
    assert _images.registry_of(image) == registry
