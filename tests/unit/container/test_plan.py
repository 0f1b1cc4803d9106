# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""(wanted, there, state) → steps and difference."""

from dataclasses import replace

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._container.parse import parse_mount, parse_ports
from ansible_collections.swarm.learning.plugins.module_utils._container.plan import Observed, differences, plan
from ansible_collections.swarm.learning.plugins.module_utils._container.spec import ContainerSpec

DEFAULTS = {"cgroupns": "private", "log_driver": "json-file", "log_options": {"max-size": "5m"}, "shm_size": 64 * 2**20}
ENGINES_OWN = {"cgroupns": "private", "log_driver": "json-file", "log_options": {"max-size": "5m"}, "shm_size": 64 * 2**20, "init": None}
WANTED = ContainerSpec(name="sl", image="hub/sl:1", image_id="sha256:1", hostname="sl", env={"A": "1"}, network="swarm", memory=2**29)
THERE = replace(WANTED, **ENGINES_OWN)
ML = ContainerSpec(name="ml", image="ml:1", image_id="sha256:2", hostname="ml", volumes_from=("sl",))
ML_THERE = replace(ML, **ENGINES_OWN)
RECREATE = ["stop sl", "set aside sl", "create sl", "start sl", "remove old sl"]
PAIR_RECREATE = [
    *("stop ml", "stop sl", "set aside ml", "set aside sl"),
    *("create sl", "create ml", "start sl", "start ml", "remove old ml", "remove old sl"),
]


def observed(spec=THERE, status="running", **others):
    return Observed(replace(spec, **{k: v for k, v in others.items() if k not in ("stale", "replaces")}), status, **{
        k: v for k, v in others.items() if k in ("stale", "replaces")
    })  # fmt: skip


def steps(pairs, state="started", recreate=False):
    return [f"{step.kind} {step.name}" for step in plan(pairs, state, DEFAULTS, recreate).steps]


AUTO = {"auto_remove": True}
ONE = [
    # there, state → steps
    (None, "started", ["create sl", "start sl"]),
    (None, "present", ["create sl"]),
    (None, "stopped", ["create sl"]),
    (None, "absent", []),
    (observed(), "started", []),
    (observed(), "present", []),
    (observed(), "stopped", ["stop sl"]),
    (observed(), "absent", ["stop sl", "remove sl"]),
    (observed(status="created"), "started", ["start sl"]),
    (observed(status="created"), "present", []),
    (observed(status="created"), "stopped", []),
    (observed(status="exited"), "started", ["start sl"]),
    (observed(status="exited"), "present", []),
    (observed(status="exited"), "stopped", []),
    (observed(status="exited"), "absent", ["remove sl"]),
    (observed(status="dead"), "started", ["start sl"]),
    (observed(status="restarting"), "started", []),
    (observed(status="restarting"), "stopped", ["stop sl"]),
    (observed(status="paused"), "started", ["unpause sl"]),
    (observed(status="paused"), "present", []),
    (observed(status="paused"), "stopped", ["unpause sl", "stop sl"]),
    (observed(status="paused"), "absent", ["unpause sl", "stop sl", "remove sl"]),
    (observed(stale=True), "started", ["restart sl"]),
    (observed(stale=True), "present", ["restart sl"]),
    (observed(stale=True), "stopped", ["stop sl"]),
    (observed(stale=True, status="paused"), "started", ["unpause sl", "restart sl"]),
    (observed(stale=True, status="exited"), "present", []),
    (observed(stale=True, status="exited"), "started", ["start sl"]),
    (observed(env={}), "started", RECREATE),
    (observed(env={}), "present", RECREATE),
    (observed(env={}), "stopped", ["stop sl", "set aside sl", "create sl", "remove old sl"]),
    (observed(env={}, status="exited"), "started", RECREATE[1:]),
    (observed(env={}, status="exited"), "present", ["set aside sl", "create sl", "remove old sl"]),
    (observed(env={}, status="paused"), "started", ["unpause sl", *RECREATE]),
    (observed(env={}, **AUTO), "started", ["stop sl", "remove sl", "create sl", "start sl"]),
    (observed(replaces=True), "started", ["remove old sl"]),
    (observed(replaces=True, status="created"), "started", ["start sl", "remove old sl"]),
    (observed(replaces=True, env={}), "started", ["stop sl", "remove sl", "create sl", "start sl", "remove old sl"]),
    (observed(replaces=True), "absent", ["stop sl", "remove sl", "remove old sl"]),
    (observed(memory=2**30), "started", ["update sl"]),
    (observed(memory=2**30, status="exited"), "present", ["update sl"]),
    (observed(memory=2**30, env={}), "started", RECREATE),
    (observed(network="other"), "started", ["update sl"]),
    (observed(other_networks=("other",)), "started", ["update sl"]),
    (observed(network="host"), "started", RECREATE),
    (observed(restart_policy="always"), "started", ["update sl"]),
    (observed(cpus=10**9), "started", RECREATE),  # a limit cannot be taken away live
    (observed(foreign={"Privileged": "True"}), "started", RECREATE),
]


@pytest.mark.parametrize(("there", "state", "expected"), ONE)
def test_one_container(there, state, expected):
    assert steps([(None if state == "absent" else WANTED, there)], state) == expected


def test_auto_remove():
    wanted = replace(WANTED, auto_remove=True)
    assert steps([(wanted, observed(auto_remove=True))], "stopped") == ["stop sl", "remove sl", "create sl"]
    assert steps([(wanted, observed(auto_remove=True, restart_policy="always"))]) == ["stop sl", "remove sl", "create sl", "start sl"]


def test_removed_limits_re_create_it():
    assert steps([(replace(WANTED, memory=0), observed())]) == RECREATE
    assert steps([(replace(WANTED, memory=2**30, cpus=10**9, restart_policy="always"), observed())]) == ["update sl"] * 3


def test_recreate_on_request():
    assert steps([(WANTED, observed())], recreate=True) == RECREATE
    assert steps([(WANTED, None)], recreate=True) == ["create sl", "start sl"]


PAIR = [
    (None, None, "started", ["create sl", "create ml", "start sl", "start ml"]),
    (observed(), observed(ML_THERE), "started", []),
    (observed(), None, "started", ["stop sl", "set aside sl", "create sl", "create ml", "start sl", "start ml", "remove old sl"]),
    (None, observed(ML_THERE), "started", ["stop ml", "set aside ml", "create sl", "create ml", "start sl", "start ml", "remove old ml"]),
    (observed(env={}), observed(ML_THERE), "started", PAIR_RECREATE),
    (observed(), observed(ML_THERE, env={"X": "1"}), "started", PAIR_RECREATE),
    (observed(), observed(ML_THERE, volumes_from=("other",)), "started", PAIR_RECREATE),
    (observed(), observed(ML_THERE, status="exited"), "started", ["start ml"]),
    (observed(status="exited"), observed(ML_THERE), "started", ["start sl", "restart ml"]),
    (observed(status="exited"), observed(ML_THERE, status="exited"), "started", ["start sl", "start ml"]),
    (observed(), observed(ML_THERE), "stopped", ["stop ml", "stop sl"]),
    (observed(memory=2**30), observed(ML_THERE), "started", ["update sl"]),
]


@pytest.mark.parametrize(("sl", "ml", "state", "expected"), PAIR)
def test_pair(sl, ml, state, expected):
    assert steps([(WANTED, sl), (ML, ml)], state) == expected


def test_pair_is_removed_together():
    assert steps([(None, observed()), (None, observed(ML_THERE))], "absent") == ["stop ml", "remove ml", "stop sl", "remove sl"]
    assert steps([(None, None), (None, observed(ML_THERE))], "absent") == ["stop ml", "remove ml"]
    assert steps([(None, None), (None, None)], "absent") == []


def test_ml_that_is_no_longer_wanted_is_removed():
    expected = ["stop ml", "stop sl", "set aside ml", "set aside sl", "create sl", "start sl", "remove old ml", "remove old sl"]
    assert steps([(WANTED, observed()), (None, observed(ML_THERE))]) == expected


# --- differences --------------------------------------------------------------------------------------------------------

SAME = [
    ({"image": "docker.io/hub/sl:1"}, {}),
    ({"image": "hub/sl:latest", "image_id": "sha256:1"}, {"image": "hub/sl"}),
    ({"ports": (parse_ports("0.0.0.0:1:1")[0],)}, {"ports": (parse_ports("1:1")[0],)}),
    ({"ports": (parse_ports("[2001:DB8::0:1]:1:1")[0],)}, {"ports": (parse_ports("[2001:db8::1]:1:1")[0],)}),
    ({"dns": ("2001:DB8:0::53", "192.0.2.53")}, {"dns": ("2001:db8::53", "192.0.2.53")}),
    ({"mounts": (parse_mount("/a/:/b:rw"),)}, {"mounts": (parse_mount("/a:/b"),)}),
    ({"network_aliases": ("sl", "x")}, {"network_aliases": ("x",)}),
    ({"labels": {"learning.swarm.release": "2.3.0"}}, {}),
    ({"workdir": "/a/"}, {"workdir": "/a"}),
    ({"init": False}, {}),
    ({"hostname": None}, {"hostname": "anything"}),
    ({"log_options": {"max-file": "3"}}, {"log_options": {"max-file": "3", "max-size": "5m"}}),
    ({"log_driver": "json-file"}, {}),
    ({"log_driver": "local", "log_options": {"a": "b"}}, {"log_driver": "local", "log_options": {"a": "b"}}),
    ({"log_driver": "local"}, {"log_driver": "local", "log_options": {}}),
]


@pytest.mark.parametrize(("wanted", "there"), SAME)
def test_two_spellings_of_one_container(wanted, there):
    assert differences(replace(WANTED, **wanted), replace(THERE, **there), DEFAULTS) == {}


DIFFERENT = [
    ({"image": "hub/sl:2"}, {}, {"image"}),
    ({"image_id": "sha256:9"}, {}, {"image"}),
    ({"mounts": (parse_mount("/a:/b:ro"),)}, {"mounts": (parse_mount("/a:/b"),)}, {"mounts"}),
    ({}, {"env": {"A": "1", "B": "2"}}, {"env"}),
    ({}, {"labels": {"added": "by hand"}}, {"labels"}),
    ({}, {"shm_size": 2**30}, {"shm_size"}),
    ({"dns": ("2001:db8::53",)}, {"dns": ("2001:db8::54",)}, {"dns"}),
    ({}, {"cgroupns": "host"}, {"cgroupns"}),
    ({}, {"log_driver": "local"}, {"log_driver"}),
    ({}, {"log_options": {"max-size": "9m"}}, {"log_options"}),
    ({}, {"init": True}, {"init"}),
    ({}, {"user": "root"}, {"user"}),
    ({"ports": ()}, {"ports": tuple(parse_ports("127.0.0.1:1:1"))}, {"ports"}),
]


@pytest.mark.parametrize(("wanted", "there", "facts"), DIFFERENT)
def test_drift(wanted, there, facts):
    assert set(differences(replace(WANTED, **wanted), replace(THERE, **there), DEFAULTS)) == facts


OURS = {"learning.swarm.component": "sn"}
ENGINES_WISH = {
    "shm_size": 2**30,
    "cgroupns": "host",
    "log_driver": "local",
    "log_options": {"max-size": "9m"},
    "init": True,
    "ulimits": ("nofile=5:5",),
}
# (what is asked for now, what was asked for when it was made) → facts that differ in a container of ours
UNASKED = [
    ({}, "", set()),
    ({"log_options": {"max-size": "9m"}}, "", set()),
    ({"log_options": {"max-size": "1m"}}, "", {"log_options"}),
    ({"log_options": {"max-file": "3"}}, "", {"log_options"}),
    ({"ulimits": ("core=0:0",)}, "", {"ulimits"}),
    ({"ulimits": ("nofile=5:5",)}, "ulimits.nofile", set()),
    ({"shm_size": 2**20}, "", {"shm_size"}),
    ({}, "shm_size", {"shm_size"}),
    ({}, "cgroupns", {"cgroupns"}),
    ({}, "init", {"init"}),
    ({}, "log_options.max-size", {"log_options"}),
    ({}, "ulimits.nofile", {"ulimits"}),
    ({}, "log_driver", {"log_driver"}),
]


@pytest.mark.parametrize(("wanted", "asked", "facts"), UNASKED)
def test_defaults_of_the_engine_are_no_drift(wanted, asked, facts):
    there = replace(THERE, **ENGINES_WISH, labels={**OURS, "learning.swarm.options": asked})
    assert set(differences(replace(WANTED, **wanted), there, DEFAULTS)) == facts


def test_container_of_others_is_compared_whole():
    assert set(differences(WANTED, replace(THERE, **ENGINES_WISH), DEFAULTS)) == set(ENGINES_WISH)


NO_PROXY = [
    ("a,b", "a,b,c", set()),
    ("b,a", "a,b,c", set()),
    ("a, b", "a,b,c", set()),
    ("", "a", set()),
    ("a,b", "a", {"env"}),
    ("a,b", "a,c", {"env"}),
]


@pytest.mark.parametrize(("there", "wanted", "facts"), NO_PROXY)
@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
def test_exceptions_to_the_proxy_that_only_grow_are_no_drift(name, there, wanted, facts):
    mine = replace(THERE, env={name: there}, labels=OURS)
    assert set(differences(replace(WANTED, env={name: wanted}), mine, DEFAULTS)) == facts
    assert set(differences(replace(WANTED, env={name: wanted}), replace(mine, labels={}), DEFAULTS)) == {"env"}


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        ({"security_opts": ("label=disable",), "pid_mode": "host"}, {"security_opts": (), "pid_mode": "host"}),
        ({"security_opts": ("label:disable",)}, {"security_opts": ("label=disable",)}),
        ({"security_opts": ("label:type:x",)}, {"security_opts": ("label=type:x",)}),
    ],
)
def test_spellings_of_security_options(wanted, there):
    assert differences(replace(WANTED, **wanted), replace(THERE, **there), DEFAULTS) == {}


# --- what is shown ------------------------------------------------------------------------------------------------------


def shown(wanted, there, state="started"):
    made = plan([(wanted, there)], state, DEFAULTS)
    return made.before.get("sl"), made.after.get("sl")


def test_diff_has_one_line_per_option():
    there = observed(env={"A": "0", "GONE": "x"}, memory=0, ports=tuple(parse_ports("1:2")))
    assert shown(WANTED, there) == (
        {"env.A": "0", "env.GONE": "x", "memory": 0, "ports": ["1:2"]},
        {"env.A": "1", "memory": "512m", "ports": []},
    )


def test_diff_of_a_moved_tag():
    assert shown(WANTED, observed(image_id="sha256:0")) == ({"image": "hub/sl:1, sha256:0"}, {"image": "hub/sl:1, sha256:1"})


def test_diff_hides_secrets_and_shows_that_they_differ():
    before, after = shown(replace(WANTED, env={"API_TOKEN": "new", "A": "1"}), observed(env={"API_TOKEN": "old", "A": "1"}))
    assert (before, after) == ({"env.API_TOKEN": "********"}, {"env.API_TOKEN": "******** (another)"})


@pytest.mark.parametrize(
    ("there", "state", "before", "after"),
    [
        (None, "started", {"state": "absent"}, {"state": "running", "image": "hub/sl:1"}),
        (None, "stopped", {"state": "absent"}, {"state": "created", "image": "hub/sl:1"}),
        (observed(status="paused"), "started", {"state": "paused"}, {"state": "running"}),
        (observed(), "stopped", {"state": "running"}, {"state": "exited"}),
        (observed(stale=True), "started", {"configuration": "changed since the start"}, {"configuration": "in use"}),
    ],
)
def test_diff_of_a_state(there, state, before, after):
    assert shown(WANTED, there, state) == (before, after)


def test_no_change_shows_nothing():
    assert plan([(WANTED, observed())], "started", DEFAULTS) == plan([], "absent", DEFAULTS)


@pytest.mark.parametrize(
    ("pairs", "held"),
    [
        ([(replace(WANTED, image_id="sha256:9"), observed())], True),
        ([(WANTED, observed(stale=True))], True),
        ([(replace(WANTED, memory=2**30), observed())], False),  # changed while it runs
        ([(replace(WANTED, image_id="sha256:9"), observed(status="exited"))], False),
        ([(WANTED, None)], False),
        ([(WANTED, observed(status="exited")), (replace(ML, image_id="sha256:9"), observed(ML_THERE))], True),
    ],
)
def test_held_leaves_a_running_container_alone_and_does_the_rest(pairs, held):
    made = plan(pairs, "started", DEFAULTS, False)
    assert made.steps
    done, left = made.held(pairs)
    assert (done.steps, left) == (((), made.steps) if held else (made.steps, ()))
