# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of every test run: nothing is skipped in CI."""

import os

import pytest
from hypothesis import settings

# Machines that share their cores are slow at times; that is no failure of the property.
settings.register_profile("swarm", deadline=None)
settings.load_profile("swarm")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    """In CI a skipped test fails the run: nobody would look for what was left out."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = len(reporter.stats.get("skipped", [])) if reporter else 0
    if os.environ.get("CI") == "true" and skipped and exitstatus == pytest.ExitCode.OK:
        reporter.write_line(f"\n{skipped} skipped: a failure where CI=true", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
