# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The platform contract as data: what each component of each release must look like (private to the collection).

A release is a table of components; a component is a table of options. Facts come from the platform's own launch scripts
(RunningSL.md for 0.3.0, Spire-with-CIFAR-10.md for 2.x). There is no logic here: `_component.translate` reads these tables.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ._container.ready_signal import ENGINE_SOCKET, Ready

SAME = "same"


@dataclass(frozen=True)
class Option:
    """What one option does to the container.

    kind           how its value is checked and used: `text`, `port`, `flag`, `service` (FQDN[:port]), `address`, `file` and
                   `directory` (their real paths are mounted), `file_in_usr_dir`, `choice`, or the name of a rule of its own in `translate`
    env            the environment variable that carries the value
    publish        the container's port that it publishes: a number, or SAME as the value
    port           service: the port on the host when the value names none
    port_by        service: the option that publishes instead, where it is given and the value names no port
    mount          where a path is mounted: a container path, or SAME as on the host
    mode           the mount's mode, `ro` or `rw`; empty as the scripts leave it
    argument       the flag that precedes the value in the container's command
    default        the value when none is given
    local_default  the value when none is given and host_ip is this host (0.3.0)
    derives        (option, component): the option that gets the address of the container named by this one
    instead_of     with derives: nothing is derived where one of these is given
    by_image       with derives: without a name, the one running container of that component is taken
    """

    kind: str = "text"
    env: str = ""
    publish: int | str = ""
    mount: str = ""
    mode: str = ""
    argument: str = ""
    default: object = None
    local_default: object = None
    derives: tuple[str, str] | None = None
    instead_of: tuple[str, ...] = ()
    by_image: bool = False
    port: int = 0
    port_by: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Component:
    """One component of one release.

    registry, image  the full reference is `registry/image`; image_by names the option whose value selects the image
    options          option name → Option
    required         groups of options of which at least one must be given; a group's condition is in `unless`
    exclusive        options that do not go together
    volumes          mounts that it always has
    pair_volumes     anonymous volumes that it has beside a sidecar, which shares them
    pair_environment environment that both have then
    configuration    options whose files the container reads when it starts: changed later, it is restarted
    info_file        the scripts put /tmp/container_info_file into it, and into its sidecar, before the first start
    ready_by         option → the signal instead of `ready` where that option is given; port SAME is its value
    wait_timeout     seconds
    own_first        the arguments of its options come before the user's, as its script has them
    kept_inside      what it is given at work and has in no volume, so that it is lost with the container
    """

    registry: str
    image: str
    options: dict[str, Option] = field(default_factory=dict)
    image_by: tuple[str, dict[str, str]] | None = None
    required: tuple[tuple[str, ...], ...] = ()
    unless: dict[str, tuple[str, ...]] = field(default_factory=dict)
    exclusive: tuple[tuple[str, str], ...] = ()
    volumes: tuple[str, ...] = ()
    pair_volumes: tuple[str, ...] = ()
    pair_environment: dict[str, str] = field(default_factory=dict)
    configuration: tuple[str, ...] = ()
    interactive: bool = False
    tty: bool = False
    auto_remove: bool = False
    restart_policy: str = "no"
    pid_mode: str = ""
    info_file: bool = False
    ready: Ready = field(default_factory=Ready)
    ready_by: dict[str, Ready] = field(default_factory=dict)
    wait_timeout: int = 120
    own_first: bool = False
    kept_inside: str = ""


PRIMARY_IP = "SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_IP"
PRIMARY_PORT = "SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_PORT"
SECONDARY_IP = "SWARM_LICENSE_AUTOPASSJ_SERVER_SECONDARY_IP"
SECONDARY_PORT = "SWARM_LICENSE_AUTOPASSJ_SERVER_SECONDARY_PORT"

SPIRE_CLASSIC = "/spire/bin"
SPIRE_UPSTREAM = "/opt/spire/bin"

_SCRIPT_RUNS = Ready(log=r"API Server is UP!|SWCI:\d+ ?>")
_PROMPTS = Ready(health=("true",))  # engines show no line of a log before its end, and a prompt has none
_SN_UP = Ready(log=r"Starting SWARM-API-SERVER on port ?: ?\d+")

_apls_published = {"apls_port": Option("port", publish=5814, default=5814)}

# --- 0.3.0 -----------------------------------------------------------------------------------------------------------

_CLASSIC = "hub.myenterpriselicense.hpe.com/hpe_eval/swarm-learning"

_classic_licence = {
    "apls_ip": Option("address", env=PRIMARY_IP),
    "apls_port": Option("port", env=PRIMARY_PORT),
    "apls_docker_name": Option("container", derives=("apls_ip", "apls"), instead_of=("apls_ip",), by_image=True),
}
_classic_agent = {
    "config": Option("file", mount=SAME, mode="ro", argument="-config"),
    "server_address": Option("address", argument="-serverAddress"),
    "join_token": Option(argument="-joinToken"),
    "spire_docker_name": Option("local_spire_server", argument="-serverAddress"),
}

_RELEASE_0_3_0 = {
    "apls": Component(_CLASSIC, "apls:0.3.0", _apls_published, ready=Ready(port=5814, tls=True), kept_inside="licences"),
    "spire_server": Component(
        _CLASSIC,
        "spire-server:0.3.0",
        {"config": Option("file", mount=SAME, mode="ro", argument="-config")},
        configuration=("config",),
        ready=Ready(health=(f"{SPIRE_CLASSIC}/spire-server", "healthcheck")),
        own_first=True,
    ),
    "sn": Component(
        _CLASSIC,
        "sn:0.3.0",
        {
            **_classic_licence,
            "host_ip": Option("own_address", env="THIS_NODE_IP"),
            "sentinel_ip": Option("address", env="SENTINEL_NODE_IP"),
            "sentinel_fs_port": Option("port", env="SENTINEL_FS_PORT"),
            "sn_api_port": Option("port", env="API_SERVER_PORT", publish=SAME, local_default=30304),
            "sn_fs_port": Option("port", env="SN_FS_PORT", publish=30305, local_default=30305),
            "sn_p2p_port": Option("port", env="ETH_PORT", publish=30303, local_default=30303),
            **_classic_agent,
        },
        required=(("host_ip",), ("sentinel_ip",)),
        configuration=("config",),
        ready=_SN_UP,
        wait_timeout=600,
    ),
    "sl": Component(
        _CLASSIC,
        "sl-tf:0.3.0",
        {
            **_classic_licence,
            "host_ip": Option("own_address", env="THIS_NODE_IP"),
            "sn_docker_name": Option("container", derives=("sn_ip", "sn"), instead_of=("sn_ip",)),
            "sn_ip": Option("address", env="SENTINEL_NODE_IP"),
            "sn_api_port": Option("port", env="API_SERVER_PORT"),
            "sl_fs_port": Option("port", env="ML_FS_PORT", publish=30305, local_default=30305),
            "sl_platform": Option("choice", default="TF", values=("TF", "PYT")),
            "gpu": Option("gpu", env="NVIDIA_VISIBLE_DEVICES", default=""),
            "data_dir": Option("directory", mount="/platform/swarmml/data", mode="ro"),
            "model_dir": Option("directory", mount="/platform/swarmml/model"),
            "model_program": Option("model_program", env="MLCMD"),
            "ml_cmd": Option(env="MLCMD"),
            **_classic_agent,
        },
        image_by=("sl_platform", {"TF": "sl-tf:0.3.0", "PYT": "sl-pyt:0.3.0"}),
        required=(("host_ip",), ("sn_ip", "sn_docker_name"), ("model_program", "ml_cmd")),
        exclusive=(("model_program", "ml_cmd"),),
        configuration=("config",),
        ready=Ready(port=30305),
    ),
    "swci": Component(
        _CLASSIC,
        "swci:0.3.0",
        {
            "usr_dir": Option("directory", mount="/platform/swci/usr", mode="rw"),
            "init_script_name": Option("file_in_usr_dir", env="STARTUP_SCRIPT"),
            **_classic_agent,
        },
        configuration=("config", "init_script_name"),
        interactive=True,
        tty=True,
        auto_remove=True,
        ready=_PROMPTS,
        ready_by={"init_script_name": _SCRIPT_RUNS},
    ),
}

# --- 2.x -------------------------------------------------------------------------------------------------------------

_CURRENT = "hub.myenterpriselicense.hpe.com/hpe/swarm-learning"
_AUTOPASS = "hub.myenterpriselicense.hpe.com/hpe_eval/autopass"
_SPIFFE = "ghcr.io/spiffe"
_SPIRE_VERSION = "1.8.4"

_CHANNEL = {
    "SL_REQUEST_CHANNEL": "/tmp/channel/request.channel",
    "SL_RESPONSE_CHANNEL": "/tmp/channel/response.channel",
}

_licence = {
    "apls_ip": Option("address", env=PRIMARY_IP),
    "apls_port": Option("port", env=PRIMARY_PORT),
    "primary_apls_ip": Option("address", env=PRIMARY_IP),
    "primary_apls_port": Option("port", env=PRIMARY_PORT),
    "secondary_apls_ip": Option("address", env=SECONDARY_IP),
    "secondary_apls_port": Option("port", env=SECONDARY_PORT),
    "apls_docker_name": Option("container", derives=("apls_ip", "apls"), instead_of=("apls_ip", "primary_apls_ip")),
}
_licence_exclusive = (("apls_ip", "primary_apls_ip"), ("apls_port", "primary_apls_port"))
_identity = {
    "cacert": Option("file", env="SWARM_ID_CACERT", mount=SAME, mode="ro"),
    "capath": Option("directory", env="SWARM_ID_CAPATH", mount=SAME, mode="ro"),
    "cert": Option("file", env="SWARM_ID_CERT", mount=SAME, mode="ro"),
    "key": Option("file", env="SWARM_ID_KEY", mount=SAME, mode="ro"),
    "socket_path": Option("socket_path", env="SWARM_SPIFFE_WORKLOAD_API_SOCKET_PATH", mount="/tmp/spire-agent"),
}
# A restart loads a renewed certificate. SL and SWCI run for one training, which is not started again for this.
_certificates = ("cacert", "capath", "cert", "key")
_sn_of_node = {
    "sn_docker_name": Option("container", derives=("sn_ip", "sn"), instead_of=("sn_ip", "sn_api_service")),
    "sn_ip": Option("address", env="SN_NODE_IP"),
    "sn_api_port": Option("port", env="SN_API_SERVER_PORT"),
}

_SN_2 = Component(
    _CURRENT,
    "sn",
    {
        **_licence,
        "host_ip": Option("own_address", env="THIS_NODE_IP"),
        "sentinel": Option("flag", env="SN_I_AM_SENTINEL"),
        "sentinel_ip": Option("address", env="SENTINEL_NODE_IP"),
        "sentinel_api_port": Option("port", env="SENTINEL_API_SERVER_PORT"),
        "sentinel_api_service": Option("service", env="SENTINEL_API_SERVICE"),
        "sn_api_port": Option("port", env="SN_API_SERVER_PORT", publish=SAME),
        "sn_p2p_port": Option("port", env="SN_ETH_PORT_EXT", publish=30303),
        "sn_api_service": Option("service", env="SN_API_SERVICE", publish=30304, port=30304, port_by="sn_api_port"),
        "sn_p2p_service": Option("service", env="SN_ETH_P2P_SERVICE", publish=30303, port=30303, port_by="sn_p2p_port"),
        **_identity,
    },
    required=(("host_ip",), ("sentinel", "sentinel_ip", "sentinel_api_service")),
    unless={"host_ip": ("sn_api_service", "sn_p2p_service")},
    exclusive=_licence_exclusive,
    interactive=True,
    info_file=True,
    ready=_SN_UP,
    configuration=_certificates,
    wait_timeout=600,
)
_SL_2 = Component(
    _CURRENT,
    "sl",
    {
        **_licence,
        "host_ip": Option("own_address", env="THIS_NODE_IP"),
        **_sn_of_node,
        "sn_api_service": Option("service", env="SN_API_SERVICE"),
        "sl_fs_port": Option("port", env="SL_FS_PORT", publish=30305),
        "sl_fs_service": Option("service", env="SL_FS_SERVICE", publish=30305, port=30305, port_by="sl_fs_port"),
        "ml": Option("ml"),
        **_identity,
    },
    required=(("host_ip",), ("sn_ip", "sn_docker_name", "sn_api_service")),
    unless={"host_ip": ("sl_fs_service",)},
    exclusive=_licence_exclusive,
    pair_volumes=("/tmp/channel",),
    pair_environment=_CHANNEL,
    interactive=True,
    info_file=True,
    ready=Ready(port=30305),
)
_SWOP_2 = Component(
    _CURRENT,
    "swop",
    {
        **_licence,
        "usr_dir": Option("directory", mount="/platform/swarm/usr", mode="rw"),
        "profile_file_name": Option("file_in_usr_dir", env="SWOP_PROFILE"),
        "docker_socket_file": Option("socket_file", mount="/var/run/docker.sock", mode="rw", default=ENGINE_SOCKET),
        "docker_group_id": Option("docker_group_id", env="SWOP_DOCKER_GID"),
        "swop_uid": Option("swop_uid", env="SWOP_UID"),
        **_sn_of_node,
        "sn_api_service": Option("service", env="SN_API_SERVICE"),
        **_identity,
    },
    required=(("usr_dir",), ("profile_file_name",)),
    exclusive=_licence_exclusive,
    configuration=("profile_file_name", *_certificates),
    interactive=True,
    info_file=True,
    ready=Ready(log=r"SWOPExecutor : Ready for Task Execution!"),
)
_SWCI_2 = Component(
    _CURRENT,
    "swci",
    {
        **_licence,
        "usr_dir": Option("directory", mount="/platform/swarm/usr", mode="rw"),
        "init_script_name": Option("file_in_usr_dir", env="SWCI_STARTUP_SCRIPT"),
        "web_port": Option("web_port", env="SWCI_WEB_PORT", publish=SAME),
        "web_address": Option("bind_address"),
        **_identity,
    },
    exclusive=_licence_exclusive,
    configuration=("init_script_name",),
    interactive=True,
    auto_remove=True,
    info_file=True,
    ready=_PROMPTS,
    ready_by={"web_port": Ready(port=SAME), "init_script_name": _SCRIPT_RUNS},
)
_APLS_2 = Component(
    _AUTOPASS,
    "apls:9.15",
    _apls_published,
    volumes=("apls-volume:/hpe",),
    restart_policy="unless-stopped",
    interactive=True,
    ready=Ready(port=5814, tls=True),
)
_SPIRE_SERVER_2 = Component(
    _SPIFFE,
    f"spire-server:{_SPIRE_VERSION}",
    {"config": Option("configuration", mount="/opt/spire/conf/server")},
    configuration=("config",),
    ready=Ready(log=r"Starting Server APIs|Starting UDS server", health=(f"{SPIRE_UPSTREAM}/spire-server", "healthcheck")),
)
_SPIRE_AGENT_2 = Component(
    _SPIFFE,
    f"spire-agent:{_SPIRE_VERSION}",
    {
        "config": Option("configuration", mount="/opt/spire/conf/agent"),
        "config_dir": Option("configuration", mount="/opt/spire/conf/agent"),
        "server_address": Option("address", argument="-serverAddress"),
        "server_port": Option("port", argument="-serverPort"),
        "trust_domain": Option("trust_domain", argument="-trustDomain"),
        "trust_bundle": Option("file", mount=SAME, mode="ro", argument="-trustBundle"),
        "join_token": Option(env="SPIRE_JOIN_TOKEN"),
        "socket_dir": Option("socket_dir", mount="/tmp/spire-agent/public"),
    },
    required=(("config", "config_dir"),),
    exclusive=(("config", "config_dir"),),
    volumes=(f"{ENGINE_SOCKET}:/var/run/docker.sock",),
    configuration=("config", "config_dir"),
    pid_mode="host",
    ready=Ready(log=r"Starting Workload and SDS APIs|Starting agent APIs|Starting Agent APIs"),
)


def _current(release: str, **changes: Component) -> dict[str, Component]:
    """The components of one 2.x release: the newest's, with that release's tag and what differs."""
    newest = {"sn": _SN_2, "sl": _SL_2, "swop": _SWOP_2, "swci": _SWCI_2}
    tagged = {name: replace(changes.get(name, c), image=f"{c.image}:{release}") for name, c in newest.items()}
    return {**tagged, "apls": _APLS_2, "spire_server": _SPIRE_SERVER_2, "spire_agent": _SPIRE_AGENT_2}


def _changed(component: Component, **options: Option | None) -> Component:
    """A component with some options replaced, or taken away where the value is None."""
    kept = {k: v for k, v in component.options.items() if k not in options}
    return replace(component, options={**kept, **{k: v for k, v in options.items() if v is not None}})


_2_0_0 = {
    "sn": _changed(
        _SN_2,
        sn_api_service=Option("service", env="SN_API_SERVICE"),
        sn_p2p_service=Option("service", env="SN_ETH_P2P_SERVICE", publish=SAME, port=30303, port_by="sn_p2p_port"),
    ),
    "sl": _changed(_SL_2, sl_fs_service=Option("service", env="SL_FS_SERVICE")),
    "swop": replace(
        _changed(_SWOP_2, docker_socket_file=None),
        volumes=(f"{ENGINE_SOCKET}:/var/run/docker.sock:rw",),
    ),
}

RELEASES = {
    "0.3.0": _RELEASE_0_3_0,
    "2.0.0": _current("2.0.0", **_2_0_0),
    "2.1.0": _current("2.1.0"),
    "2.2.0": _current("2.2.0"),
    "2.3.0": _current("2.3.0"),
}
NEWEST = "2.3.0"
# release → the releases that may take its place. HPE says that 0.3.0 is uninstalled first, and that all nodes of a running swarm have the same
# version (Versioning_and_upgrade.md); nothing says that an older release reads the ledger of a newer one.
UPGRADES: dict[str, tuple[str, ...]] = {
    "0.3.0": (),
    "2.0.0": ("2.1.0", "2.2.0", "2.3.0"),
    "2.1.0": ("2.2.0", "2.3.0"),
    "2.2.0": ("2.3.0",),
    "2.3.0": (),
}
# The variables by which a SWCI waits longer for a task than its 120 minutes, in minutes.
SWCI_WAITS = {
    **dict.fromkeys(("2.0.0", "2.1.0", "2.2.0"), ("SWCI_TASK_MAX_WAIT_TIME",)),
    "2.3.0": ("SWCI_RUN_TASK_MAX_WAIT_TIME", "SWCI_GENERIC_TASK_MAX_WAIT_TIME"),
}
# Whose SWCI can add a SWOP to a task that goes on (release notes of 2.2.0).
WITH_TARGET = ("2.2.0", "2.3.0")
ON_PODMAN = ("2.1.0", "2.2.0", "2.3.0")
