# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that `--limit` must not leave out."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import limits

from tests.support.site_inventory import two_orgs

THREE = two_orgs(
    groups={"swarm_spire_agent": ["host-1", "host-2", "host-3"]},
    host_3={"ansible_host": "172.3.3.3", "swarm_trust_domain": "org1.swarm.learning"},
)


@pytest.mark.parametrize("hosts", [["host-1"], ["host-2"], ["host-1", "host-3"], ["host-1", "host-2", "host-3"], []])
def test_hosts_that_need_no_other(hosts):
    assert limits.problems(THREE, hosts) == []


def test_agent_without_its_server():
    [said] = limits.problems(THREE, ["host-2", "host-3"])
    assert said.startswith("--limit leaves out host-1, whose SPIRE Server gives host-3 join tokens and entries")
    assert said.endswith("--limit host-2,host-3,host-1")
