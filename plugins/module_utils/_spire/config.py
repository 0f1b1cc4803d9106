# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of SPIRE servers and agents as mappings, for the versions that know each key (private to the collection).

SPIRE does not start with unknown keys, so keys that a version lacks are left out. Paths are those of the upstream images.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .._names import AGENT_SOCKET, TOKEN_VARIABLE
from . import datastore

SERVER_DATA = "/opt/spire/data/server"
SERVER_CONFIGURATION = "/opt/spire/conf/server"
AGENT_DATA = "/opt/spire/data/agent"
AGENT_CONFIGURATION = "/opt/spire/conf/agent"
UPSTREAM_SOCKET = "/run/spire/upstream/api.sock"  # of the upstream server's agent, inside the server's container
_SQLITE_FILE = f"{SERVER_DATA}/datastore.sqlite3"

SERVER_SETTINGS: dict[str, Any] = {
    "version": None,
    "trust_domain": None,
    "training_days": 7,
    "ca_ttl": "",
    "agent_ttl": "",
    "x509_svid_ttl": "",
    "log_level": "INFO",
    "datastore": {},
    "federates_with": (),
    "upstream": {},
    "has_downstream": False,
    "monitoring": False,
}
AGENT_SETTINGS: dict[str, Any] = {
    "version": None,
    "trust_domain": None,
    "server_address": None,
    "server_port": 8081,
    "cgroup_version": "2",
    "cgroup_driver": "",
    "podman": False,
    "log_level": "INFO",
    "swarm_plugin": {},
    "monitoring": False,
}
CHECKSUM_NOT_KNOWN = "not known yet"  # until the file itself was read: this text is validated, never used
OLDEST = (0, 12)
METRICS_PORT, HEALTH_PORT = 9988, 8080  # inside the containers

# The options that came or went: name → (first version that has it, first that has it no more). From the option tables of SPIRE's sources.
_ALWAYS = (0, 0)
_NEVER_GONE = (99, 0)
SERVER_OPTIONS: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "default_svid_ttl": (_ALWAYS, (1, 0)),
    "default_x509_svid_ttl": ((1, 0), _NEVER_GONE),
    "agent_ttl": ((1, 0), _NEVER_GONE),
    "audit_log_enabled": ((1, 0), _NEVER_GONE),
}
AGENT_OPTIONS: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "trust_bundle_format": ((1, 0), _NEVER_GONE),
    "retry_bootstrap": ((1, 9, 2), (1, 14)),
}
DAYS_BEFORE = 7  # days that a node may run before the training starts
_UNITS = {"h": 3600, "m": 60, "s": 1}


def version_tuple(version: object) -> tuple[int, ...]:
    """(1, 15, 3) of "1.15.3"; raises ValueError for anything else or for a version older than this collection configures."""
    match = re.fullmatch(r"v?(\d+)\.(\d+)\.(\d+)", str(version))
    if not match:
        raise ValueError(f"invalid SPIRE version {version!r}; expected a version such as 1.8.4")
    numbers = tuple(int(number) for number in match.groups())
    if numbers[:2] < OLDEST:
        raise ValueError(f"SPIRE {version} is too old; expected 0.12 or newer")
    return numbers


def next_minor(minor: tuple[int, ...]) -> tuple[int, int]:
    """The minor release after one: (1, 9) of (1, 8)."""
    return (1, 0) if minor == OLDEST else (minor[0], minor[1] + 1)


def of_version(
    section: dict[str, Any], options: dict[str, tuple[tuple[int, ...], tuple[int, ...]]], version: tuple[int, ...]
) -> dict[str, Any]:
    """The section without keys that the version does not know, with which it would not start."""

    def has(name: str) -> bool:
        first, gone = options.get(name, (_ALWAYS, _NEVER_GONE))
        return first <= version < gone

    return {name: value for name, value in section.items() if has(name)}


def seconds(option: str, value: object) -> int:
    """Seconds of a duration such as `168h` or `1h30m`. Raises ValueError, naming the option."""
    parts = re.findall(r"(\d+)([hms])", str(value))
    if not parts or "".join(number + unit for number, unit in parts) != str(value):
        raise ValueError(f"{option}: {value!r} is not a duration; expected hours, minutes and seconds, such as 168h or 1h30m")
    return sum(int(number) * _UNITS[unit] for number, unit in parts)


def lives(settings: dict[str, Any]) -> dict[str, str]:
    """The lives ca_ttl, agent_ttl and x509_svid_ttl, those that are not given from training_days.

    A workload takes its SVID once, and from an agent that may have had it for half of its life. It lives twice as long as the training and
    the time before it, in which a node may be up already. SPIRE replaces a CA when a sixth of its life is left, so a CA that
    lives more than six times as long cuts no SVID that is issued at its beginning; nor, with servers below it, any of their CAs.
    Raises ValueError for lifetimes that do not fit together.
    """
    days = settings["training_days"]
    if not str(days).isdigit() or int(days) < 1:  # a text is what `-e swarm_training_days=14` gives
        raise ValueError(f"training_days: invalid value {days!r}; expected a whole number of days, at least 1")
    svid = settings["x509_svid_ttl"] or f"{2 * 24 * (int(days) + DAYS_BEFORE)}h"
    agent = settings["agent_ttl"] or "168h"
    longest = max(seconds("x509_svid_ttl", svid), seconds("agent_ttl", agent))
    ca = settings["ca_ttl"] or f"{_ca_hours(_ca_hours(longest) * 3600 if settings['has_downstream'] else longest)}h"
    if seconds("ca_ttl", ca) <= 6 * seconds("agent_ttl", agent):
        raise ValueError(
            f"ca_ttl: {ca} is too short; it must be more than six times agent_ttl ({agent}), or agents lose "
            "their identity when the CA changes"
        )
    if seconds("ca_ttl", ca) < seconds("x509_svid_ttl", svid):
        raise ValueError(f"x509_svid_ttl: {svid} is longer than ca_ttl ({ca}), but an SVID cannot outlive the CA that signs it")
    return {"ca_ttl": ca, "agent_ttl": agent, "x509_svid_ttl": svid}


def _ca_hours(longest: int) -> int:
    """Hours that a CA lives which cuts nothing that it signs, when that lives `longest` seconds at most; eight days of reserve."""
    return 6 * -(-longest // 3600) + 192


def _complete(settings: dict[str, Any], known: dict[str, Any], what: str) -> dict[str, Any]:
    unknown = sorted(set(settings) - set(known))
    if unknown:
        raise ValueError(f"unknown settings for a SPIRE {what}: {', '.join(unknown)}; expected only {', '.join(known)}")
    merged = {**known, **{k: v for k, v in settings.items() if v not in (None, "")}}
    absent = [name for name, value in merged.items() if value is None]
    if absent:
        raise ValueError(f"a SPIRE {what} needs {', '.join(absent)}")
    return merged


def server(settings: dict[str, Any]) -> dict[str, Any]:
    """The configuration mapping of a SPIRE server with disk keys and join tokens.

    settings: SERVER_SETTINGS; federates_with is a list of {trust_domain, address, port}, the other domains' bundle endpoints; datastore is
    what `_spire_datastore` describes; upstream is the {address, port} of the server that signs this one's CA. Raises ValueError for
    unknown, missing or wrong settings.
    """
    wanted = _complete(settings, SERVER_SETTINGS, "server")
    version, ttl = version_tuple(wanted["version"]), lives(wanted)
    wrong = datastore.problems(wanted["datastore"])
    if wrong:
        raise ValueError(f"datastore: {'; '.join(wrong)}")
    section = {
        "bind_address": "0.0.0.0",
        "bind_port": 8081,
        "trust_domain": wanted["trust_domain"],
        "data_dir": SERVER_DATA,
        "log_level": wanted["log_level"],
        "audit_log_enabled": True,
        "ca_ttl": ttl["ca_ttl"],
        "agent_ttl": ttl["agent_ttl"],
        "default_x509_svid_ttl": ttl["x509_svid_ttl"],
        "default_svid_ttl": ttl["x509_svid_ttl"],
    }
    if wanted["federates_with"]:
        section["federation"] = _federation(wanted["federates_with"], version)
    upstream = {"UpstreamAuthority": {"spire": {"plugin_data": _upstream(wanted["upstream"])}}} if wanted["upstream"] else {}
    return {
        "server": of_version(section, SERVER_OPTIONS, version),
        "plugins": {
            "DataStore": {"sql": {"plugin_data": datastore.plugin_data(wanted["datastore"], _SQLITE_FILE, SERVER_CONFIGURATION)}},
            "KeyManager": {"disk": {"plugin_data": {"keys_path": f"{SERVER_DATA}/keys.json"}}},
            "NodeAttestor": {"join_token": {"plugin_data": {}}},
            **upstream,
        },
        **(_watched() if wanted["monitoring"] else {}),
    }


def _upstream(server: dict[str, Any]) -> dict[str, str]:
    return {"server_address": server["address"], "server_port": str(server["port"]), "workload_api_socket": UPSTREAM_SOCKET}


def _federation(peers: Iterable[dict[str, Any]], version: tuple[int, ...]) -> dict[str, Any]:
    """The section `federation`; before 1.0 it had another form, and before 1.8 the server's own endpoint had no profile."""
    endpoint: dict[str, Any] = {"address": "0.0.0.0", "port": 8443}
    if version >= (1, 8):
        endpoint["profile"] = {"https_spiffe": {}}
    return {"bundle_endpoint": endpoint, "federates_with": {peer["trust_domain"]: _peer(peer, version) for peer in peers}}


def _peer(peer: dict[str, Any], version: tuple[int, ...]) -> dict[str, Any]:
    domain = peer["trust_domain"]
    if version < (1, 0):
        return {"bundle_endpoint": {"address": peer["address"], "port": peer["port"], "spiffe_id": f"spiffe://{domain}/spire/server"}}
    return {
        "bundle_endpoint_url": f"https://{_in_url(peer['address'])}:{peer['port']}",
        "bundle_endpoint_profile": {"https_spiffe": {"endpoint_spiffe_id": f"spiffe://{domain}/spire/server"}},
    }


def agent(settings: dict[str, Any]) -> dict[str, Any]:
    """The configuration mapping of a SPIRE agent with disk keys, a join token and the docker workload attestor.

    settings: AGENT_SETTINGS; swarm_plugin as `swarm_attestor` takes it, {} for none. The token itself is not in the file: the agent
    takes it from its environment (-expandEnv). Raises ValueError for unknown or missing settings.
    """
    wanted = _complete(settings, AGENT_SETTINGS, "agent")
    version = version_tuple(wanted["version"])
    section = {
        "trust_domain": wanted["trust_domain"],
        "server_address": wanted["server_address"],
        "server_port": int(wanted["server_port"]),
        "data_dir": AGENT_DATA,
        "socket_path": AGENT_SOCKET,
        "log_level": wanted["log_level"],
        "trust_bundle_path": f"{AGENT_CONFIGURATION}/{'bundle.json' if version >= (1, 0) else 'bundle.pem'}",
        "trust_bundle_format": "spiffe",
        "retry_bootstrap": True,
        "join_token": f"${{{TOKEN_VARIABLE}}}",
    }
    return {
        "agent": of_version(section, AGENT_OPTIONS, version),
        "plugins": {
            "KeyManager": {"disk": {"plugin_data": {"directory": AGENT_DATA}}},
            "NodeAttestor": {"join_token": {"plugin_data": {}}},
            "WorkloadAttestor": {
                "docker": {"plugin_data": _docker(wanted)},
                **({"swarm": swarm_attestor(**wanted["swarm_plugin"])} if wanted["swarm_plugin"] else {}),
            },
        },
        **(_watched() if wanted["monitoring"] else {}),
    }


def _watched() -> dict[str, Any]:
    """The sections `telemetry` and `health_checks`, the same in every SPIRE. Who reaches these ports is decided where they are published."""
    return {
        "telemetry": {"Prometheus": {"host": "0.0.0.0", "port": METRICS_PORT}},
        "health_checks": {
            "listener_enabled": True,
            "bind_address": "0.0.0.0",
            "bind_port": str(HEALTH_PORT),
            "live_path": "/live",
            "ready_path": "/ready",
        },
    }


def swarm_attestor(plugin_cmd: str, plugin_checksum: str, plugin_data: dict[str, Any] | None = None) -> dict[str, Any]:
    """The section of the external workload attestor `swarm`, the same in every SPIRE.

    plugin_checksum: SHA-256 of the file plugin_cmd in hex, "" while it is not known. Raises ValueError for one that is none.
    """
    if plugin_checksum and not re.fullmatch(r"[0-9a-fA-F]{64}", plugin_checksum):
        raise ValueError(f"plugin_checksum: {plugin_checksum!r} is not a SHA-256 checksum; expected 64 hexadecimal digits")
    return {
        "plugin_cmd": plugin_cmd,
        "plugin_checksum": plugin_checksum.lower() or CHECKSUM_NOT_KNOWN,
        "plugin_data": plugin_data or {},
    }


def _docker(wanted: dict[str, Any]) -> dict[str, Any]:
    """From 1.11 on the attestor's new locator finds two containers, one of them nameless, on hosts with cgroup v1."""
    if str(wanted["cgroup_version"]) != "1" or version_tuple(wanted["version"]) < (1, 11, 0):
        return {}
    if wanted["podman"]:  # its containers are in libpod-<id>, which no matcher can name: the new locator finds it by itself
        return {}
    if wanted["cgroup_driver"] == "systemd":  # its containers are in /system.slice/docker-<id>.scope, which the older locator knows
        return {"use_new_container_locator": False}
    return {"use_new_container_locator": False, "container_id_cgroup_matchers": ["/docker/<id>"]}


def _in_url(address: str) -> str:
    return f"[{address}]" if ":" in address and not address.startswith("[") else address
