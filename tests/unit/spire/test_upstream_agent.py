# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent that lets a SPIRE Server below another get its CA."""

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.swarm.learning.plugins.filter.upstream_agent import upstream_agent

ALONE = {
    "host": "site-1",
    "swarm_dir": "/data/swarm",
    "agent": "agent",
    "release": "2.3.0",
    "version": "1.8.4",
    "trust_domain": "org1",
    "upstream": "root",
    "address": "192.0.2.1",
}
FOUND = {
    "name": "agent-upstream",
    "release": "2.3.0",
    "version": "1.8.4",
    "dir": "/data/swarm/spire-agent-upstream",
    "socket_dir": "agent-upstream-socket",
    "id": "spiffe://org1/swarm/agent/site-1/upstream",
    "server_host": "root",
    "server_address": "192.0.2.1",
    "server_port": 8081,
    "server_name": "spire-server",
    "monitored": False,
    "token_dir": "/data/swarm/tokens",
}


@pytest.mark.parametrize(
    ("more", "other"),
    [
        ({}, {}),
        ({"port": 9081, "agent_id": "spiffe://org1/mine"}, {"server_port": 9081, "id": "spiffe://org1/mine"}),
        ({"container": "root-server", "token_dir": "/srv/tokens"}, {"server_name": "root-server", "token_dir": "/srv/tokens"}),
        ({"container": "", "token_dir": "", "agent_id": ""}, {}),
    ],
)
def test_variables(more, other):
    assert upstream_agent({**ALONE, **more}) == {**FOUND, **other}


def test_unknown_fact():
    with pytest.raises(AnsibleFilterError, match="server_container"):
        upstream_agent({**ALONE, "server_container": "x"})
