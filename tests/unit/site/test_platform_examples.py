# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventories of the platform's examples derive what the examples say: each field of theirs has the same meaning."""

from pathlib import Path

import pytest
import yaml
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import formats
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model as _site

from .test_inventories import ROOT, load

FACTS = yaml.safe_load((Path(__file__).parent / "platform_examples.yml").read_text(encoding="utf-8"))
PLAIN = ("slhostname", "slhostip", "slport", "usrhostname")


def flat(mappings):
    """One mapping of a list of them, as SWOP reads environments and options."""
    return {key: value for mapping in mappings or () for key, value in mapping.items()}


@pytest.fixture(name="example", params=FACTS)
def derived(request):
    return FACTS[request.param], _site.derive(load(request.param))


def test_every_example_has_facts():
    assert {path.name for path in (ROOT / "inventories").glob("example-*")} == set(FACTS)


def test_profiles(example):
    facts, model = example
    for host, pairs in facts["hosts"].items():
        [profile] = model[host]["swop_profiles"].values()
        assert formats.profile_problems(profile) == []
        assert (profile["taskrunner"], profile["apisrv"]["locator"]["host"]) == ("defaulttaskbb.taskdb.sml.hpe", None)
        assert flat(profile["envvars"])["SL_LOG_LEVEL"] == "INFO"
        nodes = [node["slnodedef"] for node in profile["nodes"]]
        assert [node["idx"] for node in nodes] == list(range(len(pairs)))
        for node, wanted in zip(nodes, pairs, strict=True):
            assert {key: node[key] for key in PLAIN} == {key: wanted[key] for key in PLAIN}
            assert flat(node["usrenvvars"]) == wanted["usrenvvars"]
            assert node["privatedata"]["mType"] == "BIND"
            assert flat(node.get("usrcontaineropts")) == facts.get("options", {})
            # The examples have a directory with the CAs (CAPATH), certificates for a trial a file with the same: both are read alike.
            assert [one["attribute"]["aType"] for one in node["identity"]] == ["KEY", "CERT", "CACERT"]


def test_tasks(example):
    facts, model = example
    tasks = model["host-1"]["swci_tasks"]
    build, run = tasks["image-task.yml"], tasks["run-task.yml"]
    assert [formats.task_problems(task) for task in (build, run)] == [[], []]
    steps = build["Body"]["BuildSteps"]
    assert (build["TaskType"], build["Outcome"], steps[0]) == ("MAKE_USER_CONTAINER", facts["image"], f"FROM {facts['base']}")
    assert set(facts["packages"]) <= set(" ".join(steps).split())
    assert build["Body"]["BuildContext"] == "sl-cli-lib"
    body = run["Body"]
    assert (body["Command"], body["Entrypoint"], body["WorkingDir"]) == (facts["command"], "python3", "/tmp/test")
    assert {**flat(body["Envvars"]), "MODEL_DIR": "model"} == {"MODEL_DIR": "model", **facts["environment"]}
    assert body["PrivateContent"].rstrip("/") == "/tmp/test"
    assert [(one["Tgt"], one["MType"]) for one in body["SharedContent"]] == [("/tmp/test/model", "BIND")]
    assert run["Prereq"] == build["Name"]


def test_script(example):
    facts, model = example
    assigned = [line.split()[-2:] for line in model["host-1"]["swci_script"].splitlines() if line.startswith("ASSIGN TASK")]
    assert assigned == [[str(facts["builders"]), "PEERS"], [str(facts["peers"]), "PEERS"]]
    assert "SLEEP 15" in model["host-1"]["swci_script"].splitlines()
