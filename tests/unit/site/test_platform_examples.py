# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventories of the platform's examples derive what the examples say: each field of theirs has the same meaning."""

import functools
from pathlib import Path

import pytest
import yaml
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import formats
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model as _site

from .test_inventories import ROOT, load

FACTS = yaml.safe_load((Path(__file__).parent / "platform_examples.yml").read_text(encoding="utf-8"))
BY_SWOP = {name: facts for name, facts in FACTS.items() if "hosts" in facts}
BY_HAND = {name: facts for name, facts in FACTS.items() if "nodes" in facts}
PLAIN = ("slhostname", "slhostip", "slport", "slfsservice", "usrhostname")
ADDRESSES = ("slnetworkopts", "usrnetworkopts")
# The examples have a directory with the CAs (CAPATH), certificates for a trial a file with the same: both are read alike.
CERTIFICATES = ["KEY", "CERT", "CACERT"]


def flat(mappings):
    """One mapping of a list of them, as SWOP reads environments and options."""
    return {key: value for mapping in mappings or () for key, value in mapping.items()}


@functools.cache
def derived(name):
    """The model of an example's inventory, which no test changes."""
    return _site.derive(load(name))


@pytest.fixture(name="example", params=BY_SWOP)
def _example(request):
    return FACTS[request.param], derived(request.param)


@pytest.fixture(name="by_hand", params=BY_HAND)
def _by_hand(request):
    return FACTS[request.param], derived(request.param)


def test_every_example_has_facts():
    assert {path.name for path in (ROOT / "inventories").glob("example-*")} == set(FACTS)
    assert len(FACTS) == 16


def test_profiles(example):
    facts, model = example
    for host, pairs in facts["hosts"].items():
        [profile] = model[host]["swop_profiles"].values()
        assert formats.profile_problems(profile) == []
        locator = {"host": None, "port": None, "service": None}
        assert (profile["taskrunner"], profile["apisrv"]["locator"]) == ("defaulttaskbb.taskdb.sml.hpe", locator)
        assert profile["apls"]["locator"]["host"] == "172.1.1.1"
        assert flat(profile["envvars"]).get("SL_LOG_LEVEL") == facts.get("sl_log_level", "INFO")
        nodes = [node["slnodedef"] for node in profile["nodes"]]
        assert [node["idx"] for node in nodes] == list(range(len(pairs)))
        for node, wanted in zip(nodes, pairs, strict=True):
            assert {key: node.get(key) for key in PLAIN} == {key: wanted.get(key) for key in PLAIN}
            assert flat(node["usrenvvars"]) == wanted["usrenvvars"]
            assert [list(flat(node.get(key))) for key in ADDRESSES] == ([["ip"], ["ip"]] if wanted.get("fixed") else [[], []])
            assert flat(node.get("usrcontaineropts")) == facts.get("options", {})
            assert [one["attribute"]["aType"] for one in node["identity"]] == facts.get("identity", CERTIFICATES)
            assert flat(node["slenvvars"]) == {"swarm_node_type": "sl"}


def test_private_data(example):
    facts, model = example
    for host, pairs in facts["hosts"].items():
        [profile] = model[host]["swop_profiles"].values()
        for node, wanted in zip([one["slnodedef"]["privatedata"] for one in profile["nodes"]], pairs, strict=True):
            if facts.get("private_content", "") is None:
                assert node is None
                continue
            assert (node["mType"], node["src"].endswith(wanted.get("privatedata", ""))) == ("BIND", True)
            mounts = {Path(one["src"]).name: one["tgt"] for one in node.get("datamount", ())}
            assert mounts == wanted.get("datamount", {})
        there = {one["path"] for one in model[host]["directories"]}
        assert {one["slnodedef"]["privatedata"]["src"] for one in profile["nodes"] if one["slnodedef"]["privatedata"]} <= there
        required = {one["path"] for one in model[host]["required"]}
        assert {name for name in facts.get("data", ()) if any(path.endswith(f"/{name}") for path in required)} == set(facts.get("data", ()))


def test_tasks(example):
    facts, model = example
    tasks = model["host-1"]["swci_tasks"]
    build, run = tasks["image-task.yml"], tasks["run-task.yml"]
    assert [formats.task_problems(task) for task in tasks.values()] == [[]] * len(tasks)
    steps = build["Body"]["BuildSteps"]
    assert (build["TaskType"], build["Outcome"], steps[0]) == ("MAKE_USER_CONTAINER", facts["image"], f"FROM {facts['base']}")
    assert set(facts["packages"]) <= set(" ".join(steps).split())
    assert build["Body"]["BuildContext"] == "sl-cli-lib"
    body = run["Body"]
    assert (body["Command"], body["Entrypoint"], body["WorkingDir"]) == (facts["command"], "python3", "/tmp/test")
    assert {**flat(body["Envvars"]), "MODEL_DIR": "model"} == {"MODEL_DIR": "model", **facts["environment"]}
    assert (body["PrivateContent"] or "").rstrip("/") == (facts.get("private_content", "/tmp/test") or "")
    assert [(one["Tgt"], one["MType"]) for one in body["SharedContent"]] == [(facts.get("shared", "/tmp/test/model"), "BIND")]
    assert body["SharedContent"][0]["Src"] == facts.get("source", body["SharedContent"][0]["Src"])
    assert run["Prereq"] == build["Name"]


def test_a_second_training_to_compare():
    model = derived("example-nih")["host-1"]
    run, alone = model["swci_tasks"]["run-task.yml"]["Body"], model["swci_tasks"]["alone-task.yml"]["Body"]
    assert {**flat(alone["Envvars"]), "MODEL_DIR": ""} == {**FACTS["example-nih"]["alone"], "MODEL_DIR": ""}
    assert {**alone, "Envvars": []} == {**run, "Envvars": []}


def test_script(example):
    facts, model = example
    lines = model["host-1"]["swci_script"].splitlines()
    assigned = [line.split()[-2:] for line in lines if line.startswith("ASSIGN TASK")]
    trainings = 2 if "alone" in facts else 1
    assert assigned == [[str(facts["builders"]), "PEERS"], *[[str(facts["peers"]), "PEERS"]] * trainings]
    assert lines.count(f"SLEEP {facts.get('save_seconds', 15)}") == trainings
    assert lines[1] == ("WAIT FOR SERVICE api.sn-1.swarm" if "sns" in facts else "WAIT FOR IP 172.1.1.1 30304")


@pytest.mark.parametrize("name", [name for name, facts in BY_SWOP.items() if "sns" in facts])
def test_services(name):
    facts, model = FACTS[name], derived(name)
    for host, wanted in facts["sns"].items():
        [node] = model[host]["sn_nodes"]
        assert {key: node.get(key) for key in wanted} == wanted
        assert (node["host_ip"], node.get("sentinel_ip")) == ("", None)
    for host, service in facts["swops"].items():
        [node] = model[host]["swop_nodes"]
        assert (node["sn_ip"], node["sn_api_service"]) == ("", service)
    for host, wanted in facts["routes"].items():
        assert {key: model[host]["routes"].get(key) for key in wanted} == wanted


def test_nodes_without_swop(by_hand):
    facts, model = by_hand
    [sn] = model["host-1"]["sn_nodes"]
    assert (sn["sentinel"], sn["sn_api_port"], model["host-2"]["sn_nodes"]) == (True, 30304, [])
    for host, wanted in facts["nodes"].items():
        [node] = model[host]["sl_nodes"]
        assert {key: node[key.replace("-", "_")] for key in wanted if key != "ml-name"} == {
            k: v for k, v in wanted.items() if k != "ml-name"
        }
        ml = node["ml"]
        assert (ml["name"], ml["image"], ml["workdir"]) == (wanted["ml-name"], "user-ml-env-tf2.7.0", "/tmp/test")
        assert (ml["entrypoint"], ml["command"]) == (["python3"], facts["command"])
        assert ml["env"] == facts["environment"]
        assert [volume.split(":")[1] for volume in ml["volumes"]] == facts["mounts"]
        needed = {one["path"] for one in model[host]["directories"]}
        assert {volume.split(":")[0] for volume in ml["volumes"]} <= needed


def test_images_without_swop(by_hand):
    facts, model = by_hand
    build = model["host-1"]["training"]["build"]
    assert build[0] == f"FROM {facts['base']}"
    assert set(facts["packages"]) <= set(" ".join(build).split())


@pytest.mark.parametrize("name", FACTS)
def test_readme_has_a_title_and_three_lines(name):
    title, blank, *lines = (ROOT / "inventories" / name / "README.md").read_text(encoding="utf-8").split("-->\n")[1].splitlines()
    assert (title, blank, len(lines)) == (f"# The example {name.removeprefix('example-')}", "", 3)
    assert (
        name.removeprefix("example-").replace("reverse-proxy-", "reverse-proxy/").replace("spire-", "spire/") in lines[0]
        or "mnist-pyt" in name
    )
    assert f"inventories/{name} " in lines[2]
