# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A configuration that the real server cannot work with never reaches the one that runs."""

import pytest
from ansible_collections.swarm.learning.plugins.module_utils import _spire_config

from tests.integration.spire.world import DOMAIN, VERSION

SERVER = "swarm.learning.spire_server"
GOOD = _spire_config.server({"version": VERSION, "trust_domain": DOMAIN})


def test_a_configuration_that_the_server_refuses_changes_nothing_that_runs(spire):
    container = spire.client.containers.get(spire.server)
    before = (container.id, container.attrs["State"]["StartedAt"])
    wrong = {**GOOD, "server": {**GOOD["server"], "no_such_option": 1}}
    for _again in range(2):
        with pytest.raises(AssertionError, match=r"was not restarted(.|\n)*unknown configuration detected"):
            spire.roles(SERVER, spire_server_config=wrong)
        container.reload()
        assert (container.id, container.attrs["State"]["StartedAt"]) == before
        assert not (spire.directory / "host/spire-server/conf/server.conf").exists()
    spire.roles(SERVER)
    assert spire.healthy()
    assert spire.roles(SERVER).stats["localhost"]["changed"] == 0
