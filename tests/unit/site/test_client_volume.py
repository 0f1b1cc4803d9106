# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the volume that SWOPs build the ML image from is created."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._client_volume import is_due

WANTED = {"type": "none", "o": "bind", "device": "/srv/client"}
OURS = {"learning.swarm.component": "client"}


@pytest.mark.parametrize(
    ("volumes", "due"),
    [
        ([], True),
        ([{"Name": "other", "Labels": OURS, "Options": WANTED}], True),
        ([{"Name": "client", "Labels": OURS, "Options": WANTED}], False),
        ([{"Name": "client", "Labels": OURS, "Options": {**WANTED, "device": "/old"}}], True),
        ([{"Name": "client", "Labels": OURS, "Options": None}], True),
        ([{"Name": "client", "Labels": None, "Options": {**WANTED, "device": "/mine"}}], False),
        ([{"Name": "client", "Labels": {"mine": ""}, "Options": None}], False),
    ],
)
def test_is_due(volumes, due):
    assert is_due(volumes, "client", WANTED) is due
