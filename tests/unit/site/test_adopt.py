# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what was found on hosts to the inventory that describes it. What was found is what the platform's two-host SPIRE example leaves."""

import copy

import pytest
import yaml
from ansible_collections.swarm.learning.plugins.plugin_utils import _adopt, _adopt_files
from ansible_collections.swarm.learning.plugins.plugin_utils._images import reference
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model

from tests.unit.docs.test_inventory_schema import problems as schema_problems

WORKSPACE = "/opt/hpe/swarm-learning/workspace/spire/cifar10"
KNOWN = {f"host-{n}": {"ansible_host": f"172.30.0.1{n}", "ansible_user": "root", "ansible_password": "x"} for n in (1, 2)}


def container(component, name, **options):
    about = {"state": "running", "exit_code": 0, "secrets": [], "differs": [], "problem": "", "release": "2.3.0"}
    about.update({key: options.pop(key) for key in about if key in options})
    image = options.setdefault("image", reference(component, "2.3.0"))
    return {"name": name, "component": component, "image": image, "options": options, **about}


def example(n):
    """What is found on one of the example's two hosts."""
    mine, other = f"org{n}.swarm.learning", f"org{3 - n}.swarm.learning"
    address = f"172.30.0.1{n}"
    common = {"apls_ip": "172.30.0.11", "socket_path": f"{WORKSPACE}/spire-agent/agent.sock", "network": f"host-{n}-net"}
    place = {"sentinel": True} if n == 1 else {"sentinel_ip": "172.30.0.11"}
    own = {"usr_dir": f"{WORKSPACE}/swop", "profile_file_name": f"swop{n}_profile.yaml"}
    kinds = ("sn", "swop", "sl", "swci") if n == 1 else ("sn", "swop", "sl")
    entries = [
        {"node_type": kind, "spiffe_id": f"spiffe://{mine}/{kind}", "parent_id": f"spiffe://{mine}/agent", "federates_with": [other]}
        for kind in kinds
    ]
    ports = {"port": 30307, "federation_port": 8443}
    spire = {"name": "spire-server", "version": "1.8.4", "running": True, "ours": False, "problem": "", "trust_domain": mine}
    only_first = [
        container("apls", "apls", differs=["mounts"], network="bridge"),
        container("swci", "swci-1", state="exited", usr_dir=f"{WORKSPACE}/swci", auto_remove=False, **common),
    ]
    sn_env, swop_env = {"no_proxy": "", "swarm_node_type": "sn"}, {"SWOP_KEEP_CONTAINERS": "1", "swarm_node_type": "swop"}
    return {
        "containers": [
            container("sn", f"sn-{n}", host_ip=address, sn_api_port=30304, sn_p2p_port=30303, env=sn_env, **place, **common),
            container("swop", f"swop-{n}", sn_ip=address, sn_api_port=30304, env=swop_env, **own, **common),
            *(only_first if n == 1 else ()),
        ],
        "spire_servers": [{**spire, **ports, "entries": entries, "aliases": {}, "bundles": [other]}],
        "spire_agents": [
            {"name": "spire-agent", "version": "1.8.4", "running": True, "ours": False, "trust_domain": mine, "spiffe_id": ""}
        ],
        "networks": ["bridge", f"host-{n}-net"],
        "selinux": False,
        "started_by_swop": [f"sl-{n}"],
    }


def found(change=None):
    """What is found on both hosts, changed by a function."""
    both = {f"host-{n}": example(n) for n in (1, 2)}
    if change:
        change(both)
    return both


def adopted(change=None, known=KNOWN, recreate=()):
    return _adopt.adopted(found(change), copy.deepcopy(known), recreate)


def of_host(both, host, name):
    return next(one for one in both[host]["containers"] if one["name"] == name)


def test_the_example():
    made = adopted()
    assert made.problems == []
    assert made.changes == ["spiffe://org2.swarm.learning/swci is registered at spire-server on host-2"]
    assert [one.split(" ")[0] for one in made.left_out] == ["apls", "swci-1", "sl-1", "sl-2"]
    both = ["host-1", "host-2"]
    assert made.groups == {"swarm_sn": both, "swarm_swop": both, "swarm_spire_server": both}
    assert made.hosts["host-2"] == {
        "ansible_host": "172.30.0.12",
        "swarm_trust_domain": "org2.swarm.learning",
        "swarm_network": "host-2-net",
        "spire_agent_id": "spiffe://org2.swarm.learning/agent",
        "sn_nodes": [{"name": "sn-2", "sentinel_api_port": None}],
        "swop_nodes": [{"name": "swop-2", "profile_file_name": "swop2_profile.yaml"}],
    }
    assert made.hosts["host-1"]["sn_sentinel"] is True
    no_proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"))
    assert made.common == {
        "swarm_release": "2.3.0",
        "swarm_apls_ip": "172.30.0.11",
        "ansible_user": "root",
        "spire_server_managed": False,
        "spire_server_name": "spire-server",
        "spire_server_port": 30307,
        "spire_server_federation_port": 8443,
        "swarm_socket_path": f"{WORKSPACE}/spire-agent/agent.sock",
        "sn_options": {"apls_port": None, "volumes": None, "restart_policy": None, "env": no_proxies},
        "swop_options": {
            "usr_dir": f"{WORKSPACE}/swop",
            "apls_port": None,
            "restart_policy": None,
            "env": {"SWOP_KEEP_CONTAINERS": "1", "no_proxy": None, **no_proxies},
        },
    }


def test_the_inventory_makes_the_options_that_were_found():
    both, made = found(), adopted()
    inventory = model.read(*_adopt.as_ansible(made))
    derived = model.derive(inventory)
    for host, one in ((host, one) for host, there in both.items() for one in there["containers"] if one["component"] in ("sn", "swop")):
        options = _adopt.expected(inventory, derived[host], host, one)
        assert _adopt.overrides(options, one["options"]) == {}, one["name"]


def test_files_are_an_inventory():
    made = adopted()
    files = _adopt_files.files(made, "schemas")
    assert set(files) == {"hosts.yml", "group_vars/all/platform.yml", "host_vars/host-1.yml", "host_vars/host-2.yml"}
    hosts = yaml.safe_load(files["hosts.yml"])["all"]
    assert hosts["vars"] == {"ansible_user": "root"}
    assert hosts["hosts"]["host-1"] == {"ansible_host": "172.30.0.11"}
    assert yaml.safe_load(files["host_vars/host-2.yml"])["sn_nodes"] == [{"name": "sn-2", "sentinel_api_port": None}]
    for path, text in files.items():
        schema = "inventory.json" if path == "hosts.yml" else "variables.json"
        assert max(map(len, text.splitlines())) <= 150
        assert schema_problems(schema, yaml.safe_load(text)) == [], path


def _nothing_on_a_host(both):
    both["host-2"].update(containers=[], spire_servers=[], spire_agents=[])


def _mac_address(both):
    of_host(both, "host-1", "sn-1")["differs"] = ["foreign.MacAddress"]


def _one_name(both):
    of_host(both, "host-2", "sn-2")["name"] = "sn-1"


def _other_release(both):
    of_host(both, "host-2", "sn-2")["release"] = "2.2.0"


def _unknown_tag(both):
    of_host(both, "host-2", "sn-2")["problem"] = "is of an image with the tag latest"


def _two_servers(both):
    both["host-1"]["spire_servers"] *= 2


def _silent_server(both):
    both["host-1"]["spire_servers"][0]["problem"] = "does not run"


def _ours(both):
    both["host-1"]["spire_agents"][0]["ours"] = True


def _two_commands(both):
    both["host-1"]["containers"] += [container("swci", f"swci-{n}", network="bridge") for n in (2, 3)]


def _several_agents(both):
    both["host-1"]["spire_servers"][0]["entries"][0]["parent_id"] = "spiffe://org1.swarm.learning/other"


def _two_sentinels(both):
    of_host(both, "host-2", "sn-2")["options"]["sentinel"] = True


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_nothing_on_a_host, ["nothing of the platform is on host-2"]),
        (_mac_address, ["sn-1 on host-1 cannot be described", "foreign.MacAddress", "-e adopt_recreate=sn-1"]),
        (_one_name, ["sn-1 is the name of a node on host-1, host-2"]),
        (_other_release, ["2.2.0, 2.3.0", "the same release"]),
        (_unknown_tag, ["sn-2 on host-2 is of an image with the tag latest"]),
        (_two_servers, ["host-1 has 2 SPIRE Servers"]),
        (_silent_server, ["spire-server on host-1 cannot be asked", "does not run"]),
        (_ours, ["SPIRE on host-1 was started by this collection"]),
        (_two_commands, ["swci-2, swci-3"]),
        (_several_agents, ["set spire_agent_id of host-1", "spiffe://org1.swarm.learning/agent, spiffe://org1.swarm.learning/other"]),
        (_two_sentinels, ["the inventory that describes this is refused", "2 Sentinels"]),
    ],
)
def test_refused(change, words):
    made = adopted(change)
    assert len(made.problems) == 1, made.problems
    assert [word for word in words if word not in made.problems[0]] == []


def test_what_cannot_be_described_may_be_made_anew():
    made = adopted(_mac_address, recreate=["sn-1"])
    assert made.problems == []
    assert made.changes[0] == "sn-1 on host-1 is re-created, as no variable says: foreign.MacAddress"


def test_an_agent_that_the_operator_names():
    known = {**KNOWN, "host-1": {**KNOWN["host-1"], "spire_agent_id": "spiffe://org1.swarm.learning/agent"}}
    made = adopted(_several_agents, known)
    assert made.problems == []
    assert "spiffe://org1.swarm.learning/sn is registered at spire-server on host-1" in made.changes


def test_an_agent_that_is_known_by_its_token():
    def several(both):
        _several_agents(both)
        agent = "spiffe://org1.swarm.learning/spire/agent/join_token/x"
        both["host-1"]["spire_agents"][0]["spiffe_id"] = agent
        both["host-1"]["spire_servers"][0]["aliases"] = {agent: ["spiffe://org1.swarm.learning/agent"]}

    made = adopted(several)
    assert made.problems == []
    assert made.hosts["host-1"]["spire_agent_id"] == "spiffe://org1.swarm.learning/agent"


def test_what_runs_no_more_is_started_or_left_out():
    def stopped(both):
        of_host(both, "host-2", "swop-2")["state"] = "exited"

    assert adopted(stopped).changes[0] == "swop-2 on host-2 is exited, and is started"


@pytest.mark.parametrize(("options", "taken"), [({"init_script_name": "init"}, False), ({}, True), ({"web_port": 8080}, True)])
def test_a_script_is_never_run_again(options, taken):
    def commands(both):
        both["host-2"]["containers"].append(container("swci", "swci-2", network="host-2-net", auto_remove=False, **options))

    made = adopted(commands)
    assert made.problems == []
    assert made.groups.get("swarm_swci", []) == (["host-2"] if taken else [])
    assert ("swci-2 on host-2 runs the script init, which would run again after its end" in made.left_out) is not taken


def test_secrets_are_named_and_not_written():
    def secret(both):
        of_host(both, "host-1", "sn-1")["secrets"] = [["env", "API_KEY"]]

    made = adopted(secret)
    assert made.secrets == {"vault_sn_1_env_api_key": "API_KEY of sn-1"}
    assert made.hosts["host-1"]["sn_nodes"][0]["env"] == {"API_KEY": "{{ vault_sn_1_env_api_key }}"}
    text = "".join(_adopt_files.files(made).values())
    assert "# vault_sn_1_env_api_key: …" in text
    assert "ansible_password" not in text


def test_a_mirror_and_a_path_of_spiffe_ids():
    def other(both):
        for there in both.values():
            for one in there["containers"]:
                one["image"] = one["options"]["image"] = reference(one["component"], "2.3.0", "mirror.example:5000")
            for entry in there["spire_servers"][0]["entries"]:
                entry["spiffe_id"] = entry["spiffe_id"].replace("learning/", "learning/hpe/")

    made = adopted(other)
    assert made.problems == []
    assert (made.common["swarm_registry"], made.common["swarm_spiffe_path"]) == ("mirror.example:5000", "/hpe/{node_type}")
    assert "image" not in made.common["sn_options"]


def test_a_license_server_that_can_be_described_is_a_host_of_its_group():
    def with_volume(both):
        one = of_host(both, "host-1", "apls")
        one.update(differs=[], options={"network": "bridge", "apls_port": 15814, "image": one["image"]})

    made = adopted(with_volume)
    assert made.problems == []
    assert made.groups["swarm_apls"] == ["host-1"]
    assert "swarm_apls_ip" not in made.common
    assert made.hosts["host-1"]["apls_port"] == 15814
    assert made.hosts["host-1"]["apls_options"] == {"network": "bridge"}


def test_certificates_instead_of_spire():
    files = {"key": "/etc/swarm/key.pem", "cert": "/etc/swarm/cert.pem", "cacert": "/etc/swarm/ca.pem"}
    one = container("sn", "sn-1", host_ip="172.30.0.11", sentinel=True, apls_ip="172.30.0.9", network="bridge", **files)
    there = {"containers": [one], "spire_servers": [], "spire_agents": [], "networks": ["bridge"], "selinux": False, "started_by_swop": []}
    made = _adopt.adopted({"host-1": there}, {"host-1": KNOWN["host-1"]})
    assert made.problems == []
    node = made.hosts["host-1"]["sn_nodes"][0]
    assert {name: node[name] for name in files} == files
    assert (node["socket_path"], node["env"]["swarm_node_type"]) == (None, None)


def test_selinux_confines_what_it_has_confined():
    def confined(both):
        for one in both.values():
            one["selinux"] = True
        own = {"host_ip": "172.30.0.11", "sn_ip": "172.30.0.11", "apls_ip": "172.30.0.11", "network": "host-1-net"}
        both["host-1"]["containers"].append(container("sl", "sl-9", ml={"image": "ml:1", "name": "ml-9", "network": "host-1-net"}, **own))

    made = adopted(confined)
    assert made.problems == []
    assert "security_opts" not in made.common["sn_options"]
    assert made.common["swop_options"]["security_opts"] is None
    node = made.hosts["host-1"]["sl_nodes"][0]
    assert (node["security_opts"], node["ml"]["security_opts"]) == (None, [])
