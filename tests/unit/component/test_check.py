# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every wrong value ends the module before it contacts an engine, and its message names the option, the value and what was expected.

The modules run for real; the engine that they are given does not exist, so that one who asks it something fails with another message.
"""

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._component import check_container
from ansible_collections.swarm.learning.plugins.module_utils._container.host import Host

from tests.support.module_runner import Failed, run

NO_ENGINE = "unix:///nowhere/docker.sock"
CLASSIC, NEWEST = "0.3.0", "2.3.0"
BOTH = (CLASSIC, NEWEST)
GOOD = {
    ("sn", CLASSIC): {"host_ip": "192.0.2.1", "sentinel_ip": "192.0.2.1", "apls_ip": "192.0.2.9", "server_address": "192.0.2.7"},
    ("sn", NEWEST): {"host_ip": "192.0.2.1", "sentinel": True},
    ("sl", CLASSIC): {
        "host_ip": "192.0.2.1",
        "sn_ip": "192.0.2.1",
        "apls_ip": "192.0.2.9",
        "server_address": "192.0.2.7",
        "ml_cmd": "run x",
    },
    ("sl", NEWEST): {"host_ip": "192.0.2.1", "sn_ip": "192.0.2.1"},
    ("swop", NEWEST): {"usr_dir": "DIR/usr", "profile_file_name": "profile.yaml"},
    ("swci", CLASSIC): {"server_address": "192.0.2.7"},
    ("spire_agent", NEWEST): {"config_dir": "DIR"},
}
IN_MODEL_DIR = {"ml_cmd": None, "model_dir": "DIR/model"}
# module, releases, options (None takes a needed one away), what the message says
CASES = [
    # required, conditional, exclusive
    ("sn", BOTH, {"host_ip": None}, ["host_ip", "is required"]),
    ("sn", (NEWEST,), {"host_ip": None, "sn_api_service": "a.example.org"}, ["host_ip", "sn_api_service and sn_p2p_service"]),
    ("sn", (CLASSIC,), {"sentinel_ip": None}, ["sentinel_ip is required in release 0.3.0"]),
    ("sn", (NEWEST,), {"sentinel": None}, ["sentinel or sentinel_ip or sentinel_api_service is required"]),
    ("sn", (NEWEST,), {"sentinel": False}, ["sentinel or sentinel_ip or sentinel_api_service is required"]),
    ("sl", BOTH, {"host_ip": None}, ["host_ip", "is required"]),
    ("sl", BOTH, {"sn_ip": None}, ["sn_ip or sn_docker_name", "is required"]),
    ("sl", (CLASSIC,), {"ml_cmd": None}, ["model_program or ml_cmd is required"]),
    ("sl", (CLASSIC,), {"model_program": "DIR/model/train.py"}, ["model_program and ml_cmd are mutually exclusive"]),
    ("sl", (NEWEST,), {"ml": {}}, ["ml.image is required"]),
    ("swop", (NEWEST,), {"usr_dir": None}, ["usr_dir is required"]),
    ("swop", (NEWEST,), {"profile_file_name": None}, ["profile_file_name is required"]),
    ("spire_agent", (NEWEST,), {"config_dir": None}, ["config or config_dir is required"]),
    ("spire_agent", (NEWEST,), {"config": "DIR/agent.conf"}, ["config and config_dir are mutually exclusive"]),
    ("sn", (NEWEST,), {"apls_ip": "a", "primary_apls_ip": "b"}, ["apls_ip and primary_apls_ip are mutually exclusive"]),
    ("swci", (NEWEST,), {"apls_port": 1, "primary_apls_port": 2}, ["apls_port and primary_apls_port are mutually exclusive"]),
    ("sn", BOTH, {"auto_remove": True, "restart_policy": "always"}, ["restart_policy: 'always'", "auto_remove"]),
    # options and components that a release does not have
    ("sn", (CLASSIC,), {"sentinel": True}, ["sentinel is not an option of release 0.3.0", "2.0.0, 2.1.0, 2.2.0, 2.3.0"]),
    ("sn", (CLASSIC,), {"key": "DIR/key.pem"}, ["key is not an option of release 0.3.0", "2.3.0"]),
    ("sn", (NEWEST,), {"sn_fs_port": 30305}, ["sn_fs_port is not an option of release 2.3.0", "0.3.0"]),
    ("sn", (NEWEST,), {"join_token": "t-1"}, ["join_token is not an option of release 2.3.0", "0.3.0"]),
    ("sl", (CLASSIC,), {"ml": {"image": "a"}}, ["ml is not an option of release 0.3.0"]),
    ("sl", (NEWEST,), {"data_dir": "DIR"}, ["data_dir is not an option of release 2.3.0", "0.3.0"]),
    ("swop", ("2.0.0",), {"docker_socket_file": "DIR/s"}, ["docker_socket_file is not an option of release 2.0.0", "2.1.0, 2.2.0, 2.3.0"]),
    ("swci", (CLASSIC,), {"web_port": 30306}, ["web_port is not an option of release 0.3.0"]),
    ("swop", (CLASSIC,), {}, ["release: '0.3.0' does not have swop", "2.3.0"]),
    ("spire_agent", (CLASSIC,), {}, ["release: '0.3.0' does not have spire_agent"]),
    ("sn", ("9.9.9",), {}, ["release", "9.9.9", "0.3.0, 2.0.0, 2.1.0, 2.2.0, 2.3.0"]),
    # ports
    ("sn", BOTH, {"sn_api_port": 0}, ["sn_api_port: 0 is not a port; expected 1 to 65535"]),
    ("sn", BOTH, {"sn_p2p_port": 65536}, ["sn_p2p_port: 65536 is not a port"]),
    ("sn", BOTH, {"sn_api_port": "http"}, ["sn_api_port", "http", "int"]),
    ("sl", BOTH, {"sl_fs_port": -1}, ["sl_fs_port: -1 is not a port"]),
    ("apls", BOTH, {"apls_port": 99999}, ["apls_port: 99999 is not a port"]),
    ("swci", (NEWEST,), {"web_port": 0}, ["web_port: 0 is not a port"]),
    ("spire_agent", (NEWEST,), {"server_port": 70000}, ["server_port: 70000 is not a port"]),
    ("sn", BOTH, {"publish": ["8081:http"]}, ["publish", "'8081:http'", "8081:8081"]),
    ("sn", BOTH, {"publish": ["0:80"]}, ["publish", "expected 1 to 65535"]),
    ("sn", BOTH, {"publish": ["999.0.0.1:80:80"]}, ["publish", "999.0.0.1 is not an IP address"]),
    ("sn", BOTH, {"publish": ["8000-8002:8000-8001"]}, ["publish", "8000-8002:8000-8001", "the same length"]),
    ("sn", BOTH, {"sn_api_port": 31000, "sn_p2p_port": 31000}, ["sn_p2p_port: '31000'", "already published on the host by sn_api_port"]),
    ("sn", BOTH, {"publish": ["30304:80"], "sn_api_port": 30304}, ["sn_api_port: '30304'", "already published on the host by publish"]),
    # addresses and services
    ("sn", BOTH, {"host_ip": "127.0.0.1"}, ["host_ip: '127.0.0.1' is a loopback address"]),
    ("sl", BOTH, {"host_ip": "localhost"}, ["host_ip: 'localhost' is a loopback address"]),
    ("sn", BOTH, {"host_ip": "192.0.2.300"}, ["host_ip: '192.0.2.300' is not an address; expected an IP address or a host name"]),
    ("sl", BOTH, {"sn_ip": "https://sn"}, ["sn_ip: 'https://sn' is not an address; expected an IP address or a host name"]),
    ("sn", BOTH, {"apls_ip": "192.0.2.1:5814"}, ["apls_ip: '192.0.2.1:5814'", "without a port, which has an option of its own"]),
    ("sn", BOTH, {"apls_ip": " "}, ["apls_ip: ' ' is empty"]),
    (
        "sn",
        (NEWEST,),
        {"sn_api_service": "sn.example.org:port"},
        ["sn_api_service: 'sn.example.org:port' is not a service; expected FQDN[:PORT]"],
    ),
    (
        "sl",
        (NEWEST,),
        {"sl_fs_service": "sl.example.org:70000"},
        ["sl_fs_service: 'sl.example.org:70000' is not a service; expected FQDN[:PORT]"],
    ),
    ("sl", (NEWEST,), {"sn_api_service": "a b"}, ["sn_api_service: 'a b' is not a service; expected FQDN[:PORT]"]),
    ("spire_agent", (NEWEST,), {"trust_domain": "Example.ORG"}, ["trust_domain: 'Example.ORG'", "lower-case"]),
    # paths
    ("sn", (NEWEST,), {"key": "DIR/gone.pem"}, ["key: 'DIR/gone.pem' must be a file on the host, but it does not exist"]),
    ("sn", (NEWEST,), {"cert": "DIR"}, ["cert: 'DIR' must be a file on the host, but it is a directory"]),
    ("sl", (NEWEST,), {"capath": "DIR/key.pem"}, ["capath: 'DIR/key.pem' must be a directory"]),
    ("sn", (CLASSIC,), {"config": "DIR/gone.conf"}, ["config: 'DIR/gone.conf' must be a file"]),
    (
        "spire_server",
        (NEWEST,),
        {"config": "DIR/gone"},
        ["config: 'DIR/gone' does not exist; expected a configuration file", "or its directory"],
    ),
    ("sl", (CLASSIC,), {"data_dir": "DIR/gone"}, ["data_dir: 'DIR/gone' must be a directory"]),
    ("sl", (CLASSIC,), {"ml_cmd": None, "model_program": "DIR/gone.py"}, ["model_program: 'DIR/gone.py' does not exist on the host"]),
    (
        "sl",
        (CLASSIC,),
        {"ml_cmd": None, "model_dir": "DIR/model", "model_program": "x.py"},
        ["model_program: 'x.py' does not exist in model_dir"],
    ),
    (
        "sl",
        (CLASSIC,),
        {"ml_cmd": None, "model_dir": "DIR/model", "model_program": "../key.pem"},
        ["'../key.pem' must be a path in model_dir"],
    ),
    ("swop", (NEWEST,), {"profile_file_name": "gone.yaml"}, ["profile_file_name: 'gone.yaml' does not exist in usr_dir"]),
    (
        "swop",
        (NEWEST,),
        {"profile_file_name": "a/b.yaml"},
        ["profile_file_name: 'a/b.yaml' must be the name of a file directly in usr_dir"],
    ),
    ("swop", (NEWEST,), {"docker_socket_file": "DIR/key.pem"}, ["docker_socket_file: 'DIR/key.pem' must be a socket"]),
    ("swci", BOTH, {"init_script_name": "swci-init"}, ["init_script_name: 'swci-init'", "usr_dir is not set"]),
    ("sn", (NEWEST,), {"socket_path": "/gone/api.sock"}, ["socket_path: '/gone/api.sock' must be a socket"]),
    ("sn", (NEWEST,), {"socket_path": "vol:/absolute"}, ["socket_path: 'vol:/absolute'", "VOLUME:path/in/volume"]),
    ("spire_agent", (NEWEST,), {"socket_dir": "DIR/gone"}, ["socket_dir: 'DIR/gone' must be a directory"]),
    ("sn", BOTH, {"volumes": ["/gone:/data"]}, ["volumes: '/gone:/data' binds /gone, which does not exist"]),
    ("sn", BOTH, {"volumes": ["relative/path:/data"]}, ["volumes", "'relative/path:/data'", "absolute path"]),
    ("sn", BOTH, {"volumes": ["data:data"]}, ["volumes", "'data:data'", "absolute DST"]),
    ("sn", BOTH, {"volumes": ["data:/data:readonly"]}, ["volumes", "unknown option readonly", "ro"]),
    ("sn", BOTH, {"volumes": ["a1:/data", "b1:/data/"]}, ["volumes: 'b1:/data/' has the same target as a1:/data"]),
    ("sn", BOTH, {"devices": ["/dev/gone"]}, ["devices: '/dev/gone' does not exist"]),
    # other values of the components' own options
    ("sl", (CLASSIC,), {"sl_platform": "JAX"}, ["sl_platform: 'JAX' is not valid; expected one of TF, PYT"]),
    ("sl", (CLASSIC,), {"gpu": "first"}, ["gpu: 'first' is not valid; expected all or"]),
    ("swop", (NEWEST,), {"swop_uid": "nobody-of-that-name"}, ["swop_uid: 'nobody-of-that-name' is not a user of this host"]),
    ("swop", (NEWEST,), {"docker_group_id": "docker"}, ["docker_group_id: 'docker' is not a group ID"]),
    ("sl", BOTH, {"sn_ip": None, "sn_docker_name": "s n"}, ["sn_docker_name: 's n' is not a container name"]),
    ("sl", (NEWEST,), {"ml": {"image": "a", "name": "sl-1"}}, ["ml.name: 'sl-1' is the name of the SL container"]),
    ("sl", (NEWEST,), {"ml": {"image": "a", "name": "-"}}, ["ml.name: '-' is not a container name"]),
    ("sl", (NEWEST,), {"ml": {"image": "a", "command": "python3 'x"}}, ["ml.command", "close the quotes"]),
    ("sl", (NEWEST,), {"ml": {"image": "a", "memory": "much"}}, ["ml.memory", "'much' is not a size"]),
    ("sl", (NEWEST,), {"ml": {"image": "a", "env": {"A": True}}}, ["ml.env.A: True is not a string"]),
    ("sl", (NEWEST,), {"ml": {"image": "a", "sped": 1}}, ["sped", "ml"]),
    # options that every component takes
    ("sn", BOTH, {"name": "a"}, ["name: 'a' is not a container name"]),
    ("sn", BOTH, {"name": "s" * 64}, ["hostname", "at most 63 characters"]),
    ("sn", BOTH, {"hostname": "a b"}, ["hostname: 'a b' is not a host name"]),
    ("sn", BOTH, {"state": "running"}, ["state", "running", "started, stopped, present, absent"]),
    ("sn", BOTH, {"image": "Not An Image"}, ["image: 'Not An Image' is not an image reference"]),
    ("sn", BOTH, {"image_registry": "https://hub.example.org/"}, ["image_registry: 'https://hub.example.org/'", "without https://"]),
    ("sn", BOTH, {"pull": "sometimes"}, ["pull", "sometimes", "missing, always, never"]),
    ("sn", BOTH, {"user": "a:b:c"}, ["user: 'a:b:c'", "1000:1000"]),
    ("sn", BOTH, {"workdir": "tmp"}, ["workdir: 'tmp' is not valid; expected an absolute path"]),
    ("sn", BOTH, {"entrypoint": [""]}, ["entrypoint: [''] removes the image's entry point; set command"]),
    ("sn", BOTH, {"env": {"A B": "1"}}, ["env: 'A B' is not a valid name"]),
    ("sn", BOTH, {"env": {"DB_PASSWORD=hunter2": "1"}}, ["env: 'DB_PASSWORD=…' is not a valid name"]),
    ("sn", BOTH, {"env": {"DB_PASSWORD": 1.25}}, ["env.DB_PASSWORD: ******** is not a string"]),
    ("sn", BOTH, {"image": "user:hunter2@hub/sn:1"}, ["image: '********@hub/sn:1' is not"]),
    ("sl", (NEWEST,), {"ml": {"image": "a", "command": "x --key 'hunter2"}}, ["ml.command", "the string cannot be split"]),
    ("sn", BOTH, {"env": {"A": None}}, ["env.A", "is not a string"]),
    ("sn", BOTH, {"labels": {"a": ["b"]}}, ["labels.a: a list is not a string"]),
    ("sn", BOTH, {"network": "my network"}, ["network: 'my network' is not valid; expected the name of a network"]),
    ("sn", BOTH, {"network_aliases": ["a"]}, ["network_aliases needs a network that you created"]),
    ("sn", BOTH, {"network": "container:other", "publish": ["1:1"]}, ["publish cannot be used with network: container:other"]),
    ("sn", BOTH, {"memory": "512q"}, ["memory", "'512q' is not a size", "512m"]),
    ("sn", BOTH, {"memory": "1m"}, ["memory", "'1m' is less than an engine allows", "6m"]),
    ("sn", BOTH, {"cpus": "two"}, ["cpus", "'two' is not a number of CPUs"]),
    ("sn", BOTH, {"cpus": "-1"}, ["cpus", "'-1' is not a number of CPUs"]),
    ("sn", BOTH, {"shm_size": "0"}, ["shm_size", "'0' is not a size"]),
    ("sn", BOTH, {"ulimits": ["files=1"]}, ["ulimits", "'files=1'", "nofile=1024:2048"]),
    ("sn", BOTH, {"ulimits": ["nofile=10:5"]}, ["ulimits", "'nofile=10:5'", "lower the soft limit"]),
    ("sn", BOTH, {"gpus": "some"}, ["gpus", "'some' is not valid; expected all"]),
    ("sn", BOTH, {"devices": ["kfd"]}, ["devices", "'kfd'", "absolute paths"]),
    ("sn", BOTH, {"restart_policy": "never"}, ["restart_policy", "'never'", "unless-stopped"]),
    ("sn", BOTH, {"security_opts": ["privileged"]}, ["security_opts: 'privileged' is not valid; expected no-new-privileges"]),
    ("sn", BOTH, {"security_opts": ["seccomp=/gone.json"]}, ["security_opts: 'seccomp=/gone.json'", "not a JSON file"]),
    ("sn", BOTH, {"cap_add": ["NET_ADMN"]}, ["cap_add: 'NET_ADMN' is not a Linux capability"]),
    ("sn", BOTH, {"network": "net1", "ip": "fd00::9"}, ["ip: 'fd00::9' is not an IPv4 address"]),
    ("sn", BOTH, {"network": "net1", "ip6": "172.18.0.9"}, ["ip6: '172.18.0.9' is not an IPv6 address"]),
    ("sn", BOTH, {"ip": "172.18.0.9"}, ["ip needs a network that you created"]),
    ("sn", BOTH, {"network": "container:net1", "domainname": "a.org"}, ["domainname cannot be used with network: container:net1"]),
    ("sn", BOTH, {"uts_mode": "host", "hostname": "h"}, ["hostname: 'h' cannot be used with uts_mode: host"]),
    ("sn", BOTH, {"cpus": "1", "cpu_quota": 50000}, ["cpu_quota: 50000 cannot be used with cpus"]),
    ("sn", BOTH, {"ipc_mode": "shared"}, ["ipc_mode cannot be used: 'shared' is not valid; expected host, none, private"]),
    ("sn", BOTH, {"tmpfs": ["run"]}, ["tmpfs cannot be used: 'run' is not valid; expected PATH[:OPTIONS]"]),
    ("sn", BOTH, {"sysctls": {"a": True}}, ["sysctls cannot be used: the value of a is not a string"]),
    ("sn", BOTH, {"memory_swap": "1k"}, ["memory_swap cannot be used", "at least 6m"]),
    ("sn", BOTH, {"blkio_weight": 5}, ["blkio_weight cannot be used: 5 is not valid; expected a number from 10 to 1000"]),
    ("sn", BOTH, {"stop_signal": "int"}, ["stop_signal cannot be used: 'int' is not valid; expected a signal, such as SIGINT"]),
    ("sn", BOTH, {"healthcheck": {"test": ["true"]}}, ["healthcheck cannot be used: test ['true'] is not valid; expected NONE"]),
    ("sn", BOTH, {"healthcheck": {"test": ["CMD", "x"], "interval": "30"}}, ["'30' is not a duration; expected one such as 30s"]),
    ("sn", BOTH, {"device_cgroup_rules": ["195"]}, ["device_cgroup_rules cannot be used: '195' is not valid; expected TYPE MAJOR:MINOR"]),
    ("sn", BOTH, {"cpuset_cpus": "0-"}, ["cpuset_cpus cannot be used: '0-' is not a list of CPU numbers; expected one such as 0-3,8"]),
    ("sn", BOTH, {"memory_reservation": "1k"}, ["memory_reservation cannot be used", "at least 6m"]),
    ("sn", BOTH, {"pid_mode": "shared"}, ["pid_mode: 'shared' is not valid; expected host or container:NAME"]),
    ("sn", BOTH, {"cgroupns": "mine"}, ["cgroupns", "mine", "host, private"]),
    ("sn", BOTH, {"extra_hosts": {"a": "b"}}, ["extra_hosts.a: 'b' is not an IP address"]),
    ("sn", BOTH, {"extra_hosts": {"a": "192.0.2.1,b"}}, ["extra_hosts.a: 'b' is not an IP address"]),
    ("sn", BOTH, {"dns": ["dns.example.org"]}, ["dns: 'dns.example.org' is not an IP address"]),
    ("sn", BOTH, {"log_driver": "json file"}, ["log_driver: 'json file' is not the name of a log driver"]),
    ("sn", BOTH, {"read_only": "perhaps"}, ["read_only", "perhaps", "boolean"]),
    ("sn", BOTH, {"wait_timeout": 0}, ["wait_timeout: 0 must be a number of seconds, at least 1"]),
    ("sn", BOTH, {"stop_timeout": -1}, ["stop_timeout: -1 must be a number of seconds"]),
    ("sn", BOTH, {"sn_port": 1}, ["sn_port"]),
    # the engine
    ("sn", BOTH, {"docker_host": "docker.example.org"}, ["docker_host: 'docker.example.org' is not the address of an engine", "unix://"]),
    ("sn", BOTH, {"timeout": 0}, ["timeout: 0 must be a number of seconds"]),
    ("sn", BOTH, {"api_version": "newest"}, ["api_version: 'newest'", "1.41"]),
    ("sn", BOTH, {"ca_path": "/gone/ca.pem"}, ["ca_path: '/gone/ca.pem' must be a file"]),
    ("sn", BOTH, {"client_key": "DIR/key.pem"}, ["client_key: 'DIR/key.pem' also needs client_cert"]),
]


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    made = tmp_path_factory.mktemp("host")
    for name in ("key.pem", "agent.conf", "usr/profile.yaml", "model/train.py"):
        (made / name).parent.mkdir(exist_ok=True)
        (made / name).write_text("x\n", encoding="utf-8")
    return str(made)


def filled(value, directory):
    """The value with DIR as the directory's path."""
    if isinstance(value, dict):
        return {name: filled(item, directory) for name, item in value.items()}
    if isinstance(value, list):
        return [filled(item, directory) for item in value]
    return value.replace("DIR", directory) if isinstance(value, str) else value


def described(case):
    return f"{case[0]}-{'+'.join(map(str, case[2])) or 'release'}-{case[3][-1][:20]}"


@pytest.mark.parametrize("case", CASES, ids=described)
@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_wrong_value(case, check, directory):
    module, releases, options, says = case
    for release in releases:
        given = {"name": f"{module}-1", "release": release, "docker_host": NO_ENGINE, **GOOD.get((module, release), {}), **options}
        given = {name: value for name, value in filled(given, directory).items() if value is not None}
        with pytest.raises(Failed) as failed:
            run(module, check=check, **given)
        for text in says:
            assert filled(text, directory) in str(failed.value)


@pytest.mark.parametrize(("module", "release"), GOOD, ids=lambda value: value)
def test_right_values_get_to_the_engine(module, release, directory):
    with pytest.raises(Failed, match=r"no engine answers at .*, because the socket does not exist; start Docker, or set docker_host"):
        run(module, check=True, name=f"{module}-1", release=release, docker_host=NO_ENGINE, **filled(GOOD[module, release], directory))


def test_absent_needs_only_a_name():
    with pytest.raises(Failed, match=r"no engine answers"):
        run("sl", name="sl-1", state="absent", docker_host=NO_ENGINE)


@pytest.mark.parametrize(
    "image", ["[::1]:5000/sn:1", "[2001:db8::5]/hpe/swarm-learning/sn:2.3.0", "registry.lab:5000/sn@sha256:" + "a" * 64]
)
def test_registry_may_be_an_ipv6_address(image):
    check_container.check_common({"image": image}, "", Host())


@pytest.mark.parametrize("image", ["::1:5000/sn:1", "[::1/sn:1", "[x]:5000/sn:1"])
def test_registry_that_is_none(image):
    with pytest.raises(check_container.OptionError, match="is not an image reference"):
        check_container.check_common({"image": image}, "", Host())
