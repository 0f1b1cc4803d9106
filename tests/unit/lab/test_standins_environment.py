# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-ins take from their environment, and what they refuse."""

from __future__ import annotations

import pytest
from swarmlab import environment
from swarmlab.process import Refusal

LICENCE = {"SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_IP": "10.0.0.1"}
SENTINEL = {**LICENCE, "SN_I_AM_SENTINEL": "1", "THIS_NODE_IP": "10.0.0.1"}
CHANNELS = {"SL_REQUEST_CHANNEL": "/a", "SL_RESPONSE_CHANNEL": "/b"}


@pytest.mark.parametrize(
    ("component", "environ"),
    [
        ("apls", {}),
        ("sn", SENTINEL),
        ("sn", {**LICENCE, "SENTINEL_NODE_IP": "h", "THIS_NODE_IP": "h"}),
        ("sn", {**LICENCE, "SENTINEL_API_SERVICE": "s", "SN_API_SERVICE": "a", "SN_ETH_P2P_SERVICE": "p"}),
        ("sn", {"SWARM_LICENSE_AUTOPASSJ_SERVER_SECONDARY_IP": "h", "SN_I_AM_SENTINEL": "1", "THIS_NODE_IP": "h"}),
        ("sl", {**LICENCE, **CHANNELS, "SN_NODE_IP": "h", "THIS_NODE_IP": "h"}),
        ("sl", {**LICENCE, **CHANNELS, "SN_API_SERVICE": "s", "SL_FS_SERVICE": "f"}),
        ("swop", {**LICENCE, "SN_NODE_IP": "h", "SWOP_PROFILE": "p"}),
        ("swci", LICENCE),
    ],
)
def test_sufficient_environment(component: str, environ: dict[str, str]):
    environment.read(component, environ)


@pytest.mark.parametrize(
    ("component", "environ", "missing"),
    [
        (
            "sn",
            {},
            ["SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_IP", "SN_I_AM_SENTINEL or SENTINEL_NODE_IP or SENTINEL_API_SERVICE", "THIS_NODE_IP"],
        ),
        (
            "sn",
            {**SENTINEL, "THIS_NODE_IP": "", "SN_API_SERVICE": "a"},
            ["THIS_NODE_IP must be set, or SN_API_SERVICE and SN_ETH_P2P_SERVICE"],
        ),
        ("sn", {**SENTINEL, "SN_I_AM_SENTINEL": "yes"}, ["SN_I_AM_SENTINEL or"]),
        ("sn", {**SENTINEL, "SN_API_SERVER_PORT": "0"}, ["SN_API_SERVER_PORT=0 is not a number from 1 to 65535"]),
        ("sn", {**SENTINEL, "SN_ETH_PORT_EXT": "many"}, ["SN_ETH_PORT_EXT=many"]),
        (
            "sl",
            LICENCE,
            ["SN_NODE_IP or SN_API_SERVICE", "SL_REQUEST_CHANNEL", "SL_RESPONSE_CHANNEL", "THIS_NODE_IP must be set, or SL_FS_SERVICE"],
        ),
        ("swop", LICENCE, ["SN_NODE_IP or SN_API_SERVICE", "SWOP_PROFILE"]),
        ("swci", {}, ["SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_IP or SWARM_LICENSE_AUTOPASSJ_SERVER_SECONDARY_IP"]),
    ],
)
def test_insufficient_environment(component: str, environ: dict[str, str], missing: list[str]):
    with pytest.raises(Refusal) as refusal:
        environment.read(component, environ)
    for each in missing:
        assert each in str(refusal.value)


@pytest.mark.parametrize(
    ("host", "port", "service", "found"),
    [("h", 16000, None, ("h", 16000)), ("h", 16000, "s.org", ("s.org", 30304)), (None, 30304, "s.org:443", ("s.org", 443))],
)
def test_an_address_is_the_service_or_the_host(host: str | None, port: int, service: str | None, found: tuple[str, int]):
    assert environment.address(host, port, service, 30304) == found


def test_a_service_with_a_wrong_port_is_refused():
    with pytest.raises(Refusal, match="FQDN or FQDN:PORT"):
        environment.address(None, 1, "s.org:x", 30304)
