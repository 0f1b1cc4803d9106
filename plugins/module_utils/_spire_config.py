# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of SPIRE servers and agents as mappings, for the versions that know each key (private to the collection).

Unknown keys are fatal in every SPIRE, so what a version lacks is left out. Paths are those of the upstream images.
"""

from __future__ import annotations

import re

SERVER_DATA = "/opt/spire/data/server"
AGENT_DATA = "/opt/spire/data/agent"
AGENT_CONFIGURATION = "/opt/spire/conf/agent"
AGENT_SOCKET = "/tmp/spire-agent/public/api.sock"  # the image's own path inside the container
TOKEN_VARIABLE = "SPIRE_JOIN_TOKEN"  # a name: the agent itself expands it

SERVER_SETTINGS = {
    "version": None,
    "trust_domain": None,
    "ca_ttl": None,
    "agent_ttl": None,
    "x509_svid_ttl": None,
    "log_level": "INFO",
    "federates_with": (),
}
AGENT_SETTINGS = {
    "version": None,
    "trust_domain": None,
    "server_address": None,
    "server_port": 8081,
    "cgroup_version": "2",
    "log_level": "INFO",
}
OLDEST = (1, 8)


def version_tuple(version):
    """(1, 15, 3) of "1.15.3"; raises ValueError for anything else or for a version older than this collection configures."""
    match = re.fullmatch(r"v?(\d+)\.(\d+)\.(\d+)", str(version))
    if not match:
        raise ValueError(f"SPIRE version {version!r} is not of the form 1.8.4")
    numbers = tuple(int(number) for number in match.groups())
    if numbers[:2] < OLDEST:
        raise ValueError(f"SPIRE {version} is too old to be configured here: 1.8 is the oldest")
    return numbers


def _complete(settings, known, what):
    unknown = sorted(set(settings) - set(known))
    if unknown:
        raise ValueError(f"unknown settings for a SPIRE {what}: {', '.join(unknown)}; known are {', '.join(known)}")
    merged = {**known, **{k: v for k, v in settings.items() if v not in (None, "")}}
    absent = [name for name, value in merged.items() if value is None]
    if absent:
        raise ValueError(f"a SPIRE {what} needs {', '.join(absent)}")
    return merged


def server(settings):
    """The configuration mapping of a SPIRE server with disk keys, sqlite and join tokens.

    settings: SERVER_SETTINGS; federates_with is a list of {trust_domain, address, port}, the other domains' bundle endpoints.
    Raises ValueError for unknown or missing settings.
    """
    wanted = _complete(settings, SERVER_SETTINGS, "server")
    version_tuple(wanted["version"])
    section = {
        "bind_address": "0.0.0.0",
        "bind_port": 8081,
        "trust_domain": wanted["trust_domain"],
        "data_dir": SERVER_DATA,
        "log_level": wanted["log_level"],
        "audit_log_enabled": True,
        "ca_ttl": wanted["ca_ttl"],
        "agent_ttl": wanted["agent_ttl"],
        "default_x509_svid_ttl": wanted["x509_svid_ttl"],
    }
    if wanted["federates_with"]:
        section["federation"] = {
            "bundle_endpoint": {"address": "0.0.0.0", "port": 8443, "profile": {"https_spiffe": {}}},
            "federates_with": {peer["trust_domain"]: _peer(peer) for peer in wanted["federates_with"]},
        }
    return {
        "server": section,
        "plugins": {
            "DataStore": {
                "sql": {
                    "plugin_data": {
                        "database_type": "sqlite3",
                        "connection_string": f"{SERVER_DATA}/datastore.sqlite3",
                    }
                }
            },
            "KeyManager": {"disk": {"plugin_data": {"keys_path": f"{SERVER_DATA}/keys.json"}}},
            "NodeAttestor": {"join_token": {"plugin_data": {}}},
        },
    }


def _peer(peer):
    domain = peer["trust_domain"]
    return {
        "bundle_endpoint_url": f"https://{peer['address']}:{peer['port']}",
        "bundle_endpoint_profile": {"https_spiffe": {"endpoint_spiffe_id": f"spiffe://{domain}/spire/server"}},
    }


def agent(settings):
    """The configuration mapping of a SPIRE agent with disk keys, a join token and the docker workload attestor.

    settings: AGENT_SETTINGS. The token itself is not in the file: the agent takes it from its environment (-expandEnv).
    Raises ValueError for unknown or missing settings.
    """
    wanted = _complete(settings, AGENT_SETTINGS, "agent")
    return {
        "agent": {
            "trust_domain": wanted["trust_domain"],
            "server_address": wanted["server_address"],
            "server_port": int(wanted["server_port"]),
            "data_dir": AGENT_DATA,
            "socket_path": AGENT_SOCKET,
            "log_level": wanted["log_level"],
            "trust_bundle_path": f"{AGENT_CONFIGURATION}/bundle.json",
            "trust_bundle_format": "spiffe",
            "join_token": f"${{{TOKEN_VARIABLE}}}",
        },
        "plugins": {
            "KeyManager": {"disk": {"plugin_data": {"directory": AGENT_DATA}}},
            "NodeAttestor": {"join_token": {"plugin_data": {}}},
            "WorkloadAttestor": {"docker": {"plugin_data": _docker(wanted)}},
        },
    }


def _docker(wanted):
    """From 1.11 on the attestor's new locator finds two containers, one of them nameless, on hosts with cgroup v1."""
    if str(wanted["cgroup_version"]) != "1" or version_tuple(wanted["version"]) < (1, 11, 0):
        return {}
    return {"use_new_container_locator": False, "container_id_cgroup_matchers": ["/docker/<id>"]}
