# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an engine's inspect says of a container that was created by a request: read off Docker Engine 20.10 and 26.1."""

from __future__ import annotations

import posixpath

IMAGE_ID = "sha256:" + "a" * 64
CONTAINER_ID = "c" * 64


def image(**config):
    """An image inspect."""
    return {"Id": IMAGE_ID, "Config": {"Env": ["PATH=/bin"], "Labels": None, "Cmd": ["serve"], "Entrypoint": None, **config}}


def inspect(name, body, brought, newer=False):
    """The container's inspect.

    body     of POST /containers/create
    brought  the image's inspect
    newer    as engines from 26 on say it
    """
    host, config = dict(body["HostConfig"]), brought["Config"]
    env = {line.split("=", 1)[0]: line for line in [*(config.get("Env") or ()), *body["Env"]]}
    given_entrypoint = body["Entrypoint"]
    entrypoint = config.get("Entrypoint") if given_entrypoint is None else None if given_entrypoint == [""] else given_entrypoint
    command = body["Cmd"] if body["Cmd"] or given_entrypoint else config.get("Cmd")
    mode = host["NetworkMode"]
    if mode == "default" and newer:
        mode = "bridge"
    fixed = mode in ("host", "none") or mode.startswith("container:")
    network = "bridge" if mode == "default" else mode
    end = (body.get("NetworkingConfig") or {}).get("EndpointsConfig", {}).get(network, {})
    wanted = end.get("Aliases") or []
    aliases = wanted or None if newer else [*wanted, CONTAINER_ID[:12]] if network != "bridge" else None
    if host["PidMode"] == "host" or host.get("IpcMode") == "host" or host["Privileged"]:
        host["SecurityOpt"] = [*(host["SecurityOpt"] or ()), "label=disable"]
    host.update(
        NetworkMode=mode,
        ShmSize=host["ShmSize"] or 64 * 2**20,
        MemorySwap=host.get("MemorySwap") or 2 * host["Memory"],
        IpcMode=host.get("IpcMode") or "private",
        Runtime=host.get("Runtime") or "runc",
        PidsLimit=host.get("PidsLimit"),
        CgroupnsMode=host["CgroupnsMode"] or "private",
        LogConfig={"Type": host["LogConfig"]["Type"] or "json-file", "Config": host["LogConfig"]["Config"]},
        CapAdd=[c.removeprefix("CAP_") if newer else c for c in host["CapAdd"] or ()] or None,
        MaskedPaths=host.get("MaskedPaths", ["/proc/kcore"]),
        ReadonlyPaths=host.get("ReadonlyPaths", ["/proc/sys"]),
    )
    workdir = body["WorkingDir"] or config.get("WorkingDir") or ""
    return {
        "Id": CONTAINER_ID,
        "Name": f"/{name}",
        "Image": brought["Id"],
        "Config": {
            **{key: body[key] for key in ("Image", "Tty", "OpenStdin")},
            "Hostname": body["Hostname"] or CONTAINER_ID[:12],
            "Domainname": body.get("Domainname") or "",
            **{name: body.get(name) or config.get(name) for name in ("Healthcheck", "StopSignal") if body.get(name) or config.get(name)},
            "Env": list(env.values()),
            "Labels": {**(config.get("Labels") or {}), **body["Labels"]},
            "Entrypoint": entrypoint,
            "Cmd": command,
            "User": body["User"] or config.get("User") or "",
            "WorkingDir": posixpath.normpath(workdir) if workdir else "",
            "Volumes": {**(config.get("Volumes") or {}), **(body["Volumes"] or {})} or None,
        },
        "HostConfig": host,
        "NetworkSettings": {
            "Networks": {} if fixed and mode != "host" else {network: {"Aliases": aliases, "IPAMConfig": end.get("IPAMConfig")}}
        },
        "State": {"Status": "running", "Running": True},
    }
