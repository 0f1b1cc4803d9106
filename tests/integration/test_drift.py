# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every difference is seen, whoever caused it; what the engine can change in a running container does not re-create it."""

import pytest

from tests.support.module_runner import IMAGE, OTHER_IMAGE, run

# An option, and the fact that its being taken away shows.
OPTIONS = [
    ({"hostname": "other"}, "hostname"),
    ({"user": "1000"}, "user"),
    ({"workdir": "/tmp"}, "workdir"),
    ({"entrypoint": ["sleep", "60"]}, "entrypoint"),
    ({"command": ["--say", "more"]}, "command"),
    ({"env": {"MORE": "1"}}, "env.MORE"),
    ({"env": {"FROM_IMAGE": "no"}}, "env.FROM_IMAGE"),
    ({"labels": {"more": "1"}}, "labels.more"),
    ({"publish": ["127.0.0.1::80"]}, "ports"),
    ({"volumes": ["/tmp:/t:ro"]}, "mounts"),
    ({"volumes": ["/tmp:/image-volume"]}, "mounts"),
    ({"network": "host"}, "network"),
    ({"network": "none"}, "network"),
    ({"tty": True}, "tty"),
    ({"interactive": False}, "interactive"),
    ({"auto_remove": True}, "auto_remove"),
    ({"memory": "64m"}, "memory"),
    ({"cpus": "0.5"}, "cpus"),
    ({"shm_size": "32m"}, "shm_size"),
    ({"ulimits": ["nofile=1024"]}, "ulimits"),
    ({"devices": ["/dev/null:/dev/other"]}, "devices"),
    ({"gpus": "all"}, "gpus"),
    ({"restart_policy": "always"}, "restart_policy"),
    ({"security_opts": ["no-new-privileges"]}, "security_opts"),
    ({"security_opts": ["systempaths=unconfined"]}, "security_opts"),
    ({"cap_add": ["SYS_TIME"]}, "cap_add"),
    ({"cap_drop": ["ALL"]}, "cap_drop"),
    ({"read_only": True}, "read_only"),
    ({"pid_mode": "host"}, "pid_mode"),
    ({"cgroupns": "private"}, "cgroupns"),
    ({"init": True}, "init"),
    ({"extra_hosts": {"other": "192.0.2.1"}}, "extra_hosts.other"),
    ({"dns": ["192.0.2.53"]}, "dns"),
    ({"log_driver": "local"}, "log_driver"),
    ({"log_options": {"max-size": "1m"}}, "log_options.max-size"),
    ({"domainname": "example.org"}, "domainname"),
    ({"dns_options": ["ndots:1"]}, "dns_options"),
    ({"ipc_mode": "host"}, "ipc_mode"),
    ({"uts_mode": "host"}, "uts_mode"),
    ({"tmpfs": ["/run:size=1m"]}, "tmpfs"),
    ({"sysctls": {"net.core.somaxconn": "512"}}, "sysctls"),
    ({"pids_limit": 100}, "pids_limit"),
    ({"memory": "64m", "memory_swap": "96m"}, "memory_swap"),
    ({"oom_score_adj": 500}, "oom_score_adj"),
    ({"cpu_shares": 512}, "cpu_shares"),
    ({"cpu_period": 50000, "cpu_quota": 25000}, "cpu_quota"),
    ({"cpuset_mems": "0"}, "cpuset_mems"),
    ({"device_cgroup_rules": ["c 195:* rmw"]}, "device_cgroup_rules"),
    ({"stop_signal": "SIGINT"}, "stop_signal"),
    ({"healthcheck": {"test": ["CMD", "true"], "interval": "30s", "retries": 2}}, "healthcheck"),
    ({"sn_p2p_port": 30303}, "env.SN_ETH_PORT_EXT"),
    ({"image": OTHER_IMAGE}, "image"),
]


@pytest.mark.parametrize(("options", "fact"), OPTIONS, ids=str)
def test_removed_option(world, options, fact):
    params = {**world.params("sn"), "state": "present"}
    params.pop("command")
    if options == {"cgroupns": "private"} and world.client.info().get("CgroupVersion") != "1":
        options = {"cgroupns": "host"}
    run("sn", **{**params, **options})
    same = run("sn", check=True, **{**params, **options})
    assert same["changed"] is False, same["diff"]
    without = run("sn", check=True, **params)
    assert without["changed"] is True
    assert f"{fact}: " in without["diff"]["before"] + without["diff"]["after"]
    steps = [action.split(" ")[0] for action in without["actions"]]
    assert steps in (["update"], ["set", "create", "remove"], ["remove", "create"])


def test_fixed_address(world):
    network = world.network("fixed", "198.51.100.0/24")
    params = {**world.params("sn"), "network": network}
    for address in ("198.51.100.77", "198.51.100.78"):
        done = run("sn", **params, ip=address)
        assert done["container"]["NetworkSettings"]["Networks"][network]["IPAddress"] == address
        assert run("sn", check=True, **params, ip=address)["changed"] is False
    assert "ip: " in run("sn", check=True, **params)["diff"]["before"]


def test_moved_tag(world):
    moved = f"{world.prefix}:1"
    image = world.client.images.get(IMAGE)
    image.tag(moved)
    params = world.params("sn", image=moved)
    before = run("sn", **params)["container"]["Id"]
    world.client.images.get(OTHER_IMAGE).tag(moved)
    try:
        foretold = run("sn", check=True, **params)
        assert f"image: {moved}, {image.id[:19]}" in foretold["diff"]["before"]
        done = run("sn", **params)
        assert (done["changed"], done["actions"]) == (True, foretold["actions"])
        assert done["container"]["Id"] != before
        assert "VARIANT=2" in done["container"]["Config"]["Env"]
        assert run("sn", **params)["changed"] is False
    finally:
        world.clean_containers()
        world.client.images.remove(moved)


def test_image_without_its_tag(world):
    """The container still has its image, though no name leads to it: check mode says what a pull would do, and does nothing."""
    lost = f"{world.prefix}:1"
    world.client.images.get(IMAGE).tag(lost)
    params = world.params("sn", image=lost, state="present")
    run("sn", **params)
    world.client.images.remove(lost)
    foretold = run("sn", check=True, **params)
    assert foretold["actions"][0] == f"pull {lost}"
    assert "env." not in foretold["diff"]["before"]


def by_hand(world, change):
    """An SN of this test after a change by hand, and the run that follows: (before, check, done, after)."""
    params = world.params("sn", memory="64m")
    before = run("sn", **params)["container"]["Id"]
    change(world.client.containers.get(world.name("sn")))
    foretold, done = run("sn", check=True, **params), run("sn", **params)
    assert foretold["actions"] == done["actions"]
    assert run("sn", **params)["changed"] is False
    return before, done, world.inspect("sn")


@pytest.mark.parametrize(
    ("change", "actions"),
    [
        (lambda c: c.update(mem_limit="128m", memswap_limit="256m"), ["update"]),
        (lambda c: c.update(restart_policy={"Name": "always"}), ["update"]),
        (lambda c: c.pause(), ["unpause"]),
        (lambda c: c.stop(timeout=0), ["start"]),
    ],
    ids=["memory", "restart policy", "paused", "stopped"],
)
def test_manual_change_is_reverted_live(world, change, actions):
    before, done, after = by_hand(world, change)
    assert [action.split(" ")[0] for action in done["actions"]] == actions
    assert after["Id"] == before
    assert (after["HostConfig"]["Memory"], after["HostConfig"]["RestartPolicy"]["Name"]) == (64 * 2**20, "no")
    assert after["State"]["Status"] == "running"


@pytest.mark.parametrize("change", [{"cpu_shares": 512}, {"cpu_quota": 50000, "cpu_period": 100000}, {"cpuset_mems": "0"}], ids=str)
def test_limit_that_nobody_asked_for_is_removed(world, change):
    before, done, after = by_hand(world, lambda container: container.update(**change))
    assert all(f"{option}:" in done["diff"]["before"] for option in change if option != "cpu_period"), done["diff"]["before"]
    assert after["Id"] != before


def test_networks_change_live(world):
    one, other = world.network("one"), world.network("other")
    params = world.params("sn")
    made = run("sn", **params)["container"]["Id"]

    def move(**options):
        foretold, done = run("sn", check=True, **params, **options), run("sn", **params, **options)
        assert foretold["actions"] == done["actions"] == [f"update {params['name']} (network)"]
        assert run("sn", **params, **options)["changed"] is False
        assert done["container"]["Id"] == made
        return world.inspect("sn")["NetworkSettings"]["Networks"]

    assert set(move(network=one)) == {one}
    assert "sentinel" in move(network=one, network_aliases=["sentinel"])[one]["Aliases"]
    assert "sentinel" not in (move(network=one)[one]["Aliases"] or ())
    assert set(move(network=other, network_aliases=["a", "b"])) == {other}
    world.client.networks.get(one).connect(params["name"])
    assert set(move(network=other, network_aliases=["a", "b"])) == {other}
    assert set(move()) == {"bridge"}
    world.client.containers.get(params["name"]).restart(timeout=0)
    assert run("sn", **params)["changed"] is False


def test_limits_change_live(world):
    params = world.params("sn")
    made = run("sn", **params, memory="64m", cpus="0.5")["container"]["Id"]
    done = run("sn", **params, memory="128m", cpus="1", restart_policy="on-failure:2")
    assert done["actions"] == [f"update {params['name']} ({fact})" for fact in ("cpus", "memory", "restart_policy")]
    host = done["container"]["HostConfig"]
    assert (done["container"]["Id"], host["Memory"], host["NanoCpus"]) == (made, 128 * 2**20, 10**9)
    assert host["RestartPolicy"] == {"Name": "on-failure", "MaximumRetryCount": 2}
    taken_away = run("sn", **params)
    assert taken_away["container"]["Id"] != made
    assert "memory: 128m" in taken_away["diff"]["before"]


def test_configuration_that_changed_is_taken_into_use(world):
    params = world.params("swop")
    made = run("swop", **params)["container"]
    world.file("usr/profile.yaml", "another: 1\n")
    foretold, done = run("swop", check=True, **params), run("swop", **params)
    assert foretold["actions"] == done["actions"] == [f"restart {params['name']} (its configuration changed)"]
    assert done["diff"] == {"before": "configuration: changed since the start\n", "after": "configuration: in use\n"}
    assert (done["container"]["Id"], done["container"]["State"]["StartedAt"] > made["State"]["StartedAt"]) == (made["Id"], True)
    assert run("swop", **params)["changed"] is False
