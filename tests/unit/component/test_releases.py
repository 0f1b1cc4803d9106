# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables are consistent: everything that they name exists."""

import re
from dataclasses import replace

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._component import check, translate
from ansible_collections.swarm.learning.plugins.module_utils._container.parse import parse_mount
from ansible_collections.swarm.learning.plugins.module_utils._releases import NEWEST, RELEASES

from tests.support.machine import CLASSIC, COMPONENTS, CURRENT, parameters

TABLES = [pytest.param(r, name, table, id=f"{name}-{r}") for r, components in RELEASES.items() for name, table in components.items()]
PLAIN_KINDS = {"text", "port", "flag", "address", "own_address", "gpu", "trust_domain"}


def test_releases():
    assert tuple(RELEASES) == (CLASSIC, *CURRENT)
    assert CURRENT[-1] == NEWEST


def test_components():
    assert set(RELEASES[CLASSIC]) == set(COMPONENTS) - {"spire_agent", "swop"}
    assert all(set(RELEASES[release]) == set(COMPONENTS) for release in CURRENT)


@pytest.mark.parametrize(("release", "name", "table"), TABLES)
def test_options(release, name, table):
    known = set(parameters(name, release))
    assert set(table.options) <= known
    for option, what in table.options.items():
        assert what.kind in PLAIN_KINDS or what.kind in translate._RULES, option
        if what.kind not in {"text", "flag", "choice", "ml"}:
            assert what.kind in check._CHECKS, f"{option} is never checked"
        assert not what.derives or {what.derives[0], *what.instead_of} <= set(table.options)


@pytest.mark.parametrize(("release", "name", "table"), TABLES)
def test_rules_name_options(release, name, table):
    named = {option for group in table.required for option in group} | {option for pair in table.exclusive for option in pair}
    named |= {option for replacing in table.unless.values() for option in replacing} | set(table.unless) | set(table.configuration)
    assert named <= set(table.options)


@pytest.mark.parametrize(("release", "name", "table"), TABLES)
def test_image_volumes_and_signal(release, name, table):
    assert re.fullmatch(r"[a-z-]+:[\d.]+", table.image)
    assert not table.image_by or table.image_by[0] in table.options
    assert all(parse_mount(volume) for volume in (*table.volumes, *table.pair_volumes))
    assert re.compile(table.ready.log)
    assert table.ready.log or table.ready.port or table.ready.health
    assert table.wait_timeout > 0


@pytest.mark.parametrize(
    ("component", "line"),
    [
        ("sn", "2026-01-01 swarm.blCnt : INFO : Starting SWARM-API-SERVER on port: 30304"),
        ("sn", "Starting SWARM-API-SERVER on port :30304"),
        ("swop", "SWOPExecutor : Ready for Task Execution!"),
        ("swci", "API Server is UP!"),
        ("swci", "SWCI:0 > "),
        ("spire_agent", "level=info msg=\"Starting Workload and SDS APIs\" address=/tmp/x"),
        ("spire_agent", 'msg="Starting agent APIs"'),
        ("spire_server", 'msg="Starting Server APIs"'),
        ("spire_server", 'msg="Starting UDS server" address=/tmp/spire-registration.sock'),
    ],
)  # fmt: skip
def test_ready_line(component, line):
    assert re.search(RELEASES[NEWEST][component].ready.log, line)


@pytest.mark.parametrize("release", ["2.1.0", "2.2.0"])
def test_newer_releases_differ_in_nothing_but_the_tag(release):
    for name, table in RELEASES[release].items():
        newest = RELEASES[NEWEST][name]
        assert replace(table, image=newest.image) == newest
