# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is stopped, and what may be removed, on a host whose engine is a table."""

from __future__ import annotations

import re

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._platform import stop as _platform
from ansible_collections.swarm.learning.plugins.module_utils._platform import teardown

from tests.unit.test_house import ROOT, load

HUB = "hub.myenterpriselicense.hpe.com"
CURRENT = f"{HUB}/hpe/swarm-learning"
CLASSIC = f"{HUB}/hpe_eval/swarm-learning"
OPTIONS = {
    **dict.fromkeys(("keep", "all", *_platform.STOP_ORDER, "sl_tf", "sl_pyt"), False),
    **dict.fromkeys(("log_dir", "network", "directory", "components")),
    "names": [],
    "stop_timeout": 1,
}


def summary(name, image="", component="", network="bridge", mounts=(), **more):
    """What the engine lists for a container."""
    labels = {"learning.swarm.component": component, "learning.swarm.release": "2.3.0"} if component else {}
    listed = [{"Source": mount} if mount.startswith("/") else {"Source": f"/volumes/{mount}", "Name": mount} for mount in mounts]
    basic = {"Id": name, "Names": [f"/{name}"], "Image": image, "Labels": labels, "Mounts": listed}
    return {**basic, "NetworkSettings": {"Networks": {network: {}}}, "State": "running", "Status": "Up", "channel": False, **more}


class Table:
    """An engine that has these containers, networks and volumes, and notes what is done to it."""

    def __init__(self, *containers, networks=(), volumes=()):
        self._containers, self._networks, self._volumes = containers, dict(networks), dict(volumes)
        self.done = []

    def containers(self, _filters):
        return self._containers

    def mounting(self, _path):
        return {one["Id"] for one in self._containers if one["channel"]}

    def network(self, name):
        return {"Name": name, "Labels": self._networks[name]} if name in self._networks else None

    def volume(self, name):
        return {"Name": name, "Labels": self._volumes[name]} if name in self._volumes else None

    def volumes(self, labels):
        return [self.volume(name) for name, own in self._volumes.items() if labels.items() <= (own or {}).items()]

    def inspect(self, name):
        hostname = next((one["hostname"] for one in self._containers if one["Id"] == name and "hostname" in one), "")
        return {"Id": name, "Name": f"/{name}", "Config": {"Env": ["SWARM_PASSWORD=swordfish"], "Hostname": hostname}}

    def log_tail(self, name, _lines):
        return f"{name} knows swordfish, {len(self.done)} done"

    def __getattr__(self, action):
        return lambda *words: self.done.append(f"{action} {words[0]}" if action == "stop" else " ".join((action, *words)))


SITE = (
    summary("apls", component="apls"),
    summary("spire-server", component="spire_server", mounts=["/var/lib/swarm-learning/spire-server/data"]),
    summary("spire-agent", component="spire_agent", mounts=["/var/lib/swarm-learning/spire-agent/data", "spire-agent-socket"]),
    summary("sn-1", component="sn", network="swarm", mounts=["sn-1-smlnode"]),
    summary("swop-1", component="swop", network="swarm"),
    summary("swop-1-a-sl-0", f"{CURRENT}/sl:2.3.0", network="swarm", channel=True, hostname="sl-1"),
    summary("swop-1-a-ml-0", "user-env", network="swarm", channel=True, State="exited", hostname="ml-1"),
    summary("swci-1", component="swci", State="exited", Status="Exited (0) 2 days ago", network="swarm"),
    summary("database", "postgres:16"),
)
SCRIPTS = (
    summary("apls", f"{CLASSIC}/apls:0.3.0"),
    summary("spire", f"{CLASSIC}/spire-server:0.3.0"),
    summary("sn", f"{CLASSIC}/sn:0.3.0"),
    summary("tf", f"{CLASSIC}/sl-tf:0.3.0"),
    summary("pyt", f"{CLASSIC}/sl-pyt:0.3.0"),
    summary("other", f"{CURRENT}/swci:2.2.0", State="exited", Status="Exited (0) 1 minute ago"),
    summary("mirror", "mirror.example.org:5000/swarm-learning/swop:2.1.0"),
)


def stopped(containers, **options):
    """The names of what is removed, in order; stopping comes right before."""
    engine = Table(*containers)
    answer = _platform.stop(engine, {**OPTIONS, **options}, False)
    assert answer == _platform.stop(Table(*containers), {**OPTIONS, **options}, True)
    assert sorted(engine.done) == sorted(answer["actions"])
    assert answer["changed"] is bool(answer["actions"])
    names = [one["name"] for one in answer["removed"]]
    assert names == [action.removeprefix("remove ") for action in answer["actions"] if action.startswith("remove ")]
    return " ".join(names)


@pytest.mark.parametrize(
    ("containers", "options", "names"),
    [
        (SITE, {}, "swop-1-a-ml-0 swop-1-a-sl-0 swop-1 sn-1 spire-agent spire-server"),
        (SITE, {"all": True}, "swop-1-a-ml-0 swop-1-a-sl-0 swop-1 sn-1 spire-agent spire-server apls"),
        (SITE, {"all": True, "swci": True}, "swci-1 swop-1-a-ml-0 swop-1-a-sl-0 swop-1 sn-1 spire-agent spire-server apls"),
        (SITE, {"swci": True}, "swci-1"),
        (SITE, {"sl": True, "sn": True}, "swop-1-a-sl-0 sn-1"),
        (SITE, {"apls": True}, "apls"),
        (SITE, {"components": ["ml", "sl"]}, "swop-1-a-ml-0 swop-1-a-sl-0"),
        (SITE, {"sn": True, "components": ["ml", "sl"]}, ""),
        (SITE, {"network": ["swarm"]}, "swop-1 sn-1"),
        (SITE, {"network": ["other"]}, ""),
        (SITE, {"network": ["bridge", "swarm"]}, "swop-1 sn-1 spire-agent spire-server"),
        (SITE, {"network": []}, ""),
        (SITE, {"directory": "/var/lib/swarm-learning"}, "spire-agent spire-server"),
        (SITE, {"directory": "/var/lib/swarm"}, ""),
        (
            SITE,
            {"network": ["swarm"], "directory": "/var/lib/swarm-learning/spire-agent", "sn": True, "spire_agent": True},
            "sn-1 spire-agent",
        ),
        (SCRIPTS, {}, "other pyt tf mirror sn spire"),
        (SCRIPTS, {"sl_tf": True}, "tf"),
        (SCRIPTS, {"sl_pyt": True, "components": ["ml", "sl"]}, "pyt"),
        (SCRIPTS, {"sl": True, "spire_server": True}, "pyt tf spire"),
    ],
)
def test_what_is_stopped(containers, options, names):
    assert stopped(containers, **options) == names


@pytest.mark.parametrize(
    ("component", "status", "options", "goes"),
    [
        ("swci", "Exited (0) 2 days ago", {}, False),
        ("swci", "Exited (0) 2 days ago", {"all": True}, False),
        ("swci", "Exited (0) 2 days ago", {"swci": True}, True),
        ("swci", "Exited (1) 2 days ago", {}, True),
        ("sl", "Exited (0) 2 days ago", {}, False),
        ("sl", "Exited (0) 2 days ago", {"sl_tf": True}, True),
        ("sl", "Exited (137) 2 days ago", {}, True),
        ("ml", "Exited (0) 2 days ago", {"all": True, "sl": True}, False),
        ("ml", "Exited (0) 2 days ago", {"all": True, "ml": True}, True),
        ("sn", "Exited (0) 2 days ago", {}, True),
    ],
)
def test_completed_container_is_kept_as_a_record(component, status, options, goes):
    container = summary("one", f"{CLASSIC}/sl-tf:0.3.0", component, State="exited", Status=status)
    assert stopped([container], **options) == ("one" if goes else "")


def test_a_scripts_container_is_known_after_a_pull_of_its_tag():
    """Then the engine lists the ID of its image, whose tag has moved on."""
    engine = Table(summary("sn", f"sha256:{'a' * 64}"), summary("other", f"sha256:{'b' * 64}"))
    images = {"sn": f"{CURRENT}/sn:2.2.0", "other": "postgres:16"}
    engine.inspect = lambda name: {"Id": name, "Config": {"Image": images[name]}}
    assert [one["name"] for one in _platform.stop(engine, OPTIONS, True)["removed"]] == ["sn"]


PROFILE = """
nodes :
    - slnodedef :
        slhostname : "sl-1"
        usrhostname : ml-1
    - slnodedef: {slhostname: null, usrhostname: own.example.org}
"""
CHILDREN = (
    summary("a-sl", f"{CURRENT}/sl:2.3.0", network="swarm", channel=True, hostname="sl-1"),
    summary("a-ml", "user-env", network="swarm", channel=True, hostname="own.example.org"),
)
FOREIGN = (
    summary("their-sn", f"{CURRENT}/sn:2.3.0", network="swarm"),
    summary("their-swop", f"{CURRENT}/swop:2.3.0", network="swarm"),
    summary("their-sl", f"{CURRENT}/sl:2.3.0", network="swarm", channel=True, hostname="sl-7"),
    summary("their-ml", "user-env", network="swarm", channel=True, hostname="null"),
    summary("their-agent", f"{CURRENT}/sl:2.3.0", mounts=["/var/lib/swarm-learning/swop"], channel=True, hostname="sl-7"),
    summary("their-sl-1", f"{CURRENT}/sl:2.3.0", network="theirs", channel=True, hostname="sl-1"),
)


@pytest.mark.parametrize("there", ["the SWOP", "only its profile"])
def test_of_a_network_that_others_use_too_only_our_own_containers_are_stopped(tmp_path, there):
    """Containers of the platform's scripts beside ours, with the same images."""
    profile = tmp_path / ("swop/swop-1" if there == "only its profile" else "own") / "profile.yml"
    profile.parent.mkdir(parents=True)
    profile.write_text(PROFILE, encoding="utf-8")
    swop = summary("swop-1", component="swop", network="swarm")
    swop["Mounts"] = [{"Source": str(tmp_path / "own"), "Destination": "/platform/swarm/usr"}]
    mine = [swop, *CHILDREN] if there == "the SWOP" else list(CHILDREN)
    names = "a-ml a-sl swop-1" if there == "the SWOP" else "a-ml a-sl"
    within = {"network": ["swarm"], "directory": str(tmp_path)}
    assert stopped([*mine, *FOREIGN], **within) == names
    assert stopped([*mine, *FOREIGN], ml=True, sl=True, **within) == "a-ml a-sl"
    # Without a site, by hand, the module stops what the platform's own script stops: everything.
    assert set(stopped([*mine, *FOREIGN]).split()) == {one["Id"] for one in (*mine, *FOREIGN)}


def test_what_others_have_started_is_ours_where_the_inventory_describes_it(tmp_path):
    """With what such a SWOP has started, by its profile, wherever that is; of another network, it is not."""
    (tmp_path / "profile.yml").write_text(PROFILE, encoding="utf-8")
    swop = {**summary("swop-9", image="hpe/swarm-learning/swop:2.3.0", network="swarm"), "Labels": {}}
    swop["Mounts"] = [{"Source": str(tmp_path), "Destination": "/platform/swarm/usr"}]
    there = [swop, *CHILDREN, *FOREIGN]
    assert stopped(there, network=["swarm"], names=["swop-9"]) == "a-ml a-sl swop-9"
    assert stopped(there, network=["other"], names=["swop-9"]) == ""
    assert stopped(there, network=["swarm"], names=["swop-8"]) == ""


def test_kept_containers_are_only_stopped():
    engine = Table(*SITE)
    answer = _platform.stop(engine, {**OPTIONS, "keep": True, "sl": True, "ml": True, "sn": True}, False)
    assert engine.done == answer["actions"] == ["stop swop-1-a-sl-0", "stop sn-1"]
    assert answer["components"] == ["sl", "sn"]
    assert _platform.stop(Table(SITE[6]), {**OPTIONS, "keep": True}, False)["changed"] is False


def test_logs_are_kept_to_their_last_line_and_without_secrets(tmp_path):
    directory = tmp_path / "logs"
    answer = _platform.stop(Table(*SITE), {**OPTIONS, "sn": True, "ml": True, "log_dir": str(directory)}, False)
    assert answer["logs"] == [f"{directory}/swop-1-a-ml-0.log", f"{directory}/sn-1.log"]
    assert (directory / "swop-1-a-ml-0.log").read_text() == "swop-1-a-ml-0 knows ********, 0 done\n"
    assert (directory / "sn-1.log").read_text() == "sn-1 knows ********, 2 done\n"
    assert [path.stat().st_mode & 0o777 for path in (directory, directory / "sn-1.log")] == [0o700, 0o600]


# --- what else is removed ------------------------------------------------------------------------------------------------

OURS = {"learning.swarm.component": "network"}
STRANGER = summary("stranger", network="swarm", mounts=["sn-1-smlnode", "/var/lib/swarm-learning/swop/a"])
NETWORK, VOLUME, CLIENT, SWOP = "network swarm", "volume sn-1-smlnode", "client", "swop"


@pytest.mark.parametrize(
    ("containers", "labels", "keep", "stay"),
    [
        ((), OURS, [], {}),
        (SITE, OURS, ["/srv/model", "/var/lib/swarm-learning-data"], {}),
        ((), {}, [], {NETWORK: "it has no label that says that this collection created it, so it may be yours"}),
        (
            [STRANGER],
            OURS,
            [],
            dict.fromkeys((NETWORK, VOLUME, SWOP), "container stranger, which does not belong to this platform, uses it"),
        ),
        (FOREIGN[2:3], OURS, [], {NETWORK: "container their-sl, which does not belong to this platform, uses it"}),
        ((), OURS, ["{}/client/model"], {CLIENT: "{}/client/model is yours"}),
        ((), OURS, ["{}"], {}),
    ],
    ids=[
        "nothing runs",
        "the platform itself",
        "a network of the user",
        "a stranger",
        "a script's node",
        "a model of the user",
        "all of it",
    ],
)
def test_what_is_removed(tmp_path, containers, labels, keep, stay):
    directory = tmp_path / "swarm"
    for child in (CLIENT, SWOP):
        (directory / child / "a").mkdir(parents=True)
    (directory / SWOP / "a/profile.yml").write_text("slhostname: sl-1\nusrhostname: ml-1\n", encoding="utf-8")
    there = [
        {**one, "Mounts": [{**m, "Source": m["Source"].replace("/var/lib/swarm-learning", str(directory))} for m in one["Mounts"]]}
        for one in containers
    ]
    params = {
        "network": "swarm",
        "volumes": ["sn-1-smlnode", "gone"],
        "directory": str(directory),
        "children": [CLIENT, SWOP, "tokens"],
        "names": [],
    }
    params.update(keep=[path.format(directory) for path in keep], labelled=[])
    whats = {name: f"directory {directory / name}" for name in (CLIENT, SWOP)} | {name: name for name in (NETWORK, VOLUME)}
    wanted = {whats[name]: why.format(directory) for name, why in stay.items()}
    left = sorted({CLIENT, SWOP} & set(stay))
    if left:
        wanted[f"directory {directory}"] = f"it still contains {', '.join(left)}"
    everything = [NETWORK, VOLUME, whats[CLIENT], whats[SWOP], f"directory {directory}"]

    def engine():
        return Table(*there, networks={"swarm": labels}, volumes={"sn-1-smlnode": None})

    tried = teardown.teardown(engine(), params, True)
    assert {f"{one['kind']} {one['name']}": one["reason"] for one in tried["kept"]} == wanted
    assert tried["actions"] == [f"remove {what}" for what in everything if what not in wanted]
    assert [f"remove {one['kind']} {one['name']}" for one in tried["removed"]] == tried["actions"]
    assert sorted(path.name for path in directory.iterdir()) == [CLIENT, SWOP]

    used = engine()
    assert teardown.teardown(used, params, False) == tried
    assert used.done == [f"discard {what}" for what in (NETWORK, VOLUME) if what not in wanted]
    assert directory.exists() is bool(left)
    assert sorted(path.name for path in directory.glob("*")) == left


@pytest.mark.parametrize(("labels", "goes"), [(None, False), ({"mine": ""}, False), ({"learning.swarm.component": "client"}, True)])
def test_a_client_volume_that_a_user_made_stays(tmp_path, labels, goes):
    engine = Table(volumes={"sl-cli-lib": labels, "sn-1-smlnode": None})
    params = {
        "network": "",
        "volumes": ["sl-cli-lib", "sn-1-smlnode"],
        "labelled": ["sl-cli-lib"],
        "directory": str(tmp_path / "none"),
        "names": [],
    }
    answer = teardown.teardown(engine, {**params, "children": [], "keep": []}, False)
    assert engine.done == [*(["discard volume sl-cli-lib"] if goes else []), "discard volume sn-1-smlnode"]
    assert [one["reason"] for one in answer["kept"]] == (
        [] if goes else ["it has no label that says that this collection created it, so it may be yours"]
    )


def test_teardown_knows_every_directory_that_is_created():
    texts = [path.read_text(encoding="utf-8") for path in (*ROOT.glob("roles/*/*/*.yml"), *ROOT.glob("plugins/plugin_utils/_site/*.py"))]
    made = {name for text in texts for name in re.findall(r"""\bswarm_dir\b["') ]*(?:}+/| ~ '/)([a-z_-]+)""", text)}
    assert {"trainings", "spire-server", "swci"} <= made
    children = load("roles/lifecycle/vars/main.yml")["__lifecycle_children"]
    assert made <= set(children), "what is made in swarm_dir must stand in __lifecycle_children of roles/lifecycle/vars"


@pytest.mark.parametrize(
    ("directory", "shared"),
    [("/opt", True), ("/srv", True), ("/var/lib", True), ("/var/lib/swarm-learning", False), ("/opt/swarm", False)],
)
def test_directory_that_others_use_too(directory, shared):
    assert bool(teardown._shared(directory)) is shared


def test_link_is_removed_but_not_its_target(tmp_path):
    (tmp_path / "own/file").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "own")
    teardown._remove(str(tmp_path / "link"))
    assert not (tmp_path / "link").is_symlink()
    assert (tmp_path / "own/file").is_dir()


def test_links_that_lead_nowhere_are_removed_with_the_rest(tmp_path):
    directory = tmp_path / "swarm"
    (directory / "client").mkdir(parents=True)
    (directory / "client/file").symlink_to("nowhere")
    (directory / "swop").symlink_to("nowhere")
    params = {
        "network": "",
        "volumes": [],
        "labelled": [],
        "directory": str(directory),
        "children": ["client", "swop"],
        "keep": [],
        "names": [],
    }
    assert teardown.teardown(Table(), params, False)["kept"] == []
    assert not directory.exists()
