# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real SPIRE: images as the lab makes them, and worlds of a server and an agent."""

import itertools
import os

import pytest

from lab import binaries, images
from tests.integration.spire.spire_pair import Spire

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def spire_images(docker_client):
    """Name → reference of the server's and the agent's image."""
    return images.spire(docker_client, images.base(docker_client), binaries.build())


def _up(docker_client, spire_images, directory):
    made = Spire(docker_client, directory, f"spire-test-{os.getpid()}-{next(_NUMBERS)}", spire_images)
    try:
        made.up()
        yield made
    finally:
        made.clean()


@pytest.fixture(scope="module")
def spire(docker_client, spire_images, tmp_path_factory):
    """A server and an attested agent for all tests of a file; each test leaves them attested."""
    yield from _up(docker_client, spire_images, tmp_path_factory.mktemp("spire"))
