# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real engine, an image whose containers do what their arguments say, and names of its own for each test."""

import itertools
import os

import pytest

from lab import engine, images
from tests.support import module_runner

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def docker_client():
    """A client of this machine's engine; one is started where none runs."""
    return engine.ensure()


@pytest.fixture(scope="session")
def stub_images(docker_client):
    """Two images of the stub, which differ in nothing but an environment variable."""
    base = images.base(docker_client)
    for variant, reference in (("1", module_runner.IMAGE), ("2", module_runner.OTHER_IMAGE)):
        context = module_runner.build_context(base, variant)
        docker_client.images.build(fileobj=context, custom_context=True, tag=reference, rm=True, forcerm=True)
    return module_runner.IMAGE, module_runner.OTHER_IMAGE


@pytest.fixture
def world(docker_client, stub_images, tmp_path):
    """A `module_runner.Sandbox`."""
    made = module_runner.Sandbox(docker_client, tmp_path, f"swarm-test-{os.getpid()}-{next(_NUMBERS)}")
    yield made
    made.clean()
