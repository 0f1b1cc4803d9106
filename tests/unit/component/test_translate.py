# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters become the containers of the platform contract, in every release, with nothing added to them."""

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._component.check_container import OptionError

from tests.support.contract_rows import rows
from tests.support.machine import ALL, CLASSIC, CURRENT, NEWEST, OTHER_ID, Machine, minimal, spec, specs

CHANNEL = {"SL_REQUEST_CHANNEL": "/tmp/channel/request.channel", "SL_RESPONSE_CHANNEL": "/tmp/channel/response.channel"}


def described(case):
    component, release, options, *_effects = case
    return f"{component}-{release}-{'+'.join(f'{name}={value}' for name, value in options.items())}"


@pytest.mark.parametrize("case", list(rows()), ids=described)
def test_row_of_the_contract(case):
    component, release, options, env, ports, binds, arguments = case
    without, made = spec(component, release), spec(component, release, **options)
    assert {name: value for name, value in made.env.items() if without.env.get(name) != value} == env
    assert sorted(str(port) for port in made.ports if port not in without.ports) == sorted(ports)
    assert [mount.given for mount in made.mounts if mount not in without.mounts] == binds
    assert [word for word in made.command if word not in without.command] == arguments


LICENCE = {"SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_IP": "203.0.113.9"}
CLASSIC_NODE = {**LICENCE, "THIS_NODE_IP": "203.0.113.5", "SENTINEL_NODE_IP": "203.0.113.4"}
SWOP_ENV = {"SWOP_PROFILE": "profile.yaml", "SWOP_DOCKER_GID": "998", "SWOP_UID": "1000", "SWOP_GID": "1000"}
SWOP_BINDS = ["/srv/usr:/platform/swarm/usr:rw", "/var/run/docker.sock:/var/run/docker.sock:rw"]
AGENT_BINDS = ["/etc/swarm:/opt/spire/conf/agent:ro", "/var/run/docker.sock:/var/run/docker.sock"]
TO_SPIRE = ["-serverAddress", "203.0.113.7"]
# component, releases, what the flags are (t tty, i stdin open, r removed at its end), environment, ports, binds, arguments, others
MINIMAL = [
    ("apls", (CLASSIC,), "", {}, ["5814:5814"], [], [], {}),
    ("apls", CURRENT, "i", {}, ["5814:5814"], ["apls-volume:/hpe"], [], {"restart_policy": "unless-stopped"}),
    ("spire_server", ALL, "", {}, [], [], [], {}),
    ("spire_agent", CURRENT, "", {}, [], AGENT_BINDS, [], {"pid_mode": "host"}),
    ("sn", (CLASSIC,), "", CLASSIC_NODE, [], [], TO_SPIRE, {}),
    ("sn", CURRENT, "i", CLASSIC_NODE, [], [], [], {}),
    ("sl", (CLASSIC,), "", {**CLASSIC_NODE, "MLCMD": "run nothing", "NVIDIA_VISIBLE_DEVICES": ""}, [], [], TO_SPIRE, {}),
    ("sl", CURRENT, "i", {**LICENCE, "THIS_NODE_IP": "203.0.113.5", "SN_NODE_IP": "203.0.113.4"}, [], [], [], {}),
    ("swop", CURRENT, "i", SWOP_ENV, [], SWOP_BINDS, [], {}),
    ("swci", (CLASSIC,), "tir", {}, [], [], TO_SPIRE, {}),
    ("swci", CURRENT, "ir", {}, [], [], [], {}),
]


@pytest.mark.parametrize("case", MINIMAL, ids=lambda case: f"{case[0]}-{case[1][0]}")
def test_nothing_is_added(case):
    component, releases, flags, env, ports, binds, arguments, others = case
    for release in releases:
        made = spec(component, release)
        assert (made.env, [str(port) for port in made.ports], [mount.given for mount in made.mounts]) == (env, ports, binds)
        assert list(made.command) == arguments
        assert (made.tty, made.interactive, made.auto_remove) == tuple(flag in flags for flag in "tir")
        assert (made.restart_policy, made.pid_mode) == (others.get("restart_policy", "no"), others.get("pid_mode", ""))
        assert made.labels == {"learning.swarm.component": component, "learning.swarm.release": release}
        assert (made.hostname, made.network, made.user, made.workdir) == (made.name, "default", "", "")


HUB = "hub.myenterpriselicense.hpe.com"
MIRROR = {"image_registry": "mirror.example.org:5000/swarm"}


@pytest.mark.parametrize(
    ("component", "releases", "options", "image"),
    [
        ("apls", (CLASSIC,), {}, f"{HUB}/hpe_eval/swarm-learning/apls:0.3.0"),
        ("spire_server", (CLASSIC,), {}, f"{HUB}/hpe_eval/swarm-learning/spire-server:0.3.0"),
        ("sn", (CLASSIC,), {}, f"{HUB}/hpe_eval/swarm-learning/sn:0.3.0"),
        ("sl", (CLASSIC,), {}, f"{HUB}/hpe_eval/swarm-learning/sl-tf:0.3.0"),
        ("sl", (CLASSIC,), {"sl_platform": "pyt"}, f"{HUB}/hpe_eval/swarm-learning/sl-pyt:0.3.0"),
        ("sl", (CLASSIC,), {"sl_platform": "Tf"}, f"{HUB}/hpe_eval/swarm-learning/sl-tf:0.3.0"),
        ("swci", (CLASSIC,), {}, f"{HUB}/hpe_eval/swarm-learning/swci:0.3.0"),
        *((name, CURRENT, {}, f"{HUB}/hpe/swarm-learning/{name}:RELEASE") for name in ("sn", "sl", "swop", "swci")),
        ("apls", CURRENT, {}, f"{HUB}/hpe_eval/autopass/apls:9.15"),
        ("spire_server", CURRENT, {}, "ghcr.io/spiffe/spire-server:1.8.4"),
        ("spire_agent", CURRENT, {}, "ghcr.io/spiffe/spire-agent:1.8.4"),
        ("sn", CURRENT, MIRROR, "mirror.example.org:5000/swarm/sn:RELEASE"),
        ("sl", (CLASSIC,), {**MIRROR, "sl_platform": "PYT"}, "mirror.example.org:5000/swarm/sl-pyt:0.3.0"),
        ("sn", ALL, {**MIRROR, "image": "own/sn:9"}, "own/sn:9"),
    ],
)
def test_image(component, releases, options, image):
    for release in releases:
        assert spec(component, release, **options).image == image.replace("RELEASE", release)


CONFIG = {"config": "/etc/swarm/agent.conf"}


def test_classic_server_gets_its_configuration_first():
    made = spec("spire_server", CLASSIC, **CONFIG, command=["-logLevel", "DEBUG"])
    assert made.command == ("-config", "/etc/swarm/agent.conf", "-logLevel", "DEBUG")


@pytest.mark.parametrize(
    ("options", "there", "command"),
    [
        ({}, True, "-serverAddress 172.17.0.7"),
        ({}, False, ""),
        (CONFIG, False, "-config /etc/swarm/agent.conf"),
        ({**CONFIG, "server_address": "a", "join_token": "t"}, True, "-config /etc/swarm/agent.conf -serverAddress a -joinToken t"),
        ({"join_token": "t"}, True, "-joinToken t -serverAddress 172.17.0.7"),
        ({"spire_docker_name": "spire-9"}, False, "-serverAddress 172.17.0.7"),
        ({"config": "/etc/swarm/with-address.conf", "join_token": "t"}, True, "-config /etc/swarm/with-address.conf -joinToken t"),
        ({"command": ["run", "x"], "server_address": "a"}, True, "run x -serverAddress a"),
    ],
    ids=str,
)
def test_arguments_of_the_classic_agent_are_in_the_scripts_order(options, there, command):
    machine = Machine(of_component={"spire_server": "spire-9"} if there else {})
    assert " ".join(spec("sn", CLASSIC, machine, **{"server_address": None, **options}).command) == command


def test_token_needs_a_known_server():
    with pytest.raises(OptionError, match="spire_docker_name"):
        spec("sn", CLASSIC, Machine(of_component={}), server_address=None, join_token="t")


@pytest.mark.parametrize("component", ["sn", "sl", "swop", "swci"])
@pytest.mark.parametrize("release", CURRENT)
def test_socket_path_labels_the_node_type(component, release):
    assert spec(component, release, socket_path="vol:api.sock").labels["swarm-node-type"] == component


# --- the ML container ---------------------------------------------------------------------------------------------------


def pair(release=NEWEST, **ml):
    return specs("sl", release, **{**minimal("sl", release), "ml": {"image": "user/ml:1", **ml}})


@pytest.mark.parametrize("release", CURRENT)
def test_sl_and_ml_share_the_channel(release):
    main, ml = pair(release)
    assert main.env == {**spec("sl", release).env, **CHANNEL}
    assert ml.env == CHANNEL
    assert [(str(mount), mount.source) for mount in main.mounts] == [("/tmp/channel", "")]
    assert ml.volumes_from == (main.name,)
    assert (ml.name, ml.hostname, ml.interactive, ml.tty, ml.restart_policy) == ("sl-1-ml", "sl-1-ml", True, False, "no")
    assert ml.labels == {"learning.swarm.component": "ml", "learning.swarm.release": release}


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        (None, "1000:1000"),
        ("1001", "1001:2001"),
        ("alice", "alice:2001"),
        ("1001:5", "1001:5"),
        ("4242", "4242"),
        ("only-in-the-image", "only-in-the-image"),
    ],
)
def test_user_of_ml(user, expected):
    assert pair(user=user)[1].user == expected


@pytest.mark.parametrize(
    ("options", "facts"),
    [
        ({"name": "ml-1"}, {"name": "ml-1", "hostname": "ml-1"}),
        ({"hostname": "h"}, {"hostname": "h"}),
        (
            {"entrypoint": ["python3"], "command": "-m train 'two words'"},
            {"entrypoint": ("python3",), "command": ("-m", "train", "two words")},
        ),
        ({"command": ["a b", "c"]}, {"command": ("a b", "c")}),
        ({"workdir": "/w", "env": {"A": "1"}}, {"workdir": "/w", "env": {**CHANNEL, "A": "1"}}),
        ({"gpus": "all", "network": "other", "memory": "1g"}, {"gpus": "all", "network": "other", "memory": 2**30}),
        ({"network": "container:sl-1", "pid_mode": "container:sl-1"}, {"network": "container:sl-1", "hostname": None}),
        ({"interactive": False, "auto_remove": True}, {"interactive": False, "auto_remove": True}),
    ],
    ids=str,
)
def test_option_of_ml(options, facts):
    ml = pair(**options)[1]
    assert {fact: getattr(ml, fact) for fact in facts} == facts


# --- options that every component takes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "facts"),
    [
        ({"hostname": "h"}, {"hostname": "h"}),
        ({"network": "container:sn-9"}, {"hostname": None, "network": f"container:{OTHER_ID}"}),
        ({"network": "bridge"}, {"network": "default"}),
        ({"network": "host"}, {"network": "host", "hostname": "sn-1"}),
        ({"network": "swarm", "network_aliases": ["b", "a"]}, {"network": "swarm", "network_aliases": ("a", "b")}),
        ({"pid_mode": "container:sn-9"}, {"pid_mode": f"container:{OTHER_ID}"}),
        ({"cpus": "1.5", "memory": "512m"}, {"cpus": 1500000000, "memory": 2**29}),
        ({"shm_size": "1g"}, {"shm_size": 2**30}),
        ({"memory_reservation": "256m", "cpuset_cpus": "0-1"}, {"memory_reservation": 2**28, "cpuset_cpus": "0-1"}),
        ({"group_add": ["video", "44"], "privileged": True}, {"group_add": ("44", "video"), "privileged": True}),
        ({"dns_search": ["b.org", "a.org"]}, {"dns_search": ("b.org", "a.org")}),
        ({"network": "swarm", "ip": "172.18.0.9", "ip6": "FD00::9"}, {"ip": "172.18.0.9", "ip6": "fd00::9"}),
        ({"uts_mode": "host"}, {"hostname": None, "further": {"uts_mode": "host"}}),
        ({"ipc_mode": "container:sn-9", "pids_limit": 0}, {"further": {"ipc_mode": f"container:{OTHER_ID}", "pids_limit": -1}}),
        ({"memory": "1g", "memory_swap": "2g"}, {"further": {}}),
        ({"memory": "1g", "memory_swap": "3g"}, {"further": {"memory_swap": 3 * 2**30}}),
        ({}, {"shm_size": None, "cgroupns": None, "log_driver": None, "log_options": None, "init": None}),
        ({"ulimits": ["nofile=1024:2048", "core=0"]}, {"ulimits": ("core=0:0", "nofile=1024:2048")}),
        ({"cap_add": ["cap_net_admin"], "cap_drop": ["ALL"]}, {"cap_add": ("NET_ADMIN",), "cap_drop": ("ALL",)}),
        ({"security_opts": ["seccomp=/etc/swarm/seccomp.json"]}, {"security_opts": ('seccomp={"defaultAction":"SCMP_ACT_ALLOW"}',)}),
        ({"devices": ["/dev/kfd"], "gpus": "device=0,1"}, {"devices": ("/dev/kfd:/dev/kfd:rwm",), "gpus": "device=0,1"}),
        ({"restart_policy": "on-failure:3"}, {"restart_policy": "on-failure:3"}),
        ({"extra_hosts": {"a": "192.0.2.1"}, "dns": ["192.0.2.53"]}, {"extra_hosts": {"a": "192.0.2.1"}, "dns": ("192.0.2.53",)}),
        ({"log_driver": "local", "log_options": {"max-file": 3}}, {"log_driver": "local", "log_options": {"max-file": "3"}}),
        ({"init": True, "read_only": True}, {"init": True, "read_only": True}),
        ({"tty": True, "interactive": False, "auto_remove": True}, {"tty": True, "interactive": False, "auto_remove": True}),
        ({"user": "1:2", "workdir": "/w", "entrypoint": ["/e"]}, {"user": "1:2", "workdir": "/w", "entrypoint": ("/e",)}),
    ],
    ids=str,
)
def test_common_option(options, facts):
    made = spec("sn", **options)
    assert {fact: getattr(made, fact) for fact in facts} == facts


def test_environment_is_text_and_the_users_takes_precedence():
    made = spec("sn", env={"PORT": 80, "THIS_NODE_IP": "203.0.113.99"})
    assert (made.env["PORT"], made.env["THIS_NODE_IP"]) == ("80", "203.0.113.99")


def test_mounts_of_the_user_take_precedence():
    assert [mount.given for mount in spec("apls", volumes=["/srv/data:/hpe"]).mounts] == ["/srv/data:/hpe"]


def test_same_port_twice_is_published_once():
    assert [str(port) for port in spec("sn", publish=["30304:30304"], sn_api_port=30304).ports] == ["30304:30304"]


def test_auto_remove_drops_the_default_restart_policy():
    assert spec("apls", auto_remove=True).restart_policy == "no"


@pytest.mark.parametrize(
    ("component", "options", "ports"),
    [
        ("sn", {"sn_api_service": "api.sn-1.swarm", "sn_api_port": 31304}, ["31304:31304"]),
        ("sn", {"sn_p2p_service": "p2p.sn-1.swarm", "sn_p2p_port": 31303}, ["31303:30303"]),
        ("sl", {"sl_fs_service": "fs.sl-1.swarm", "sl_fs_port": 16000}, ["16000:30305"]),
        ("sl", {"sl_fs_service": "fs.sl-1.swarm:17000", "sl_fs_port": 16000}, ["16000:30305", "17000:30305"]),
    ],
)
def test_port_of_a_service_is_the_one_that_is_given(component, options, ports):
    assert sorted(str(port) for port in spec(component, **options).ports) == ports
