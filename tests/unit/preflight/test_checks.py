# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every check of a preflight: it passes on a healthy host, and names what is broken with the right remedy."""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._preflight import judge
from ansible_collections.swarm.learning.plugins.plugin_utils._preflight.checks import CHECKS, SEVERITIES

from tests.support.preflight_site import GIB, Site

SN = "hub.myenterpriselicense.hpe.com/hpe/swarm-learning/sn:2.3.0"
PROXY = {"swarm_https_proxy": "http://user:secret@proxy.example:3128"}


@dataclass(frozen=True)
class Case:
    """What is broken, and the words that the cause and the remedy must have. host: whose finding it is."""

    break_it: Callable[[Site], object]
    words: tuple[str, ...]
    host: str = "host-2"
    inventory: dict = field(default_factory=dict)


def fact(*path: object) -> Callable[[Site], object]:
    """Set a fact of host-2: its path, and its value last."""

    def change(site: Site) -> None:
        *steps, last, value = path
        place = site.facts()
        for step in steps:
            place = place[step]
        place[last] = value

    return change


def gone(*path: str) -> Callable[[Site], object]:
    return lambda site: [site.facts().pop(name, None) for name in path]


def state(port: int, **result: object) -> Callable[[Site], object]:
    """What came of host-1's connections to a port; what a closed connection cannot have is left out."""

    def change(one: dict) -> None:
        if one["port"] == port:
            one.pop("large", None)
            one.update(result)

    return lambda site: site.reach(change, "host-1")


def name(**found: object) -> Callable[[Site], object]:
    return fact("names", "hub.example", {"addresses": [], "problem": "", **found})


def image(**reported: object) -> Callable[[Site], object]:
    return fact("registry", SN, reported)


def sl_nodes(site: Site) -> None:
    model = site.hosts["host-1"].model
    model["sl_nodes"].extend({"name": "sl-9", "sn_ip": "172.1.1.1", "sn_api_port": 30304} for _number in range(3))


EXTERNAL_APLS = {"everywhere": {"swarm_apls_ip": "192.0.2.9"}}
EXTERNAL_SPIRE = {"host_1": {"spire_server_federates_with": [{"trust_domain": "org9", "address": "192.0.2.10", "port": 8443}]}}
BEHIND_PROXY = {"everywhere": PROXY}


def gpus(wanted: str) -> dict[str, object]:
    return {"training": {"gpus": wanted}}


WITH_GPUS = gpus("all")

CASES = {
    "host_reachable": Case(
        lambda site: site.lose("host-2", "unreachable", "Task failed: timed out."), ("reach the host: timed out.", "ansible_host")
    ),
    "host_examined": Case(
        lambda site: site.lose("host-2", "failed", "Python 3.6 is too old"), ("Python 3.6", "ansible_python_interpreter")
    ),
    "privileges": Case(fact("root", False), ("without root", "--become")),
    "cpu_architecture": Case(fact("cpu", "architecture", "aarch64"), ("aarch64", "x86-64")),
    "cpu_count": Case(fact("cpu", "count", 1), ("1 processor", "preflight_least_cpus")),
    "cpu_avx": Case(fact("cpu", "avx", False), ("no AVX", "TensorFlow")),
    "memory_total": Case(fact("memory", "total", 8 * GIB), ("8.0 GiB", "32 GiB", "preflight_least_memory_gb")),
    "memory_available": Case(fact("memory", "available", GIB), ("1.0 GiB", "memory")),
    "clock_offset": Case(fact("clock_ahead", -300.0), ("300 s behind", "chrony")),
    "engine_disk_free": Case(fact("disks", "engine", "free", 3 * GIB), ("/engine", "3.0 GiB", "docker system prune")),
    "engine_disk_size": Case(fact("disks", "engine", "total", 40 * GIB), ("40 GiB", "preflight_least_disk_gb")),
    "directory_disk_free": Case(fact("disks", "directory", "free", 0), ("/directory", "swarm_dir")),
    "model_disk_free": Case(fact("disks", "/srv/model", "free", 1000), ("/srv/model", "swarm_training")),
    "temporary_disk_free": Case(fact("disks", "temporary", "free", 1000), ("/temporary", "Free space")),
    "disk_inodes": Case(fact("disks", "engine", "inodes", 0.01), ("1.0 %", "/engine", "inodes")),
    "disk_read_only": Case(fact("disks", "directory", "read_only", True), ("read-only", "Mount it writable")),
    "directories": Case(fact("directories", "/srv/data", "it does not exist"), ("/srv/data", "it does not exist", "Create it")),
    "docker_sdk": Case(lambda site: [gone("engine")(site), fact("sdk", "")(site)], ("no Docker SDK", "python3-docker")),
    "docker_sdk_version": Case(fact("sdk", "5.0.3"), ("5.0.3", "docker>=7.1")),
    "engine_answers": Case(
        lambda site: [gone("engine", "networks")(site), fact("engine_problem", "nothing listens there; start Docker")(site)],
        ("nothing listens there. Start it (systemctl start docker)",),
    ),
    "engine_version": Case(fact("engine", "ServerVersion", "19.03.15"), ("19.03.15", "pthread_create", "Upgrade")),
    "engine_socket": Case(fact("socket", "missing"), ("/var/run/docker.sock", "daemon.json")),
    "engine_spire": Case(fact("engine", "SecurityOptions", ["name=userns"]), ("userns-remap", "Run the agent on an engine without")),
    "engine_snap": Case(fact("engine", "DockerRootDir", "/var/snap/docker/common"), ("snap", "snap remove docker")),
    "engine_rootless": Case(fact("engine", "SecurityOptions", ["name=rootless"]), ("rootless", "runs as root")),
    "engine_ipv4": Case(fact("networks", [{"name": "bridge", "driver": "bridge", "subnets": ["fd00::/64"], "mtu": 0}]), ("bridge", "IPv4")),
    "storage_driver": Case(fact("engine", "Driver", "devicemapper"), ("devicemapper", "overlay2")),
    "storage_d_type": Case(fact("engine", "DriverStatus", [["Supports d_type", "false"]]), ("d_type", "ftype=1")),
    "cgroup_limits": Case(fact("engine", "MemoryLimit", False), ("does not support memory limits", "cgroup_enable=memory")),
    "selinux": Case(fact("engine", "SecurityOptions", ["name=selinux"]), ("SELinux", "label=disable")),
    "engine_cgroups": Case(
        lambda site: site.facts()["engine"].update(BuildahVersion="1.39", CgroupVersion="1", CgroupDriver="cgroupfs"),
        ("no identity issued", "cgroup_manager"),
        inventory={"everywhere": {"swarm_spire_version": "1.15.3"}},
    ),
    "engine_restart": Case(
        lambda site: site.facts()["engine"].update(BuildahVersion="1.39"),
        ("podman-restart.service is not enabled", "systemctl enable"),
        inventory={"everywhere": {"swarm_spire_version": "1.15.3"}},
    ),
    "gpu_engine": Case(lambda site: None, ("ml-3 (gpus all)", "NVIDIA runtime", "nvidia-ctk"), inventory=WITH_GPUS),
    "gpu_devices": Case(lambda site: None, ("ml-3 (gpus all)", "/dev/nvidia0", "nvidia-smi"), inventory=WITH_GPUS),
    "gpu_numbers": Case(fact("gpus", [0, 1]), ("ml-3", "device=1,2", "no GPU 2, only 0, 1", "nvidia-smi -L"), inventory=gpus("1,2")),
    "gpu_amd": Case(lambda site: None, ("ml-3 (gpus amd=0)", "no /dev/kfd", "amdgpu-dkms"), inventory=gpus("amd=0")),
    "gpu_cgroups": Case(
        lambda site: site.facts()["engine"].update(Runtimes={"nvidia": None}, CgroupDriver="systemd"),
        ("daemon-reload", "nvidia-ctk cdi generate"),
        inventory=WITH_GPUS,
    ),
    "same_engine": Case(fact("engine", "ID", "id of host-1"), ("host-1", "engine-id")),
    "own_address": Case(fact("addresses", ["127.0.0.1", "10.0.0.5"]), ("172.2.2.2", "10.0.0.5", "swarm_host_ip")),
    "ip_forwarding": Case(fact("ip_forward", False), ("does not forward IPv4", "net.ipv4.ip_forward=1")),
    "name_resolution": Case(name(problem="Name or service not known"), ("hub.example", "not known", "/etc/hosts")),
    "name_ipv4": Case(name(problem="it only has IPv6 addresses"), ("hub.example", "no IPv4 address", "A record")),
    "name_loopback": Case(name(addresses=["127.0.1.1"]), ("hub.example", "127.0.1.1", "/etc/hosts")),
    "container_dns": Case(
        fact("nameservers", ["127.0.0.1"]),
        ("127.0.0.1", "apls.example", "daemon.json"),
        inventory={"everywhere": {"swarm_apls_ip": "apls.example"}},
    ),
    "network_overlap": Case(
        lambda site: site.facts()["networks"][1].update(subnets=["172.1.0.0/16"]), ("172.1.1.1", "host-1", "swarm", "default-address-pools")
    ),
    "network_mtu": Case(fact("mtu", 1420), ("1500", "1420", '"mtu": 1420')),
    "network_driver": Case(lambda site: site.facts()["networks"][1].update(driver="macvlan"), ("macvlan", "bridge network")),
    "firewall_reload": Case(fact("firewalls", ["firewalld"]), ("firewalld", "restart the engine")),
    "ufw_bypass": Case(fact("firewalls", ["ufw"]), ("ufw", "DOCKER-USER")),
    "proxy_reachable": Case(
        state(3128, state="timeout"), ("proxy.example:3128", "firewall", "Correct it"), host="host-1", inventory=BEHIND_PROXY
    ),
    "engine_proxy": Case(lambda site: None, ("engine has none", "daemon.json"), inventory=BEHIND_PROXY),
    "inventory_proxy": Case(fact("engine", "Proxy", True), ("through a proxy", "swarm_https_proxy")),
    "registry_reachable": Case(
        lambda site: [state(443, state="timeout")(site), site.facts("host-1").update(registry={SN: {"problem": "Get https://…: timeout"}})],
        ("hub.myenterpriselicense.hpe.com", "port 443"),
        host="host-1",
    ),
    "registry_login": Case(image(problem="unauthorized: authentication required"), (SN, "swarm_registry_password")),
    "registry_image": Case(image(problem="manifest unknown"), (SN, "Check swarm_release, swarm_registry")),
    "registry_trust": Case(image(problem="x509: certificate signed by unknown authority"), ("x509", "/etc/docker/certs.d")),
    "registry_answer": Case(image(problem="Get https://…: EOF"), (SN, "EOF", "proxy")),
    "image_platform": Case(image(digest="sha256:1", platforms=["linux/arm64"]), (SN, "linux/arm64", "linux/amd64")),
    "license_server": Case(
        state(5814, state="refused"), ("192.0.2.9:5814", "nothing listens", "Start the License Server"), "host-1", EXTERNAL_APLS
    ),
    "license_capacity": Case(lambda site: site.set("host-1", license_capacity=5), ("6 SN and SL nodes", "for 5"), host="host-1"),
    "sl_per_sn": Case(sl_nodes, ("5 SL nodes", "sn-1", "Add an SN node"), host="host-1"),
    "identity_lifetime": Case(lambda site: site.set(training_days=400), ("400 days", "spire_server_x509_svid_ttl")),
    "ports_free": Case(fact("ports", {"30304": "process 12 (nginx)"}), ("30304", "nginx", "Stop it")),
    "ports_allowed": Case(lambda site: site.seen["host-2"].reached.update(refused=[443]), ("443", "--become")),
    "ports": Case(
        state(30303, state="timeout"),
        ("host-1 (172.1.1.1)", "172.2.2.2, TCP port 30303", "sn-2 P2P", "Open TCP port 30303 on host-2 (172.2.2.2) for host-1 (172.1.1.1)"),
    ),
    "path_mtu": Case(state(30303, large=False), ("host-1 and host-2", "Lower the MTU"), host="host-1"),
    "latency": Case(lambda site: site.reach(lambda one: one.update(seconds=0.8), "host-1"), ("host-2", "800 ms"), host="host-1"),
    "services_reachable": Case(
        state(8443, state="timeout"), ("SPIRE federation at 192.0.2.10:8443", "for host-1 (172.1.1.1)"), "host-1", EXTERNAL_SPIRE
    ),
    "services_answer": Case(state(8443, state="refused"), ("192.0.2.10:8443", "Start it"), "host-1", EXTERNAL_SPIRE),
}


def test_every_check_has_a_case():
    assert len(CHECKS) >= 40
    assert set(CASES) == set(CHECKS)
    assert set(judge.FINDERS) == set(CHECKS)
    assert {check.severity for check in CHECKS.values()} == set(SEVERITIES)


@pytest.mark.parametrize("wanted", ["all", "0", "nvidia.com/gpu=1", "amd"])
def test_gpus_that_are_there(wanted):
    site = Site(**gpus(wanted))
    for host in site.hosts:
        site.facts(host).update(gpus=[0, 1], gpu_hook=True, amd_missing=[])
        site.facts(host)["engine"].update(CgroupDriver="cgroupfs")
    assert [one for one in site.judged()["findings"] if one["check"].startswith("gpu_")] == []


def test_a_healthy_site_has_no_finding_and_everything_is_seen():
    found = Site().judged()
    assert found["findings"] == []
    assert {state for states in found["states"].values() for state in states.values()} == {"passed"}
    assert {port["state"] for port in found["ports"]} == {"open"}


@pytest.mark.parametrize("check", CASES)
def test_what_is_broken_is_named_with_its_remedy(check):
    case = CASES[check]
    site = Site(**case.inventory)
    case.break_it(site)
    found = site.judged()
    mine = [one for one in found["findings"] if one["check"] == check and one["host"] == case.host]
    assert mine, found["findings"]
    said = f"{mine[0]['cause']} {mine[0]['remedy']}"
    assert [words for words in case.words if words not in said] == [], said
    assert mine[0]["severity"] == CHECKS[check].severity
    assert found["states"][case.host][check] == "failed"
    for sentence in (mine[0]["cause"], mine[0]["remedy"]):
        assert sentence.endswith("."), sentence
        assert ".." not in sentence.replace("…", ""), sentence


@pytest.mark.parametrize("check", CASES)
def test_a_skipped_check_says_nothing(check):
    site = Site(**CASES[check].inventory)
    CASES[check].break_it(site)
    found = site.judged(skip=(check,))
    assert check not in {one["check"] for one in found["findings"]}
    assert {states[check] for states in found["states"].values()} == {"skipped"}


@pytest.mark.parametrize("check", CHECKS.values(), ids=list(CHECKS))
def test_sentences_begin_as_sentences_and_have_names_in_their_braces(check):
    for sentence in (check.cause, check.remedy):
        assert sentence[0] == "{" or not sentence[0].islower()
        assert all(word is None or word.isidentifier() for _text, word, _spec, _how in string.Formatter().parse(sentence))


def test_an_unreachable_host_is_the_only_finding_for_that_host():
    site = Site()
    site.lose("host-2", "unreachable", "timed out")
    for one in site.seen["host-1"].reached["connections"]:
        one.update(state="timeout")
        one.pop("large", None)
    found = site.judged()
    assert [(one["host"], one["check"]) for one in found["findings"] if one["check"] != "registry_reachable"] == [
        ("host-2", "host_reachable")
    ]
    states = found["states"]["host-2"]
    assert {check for check, state in states.items() if state == "passed"} == set()
    assert {port["state"] for port in found["ports"] if port["target"] == "host-2"} == {"unseen"}
    assert {port["state"] for port in found["ports"] if port["source"] == "host-2"} == {"unseen"}


def test_a_host_that_could_be_measured_and_not_connect_keeps_its_facts():
    site = Site()
    seen = site.seen["host-2"]
    site.seen["host-2"] = judge.Observed({"kind": "failed", "text": "no"}, seen.facts, {"listening": seen.reached["listening"]})
    found = site.judged()
    assert [(one["host"], one["check"]) for one in found["findings"]] == [("host-2", "host_examined")]
    assert found["states"]["host-2"]["memory_total"] == "passed"
    assert {port["state"] for port in found["ports"] if port["source"] == "host-2"} == {"unseen"}
    assert {port["state"] for port in found["ports"] if port["source"] == "host-1"} == {"open"}


def test_unseen_facts_do_not_pass():
    site = Site()
    gone("engine", "networks", "memory")(site)
    states = site.judged()["states"]["host-2"]
    assert states["engine_version"] == states["network_mtu"] == states["memory_total"] == "unseen"
    assert states["cpu_count"] == "passed"


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({"state": "timeout"}, ("no answer", "Let 192.0.2.9 accept TCP port 5814 from host-1 (172.1.1.1)")),
        ({"state": "open", "https": False}, ("does not speak HTTPS", "swarm_apls_port")),
    ],
)
def test_the_license_server_has_a_message_for_each_reason(result, words):
    site = Site(**EXTERNAL_APLS)
    state(5814, **result)(site)
    [one] = [one for one in site.judged()["findings"] if one["check"] == "license_server"]
    assert [word for word in words if word not in f"{one['cause']} {one['remedy']}"] == []


def test_an_image_that_the_host_has_needs_no_registry():
    site = Site()
    image(problem="manifest unknown")(site)
    site.facts()["images_here"] = {SN: True}
    assert site.judged()["findings"] == []


def test_an_image_of_the_hosts_own_needs_no_login():
    site = Site()
    site.facts()["registry"]["my-ml:1"] = {"problem": "denied: requested access to the resource is denied"}
    site.facts()["images_here"] = {"my-ml:1": True}
    assert site.judged()["findings"] == []
    image(problem="unauthorized")(site)
    site.facts()["images_here"][SN] = True
    assert [one["check"] for one in site.judged()["findings"]] == ["registry_login"]


def test_a_registry_behind_the_engines_own_mirror_is_no_error():
    site = Site()
    state(443, state="timeout")(site)
    for found in site.facts("host-1")["names"].values():
        found.update(addresses=[], problem="Name or service not known")
    assert site.judged()["findings"] == []


@pytest.mark.parametrize(
    ("holder", "container"),
    [
        ("process 9 (docker-proxy)", {"name": "sn-2", "image": SN, "ours": True}),
        ("process 9 (docker-proxy)", {"name": "sn", "image": SN, "ours": False}),
        ("process 9 (swarm-preflight)", None),
    ],
    ids=["a container of ours", "one of the scripts", "the listener of a run that was interrupted"],
)
def test_ports_of_the_platform_itself_are_free(holder, container):
    site = Site()
    site.facts()["ports"] = {"30304": holder}
    site.facts()["published"] = {"30304": container} if container else {}
    assert site.judged()["findings"] == []


def test_a_foreign_container_on_a_port_is_named():
    site = Site()
    site.facts()["ports"] = {"30304": "process 9 (docker-proxy)"}
    site.facts()["published"] = {"30304": {"name": "web", "image": "nginx:1", "ours": False}}
    [one] = site.judged()["findings"]
    assert "container web (nginx:1)" in one["cause"]


def test_the_firewall_of_the_host_has_its_command():
    site = Site()
    state(30303, state="unreachable")(site)
    site.facts()["firewalls"] = ["ufw"]
    [one] = [one for one in site.judged()["findings"] if one["check"] == "ports"]
    assert "ufw allow 30303/tcp" in one["remedy"]


def test_what_containers_see_counts_for_containers():
    site = Site()
    reached = site.seen["host-1"].reached
    inside = [{**one, "state": "timeout" if one["port"] in (30303, 443) else "open"} for one in reached["connections"]]
    reached["inside"] = {"container": "swop-1", "connections": inside}
    found = site.judged()
    assert [(one["check"], "30303" in one["cause"]) for one in found["findings"]] == [("ports", True)]  # images are pulled by the engine
    seen = {(port["service"] == "registry", port["state"], port["seen_from"]) for port in found["ports"] if port["source"] == "host-1"}
    assert seen == {(True, "open", ""), (False, "open", "swop-1"), (False, "timeout", "swop-1")}


def test_two_clocks_that_agree_are_not_blamed_for_the_controllers():
    site = Site()
    for host in site.hosts:
        site.facts(host)["clock_ahead"] = 500.0
    assert site.judged()["findings"] == []


def test_unknown_checks_and_severities_are_refused():
    assert judge.problems(["memory_totl", "ports"], "errors") == [
        "preflight_skip: there is no check 'memory_totl': did you mean 'memory_total'?",
        "preflight_fail_on is 'errors'; expected one of error, warning, never",
    ]
    assert judge.problems(["ports"], "never") == []


@pytest.mark.parametrize(
    ("severities", "fail_on", "fails"),
    [
        ((), "warning", False),
        (("note",), "warning", False),
        (("warning", "note"), "error", False),
        (("warning",), "warning", True),
        (("note", "error"), "error", True),
        (("error",), "never", False),
    ],
)
def test_severity_decides(severities, fail_on, fails):
    assert judge.fails([{"severity": severity} for severity in severities], fail_on) is fails
