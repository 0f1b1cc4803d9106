# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wanted spec, the request to the engine and the inspect afterwards describe the same container."""

from dataclasses import replace

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._container import further, masking, spec
from ansible_collections.swarm.learning.plugins.module_utils._container.masking import MASK
from ansible_collections.swarm.learning.plugins.module_utils._container.plan import Observed, differences, plan
from ansible_collections.swarm.learning.plugins.module_utils._container.spec import ContainerSpec, from_inspect, over_image, to_api
from hypothesis import given
from hypothesis import strategies as st

from tests.support import engine_like
from tests.support.machine import ALL, CLASSIC, COMPONENTS, OTHER_ID, Machine, minimal, specs

DEFAULTS = {"cgroupns": "private", "log_driver": "json-file", "log_options": {}, "shm_size": 64 * 2**20}
WORDS = st.text("abcXYZ019_-", min_size=2, max_size=8)
NAMES = st.from_regex(r"[a-z][a-z0-9]{1,6}", fullmatch=True)
PORTS = st.integers(1, 65535)
OPTIONS = {
    "hostname": NAMES,
    "user": st.sampled_from(["1000", "1000:1000", "root"]),
    "workdir": st.sampled_from(["/", "/srv", "/srv/x/", "/a//b"]),
    "entrypoint": st.lists(WORDS, max_size=2) | st.just([""]),
    "command": st.lists(WORDS, max_size=3),
    "env": st.dictionaries(NAMES, WORDS | st.just(""), max_size=3) | st.just({"PATH": "/bin"}),
    "labels": st.dictionaries(NAMES, WORDS, max_size=3),
    "publish": st.lists(st.builds("{}:{}".format, PORTS, PORTS), max_size=2, unique_by=lambda p: p.split(":")[0])
    | st.just(["0.0.0.0:1:1"])
    | st.just(["127.0.0.1::9/udp"]),
    "volumes": st.lists(
        st.sampled_from(["/srv/data:/d:ro", "vol:/v", "/srv/model/:/m/:rw", "/image-volume", "vol:/image-volume"]),
        max_size=3,
        unique_by=lambda v: v.strip("/").split(":")[-1] if v.count(":") < 1 else v.split(":")[1].strip("/"),
    ),
    "network": st.sampled_from(["bridge", "host", "none", "swarm", "container:sn-9"]),
    "tty": st.booleans(),
    "interactive": st.booleans(),
    "memory": st.sampled_from(["512m", "1g", "0"]),
    "memory_reservation": st.sampled_from(["256m", "0"]),
    "cpuset_cpus": st.sampled_from(["0", "0-1,3"]),
    "cpus": st.sampled_from(["1", "0.5", "0"]),
    "shm_size": st.sampled_from(["64m", "1g"]),
    "ulimits": st.lists(st.sampled_from(["nofile=5", "core=0:1"]), max_size=2, unique=True),
    "gpus": st.sampled_from(["all", "2", "device=0,1", "nvidia.com/gpu=0"]),
    "devices": st.sampled_from([[], ["/dev/kfd"], ["/dev/kfd:/dev/x:r"]]),
    "restart_policy": st.sampled_from(["no", "always", "on-failure:3", "on-failure"]),
    "security_opts": st.lists(
        st.sampled_from(["no-new-privileges", "seccomp=unconfined", "systempaths=unconfined", "label=type:x"]), max_size=2, unique=True
    ),
    "cap_add": st.lists(st.sampled_from(["net_admin", "CAP_SYS_TIME", "ALL"]), max_size=2, unique=True),
    "cap_drop": st.lists(st.sampled_from(["CHOWN", "all"]), max_size=1),
    "group_add": st.lists(st.sampled_from(["video", "44"]), max_size=2, unique=True),
    "privileged": st.booleans(),
    "read_only": st.booleans(),
    "pid_mode": st.sampled_from(["host", "container:sn-9"]),
    "cgroupns": st.sampled_from(["host", "private"]),
    "init": st.booleans(),
    "extra_hosts": st.dictionaries(NAMES, st.sampled_from(["192.0.2.1", "::1", "host-gateway", "192.0.2.1,192.0.2.2"]), max_size=2),
    "dns_search": st.lists(st.sampled_from(["example.org", "swarm"]), max_size=2, unique=True),
    "dns": st.lists(st.sampled_from(["192.0.2.53", "::1"]), max_size=2, unique=True),
    "log_driver": st.sampled_from(["json-file", "local", "journald"]),
    "log_options": st.dictionaries(st.sampled_from(["max-size", "max-file"]), st.sampled_from(["1", "10m"]), max_size=2),
}
FURTHER = {
    "ip": st.just("172.18.0.9"),
    "ip6": st.just("fd00::9"),
    "domainname": st.just("example.org"),
    "dns_options": st.lists(st.sampled_from(["ndots:1", "rotate"]), max_size=2, unique=True),
    "ipc_mode": st.sampled_from(["host", "private", "shareable"]),
    "uts_mode": st.just("host"),
    "userns_mode": st.just("host"),
    "tmpfs": st.lists(st.sampled_from(["/run", "/tmp:size=64m"]), max_size=2, unique=True),
    "sysctls": st.dictionaries(st.sampled_from(["net.core.somaxconn"]), st.sampled_from(["9"]), max_size=1),
    "pids_limit": st.sampled_from([-1, 0, 100, 2048]),
    "memory_swap": st.sampled_from(["2g", "-1", "1g", "0"]),
    "memory_swappiness": st.sampled_from([0, 60]),
    "oom_kill_disable": st.booleans(),
    "oom_score_adj": st.sampled_from([-1000, 0, 500]),
    "cpu_shares": st.just(512),
    "cpuset_mems": st.just("0-1"),
    "blkio_weight": st.just(500),
    "cgroup_parent": st.just("science.slice"),
    "device_cgroup_rules": st.lists(st.just("c 195:* rmw"), max_size=1),
    "storage_options": st.dictionaries(st.just("size"), st.just("10G"), max_size=1),
    "runtime": st.sampled_from(["runc", "nvidia"]),
    "stop_signal": st.sampled_from(["SIGINT", "SIGTERM"]),
    "healthcheck": st.sampled_from([{"test": ["NONE"]}, {"test": ["CMD", "true"], "interval": "30s", "retries": 2}]),
}
OPTIONS.update(FURTHER)
IMAGES = st.fixed_dictionaries(
    {},
    optional={
        "Env": st.sampled_from([None, ["PATH=/bin", "LANG=C"]]),
        "Labels": st.sampled_from([None, {"from": "image"}]),
        "Cmd": st.sampled_from([None, ["serve"], "serve"]),
        "Entrypoint": st.sampled_from([None, ["/entry"], "/entry"]),
        "Volumes": st.sampled_from([None, {"/image-volume": {}}]),
        "User": st.sampled_from(["", "1000:1000"]),
        "WorkingDir": st.sampled_from(["", "/srv", "/srv/"]),
        "Healthcheck": st.just({"Test": ["CMD", "false"]}),
        "StopSignal": st.just("SIGQUIT"),
    },
)
BESIDE_ANOTHER = ("hostname", "domainname", "publish", "dns", "dns_search", "dns_options", "extra_hosts", "ip", "ip6")


@st.composite
def described(draw):
    """(component, release, options) that pass the checks."""
    release = draw(st.sampled_from(ALL))
    component = draw(st.sampled_from([c for c in COMPONENTS if release != CLASSIC or c not in ("spire_agent", "swop")]))
    chosen = draw(st.sets(st.sampled_from(sorted(OPTIONS)), max_size=8))
    options = {name: draw(OPTIONS[name]) for name in sorted(chosen)}
    if options.get("network", "").startswith("container:"):
        options = {name: value for name, value in options.items() if name not in BESIDE_ANOTHER}
    if options.get("network") in (None, "bridge", "host", "none"):
        options = {name: value for name, value in options.items() if name not in ("ip", "ip6")}
    if options.get("uts_mode"):
        options.pop("hostname", None)
    if options.get("entrypoint") == [""] and not options.get("command"):
        options["command"] = ["run"]
    if component == "swci":
        options.pop("restart_policy", None)
    if component == "apls" and "publish" in options:
        options["publish"] = []
    if component == "sl" and release != CLASSIC and draw(st.booleans()):
        options["ml"] = {"image": "user/ml:1", "env": {"A": "1"}, "network": "container:sl-1"}
    return component, release, {**minimal(component, release), **options}


def made(wanted, brought, newer):
    """What an engine says after it was asked for a spec."""
    return from_inspect(engine_like.inspect(wanted.name, to_api(wanted), brought, newer))


@given(described(), IMAGES, st.booleans())
def test_plan_after_apply_is_empty(case, config, newer):
    component, release, options = case
    brought = engine_like.image(**config)
    pairs = []
    for asked in specs(component, release, Machine(), **options):
        there = made(asked, brought, newer)
        wanted = over_image(asked, brought)
        assert differences(wanted, there, DEFAULTS) == {}
        pairs.append((wanted, Observed(there, "running")))
    for state in ("started", "present"):
        assert not plan(pairs, state, DEFAULTS).changed


@given(described(), st.booleans())
def test_a_container_can_be_recreated_from_its_inspect(case, newer):
    component, release, options = case
    brought = engine_like.image(Volumes={"/image-volume": {}})
    there = made(specs(component, release, Machine(), **options)[0], brought, newer)
    again = made(replace(spec.on_its_own(there), image=there.image), brought, newer)
    assert differences(there, again, DEFAULTS) == {}


BASE = ContainerSpec(name="sn-1", image="hub/sn:1", hostname="sn-1", env={"A": "1"}, command=("run",))


@pytest.mark.parametrize(
    ("entrypoint", "command", "expected"),
    [
        ((), (), (("/entry",), ("serve",))),
        ((), ("x",), (("/entry",), ("x",))),
        (("/own",), (), (("/own",), ())),
        (("/own",), ("x",), (("/own",), ("x",))),
        (spec.RESET, ("x",), ((), ("x",))),
    ],
)
def test_entry_point_overrides_the_image(entrypoint, command, expected):
    over = over_image(replace(BASE, entrypoint=entrypoint, command=command), engine_like.image(Entrypoint=["/entry"]))
    assert (over.entrypoint, over.command) == expected


def test_the_request_is_that_of_the_docker_command():
    body = to_api(replace(BASE, interactive=True))
    assert [body[key] for key in ("OpenStdin", "StdinOnce", "AttachStdin", "AttachStdout", "AttachStderr")] == [True] * 5
    assert {key: body["HostConfig"][key] for key in ("Binds", "SecurityOpt", "CapAdd", "VolumesFrom", "DeviceRequests")} == dict.fromkeys(
        ("Binds", "SecurityOpt", "CapAdd", "VolumesFrom", "DeviceRequests")
    )
    assert (body["Entrypoint"], body["Cmd"], body["HostConfig"]["NetworkMode"]) == (None, ["run"], "default")
    assert "NetworkingConfig" not in body


@pytest.mark.parametrize(
    ("mode", "networks", "network", "others"),
    [
        ("default", {"bridge": {}}, "default", ()),
        ("bridge", {"bridge": {}}, "default", ()),
        ("swarm", {"swarm": {}}, "swarm", ()),
        ("default", {"swarm": {}}, "swarm", ()),  # moved live
        ("swarm", {"bridge": {}}, "default", ()),
        ("swarm", {"swarm": {}, "other": {}}, "swarm", ("other",)),
        ("default", {"bridge": {}, "other": {}}, "default", ("other",)),
        ("host", {"host": {}}, "host", ()),
        (f"container:{OTHER_ID}", {}, f"container:{OTHER_ID}", ()),
    ],
)
def test_network_that_a_container_is_in(mode, networks, network, others):
    said = engine_like.inspect("sn-1", to_api(BASE), engine_like.image())
    said["HostConfig"]["NetworkMode"], said["NetworkSettings"]["Networks"] = mode, networks
    there = from_inspect(said)
    assert (there.network, there.other_networks) == (network, others)


@pytest.mark.parametrize(
    ("mounts", "expected"),
    [
        ([{"Type": "bind", "Source": "/a", "Target": "/b", "ReadOnly": True}], ["/a:/b:ro"]),
        ([{"Type": "volume", "Source": "vol", "Target": "/image-volume"}], ["vol:/image-volume"]),
    ],
)
def test_mounts_of_the_newer_form(mounts, expected):
    said = engine_like.inspect("sn-1", to_api(BASE), engine_like.image(Volumes={"/image-volume": {}} if "vol" in expected[0] else None))
    said["HostConfig"]["Mounts"] = mounts
    assert [str(mount) for mount in from_inspect(said).mounts] == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [("PublishAllPorts", True), ("Links", ["/other:/sn-1/other"]), ("BlkioDeviceReadBps", [{"Path": "/dev/sda", "Rate": 1}])],
)
def test_manual_settings_are_detected(name, value):
    said = engine_like.inspect("sn-1", to_api(BASE), engine_like.image())
    said["HostConfig"][name] = value
    assert differences(over_image(BASE, engine_like.image()), from_inspect(said), DEFAULTS) == {"foreign": ({name: str(value)}, {})}


@pytest.mark.parametrize(
    ("fact", "name", "value", "seen"),
    [
        ("privileged", "Privileged", True, True),
        ("group_add", "GroupAdd", ["audio"], ("audio",)),
        ("cpuset_cpus", "CpusetCpus", "0", "0"),
        ("memory_reservation", "MemoryReservation", 2**28, 2**28),
        ("dns_search", "DnsSearch", ["example.org"], ("example.org",)),
        *(
            ("further", further.FACTS[option].name, value, {option: value})
            for option, value in (
                ("cpu_shares", 512),
                ("cpu_quota", 50000),
                ("cpuset_mems", "0"),
                ("blkio_weight", 500),
                ("oom_kill_disable", True),
                ("oom_score_adj", -500),
                ("sysctls", {"net.core.somaxconn": "9"}),
                ("tmpfs", {"/run": "size=64m"}),
                ("dns_options", ["ndots:1"]),
                ("device_cgroup_rules", ["c 195:* rmw"]),
                ("storage_options", {"size": "10G"}),
                ("ipc_mode", "host"),
                ("uts_mode", "host"),
                ("userns_mode", "host"),
                ("pids_limit", 100),
                ("memory_swap", -1),
                ("memory_swappiness", 60),
                ("cgroup_parent", "science.slice"),
                ("cpu_period", 50000),
                ("runtime", "nvidia"),
            )
        ),
    ],
)
def test_container_that_has_or_lacks_an_option(fact, name, value, seen):
    plain = getattr(BASE, fact)
    said = engine_like.inspect("sn-1", to_api(BASE), engine_like.image())
    said["HostConfig"][name] = value
    assert differences(over_image(BASE, engine_like.image()), from_inspect(said), DEFAULTS) == {fact: (seen, plain)}
    wanted = replace(BASE, **{fact: seen})
    assert differences(over_image(wanted, engine_like.image()), from_inspect(said), DEFAULTS) == {}
    assert to_api(wanted)["HostConfig"][name] == value


@pytest.mark.parametrize(
    ("fact", "given", "brought", "differs"),
    [
        ("Healthcheck", {"Test": ["CMD", "true"]}, {"Test": ["CMD", "true"]}, False),
        ("Healthcheck", {"Test": ["CMD", "false"]}, {"Test": ["CMD", "true"]}, True),
        ("Healthcheck", {"Test": ["NONE"]}, {"Test": ["CMD", "true"]}, True),
        ("Healthcheck", {"Test": ["CMD", "true"]}, None, True),
        ("StopSignal", "SIGINT", None, True),
        ("StopSignal", "SIGINT", "SIGINT", False),
        ("StopSignal", "SIGTERM", None, False),
        ("StopTimeout", 90, None, True),
        ("StopTimeout", 10, None, False),
    ],
)
def test_options_that_others_gave_a_container(fact, given, brought, differs):
    """The container is compared whole before it is taken over; one of ours has what its image had."""
    image = engine_like.image(**({fact: brought} if brought else {}))
    said = engine_like.inspect("sn-1", to_api(BASE), image)
    said["Config"][fact] = given
    wanted = replace(BASE, labels={**BASE.labels, spec.COMPONENT_LABEL: "sn"})
    assert ("foreign" in differences(over_image(wanted, image), from_inspect(said), DEFAULTS)) is differs
    ours = engine_like.inspect("sn-1", to_api(wanted), image)
    ours["Config"][fact] = given
    assert differences(over_image(wanted, image), from_inspect(ours), DEFAULTS) == {}


def by(**asked):
    """A container of ours with these further options, as its engine tells it, and the spec that asked for it."""
    wanted = spec.with_asked_label(replace(BASE, labels={spec.COMPONENT_LABEL: "sn"}, further=further.given(asked)))
    return wanted, engine_like.inspect("sn-1", to_api(wanted), engine_like.image(Healthcheck={"Test": ["CMD", "x"]}, StopSignal="SIGQUIT"))


@pytest.mark.parametrize(
    ("asked", "changed", "wanted", "differs"),
    [
        ({}, {"PidsLimit": 2048, "IpcMode": "shareable", "Runtime": "nvidia", "MemorySwap": -1}, {}, {}),  # the engine's own, unasked
        ({}, {"CpuShares": 512}, {}, {"cpu_shares": 512}),
        ({"ipc_mode": "private"}, {}, {}, {}),
        ({"ipc_mode": "host"}, {}, {}, {"ipc_mode": "host"}),
        ({"runtime": "nvidia"}, {"Runtime": "runc"}, {"runtime": "nvidia"}, {"runtime": "runc"}),
        ({"pids_limit": 0}, {"PidsLimit": None}, {"pids_limit": -1}, {}),
        ({"healthcheck": {"test": ["NONE"]}}, {}, {"healthcheck": {"test": ["NONE"]}}, {}),
        ({"healthcheck": {"test": ["NONE"]}}, {}, {}, {"healthcheck": {"Test": ["NONE"]}}),
        ({"stop_signal": "SIGINT"}, {}, {"stop_signal": "SIGTERM"}, {"stop_signal": "SIGINT"}),
        ({}, {}, {"stop_signal": "SIGTERM"}, {"stop_signal": "SIGQUIT"}),
    ],
)
def test_options_that_an_engine_or_image_may_give_unasked(asked, changed, wanted, differs):
    _spec, said = by(**asked)
    said["HostConfig"].update(changed)
    there = from_inspect(said)
    over = over_image(by(**wanted)[0], engine_like.image(Healthcheck={"Test": ["CMD", "x"]}, StopSignal="SIGQUIT"))
    found = differences(over, there, DEFAULTS)
    assert list(found) == (["further"] if differs else [])
    assert {option: found["further"][0].get(option) for option in differs} == differs if differs else True


def test_a_limit_of_swap_that_follows_from_the_memory():
    wanted = replace(BASE, memory=2**29)
    said = engine_like.inspect("sn-1", to_api(wanted), engine_like.image())
    assert said["HostConfig"]["MemorySwap"] == 2**30
    assert differences(over_image(wanted, engine_like.image()), from_inspect(said), DEFAULTS) == {}


def test_fixed_addresses():
    wanted = replace(BASE, network="net", ip="172.18.0.9", ip6="fd00::9", network_aliases=("also",))
    ends = to_api(wanted)["NetworkingConfig"]["EndpointsConfig"]
    assert ends == {"net": {"Aliases": ["also"], "IPAMConfig": {"IPv4Address": "172.18.0.9", "IPv6Address": "fd00::9"}}}
    there = from_inspect(engine_like.inspect("sn-1", to_api(wanted), engine_like.image()))
    assert (there.ip, there.ip6) == ("172.18.0.9", "fd00::9")
    found = differences(over_image(replace(wanted, ip="172.18.0.10"), engine_like.image()), there, DEFAULTS)
    assert found == {"ip": ("172.18.0.9", "172.18.0.10")}


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"tmpfs": ["/run", "/tmp:size=64m,mode=1777"]}, {"tmpfs": {"/run": "", "/tmp": "size=64m,mode=1777"}}),
        ({"memory_swap": "1g"}, {"memory_swap": 2**30}),
        ({"memory_swap": -1}, {"memory_swap": -1}),
        ({"memory_swappiness": 0, "oom_score_adj": 0, "oom_kill_disable": False}, {"memory_swappiness": 0}),
        ({"sysctls": {"net.core.somaxconn": 9}, "dns_options": []}, {"sysctls": {"net.core.somaxconn": "9"}}),
        (
            {"healthcheck": {"test": ["CMD-SHELL", "true"], "interval": "1.5s", "timeout": "200ms", "start_period": None, "retries": 3}},
            {"healthcheck": {"Test": ["CMD-SHELL", "true"], "Interval": 1500000000, "Timeout": 200000000, "Retries": 3}},
        ),
    ],
)
def test_further_options_as_the_engine_has_them(params, expected):
    assert further.given(params) == expected


# --- secrets ------------------------------------------------------------------------------------------------------------


def test_join_tokens_are_no_state():
    with_token = replace(BASE, command=("run", "-joinToken", "t-1", "-config", "c"), env={"A": "1", "SPIRE_JOIN_TOKEN": "t-1"})
    without = replace(BASE, command=("run", "-config", "c"))
    assert differences(without, with_token, {}) == {}
    assert differences(replace(with_token, command=("run", "-joinToken", "t-2", "-config", "c")), with_token, {}) == {}


def test_secrets_in_inspect_are_masked():
    body = to_api(
        replace(
            BASE,
            command=("-joinToken", "t-1", "x"),
            env={"DB_PASSWORD": "hunter2", "API_KEY": "k", "EMPTY_TOKEN": "", "SWARM_ID_KEY": "/k"},
        )
    )
    said = {**engine_like.inspect("sn-1", body, engine_like.image()), "Args": ["-joinToken", "t-1", "x"]}
    shown = spec.mask_inspect(said)
    assert shown["Config"]["Env"] == ["PATH=/bin", f"DB_PASSWORD={MASK}", f"API_KEY={MASK}", "EMPTY_TOKEN=", "SWARM_ID_KEY=/k"]
    assert shown["Config"]["Cmd"] == shown["Args"] == ["-joinToken", MASK, "x"]
    assert "hunter2" not in str(shown)
    assert set(spec.secrets_of(said)) == {"hunter2", "k", "", "t-1"}


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("DB_PASS", "hunter2", MASK),
        ("PASS", "hunter2", MASK),
        ("splunk-token", "hunter2", MASK),
        ("DATABASE_URL", "postgres://me:hunter2@db:5432/x", f"postgres://me:{MASK}@db:5432/x"),
        ("https_proxy", "http://u:hunter2@proxy:3128", f"http://u:{MASK}@proxy:3128"),
        ("MYSQL_PWD", "hunter2", MASK),
        ("SSH_KEY", "hunter2", MASK),
        ("INDEX_URL", "https://hunter2@packages.example/simple", f"https://{MASK}@packages.example/simple"),
        ("REPOSITORY", "ssh://git@code.example/x", "ssh://git@code.example/x"),
        ("PWD", "/root", "/root"),
        ("BYPASS", "yes", "yes"),
        ("COMPASS", "north", "north"),
        ("URL", "http://host:80/a@b", "http://host:80/a@b"),
    ],
)
def test_what_counts_as_a_secret(name, value, shown):
    assert masking.mask_values({name: value}) == {name: shown}
    said = {
        "Config": {"Env": [f"{name}={value}"], "Labels": {name: value}, "Cmd": ["-joinToken=hunter2"]},
        "HostConfig": {"LogConfig": {"Type": "splunk", "Config": {name: value}}},
    }
    masked = spec.mask_inspect(said)
    assert masked["Config"]["Env"] == [f"{name}={shown}"]
    assert masked["Config"]["Labels"] == masked["HostConfig"]["LogConfig"]["Config"] == {name: shown}
    assert masked["Config"]["Cmd"] == [f"-joinToken={MASK}"]
    assert "hunter2" in spec.secrets_of(said)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["run", "-joinToken", "t-1", "-x"], ["run", "-joinToken", MASK, "-x"]),
        (["--password", "p", "--user", "u"], ["--password", MASK, "--user", "u"]),
        (["--db-password=p"], [f"--db-password={MASK}"]),
        (["--token-file", "/t", "--tokenTTL", "60"], ["--token-file", "/t", "--tokenTTL", "60"]),
        (["--no-password", "--verbose"], ["--no-password", "--verbose"]),
        (["https://u:p@host/"], [f"https://u:{MASK}@host/"]),
        (["sh", "-c", "agent run -joinToken t-1 -x"], ["sh", "-c", f"agent run -joinToken {MASK} -x"]),
    ],
)
def test_secrets_in_commands(words, shown):
    assert masking.mask_words(words) == shown


def test_name_with_several_addresses_becomes_several_hosts_lines():
    wanted = ContainerSpec(name="x", image="y", extra_hosts={"both": "192.0.2.1,192.0.2.2", "one": "::1"})
    lines = ["both:192.0.2.1", "both:192.0.2.2", "one:::1"]
    assert to_api(wanted)["HostConfig"]["ExtraHosts"] == lines
    inspect = engine_like.inspect("x", to_api(wanted), engine_like.image())
    assert from_inspect(inspect).extra_hosts == wanted.extra_hosts
