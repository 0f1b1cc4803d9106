# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each component reads from its environment, as data, by release line. Nothing else reads the environment.

Source: the table of the platform's launch scripts and the containers that come out of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from swarmlab.process import Refusal


@dataclass(frozen=True)
class Variable:
    """One environment variable: what reads it calls it ``name``; ``kind`` is text, port or flag ("1" is true)."""

    name: str
    variable: str
    kind: str = "text"
    default: str | int | bool | None = None


@dataclass(frozen=True)
class Table:
    """A component's variables, and the groups of which at least one must be set (each a tuple of ``name``)."""

    variables: tuple[Variable, ...]
    one_of: tuple[tuple[str, ...], ...] = ()
    unless: Mapping[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)


LICENCE = (
    Variable("apls_ip", "SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_IP"),
    Variable("apls_port", "SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_PORT", "port", 5814),
    Variable("secondary_apls_ip", "SWARM_LICENSE_AUTOPASSJ_SERVER_SECONDARY_IP"),
    Variable("secondary_apls_port", "SWARM_LICENSE_AUTOPASSJ_SERVER_SECONDARY_PORT", "port", 5814),
)
HOST_IP = Variable("host_ip", "THIS_NODE_IP")
AT_SN = (
    Variable("sn_ip", "SN_NODE_IP"),
    Variable("sn_api_port", "SN_API_SERVER_PORT", "port", 30304),
    Variable("sn_api_service", "SN_API_SERVICE"),
)
SERVICE_PORT = 443  # of a service that names none; that of the SNs' ledger is another
NEEDS_LICENCE = ("apls_ip", "secondary_apls_ip")
NEEDS_SN = ("sn_ip", "sn_api_service")

CURRENT: Mapping[str, Table] = {
    "apls": Table((Variable("capacity", "APLS_LICENSE_CAPACITY", "count", 100),)),  # the lab's: a real one reads its licence file
    "sn": Table(
        (
            *LICENCE,
            HOST_IP,
            Variable("sentinel", "SN_I_AM_SENTINEL", "flag", False),
            Variable("sentinel_ip", "SENTINEL_NODE_IP"),
            Variable("sentinel_api_port", "SENTINEL_API_SERVER_PORT", "port", 30304),
            Variable("sentinel_api_service", "SENTINEL_API_SERVICE"),
            Variable("sn_api_port", "SN_API_SERVER_PORT", "port", None),
            Variable("sn_p2p_port", "SN_ETH_PORT_EXT", "port", 30303),
            Variable("sn_api_service", "SN_API_SERVICE"),
            Variable("sn_p2p_service", "SN_ETH_P2P_SERVICE"),
        ),
        (NEEDS_LICENCE, ("sentinel", "sentinel_ip", "sentinel_api_service")),
        {("host_ip",): ("sn_api_service", "sn_p2p_service")},
    ),
    "sl": Table(
        (
            *LICENCE,
            *AT_SN,
            HOST_IP,
            Variable("sl_fs_port", "SL_FS_PORT", "port", 30305),
            Variable("sl_fs_service", "SL_FS_SERVICE"),
            Variable("request_channel", "SL_REQUEST_CHANNEL"),
            Variable("response_channel", "SL_RESPONSE_CHANNEL"),
            Variable("full_quorum_seconds", "SL_WAIT_FOR_FULL_QUORUM_SECONDS", "count", 30),
        ),
        (NEEDS_LICENCE, NEEDS_SN, ("request_channel",), ("response_channel",)),
        {("host_ip",): ("sl_fs_service",)},
    ),
    "swop": Table(
        (
            *LICENCE,
            *AT_SN,
            Variable("profile", "SWOP_PROFILE"),
            Variable("uid", "SWOP_UID", "id", 0),
            Variable("gid", "SWOP_GID", "id", 0),
            Variable("docker_gid", "SWOP_DOCKER_GID", "id", None),
            Variable("keep_containers", "SWOP_KEEP_CONTAINERS", "flag", False),
        ),
        (NEEDS_LICENCE, NEEDS_SN, ("profile",)),
    ),
    "swci": Table(
        (
            *LICENCE,
            Variable("script", "SWCI_STARTUP_SCRIPT"),
            Variable("mode", "SWCI_MODE"),
            Variable("web_port", "SWCI_WEB_PORT", "port", 30306),
        ),
        (NEEDS_LICENCE,),
    ),
}

# Release 0.3.0. A Sentinel is told by its own address, and found by its file server's port.
CLASSIC_LICENCE = LICENCE[:2]
CLASSIC: Mapping[str, Table] = {
    "sn": Table(
        (
            *CLASSIC_LICENCE,
            HOST_IP,
            Variable("sentinel_ip", "SENTINEL_NODE_IP"),
            Variable("sentinel_api_port", "SENTINEL_FS_PORT", "port", 30305),
            Variable("sn_api_port", "API_SERVER_PORT", "port", None),
            Variable("sn_p2p_port", "ETH_PORT", "port", 30303),
            Variable("sn_fs_port", "SN_FS_PORT", "port", 30305),
        ),
        (("apls_ip",), ("host_ip",), ("sentinel_ip",)),
    ),
    "sl": Table(
        (
            *CLASSIC_LICENCE,
            HOST_IP,
            Variable("sn_ip", "SENTINEL_NODE_IP"),
            Variable("sn_api_port", "API_SERVER_PORT", "port", 30304),
            Variable("sl_fs_port", "ML_FS_PORT", "port", 30305),
            Variable("ml_cmd", "MLCMD"),
            Variable("full_quorum_seconds", "SL_WAIT_FOR_FULL_QUORUM_SECONDS", "count", 30),
        ),
        (("apls_ip",), ("host_ip",), ("sn_ip",), ("ml_cmd",)),
    ),
    "swci": Table((Variable("script", "STARTUP_SCRIPT"),)),
}

# What a number may be, by kind.
_RANGES = {"port": (1, 65535), "id": (0, 2**32 - 2), "count": (0, 1_000_000)}


class Settings(dict[str, str | int | bool | None]):
    """A component's settings by ``name``, typed by the two readers below."""

    def text(self, name: str) -> str | None:
        """A text setting, None when it is not set or the release does not have it."""
        value = self.get(name)
        return value if isinstance(value, str) else None

    def number(self, name: str) -> int:
        """A number that is set or has a default."""
        value = self[name]
        assert isinstance(value, int), name
        return value


def _value(variable: Variable, raw: str) -> str | int | bool | None:
    if variable.kind == "flag":
        return raw == "1"
    if variable.kind == "text" or not raw:
        return raw or variable.default
    low, high = _RANGES[variable.kind]
    if not (raw.isascii() and raw.isdigit() and low <= int(raw) <= high):
        raise ValueError(f"{variable.variable}={raw} is not a number from {low} to {high}")
    return int(raw)


def read(component: str, environ: Mapping[str, str], tables: Mapping[str, Table] | None = None) -> Settings:
    """The component's settings. An empty variable counts as not set. Raises Refusal, which names every problem at once."""
    table = (tables or CURRENT)[component]
    variable = {each.name: each.variable for each in table.variables}
    settings, problems = Settings(), []
    for each in table.variables:
        try:
            settings[each.name] = _value(each, environ.get(each.variable, "").strip())
        except ValueError as error:
            settings[each.name] = each.default
            problems.append(str(error))
    for group in table.one_of:
        if not any(settings[name] for name in group):
            problems.append(" or ".join(variable[name] for name in group) + " must be set")
    for group, instead in table.unless.items():
        if not any(settings[name] for name in group) and not all(settings[name] for name in instead):
            problems.append(
                " or ".join(variable[name] for name in group) + " must be set, or " + " and ".join(variable[name] for name in instead)
            )
    if problems:
        raise Refusal(f"{component} cannot start: " + "; ".join(problems))
    return settings


def address(host: str | None, port: int, service: str | None, default_port: int) -> tuple[str, int]:
    """Where something is: its service ``FQDN[:PORT]`` when there is one, else host and port. Raises Refusal."""
    if service:
        name, number = [*service.split(":", 1), ""][:2]
        if number and not (number.isdigit() and 0 < int(number) < 65536):
            raise Refusal(f"{service} is not a service: it is written FQDN or FQDN:PORT")
        return name, int(number or default_port)
    assert host
    return host, port
