# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One lab and one platform for all tests of this directory; those that break things come last, and repair them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.site import lab_platform as world

ORDER = (
    "test_bad_input",
    "test_preflight",
    "test_preflight_faults",
    "test_second_run",
    "test_support",
    "test_bundle",
    "test_in_progress",
    "test_training_keys",
    "test_secrets",
    "test_sequences",
    "test_by_hand",
    "test_roles_alone",
    "test_exchange",
    "test_revoke",
    "test_upgrade",
    "test_identity_breaks",
    "test_reboot",
    "test_monitoring",
    "test_stop",
    "test_certificates",
    "test_reverse_proxy",
    "test_platform_examples",
    "test_backup",
)
HERE = Path(__file__).parent


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """This directory's files in ORDER, where the first of them stood."""
    mine = [item for item in items if item.path.parent == HERE]
    if mine:
        first = items.index(mine[0])
        mine.sort(key=lambda item: ORDER.index(item.path.stem))
        others = [item for item in items if item.path.parent != HERE]
        items[:] = [*others[:first], *mine, *others[first:]]


@pytest.fixture(scope="session")
def lab():
    """The lab is up, with the two hosts of inventories/lab; it stays up for who comes next."""
    world.lab_up()


@pytest.fixture(scope="session")
def platform(lab, tmp_path_factory):
    """The platform of inventories/lab is deployed, and its training has ended well; whatever was there before is taken up."""
    # A training that an interrupted test left behind would wait for peers that are gone.
    word = ("-e", "swarm_interrupt_training=true")
    world.worked(world.play(tmp_path_factory.mktemp("platform") / "site.jsonl", "-i", str(world.LAB), *word))
    world.trained()


@pytest.fixture
def log(tmp_path):
    """Where a playbook's JSON lines go."""
    return tmp_path / "ansible.jsonl"
