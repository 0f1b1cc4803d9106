# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When nodes are re-created for what their modules cannot see."""

import pytest
from ansible_collections.swarm.learning.plugins.filter.restart_reasons import restart_reasons
from ansible_collections.swarm.learning.plugins.plugin_utils._restarts import reasons

FILES = ["/c/sn/cert.pem", "/c/sn/key.pem", "/c/nodes/ca.pem", "/elsewhere/sn/cert.pem"]


@pytest.mark.parametrize(
    ("files", "new_trust", "check_mode", "classic", "expected"),
    [
        (FILES, False, True, False, ["sn", "nodes"]),
        (FILES, False, False, False, []),
        ([], True, False, False, []),
        ([], True, True, False, ["nodes"]),
        ([], True, False, True, ["nodes"]),
        (FILES, True, True, False, ["sn", "nodes"]),
        ([], False, True, True, []),
    ],
)
def test_reasons(files, new_trust, check_mode, classic, expected):
    assert reasons(files, "/c", new_trust, check_mode, classic) == expected


@pytest.mark.parametrize(
    ("new_ca", "bundles", "expected"),
    [
        (False, [], []),
        (True, [], ["nodes"]),
        (False, [{"skipped": True}, {"new_trust": False}], []),
        (False, [{"new_trust": False}, {"new_trust": True}], ["nodes"]),
    ],
)
def test_new_trust(new_ca, bundles, expected):
    assert restart_reasons([], "/c", new_ca=new_ca, bundles=bundles, check_mode=True) == expected
