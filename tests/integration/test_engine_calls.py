# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that changes nothing asks the engine little."""

import pytest

from tests.integration.proxy import unix_proxy
from tests.integration.running import run

MOST = 3


@pytest.mark.parametrize("module", ["apls", "spire_server", "sn", "swop", "swci"])
def test_no_change_costs_few_calls(world, module):
    params = world.params(module)
    run(module, **params)
    way = unix_proxy("/var/run/docker.sock", world.directory).start()
    result = run(module, **params, docker_host=way.address)
    way.close()
    assert not result["changed"]
    assert 0 < len(way.requests) <= MOST, way.requests
