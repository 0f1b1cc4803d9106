# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which images a bundle gets, which hosts lack some, and which collections go with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from ansible_collections.swarm.learning.plugins.plugin_utils import _bundle

ROOT = Path(__file__).resolve().parents[3]
MODELS = {"one": {"images": {"r:5000/sn:1": "", "sl": ""}}, "two": {"images": {"sl": "", "swop:2": ""}}, "three": {}}


def test_each_image_is_pulled_with_the_login_of_the_first_host_that_needs_it():
    assert _bundle.wanted(["one", "two", "three"], MODELS) == {
        "one": [{"reference": "r:5000/sn:1", "file": "images/r_5000_sn_1.tar"}, {"reference": "sl", "file": "images/sl.tar"}],
        "two": [{"reference": "swop:2", "file": "images/swop_2.tar"}],
        "three": [],
    }


@pytest.mark.parametrize(
    ("there", "missing"),
    [
        ({}, ["r:5000/sn:1", "sl", "swop:2"]),
        ({"one": ["r:5000/sn:1", "sl:latest"]}, ["sl", "swop:2"]),
        ({"one": ["r:5000/sn:1", "sl:latest"], "two": ["sl:latest", "swop:2"]}, []),
    ],
)
def test_images_that_some_host_lacks(there, missing):
    listed = {host: [{"RepoTags": there.get(host, [])}] for host in MODELS}
    assert _bundle.missing(MODELS, MODELS, listed) == missing


def test_what_the_manifest_says_of_an_image():
    inspect = {"Id": "sha256:1", "RepoDigests": None, "Architecture": "arm64"}
    item = {"reference": "sl", "file": "images/sl.tar"}
    assert _bundle.exported([{"item": item, "images": [inspect]}]) == [{**item, "id": "sha256:1", "digests": [], "architecture": "arm64"}]


def test_collections_come_with_those_that_they_depend_on(tmp_path):
    depends = {"swarm.learning": {"a.b": ">=1", "c.d": "*"}, "a.b": {"e.f": "*"}, "c.d": {"e.f": "*"}, "e.f": {}}
    for name, dependencies in depends.items():
        (tmp_path / name).mkdir()
        document = {"collection_info": {"dependencies": dependencies}}
        (tmp_path / name / "MANIFEST.json").write_text(json.dumps(document), encoding="utf-8")
    found = _bundle.collections("swarm.learning", lambda name: tmp_path / name)
    assert [Path(path).name for path in found] == ["swarm.learning", "a.b", "c.d", "e.f"]


def test_the_collection_itself_is_found():
    assert Path(_bundle.collections("swarm.learning")[0]).resolve() == ROOT


def test_hosts_get_the_packages_that_requirements_name():
    packages = yaml.safe_load((ROOT / "roles/bundle/vars/main.yml").read_text(encoding="utf-8"))["__bundle_packages"][1]
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").partition("host that runs containers.\n")[2].splitlines()
    assert [one for one in packages if not one.startswith("--")] == [*lines, "pip"]
