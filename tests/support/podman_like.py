# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Podman's inspect says of a container that was created by a request: read off Podman 5.4, where it differs from Docker Engine."""

from __future__ import annotations

from tests.support import engine_like

_CAPABILITIES = ("CHOWN", "KILL", "SETUID")  # some of those that every container has
_ULIMITS = [{"Name": "RLIMIT_NOFILE", "Soft": 20000, "Hard": 20000}, {"Name": "RLIMIT_NPROC", "Soft": 96365, "Hard": 96365}]


def inspect(name, body, brought):
    """The container's inspect, once it runs."""
    said = engine_like.inspect(name, body, brought, newer=True)
    config, host, asked = said["Config"], said["HostConfig"], body["HostConfig"]
    tells = {line.partition("=")[0] for line in config["Env"]}
    added = {"container": "podman", "HOSTNAME": config["Hostname"], "HOME": "/root", **({"TERM": "xterm"} if body["Tty"] else {})}
    config["Env"] = [*config["Env"], *(f"{name}={value}" for name, value in added.items() if name not in tells)]
    anonymous = {f"{index:064x}": target for index, target in enumerate(config["Volumes"] or {})}
    config.update(Volumes=None, WorkingDir=body["WorkingDir"] or config["WorkingDir"])
    given = [part.removeprefix("CAP_") for part in asked["CapAdd"] or ()]
    devices = [{**device, "CgroupPermissions": ""} for device in asked["Devices"]]
    ulimits = [{**limit, "Name": f"RLIMIT_{limit['Name'].upper()}"} for limit in asked["Ulimits"]]
    host.update(
        Runtime="oci",
        Binds=[
            *(_bind(bind) for bind in asked["Binds"] or ()),
            *(f"{source}:{target}:rw,nodev,rbind" for source, target in anonymous.items()),
        ],
        NetworkMode="bridge" if asked["NetworkMode"] == "default" else host["NetworkMode"],
        PortBindings={inside: [_port(one) for one in ports] for inside, ports in asked["PortBindings"].items()},
        ShmSize=asked["ShmSize"] or 65536000,
        CpuPeriod=100000 if asked["NanoCpus"] else 0,
        CpuQuota=asked["NanoCpus"] // 10000,
        CapAdd=["SYS_ADMIN", "NET_ADMIN"] if "ALL" in given else [part for part in given if part not in _CAPABILITIES],
        CapDrop=[part for part in asked["CapDrop"] or () if part in _CAPABILITIES],
        CgroupnsMode="",
        DeviceRequests=None,
        Devices=devices,
        ExtraHosts=[entry.replace("host-gateway", "10.88.0.1") for entry in asked["ExtraHosts"] or ()],
        LogConfig={"Type": "json-file", "Config": None},
        MaskedPaths=None,
        ReadonlyPaths=None,
        SecurityOpt=["unmask=all" if option.startswith("systempaths") else option for option in asked["SecurityOpt"] or ()],
        Ulimits=[*ulimits, *(limit for limit in _ULIMITS if limit["Name"] not in {u["Name"] for u in ulimits})],
        PidMode=asked["PidMode"] or "private",
    )
    if asked["VolumesFrom"]:
        host["Binds"] += ["f" * 64 + ":/tmp/channel:rw,rprivate,nosuid,nodev,rbind", "/of-the-other:/of-the-other:rw,rprivate,rbind"]
    networks = said["NetworkSettings"]["Networks"]
    said["NetworkSettings"]["Networks"] = {"podman" if name == "bridge" else name: end for name, end in networks.items()}
    return said


def _bind(bind):
    source, target, *options = bind.split(":")
    mode = "ro" if "ro" in (options[0].split(",") if options else ()) else "rw"
    own = "rprivate,rbind" if "/" in source else "rprivate,nosuid,nodev,rbind"
    return f"{source}:{target}:{mode},{own}"


def _port(binding):
    return {"HostIp": binding["HostIp"] or "0.0.0.0", "HostPort": binding["HostPort"] or "37471"}
