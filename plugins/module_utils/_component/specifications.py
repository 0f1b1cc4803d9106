# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument specification of each component's module (private to the collection); plugins/modules documents the options."""

from __future__ import annotations

from typing import Any

from .arguments import CLASSIC_AGENT, COMPARED, CONTAINER, IDENTITY, LICENSE_SERVER, RESULT, SCRIPT, SIDECAR, SN_OF_NODE

SPECIFICATIONS: dict[str, dict[str, dict[str, Any]]] = {
    "apls": {
        **CONTAINER,
        "apls_port": {"type": "int", "default": 5814},
    },
    "spire_server": {
        **CONTAINER,
        **RESULT,
        "config": {"type": "path"},
    },
    "spire_agent": {
        **CONTAINER,
        **COMPARED,
        "config": {"type": "path"},
        "config_dir": {"type": "path"},
        "server_address": {"type": "str"},
        "server_port": {"type": "int"},
        "trust_domain": {"type": "str"},
        "trust_bundle": {"type": "path"},
        "join_token": {"type": "str", "no_log": True},
        "socket_dir": {"type": "str"},
    },
    "sn": {
        **CONTAINER,
        **LICENSE_SERVER,
        **IDENTITY,
        **CLASSIC_AGENT,
        "host_ip": {"type": "str"},
        "sentinel": {"type": "bool", "default": False},
        "sentinel_ip": {"type": "str"},
        "sentinel_fs_port": {"type": "int"},
        "sentinel_api_port": {"type": "int"},
        "sentinel_api_service": {"type": "str"},
        "sn_api_port": {"type": "int"},
        "sn_fs_port": {"type": "int"},
        "sn_p2p_port": {"type": "int"},
        "sn_api_service": {"type": "str"},
        "sn_p2p_service": {"type": "str"},
    },
    "sl": {
        **CONTAINER,
        **LICENSE_SERVER,
        **IDENTITY,
        **CLASSIC_AGENT,
        **SN_OF_NODE,
        "host_ip": {"type": "str"},
        "sl_fs_port": {"type": "int"},
        "sl_fs_service": {"type": "str"},
        "sl_platform": {"type": "str"},
        "gpu": {"type": "str"},
        "data_dir": {"type": "path"},
        "model_dir": {"type": "path"},
        "model_program": {"type": "str"},
        "ml_cmd": {"type": "str"},
        "ml": {"type": "dict", "options": SIDECAR},
    },
    "swop": {
        **CONTAINER,
        **LICENSE_SERVER,
        **IDENTITY,
        **SN_OF_NODE,
        "usr_dir": {"type": "path"},
        "profile_file_name": {"type": "str"},
        "docker_socket_file": {"type": "path"},
        "docker_group_id": {"type": "str"},
        "swop_uid": {"type": "str"},
    },
    "swci": {
        **CONTAINER,
        **LICENSE_SERVER,
        **IDENTITY,
        **CLASSIC_AGENT,
        **SCRIPT,
        "usr_dir": {"type": "path"},
        "init_script_name": {"type": "str"},
        "web_port": {"type": "int"},
        "web_address": {"type": "str"},
    },
}
