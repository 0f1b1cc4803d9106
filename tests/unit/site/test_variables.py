# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which variables a host is asked for its part of the site."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._site import variables

ROLES = ["swarm.learning.swarm", "swarm.learning.sn"]


@pytest.mark.parametrize(
    ("inventory", "defined", "found"),
    [
        (["swarm_network", "mine"], [], ["swarm_network"]),
        ([], ["swop_nodes", "mine"], ["swop_nodes"]),  # which a play sets, as none of these roles has it
        ([], ["sn_api_port"], []),  # the default of a role
        (["sn_api_port"], ["sn_api_port"], ["sn_api_port"]),
        ([], ["ansible_host"], []),
        (["ansible_host"], ["ansible_host"], ["ansible_host"]),
    ],
)
def test_variables_that_somebody_has_set(inventory, defined, found):
    assert variables.names(inventory, defined, ROLES) == found
