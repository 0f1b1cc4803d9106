# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of the whole test run: nothing is skipped in CI, and the lab is not started for code that fails its unit tests."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

UNIT = Path(__file__).parent / "unit"

# Machines that share their cores are slow at times; that is no failure of the property.
settings.register_profile("swarm", deadline=None)
settings.load_profile("swarm")


def pytest_runtest_teardown(item, nextitem):
    """End the run before the first test that needs an engine when a unit test has failed."""
    at_the_boundary = nextitem and UNIT in item.path.parents and UNIT not in nextitem.path.parents
    if at_the_boundary and item.session.testsfailed:
        item.session.shouldfail = "unit tests failed; the lab is not started"


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    """In CI a skipped test fails the run: nobody would look for what was left out."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = len(reporter.stats.get("skipped", [])) if reporter else 0
    if os.environ.get("CI") == "true" and skipped and exitstatus == pytest.ExitCode.OK:
        reporter.write_line(f"\n{skipped} skipped: a failure where CI=true", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
