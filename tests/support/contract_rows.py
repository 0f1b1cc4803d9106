# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The platform contract, as the scripts' containers show it: what each option adds to the container, and in which releases."""

from tests.support.machine import ALL, CLASSIC, CURRENT

RELEASES = {"all": ALL, "0.3.0": (CLASSIC,), "2.x": CURRENT, "2.0.0": CURRENT[:1], "2.1+": CURRENT[1:]}
PRIMARY = "SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY"
SECONDARY = "SWARM_LICENSE_AUTOPASSJ_SERVER_SECONDARY"
SOCKET = "SWARM_SPIFFE_WORKLOAD_API_SOCKET_PATH"

# components | releases | options, !option is not given | environment | ports | binds | arguments
TABLE = f"""
sn sl | all | apls_ip=203.0.113.8 | {PRIMARY}_IP=203.0.113.8
sn sl | all | apls_port=5000 | {PRIMARY}_PORT=5000
swop swci | 2.x | apls_ip=203.0.113.8 | {PRIMARY}_IP=203.0.113.8
swop swci | 2.x | apls_port=5000 | {PRIMARY}_PORT=5000
sn sl swop swci | 2.x | !apls_ip primary_apls_ip=203.0.113.8 | {PRIMARY}_IP=203.0.113.8
sn sl swop swci | 2.x | primary_apls_port=5000 | {PRIMARY}_PORT=5000
sn sl swop swci | 2.x | secondary_apls_ip=lic.example.org | {SECONDARY}_IP=lic.example.org
sn sl swop swci | 2.x | secondary_apls_port=5001 | {SECONDARY}_PORT=5001
sn sl swop swci | 2.x | !apls_ip apls_docker_name=apls-9 | {PRIMARY}_IP=172.17.0.8
sn sl | 0.3.0 | !apls_ip apls_docker_name=apls-9 | {PRIMARY}_IP=172.17.0.8
sn sl | 0.3.0 | !apls_ip | {PRIMARY}_IP=172.17.0.8

sn sl swop swci | 2.x | cacert=/etc/swarm/ca.pem | SWARM_ID_CACERT=/etc/swarm/ca.pem | | /etc/swarm/ca.pem:/etc/swarm/ca.pem:ro
sn sl swop swci | 2.x | capath=/etc/swarm/ca | SWARM_ID_CAPATH=/etc/swarm/ca | | /etc/swarm/ca:/etc/swarm/ca:ro
sn sl swop swci | 2.x | cert=/etc/swarm/cert.pem | SWARM_ID_CERT=/etc/swarm/cert.pem | | /etc/swarm/cert.pem:/etc/swarm/cert.pem:ro
sn sl swop swci | 2.x | key=/etc/swarm/link.pem | SWARM_ID_KEY=/etc/swarm/real.pem | | /etc/swarm/real.pem:/etc/swarm/real.pem:ro
sn sl swop swci | 2.x | socket_path=/run/spire/api.sock | {SOCKET}=/tmp/spire-agent/api.sock | \
    | /run/spire/api.sock:/tmp/spire-agent/api.sock
sn sl swop swci | 2.x | socket_path=vol:a/b.sock | {SOCKET}=/tmp/spire-agent/a/b.sock | | vol:/tmp/spire-agent
sn sl swop swci | 2.x | socket_path=agent | {SOCKET}=/tmp/spire-agent/public/api.sock | | agent-volume:/tmp/spire-agent

sn sl swci spire_server | 0.3.0 | config=/etc/swarm/agent.conf | | | /etc/swarm/agent.conf:/etc/swarm/agent.conf:ro \
    | -config /etc/swarm/agent.conf
sn sl swci | 0.3.0 | server_address=spire.example.org | | | | spire.example.org
sn sl swci | 0.3.0 | join_token=t-1 | | | | -joinToken t-1
sn sl swci | 0.3.0 | command=run | | | | run

sn sl | all | host_ip=203.0.113.6 | THIS_NODE_IP=203.0.113.6
sn | all | sentinel_ip=sentinel.example.org | SENTINEL_NODE_IP=sentinel.example.org
sn | 2.x | sentinel=yes | SN_I_AM_SENTINEL=1
sn | 0.3.0 | sentinel_fs_port=1 | SENTINEL_FS_PORT=1
sn | 2.x | sentinel_api_port=65535 | SENTINEL_API_SERVER_PORT=65535
sn | 2.x | sentinel_api_service=sn1.example.org:1 | SENTINEL_API_SERVICE=sn1.example.org:1
sn | 0.3.0 | sn_api_port=31000 | API_SERVER_PORT=31000 | 31000:31000
sn | 2.x | sn_api_port=31000 | SN_API_SERVER_PORT=31000 | 31000:31000
sn | 0.3.0 | sn_fs_port=31001 | SN_FS_PORT=31001 | 31001:30305
sn | 0.3.0 | sn_p2p_port=31002 | ETH_PORT=31002 | 31002:30303
sn | 2.x | sn_p2p_port=31002 | SN_ETH_PORT_EXT=31002 | 31002:30303
sn | 2.1+ | sn_api_service=sn.example.org | SN_API_SERVICE=sn.example.org | 30304:30304
sn | 2.1+ | sn_api_service=sn.example.org:32000 | SN_API_SERVICE=sn.example.org:32000 | 32000:30304
sn | 2.0.0 | sn_api_service=sn.example.org:32000 | SN_API_SERVICE=sn.example.org:32000
sn | 2.x | sn_p2p_service=sn.example.org | SN_ETH_P2P_SERVICE=sn.example.org | 30303:30303
sn | 2.1+ | sn_p2p_service=sn.example.org:32001 | SN_ETH_P2P_SERVICE=sn.example.org:32001 | 32001:30303
sn | 2.0.0 | sn_p2p_service=sn.example.org:32001 | SN_ETH_P2P_SERVICE=sn.example.org:32001 | 32001:32001
sn | 2.x | host_ip=192.0.2.1 | THIS_NODE_IP=192.0.2.1
sn | 0.3.0 | host_ip=192.0.2.1 | THIS_NODE_IP=192.0.2.1 API_SERVER_PORT=30304 SN_FS_PORT=30305 ETH_PORT=30303 \
    | 30303:30303 30304:30304 30305:30305
sn | 0.3.0 | host_ip=this-host sn_api_port=1 | THIS_NODE_IP=this-host API_SERVER_PORT=1 SN_FS_PORT=30305 ETH_PORT=30303 \
    | 1:1 30303:30303 30305:30305

sl | 0.3.0 | sn_ip=203.0.113.3 | SENTINEL_NODE_IP=203.0.113.3
sl swop | 2.x | sn_ip=203.0.113.3 | SN_NODE_IP=203.0.113.3
sl | 0.3.0 | !sn_ip sn_docker_name=sn-9 | SENTINEL_NODE_IP=172.17.0.9
sl swop | 2.x | !sn_ip sn_docker_name=sn-9 | SN_NODE_IP=172.17.0.9
sl | all | sn_docker_name=sn-9 |
sl | 0.3.0 | sn_api_port=31000 | API_SERVER_PORT=31000
sl swop | 2.x | sn_api_port=31000 | SN_API_SERVER_PORT=31000
sl swop | 2.x | sn_api_service=sn.example.org | SN_API_SERVICE=sn.example.org
sl | 0.3.0 | sl_fs_port=16000 | ML_FS_PORT=16000 | 16000:30305
sl | 2.x | sl_fs_port=16000 | SL_FS_PORT=16000 | 16000:30305
sl | 0.3.0 | host_ip=192.0.2.1 | THIS_NODE_IP=192.0.2.1 ML_FS_PORT=30305 | 30305:30305
sl | 2.x | host_ip=192.0.2.1 | THIS_NODE_IP=192.0.2.1
sl | 2.1+ | sl_fs_service=sl.example.org | SL_FS_SERVICE=sl.example.org | 30305:30305
sl | 2.1+ | sl_fs_service=sl.example.org:17000 | SL_FS_SERVICE=sl.example.org:17000 | 17000:30305
sl | 2.0.0 | sl_fs_service=sl.example.org:17000 | SL_FS_SERVICE=sl.example.org:17000
sl | 0.3.0 | gpu=0,1 | NVIDIA_VISIBLE_DEVICES=0,1
sl | 0.3.0 | gpu=all sl_platform=pyt | NVIDIA_VISIBLE_DEVICES=all
sl | 0.3.0 | data_dir=/srv/data | | | /srv/data:/platform/swarmml/data:ro
sl | 0.3.0 | model_dir=/srv/model | | | /srv/model:/platform/swarmml/model
sl | 0.3.0 | ml_cmd=python3 | MLCMD=python3
sl | 0.3.0 | !ml_cmd model_dir=/srv/model model_program=train.py | MLCMD=run_train.py | | /srv/model:/platform/swarmml/model
sl | 0.3.0 | !ml_cmd model_program=/srv/model/train.py | MLCMD=run_/platform/swarmml/model/train.py | \
    | /srv/model/train.py:/platform/swarmml/model/train.py

swop | 2.x | docker_group_id=999 | SWOP_DOCKER_GID=999
swop | 2.x | swop_uid=1001 | SWOP_UID=1001 SWOP_GID=2001
swop | 2.x | swop_uid=alice | SWOP_UID=1001 SWOP_GID=2001
swop | 2.1+ | docker_socket_file=/run/podman.sock | | | /run/podman.sock:/var/run/docker.sock:rw

swci | 0.3.0 | usr_dir=/srv/usr | | | /srv/usr:/platform/swci/usr:rw
swci | 2.x | usr_dir=/srv/usr | | | /srv/usr:/platform/swarm/usr:rw
swci | 0.3.0 | usr_dir=/srv/usr init_script_name=init | STARTUP_SCRIPT=init | | /srv/usr:/platform/swci/usr:rw
swci | 2.x | usr_dir=/srv/usr init_script_name=init | SWCI_STARTUP_SCRIPT=init | | /srv/usr:/platform/swarm/usr:rw
swci | 2.x | web_port=30306 | SWCI_MODE=WEB SWCI_WEB_PORT=30306 | 30306:30306
swci | 2.x | web_port=30306 web_address=127.0.0.1 | SWCI_MODE=WEB SWCI_WEB_PORT=30306 | 127.0.0.1:30306:30306

apls | all | apls_port=5000 | | 5000:5814
spire_server | 2.x | config=/etc/swarm | | | /etc/swarm:/opt/spire/conf/server:ro
spire_server | 2.x | config=/etc/swarm/a.conf | | | /etc/swarm/a.conf:/opt/spire/conf/server/a.conf:ro \
    | -config /opt/spire/conf/server/a.conf
spire_agent | 2.x | !config_dir config=/etc/swarm/a.conf | | | /etc/swarm/a.conf:/opt/spire/conf/agent/a.conf:ro \
    | -config /opt/spire/conf/agent/a.conf
spire_agent | 2.x | server_address=192.0.2.3 | | | | -serverAddress 192.0.2.3
spire_agent | 2.x | server_port=8081 | | | | -serverPort 8081
spire_agent | 2.x | trust_domain=example.org | | | | -trustDomain example.org
spire_agent | 2.x | trust_bundle=/etc/swarm/ca.pem | | | /etc/swarm/ca.pem:/etc/swarm/ca.pem:ro | -trustBundle /etc/swarm/ca.pem
spire_agent | 2.x | join_token=t-1 | SPIRE_JOIN_TOKEN=t-1
spire_agent | 2.x | socket_dir=spire-agent-socket | | | spire-agent-socket:/tmp/spire-agent/public
"""
LISTS = ("command",)


def _value(name, text):
    if name in LISTS:
        return text.split(",")
    if text == "yes":
        return True
    return int(text) if name.endswith("_port") else text


def _options(cell):
    for word in cell.split():
        name, _equals, text = word.partition("=")
        yield (name[1:], None) if name.startswith("!") else (name, _value(name, text))


def rows():
    """(component, release, options, environment, ports, binds, arguments) of each row; a value's `_` is a space in MLCMD."""
    for line in filter(None, TABLE.splitlines()):
        components, releases, options, env, ports, binds, arguments = [*(cell.strip() for cell in line.split("|")), *[""] * 4][:7]
        said = dict(word.split("=", 1) for word in env.split())
        said.update({"MLCMD": said["MLCMD"].replace("run_", "run ")} if "MLCMD" in said else {})
        for component in components.split():
            for release in RELEASES[releases]:
                yield component, release, dict(_options(options)), said, ports.split(), binds.split(), arguments.split()
