# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Argument specifications that several modules share (private to the collection).

Their options are documented in plugins/doc_fragments, those of CLASSIC_AGENT in spire_agent; docs/contract.md says what they do.
"""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import env_fallback

from .._releases import NEWEST, RELEASES


def _strings() -> dict[str, Any]:
    return {"type": "list", "elements": "str"}


ENGINE: dict[str, dict[str, Any]] = {
    "docker_host": {
        "type": "str",
        "default": "unix:///var/run/docker.sock",
        "fallback": (env_fallback, ["DOCKER_HOST"]),
    },
    "tls": {"type": "bool", "default": False, "fallback": (env_fallback, ["DOCKER_TLS"])},
    "validate_certs": {"type": "bool", "default": False, "fallback": (env_fallback, ["DOCKER_TLS_VERIFY"])},
    "ca_path": {"type": "path"},
    "client_cert": {"type": "path"},
    "client_key": {"type": "path"},
    "api_version": {"type": "str", "default": "auto", "fallback": (env_fallback, ["DOCKER_API_VERSION"])},
    "timeout": {"type": "int", "default": 60, "fallback": (env_fallback, ["DOCKER_TIMEOUT"])},
}

HEALTH: dict[str, dict[str, Any]] = {
    "test": {"type": "list", "elements": "str", "required": True},
    "interval": {"type": "str"},
    "timeout": {"type": "str"},
    "start_period": {"type": "str"},
    "retries": {"type": "int"},
}
RUN: dict[str, dict[str, Any]] = {
    "entrypoint": _strings(),
    "user": {"type": "str"},
    "workdir": {"type": "str"},
    "env": {"type": "dict"},
    "labels": {"type": "dict"},
    "publish": _strings(),
    "volumes": _strings(),
    "network": {"type": "str"},
    "network_aliases": _strings(),
    "hostname": {"type": "str"},
    "tty": {"type": "bool"},
    "interactive": {"type": "bool"},
    "auto_remove": {"type": "bool"},
    "memory": {"type": "str"},
    "memory_reservation": {"type": "str"},
    "cpus": {"type": "str"},
    "cpuset_cpus": {"type": "str"},
    "shm_size": {"type": "str"},
    "ulimits": _strings(),
    "gpus": {"type": "str"},
    "devices": _strings(),
    "restart_policy": {"type": "str"},
    "security_opts": _strings(),
    "cap_add": _strings(),
    "cap_drop": _strings(),
    "group_add": _strings(),
    "privileged": {"type": "bool"},
    "read_only": {"type": "bool"},
    "pid_mode": {"type": "str"},
    "cgroupns": {"type": "str", "choices": ["host", "private"]},
    "init": {"type": "bool"},
    "extra_hosts": {"type": "dict"},
    "dns": _strings(),
    "dns_search": _strings(),
    "log_driver": {"type": "str"},
    "log_options": {"type": "dict"},
    "ip": {"type": "str"},
    "ip6": {"type": "str"},
    "domainname": {"type": "str"},
    "dns_options": _strings(),
    "ipc_mode": {"type": "str"},
    "uts_mode": {"type": "str", "choices": ["host"]},
    "userns_mode": {"type": "str", "choices": ["host"]},
    "tmpfs": _strings(),
    "sysctls": {"type": "dict"},
    "pids_limit": {"type": "int"},
    "memory_swap": {"type": "str"},
    "memory_swappiness": {"type": "int"},
    "oom_kill_disable": {"type": "bool"},
    "oom_score_adj": {"type": "int"},
    "cpu_shares": {"type": "int"},
    "cpu_period": {"type": "int"},
    "cpu_quota": {"type": "int"},
    "cpuset_mems": {"type": "str"},
    "blkio_weight": {"type": "int"},
    "cgroup_parent": {"type": "str"},
    "device_cgroup_rules": _strings(),
    "storage_options": {"type": "dict"},
    "runtime": {"type": "str"},
    "stop_signal": {"type": "str"},
    "healthcheck": {"type": "dict", "options": HEALTH},
}

CONTAINER: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["started", "stopped", "present", "absent"], "default": "started"},
    "release": {"type": "str", "choices": sorted(RELEASES), "default": NEWEST},
    "image": {"type": "str"},
    "image_registry": {"type": "str"},
    "pull": {"type": "str", "choices": ["missing", "always", "never"], "default": "missing"},
    "command": _strings(),
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int"},
    "stop_timeout": {"type": "int", "default": 10},
    "recreate": {"type": "bool", "default": False},
    "hold": {"type": "bool", "default": False},
    "restart_after": {"type": "path"},
    **RUN,
    **ENGINE,
}

LICENSE_SERVER: dict[str, dict[str, Any]] = {
    "apls_ip": {"type": "str"},
    "apls_port": {"type": "int"},
    "primary_apls_ip": {"type": "str"},
    "primary_apls_port": {"type": "int"},
    "secondary_apls_ip": {"type": "str"},
    "secondary_apls_port": {"type": "int"},
    "apls_docker_name": {"type": "str"},
}

IDENTITY: dict[str, dict[str, Any]] = {
    "key": {"type": "path", "no_log": False},
    "cert": {"type": "path"},
    "cacert": {"type": "path"},
    "capath": {"type": "path"},
    "socket_path": {"type": "str"},
}

CLASSIC_AGENT: dict[str, dict[str, Any]] = {
    "config": {"type": "path"},
    "server_address": {"type": "str"},
    "join_token": {"type": "str", "no_log": True},
    "spire_docker_name": {"type": "str"},
}

SCRIPT: dict[str, dict[str, Any]] = {
    # Options of this run of the module, which are not in any release's contract.
    "script_wait": {"type": "bool", "default": False},
}

SN_OF_NODE: dict[str, dict[str, Any]] = {
    "sn_ip": {"type": "str"},
    "sn_api_port": {"type": "int"},
    "sn_api_service": {"type": "str"},
    "sn_docker_name": {"type": "str"},
}

SIDECAR: dict[str, dict[str, Any]] = {
    "image": {"type": "str"},
    "name": {"type": "str"},
    "command": {"type": "raw"},
    **RUN,
}

# They only add values to the result, and do not affect the container.
RESULT: dict[str, dict[str, Any]] = {
    "return_bundle": {"type": "bool", "default": False},
}
COMPARED: dict[str, dict[str, Any]] = {
    "server_bundle": {"type": "str", "default": ""},
}
